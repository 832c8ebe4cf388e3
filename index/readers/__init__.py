"""Bytes of one file to raw records: one module a format, `dispatch` decides which."""
