"""Queries from the command line: how one is carried out, and whole lists as files."""
