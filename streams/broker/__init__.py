"""Brokers: one contract, Kafka and memory behind it."""
