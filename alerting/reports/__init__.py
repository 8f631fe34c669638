"""What is told afterwards: the review of an incident, and the report of a week. Pure."""
