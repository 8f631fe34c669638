"""REST, live events, health and the console's routes; start at `app.create_api`."""
