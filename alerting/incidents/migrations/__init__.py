"""The migrations, shipped with the package; `alerting.incidents.sql.migrating` runs them when a store is opened.

A change of `sql/tables.py` needs a new file in `versions/`, which says what changes in words of its own; the contract
suite fails as long as migrations and tables differ. A migration that was released is never edited.
"""
