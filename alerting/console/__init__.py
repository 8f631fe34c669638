"""The web pages, as pure functions from values to HTML; `alerting.api.pages` serves them."""
