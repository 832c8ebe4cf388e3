"""Metrics, scores of a case, summaries with intervals, comparisons with significance tests."""
