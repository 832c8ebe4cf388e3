"""Planted claims: true rewrites and false edits of sentences, and how many the proof catches.

`article_parser` reads an article's grammar, `true_*` and `false_*` change a sentence, and `edits`
gathers what they make.
"""
