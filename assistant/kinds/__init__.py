"""Kinds of question beside single facts: each is recognised and answered in a file of its own."""
