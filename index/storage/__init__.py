"""Immutable index generations: articles in SQLite (with BM25), vectors in Chroma."""
