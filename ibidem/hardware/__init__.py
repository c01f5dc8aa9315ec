"""Probe this machine, read a model file's header, and plan what fits: `probe`, `read_header`, `plan`, `advise`."""
