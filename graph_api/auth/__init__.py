"""Sign-in: users, sessions and API keys, and how a request becomes a viewer."""
