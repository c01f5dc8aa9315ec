"""Speed and size as figures: `python -m bench.run` prints them all, `python -m bench.ingest` and its like one part."""
