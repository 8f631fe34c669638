"""Labelled synthetic streams."""
