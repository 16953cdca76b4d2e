"""The graph's entities: models, relationships, GraphQL types and imports."""
