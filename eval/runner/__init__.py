"""Runs the questions of a set through a system and keeps all of it in one folder."""
