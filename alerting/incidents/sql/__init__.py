"""The store on SQL: SQLite for one process, Postgres for several. The only package that knows SQLAlchemy."""
