"""What the archive says of itself, by code alone: where an excerpt stands, what contradicts."""
