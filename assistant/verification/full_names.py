"""Full names for surnames: who "Kim" is in an answer to "Who said …?".

Articles introduce a person once and use the surname from then on. The nearest sentence before the
cited one that has it in a full name says who is meant; where that names several, nobody is chosen.
"""

import re
from collections.abc import Callable
from dataclasses import replace

from assistant.core.answer import Citation, Claim, Evidence
from index.text.chunking import sentences
from index.text.entities import TITLES, entities
from index.text.question import AnalysedQuestion
from index.text.words import COMMON, fold, words

MAX_NAME = 3  # words of a person's name; what stands before them is an office or a body

_OPENING = re.compile(r"[^\W\d_][^\W\d_A-Z]+(?=(?:['’]s)? [a-z])")  # "Kim added", "Kim's aide said"
_ASKS_WHO = re.compile(r"\bwho(?:m|se)?\b", re.IGNORECASE)


def with_full_name(
    claim: Claim, question: AnalysedQuestion, cite: Callable[[Evidence], Citation]
) -> tuple[Claim, tuple[str, ...]]:
    """The claim with the surname that opens it written out, and its introduction cited.

    The names beside it are those among which nobody was chosen.
    """
    if not _ASKS_WHO.search(question.text):
        return claim, ()
    opening = _OPENING.match(claim.text)
    surname = words(opening[0])[0] if opening else ""
    in_text = (c for c in claim.citations if not c.evidence.is_title)
    cited = next((c for c in in_text if surname in words(c.quote)), None)
    if not opening or cited is None or surname in question.words | COMMON:
        return claim, ()
    # "South Korea's Kim" is set apart from the Kim of the sentence before; "in Japan" is a place
    written = [one for one in entities(cited.quote) if surname in one.words]
    is_place = re.search(rf"\b(?:in|into|across|near) {opening[0]}\b", cited.article.text)
    if is_place or not written or any(len(one.words) > 1 for one in written):
        return claim, ()
    names, introduction = introduced(cited.evidence, surname)
    if len(names) != 1:
        return claim, names
    text = f"{names[0]}{claim.text[opening.end() :]}"
    proofs = dict.fromkeys((*claim.citations, cite(introduction)))
    return replace(claim, text=text, citations=tuple(proofs)), ()


def introduced(item: Evidence, surname: str) -> tuple[tuple[str, ...], Evidence]:
    """The full names in the nearest sentence before that has any, and that sentence."""
    text = item.article.text
    for start, end in reversed(sentences(text[: item.start])):
        if names := full_names(text[start:end], surname):
            return names, replace(item, start=start, end=end)
    return (), item


def full_names(text: str, surname: str) -> tuple[str, ...]:
    """Names of two and more words with a surname in them, without titles and what else precedes."""
    found = {}
    for entity in entities(text):
        name = re.split(r"['’]s ", entity.text)[-1].split()
        titles = [at for at, word in enumerate(name) if fold(word).strip(".") in TITLES]
        name = name[max(titles, default=-1) + 1 :]
        plain = [" ".join(words(word)) for word in name]
        if entity.quotation or surname not in plain:
            continue
        if plain[-1] != surname:  # "Security Affairs Kim Gunn"
            name = name[plain.index(surname) :]
        elif len(name) > MAX_NAME:
            name = name[-2:]
        if len(name) > 1:
            found[words(" ".join(name))] = " ".join(name)
    return tuple(found.values())
