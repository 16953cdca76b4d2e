"""A GraphQL API over a knowledge graph of regulated oil and gas operations in Texas."""
