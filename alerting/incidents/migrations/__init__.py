"""The migrations, shipped with the package; `alerting.incidents.sql.migrating` runs them."""
