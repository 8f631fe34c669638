"""Detectors: one contract, one model a file, listed in `registry`."""
