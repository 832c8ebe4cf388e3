"""Benchmarks of speed and memory: each figure beside its floor and its target.

Floors come from the same run, because machines differ and are noisy: the raw engine, the bare
embedder, a bare script.
"""
