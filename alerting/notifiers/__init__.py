"""Notifiers: one contract, one channel a file, listed in `registry`."""
