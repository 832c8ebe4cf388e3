"""The names that articles hold, what they are names of, and what is said of them."""
