"""On-call: who is reached when, from rotations, calendars and PagerDuty."""
