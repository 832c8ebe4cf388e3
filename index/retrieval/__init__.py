"""Hybrid search: dense and BM25 candidates, rank fusion, reranking, temporal boost, diversity.

hybrid_search runs the steps over the published generation, ranking holds those that only reorder,
reranker is the cross-encoder, temporal_intent is the time that a question asks about.
"""
