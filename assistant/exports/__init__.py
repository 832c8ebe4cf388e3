"""Answers and conversations in the formats of a reader's other tools."""
