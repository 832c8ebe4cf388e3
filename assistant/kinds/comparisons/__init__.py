"""Two or three articles or meetings side by side, and how a value changed."""
