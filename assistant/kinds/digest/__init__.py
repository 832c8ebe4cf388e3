"""Summaries, and what is new since a day: sentences chosen by code."""
