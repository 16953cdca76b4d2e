"""What the GraphQL API derives from the graph's declarations; knows no entity by name."""
