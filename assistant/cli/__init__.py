"""Command line: `assistant ingest|ask|chat|search|articles|ui|mcp|models|settings|doctor|…`."""

from assistant.cli.entry import main

__all__ = ["main"]
