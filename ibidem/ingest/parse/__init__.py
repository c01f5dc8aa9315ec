"""One file per format: pieces of text (or a file) -> blocks."""
