"""What stands behind a detection: counts that add up."""
