"""Files in, chunks out: walk, sniff, decode, parse, chunk. Pure and streaming; knows nothing of store or jobs."""
