"""Incidents: what people work on. A pure lifecycle and a store behind a contract."""
