"""What people told Tocsin to hold to, for a time: values and what follows from them. Pure."""
