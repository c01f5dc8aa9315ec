"""Chunks in, rankings out."""
