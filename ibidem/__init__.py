"""Ibidem: a private assistant over your own documents and code, every claim footnoted to its source."""

__version__ = "0.1.0"
