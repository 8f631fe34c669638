"""Detections to people: incidents, routing, delivery, the API, the console and the command line."""
