"""The command that registers what clients may ask."""
