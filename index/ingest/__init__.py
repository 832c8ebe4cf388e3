"""A folder in, a new published generation out: scan, extract in a sandbox, chunk, embed, publish."""
