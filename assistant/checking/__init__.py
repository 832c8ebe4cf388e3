"""Checks a draft against the articles: each of its sentences with a verdict and its proof."""
