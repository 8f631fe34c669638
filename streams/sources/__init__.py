"""Sources: what turns a file or a provider's payload into mentions."""
