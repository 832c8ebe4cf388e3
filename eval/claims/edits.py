"""True and false claims made from the sentences of an article, the same for the same seed."""

import random
import re
from collections.abc import Iterator

from eval.claims.false_grammar import regroupings
from eval.claims.false_swaps import swaps
from eval.claims.parsed import (
    CONTRADICTED,
    NOT_SAID,
    SUPPORTED,
    Edit,
    ParsedArticle,
    Sentence,
    joined,
)
from eval.claims.true_rewrites import rearrangements
from eval.claims.true_wording import rewordings
from index.text.words import stems

WORDS = range(6, 46)  # tokens of a sentence that claims are made from
MAX_SHARED = 0.5  # of an unsaid claim's stems that the sentence may have
_FIRST_PERSON = frozenset("i we you my our your me us mine ours".split())
_OPEN = re.compile(r"[A-Z\d“\"].*[.”\"]$", re.DOTALL)


def edits(article: ParsedArticle, number: int, seed: int = 0) -> Iterator[Edit]:
    """Claims made from the article's sentence `number`, true ones first, each text once.

    Nothing comes of a question, a heading, or what is said in the first person.
    """
    sentence = article.sentences[number]
    if not is_usable(article, sentence):
        return
    rng = random.Random(f"{seed} {article.id} {number}")
    made = [(SUPPORTED, change) for change in rearrangements(sentence)]
    made += [(SUPPORTED, change) for change in rewordings(article, number)]
    made += [(CONTRADICTED, change) for change in swaps(article, sentence, rng)]
    made += [(CONTRADICTED, change) for change in regroupings(article, number, rng)]
    seen = {_comparable(article.text[sentence.start : sentence.end])}
    for label, (kind, pieces) in made:
        text = joined(article.text, pieces)
        if _comparable(text) not in seen and len(text.split()) >= 4 and _is_whole(text):
            seen.add(_comparable(text))
            yield Edit(kind, label, pieces, text)


def unsaid(article: ParsedArticle, number: int, seed: int = 0) -> Edit | None:
    """A sentence of the article that its sentence `number` does not say, as a claim."""
    s = article.sentences[number]
    said = stems(article.text[s.start : s.end])
    others = [
        (other.start, other.end)
        for i, other in enumerate(article.sentences)
        if abs(i - number) > 1 and is_usable(article, other)
    ]
    random.Random(f"{seed} {article.id} {number}").shuffle(others)
    for span in others:
        text = joined(article.text, (span,))
        own = stems(text)
        if len(own & said) <= MAX_SHARED * len(own):
            return Edit("another sentence", NOT_SAID, (span,), text)
    return None


def is_usable(article: ParsedArticle, s: Sentence) -> bool:
    """Whether a sentence states something of its own."""
    text = article.text[s.start : s.end]
    words = set(s.words(0, len(s.tokens) - 1))
    verb = s.tokens[s.root].tag if s.tokens else ""
    return (
        len(s.tokens) in WORDS
        and bool(_OPEN.match(text))
        and verb in {"VBD", "VBZ", "VBP", "VBN", "VBG", "VB", "MD"}
        and s.child(s.root, "nsubj", "nsubjpass", "csubj", "expl") is not None
        and not words & _FIRST_PERSON
        and _is_whole(text)
    )


def _is_whole(text: str) -> bool:
    """Whether quotations and parentheses that are opened are closed, and nothing is asked."""
    paired = text.count("(") == text.count(")") and text.count("“") == text.count("”")
    return paired and text.count('"') % 2 == 0 and not {"?", "|", ";"} & set(text)


def _comparable(text: str) -> str:
    return re.sub(r"\W+", " ", text).strip().lower()
