"""Lists, counts, and what the archive holds."""
