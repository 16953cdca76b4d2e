"""The audit: a tenant's chain of signed entries, paged and verified."""
