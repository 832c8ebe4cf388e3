"""The articles that a question speaks of as such, and how it speaks of them."""
