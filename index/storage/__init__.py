"""Immutable index generations: articles in SQLite (with BM25), vectors in Chroma.

generations publishes them, manifest describes one and checks it.
article_store reads and article_writer writes the articles (schema, bm25). vector_backend is the
protocol for vectors; chroma_folder keeps them in each generation and chroma_server in a server,
both by chroma_collection; flat_index searches small indexes exactly, without Chroma.
"""
