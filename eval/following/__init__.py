"""A planted stream of news, made by code: what `follow` tells of it, and what it repeats."""
