"""Understands a follow-up: what it leaves unsaid is taken from the turns before, by rules."""
