"""Slack and a pager on loopback, for the demo and the tests."""
