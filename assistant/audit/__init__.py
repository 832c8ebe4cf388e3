"""Receipts: what an answer was made of, written down, and replayed to see if it is the same."""
