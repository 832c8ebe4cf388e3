"""Prompt injection: hostile articles (`attacks`), and how often a model obeys them (`injection`)."""
