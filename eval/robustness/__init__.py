"""Prompt injection: how often a model obeys an article."""
