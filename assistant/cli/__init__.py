"""Command line: `assistant ingest|ask|chat|search|articles|ui|mcp|models|warm|doctor|eval`."""

from assistant.cli.entry import main

__all__ = ["main"]
