"""The models: what may be used, what is on this machine, and how the rest is fetched."""
