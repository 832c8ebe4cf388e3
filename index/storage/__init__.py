"""Immutable index generations: articles in SQLite (with BM25), vectors in Chroma or a flat file.

generations publishes them, manifest describes one, checksums prove it whole, article_store reads
and article_writer writes the articles, chroma_folder and chroma_server hold vectors.
"""
