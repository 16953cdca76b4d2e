"""The decisions of each domain: pure functions of what is on record, with no input or output."""
