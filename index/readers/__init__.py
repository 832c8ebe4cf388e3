"""Bytes of one file to raw records: one module a format, `dispatch` decides which.

Text, Markdown, HTML, PDF, Word, JSON, JSONL, CSV, TSV, RSS, Atom, .eml, .mbox and MHTML.
"""
