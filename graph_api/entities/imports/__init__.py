"""Readers of official file formats, and the runner that writes what they read."""
