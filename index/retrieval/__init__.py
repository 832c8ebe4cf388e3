"""Hybrid search: dense and BM25 candidates, rank fusion, reranking, temporal boost, diversity."""
