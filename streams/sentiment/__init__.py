"""Sentiment scorers: one contract, one scorer a file, listed in `registry`."""
