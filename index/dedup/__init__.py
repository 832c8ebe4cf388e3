"""Which articles are the same story: near duplicates (wire copies) and revisions (corrections)."""
