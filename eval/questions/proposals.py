"""Proposes questions on a passage: code picks the answer, the model words the question.

Asked for both, a model of 1.5B parameters invents most answers (docs/experiments).
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.core.evidence_text import heading
from assistant.core.sanitize import for_prompt
from assistant.llm.language_model import LanguageModel, Limits, Message
from eval.data.normalize import contains, normalize
from eval.questions.entity_types import TITLES, UNIT, EntityTypes
from index.core.articles import Passage
from index.text.entities import entities
from index.text.words import words
from prompts import render

LENGTH = range(7, 46)  # words of a sentence that states something and is easy to read
QUESTION = Limits(max_tokens=48, deadline_s=120.0, stop=("\n",))
_CURRENCY = re.compile(r"(?:[A-Z]{2,3}\s?)?[$€£¥]\s?$")
_AT = re.compile(r"\b(?:in|near|at|from|to)\s$", re.IGNORECASE)
# what stands before and behind a dateline, run into the first sentence
_DATELINE = re.compile(r"(?:\w+day,?\s)?\s[A-Z]")
_SMALL = ("0", "1", "2")
_BY = re.compile(r"\bby\s(?:\w+\s){0,2}$", re.IGNORECASE)
# a sentence does not tell who "I" is; "US" is a state
_FIRST_PERSON = re.compile(
    r"\b(?:I|[Ww]e|[Mm]e|us|[Mm]y|[Oo]urs?|[Mm]ine|[Mm]yself|[Oo]urselves|[Yy]ou|[Yy]our)\b"
)
# Verbs that a caption lacks: "Ana Moreau in Brask in 1999, after leaving the council."
_VERB = re.compile(
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
    """An answer in the sentence `number` (from 0) of a passage, its type, and a question for it.

    `type` is a key of `OPENINGS`.
    """

    passage: Passage
    number: int
    answer: str
    type: str
    question: str = ""

    @property
    def sentence(self) -> str:
        """The sentence that holds the answer, as it is in the article."""
        return _sentence(self.passage, self.number)

    @property
    def before(self) -> str:
        """The sentence before it in the passage; empty for the first."""
        return _sentence(self.passage, self.number - 1) if self.number else ""


def candidates(passages: Sequence[Passage], types: EntityTypes, seed: int) -> Iterator[Proposal]:
    """Proposals without a question yet: one of each passage, then one more of each, and so on.

    The order depends on the seed alone.
    """
    rng = random.Random(seed)
    order = sorted(passages, key=lambda passage: passage.id)
    rng.shuffle(order)
    left = []
    for passage in order:  # lazily: typing an entity searches all articles
        some = list(_of(passage, types))
        rng.shuffle(some)
        yield from some[-1:]
        left.append(some[:-1])
    while left := [some for some in left if some]:
        yield from (some.pop() for some in left)


def _of(passage: Passage, types: EntityTypes) -> Iterator[Proposal]:
    texts = [_sentence(passage, number) for number in range(len(passage.sentences))]
    compared = [normalize(text) for text in texts]
    title = normalize(passage.article.title)
    for number, text in enumerate(texts):
        if len(words(text)) not in LENGTH or _FIRST_PERSON.search(text) or not text.endswith("."):
            continue
        if _is_caption(passage, number, text):
            continue
        for answer, kind in _answers(text, types):
            part = normalize(answer)
            holding = [i for i, other in enumerate(compared) if contains(other, part)]
            if holding == [number] and not contains(title, part):
                yield Proposal(passage, number, answer, kind)


def _is_caption(passage: Passage, number: int, text: str) -> bool:
    """Whether a sentence has a line of its own and no verb."""
    whole, start = passage.article.text, passage.sentences[number][0]
    line = whole[whole.rfind("\n", 0, start) + 1 :].partition("\n")[0]
    return " ".join(line.split()) == text and not _VERB.search(text)


def _answers(sentence: str, types: EntityTypes) -> Iterator[tuple[str, str]]:
    """Possible answers and their type: names without office, numbers with their unit."""
    for found in entities(sentence):
        start = sentence.find(found.text)
        if start < 0 or found.quotation or sentence.count(found.text) > 1:
            continue
        end = start + len(found.text)
        while (first := sentence[start:end].partition(" "))[2] and _is_office(first[0]):
            start += len(first[0]) + 1
        if unit := UNIT.match(sentence, end):
            end = unit.end()
        currency = _CURRENCY.search(sentence[:start])
        start = currency.start() if currency else start
        kind = types.of(sentence[start:end])
        before = sentence[:start]
        if (
            not kind
            or (kind == "number" and not _is_count(sentence, start, end))
            or (kind == "day" and _DATELINE.fullmatch(before + sentence[end : end + 2]))
            or (kind == "place" and not _AT.search(before))  # "in English football"
        ):
            continue
        yield sentence[start:end], "money" if currency else kind


def _is_count(sentence: str, start: int, end: int) -> bool:
    """Whether a number is three or more, and no score, range, age or part of a name."""
    after, before = sentence[end : end + 1], sentence[max(0, start - 1)]
    joined = after.isalnum() or after in ("-", "–") or before in "-–"  # "81P", "12-10"
    difference = _BY.search(sentence[:start])  # mistaken for the amount itself
    return not joined and not difference and normalize(sentence[start:end])[0] not in _SMALL


def _is_office(word: str) -> bool:
    return word.casefold().rstrip(".") in TITLES or (word.isupper() and len(word) > 1)


def word_question(proposal: Proposal, model: LanguageModel) -> str:
    """The model's question for an answer, as one line."""
    content = render(
        "generate",
        article=heading(proposal.passage.article),
        before=for_prompt(proposal.before) or "-",
        sentence=for_prompt(proposal.sentence),
        answer=for_prompt(proposal.answer),
        opening=OPENINGS[proposal.type],
    )
    pieces = model.stream([Message("user", content)], QUESTION)
    text = " ".join("".join(piece.text for piece in pieces).split())
    return text.removeprefix("Question:").strip()


def _sentence(passage: Passage, number: int) -> str:
    start, end = passage.sentences[number]
    return " ".join(passage.article.text[start:end].split())
