"""What can be asked of a passage: a particular of one sentence, and the model's question for it.

Code chooses the answer and how the question begins, the model words it: asked for both, a model of
1.5B parameters invents most answers and asks for what nobody wants to know (docs/experiments).
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.core.evidence_text import heading
from assistant.core.sanitize import for_prompt
from assistant.llm.language_model import LanguageModel, Limits, Message
from eval.data.normalize import contains, normalize
from eval.questions.entity_types import TITLES, UNIT, Kinds
from index.core.articles import Passage
from index.text.entities import entities
from index.text.words import words
from prompts import render

LENGTH = range(7, 46)  # words of a sentence that tells something and can be read at once
QUESTION = Limits(max_tokens=48, deadline_s=120.0, stop=("\n",))
_CURRENCY = re.compile(r"(?:[A-Z]{2,3}\s?)?[$€£¥]\s?$")
_AT = re.compile(r"\b(?:in|near|at|from|to)\s$", re.IGNORECASE)
# what stands before and behind the article's own day, run into its first sentence
_DATELINE = re.compile(r"(?:\w+day,?\s)?\s[A-Z]")
_BY = re.compile(r"\bby\s(?:\w+\s){0,2}$", re.IGNORECASE)
# who "I" is, the sentence does not tell; "US" is a state
_FIRST_PERSON = re.compile(
    r"\b(?:I|[Ww]e|[Mm]e|us|[Mm]y|[Oo]urs?|[Mm]ine|[Mm]yself|[Oo]urselves|[Yy]ou|[Yy]our)\b"
)
# Verbs that a caption has not: "Ana Moreau in Brask in 1999, after leaving the council."
_TELLS = re.compile(
    r"\b(?:am|is|are|was|were|has|have|had|do|does|did|will|would|can|could|may|might|must|shall"
    r"|should|says?|said|tells?|told|won|lost|took|came|went|became|made|gave|found|got|held|began"
    r"|met|saw|rose|fell|wrote|put|kept|stood|ran|sent|spent|brought|grew|paid|sold|chose|drew)\b"
)  # in small letters: "May" is a month
OPENINGS = {
    "person": "Who",
    "place": "Where",
    "day": "When",
    "year": "In which year",
    "number": "How many",
    "money": "How much money",
}


@dataclass(frozen=True, slots=True)
class Proposal:
    """A passage, the place of one of its sentences, a part of it as answer, and a question.

    `kind` is a key of `OPENINGS`.
    """

    passage: Passage
    place: int
    answer: str
    kind: str
    question: str = ""

    @property
    def sentence(self) -> str:
        """The sentence that holds the answer, as it stands in the article."""
        return _text(self.passage, self.place)

    @property
    def before(self) -> str:
        """The sentence before it in the passage; empty for the first."""
        return _text(self.passage, self.place - 1) if self.place else ""


def candidates(passages: Sequence[Passage], kinds: Kinds, seed: int) -> Iterator[Proposal]:
    """What could be asked, without a question yet: each passage once, then each once more.

    The order is the same for a seed and changes with it.
    """
    chance = random.Random(seed)
    order = sorted(passages, key=lambda passage: passage.id)
    chance.shuffle(order)
    left = []
    for passage in order:  # one by one: kinds are told by all articles, which takes its time
        some = list(_of(passage, kinds))
        chance.shuffle(some)
        yield from some[-1:]
        left.append(some[:-1])
    while left := [some for some in left if some]:
        yield from (some.pop() for some in left)


def _of(passage: Passage, kinds: Kinds) -> Iterator[Proposal]:
    texts = [_text(passage, place) for place in range(len(passage.sentences))]
    compared = [normalize(text) for text in texts]
    for place, text in enumerate(texts):
        said = words(text)
        if len(said) not in LENGTH or _FIRST_PERSON.search(text) or not text.endswith("."):
            continue
        if _is_caption(passage, place, text):
            continue
        for answer, kind in _answers(text, kinds):
            wanted = normalize(answer)
            holding = [i for i, one in enumerate(compared) if contains(one, wanted)]
            if holding == [place] and not contains(normalize(passage.article.title), wanted):
                yield Proposal(passage, place, answer, kind)


def _is_caption(passage: Passage, place: int, text: str) -> bool:
    """Whether a sentence has its line to itself and tells nothing: it stands under a picture."""
    whole, start = passage.article.text, passage.sentences[place][0]
    line = whole[whole.rfind("\n", 0, start) + 1 :].partition("\n")[0]
    return " ".join(line.split()) == text and not _TELLS.search(text)


def _answers(sentence: str, kinds: Kinds) -> Iterator[tuple[str, str]]:
    """What can be asked for, and its kind: names without office, numbers with their unit."""
    for found in entities(sentence):
        start = sentence.find(found.text)
        if start < 0 or found.quotation or sentence.count(found.text) > 1:
            continue
        end = start + len(found.text)
        while (first := sentence[start:end].partition(" "))[2] and _office(first[0]):
            start += len(first[0]) + 1
        if unit := UNIT.match(sentence, end):
            end = unit.end()
        currency = _CURRENCY.search(sentence[:start])
        start = currency.start() if currency else start
        kind = kinds.of(sentence[start:end])
        if kind == "number" and not _counts(sentence, start, end):
            continue
        if kind == "day" and _DATELINE.fullmatch(sentence[:start] + sentence[end : end + 2]):
            continue
        if kind == "place" and not _AT.search(sentence[:start]):
            continue  # "in English football"
        if kind:
            yield sentence[start:end], "money" if currency else kind


def _counts(sentence: str, start: int, end: int) -> bool:
    """Whether a number is worth asking for: three or more, and no score, span, age or name."""
    after, before = sentence[end : end + 1], sentence[max(0, start - 1)]
    joined = after.isalnum() or after in ("-", "–") or before in "-–"  # "81P", "12-10"
    plain = normalize(sentence[start:end])[0]
    gap = _BY.search(sentence[:start])  # what it differs by is mistaken for what it is
    return not joined and not gap and plain not in ("0", "1", "2")


def _office(word: str) -> bool:
    return word.casefold().rstrip(".") in TITLES or (word.isupper() and len(word) > 1)


def ask_for(proposal: Proposal, model: LanguageModel) -> str:
    """The model's question for an answer, as one line."""
    content = render(
        "generate",
        article=heading(proposal.passage.article),
        before=for_prompt(proposal.before) or "-",
        sentence=for_prompt(proposal.sentence),
        answer=for_prompt(proposal.answer),
        opening=OPENINGS[proposal.kind],
    )
    pieces = model.stream([Message("user", content)], QUESTION)
    text = " ".join("".join(piece.text for piece in pieces).split())
    return text.removeprefix("Question:").strip()


def _text(passage: Passage, place: int) -> str:
    start, end = passage.sentences[place]
    return " ".join(passage.article.text[start:end].split())
