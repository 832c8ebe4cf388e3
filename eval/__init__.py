"""Does it work, and how fast."""
