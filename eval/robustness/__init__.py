"""Prompt injection: hostile articles (`attacks`), how often a model obeys them (`injection`)."""
