"""What the contact centre hears, set against what is said in public. Pure: counts in, findings out."""
