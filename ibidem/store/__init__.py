"""The truth: one SQLite file, one writer, many readers, and the folder they live in."""
