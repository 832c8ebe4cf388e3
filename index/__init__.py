"""From files to passages that can be found; imports nothing of ours."""
