"""Filing checklists: what a filing needs, the rules it was begun under, and its way to the agency."""
