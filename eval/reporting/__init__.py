"""Runs and comparisons as tables and self-contained HTML pages."""
