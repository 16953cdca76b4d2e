"""Versioned regulatory rules on two time axes: what held on a day, and what was known of it when."""
