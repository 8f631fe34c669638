"""Mentions to detections: everything between a mention stream and a claim that something happened."""
