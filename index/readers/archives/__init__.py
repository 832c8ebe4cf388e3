"""Archives: their members, one by one, read as files of their own. Nothing is written to disk."""
