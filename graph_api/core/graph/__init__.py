"""The property graph: its declarations, and the only code that knows how AGE stores it."""
