"""Hybrid search: dense and BM25 ranks, fused, reranked, filtered, boosted for the query's dates."""
