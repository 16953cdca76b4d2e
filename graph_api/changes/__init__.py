"""The change feed as GraphQL: what changed, as it changes, and from any cursor."""
