"""Backup and restore of the whole database: the graph, the tables, policies and grants."""
