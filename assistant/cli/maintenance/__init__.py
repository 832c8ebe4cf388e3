"""The commands that keep index, models, settings and backups in order."""
