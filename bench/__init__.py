"""A repeatable benchmark of loading and of five typical queries: `python -m bench`."""
