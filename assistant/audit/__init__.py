"""Receipts of answers, and replaying them."""
