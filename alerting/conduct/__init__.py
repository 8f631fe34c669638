"""How we ourselves did in an event: whom we answered, with what words, and what that drew."""
