"""Benchmarks of speed and memory: each figure beside its floor and its target.

`speed` runs the measurements of a question (`speed_start`, `speed_server`, `speed_answer`,
`speed_prefill`); `speed_ingest` those of many articles (`speed_search`,
`backend_equivalence`). Floors come from the same run, because machines differ and are noisy: the
raw engine, the bare embedder, a bare script (`start_scripts`). `measure` holds what they share,
`synthetic_corpus` generates articles, questions and vectors that are the same on every run.
"""
