"""A folder in, a new published generation out.

`pipeline` runs an ingest: `scanner` finds changed files (`files`) and has them read by `sandbox`,
a worker process that runs `extraction`; `checkpoint` keeps what was read until it is published.
Beside it: `watch` (on every change), `ray_cluster` (many machines), `integrity`, `report`.
"""
