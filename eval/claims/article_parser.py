"""Reads the sentences of an article with all their tokens."""

import datetime as dt
from typing import Any

from eval.claims.parsed import ParsedArticle, Sentence, Token
from index.text.chunking import sentences
from index.text.parser import SpacyParser


def parsed(parser: SpacyParser, name: str, text: str, day: dt.date | None = None) -> ParsedArticle:
    """The article `name` with its sentences parsed; takes 5 to 10 ms a sentence."""
    spans = sentences(text)
    found = (_sentence(parser.tokens(text[a:b]), a, b) for a, b in spans)
    return ParsedArticle(name, text, tuple(found), day)


def _sentence(doc: Any, start: int, end: int) -> Sentence:
    kept = [word for word in doc if not word.is_space]
    place = {word.i: number for number, word in enumerate(kept)}
    tokens = (
        Token(
            start + word.idx,
            start + word.idx + len(word),
            word.text,
            word.lemma_.lower(),
            word.tag_,
            word.dep_,
            place.get(word.head.i, place[word.i]),
            word.ent_type_,
            word.ent_iob_ == "B",
        )
        for word in kept
    )
    return Sentence(start, end, tuple(tokens))
