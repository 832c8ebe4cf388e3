"""Desk work in the page: a draft checked, contradictions of the archive, standing questions."""
