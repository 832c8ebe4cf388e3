"""Question sets, run folders and caches: what an evaluation reads and writes."""
