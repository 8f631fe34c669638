"""Routing: which receivers hear of an incident."""
