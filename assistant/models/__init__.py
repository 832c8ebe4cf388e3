"""The models: what may be used, what is on this machine, and how the rest is fetched.

`catalogue` (licences, sizes, SHA-256) <- `store` (checks before use) <- `pull`, by `download`.
"""
