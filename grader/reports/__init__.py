"""Reports for readers: one report, or a class of them, as text for a terminal, JSON, tables."""
