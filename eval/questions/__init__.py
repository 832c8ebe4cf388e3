"""Generates questions from one's own articles and filters the sound ones."""
