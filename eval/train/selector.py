"""Examples for the sentence selector: which sentences of a passage answer a question.

It reads a question and a whole passage with its title. So a sentence is judged with its neighbours,
and a passage is read once for all of its sentences.
"""

import math
import random
from collections.abc import Iterator, Sequence

from eval.train.open_sets import OpenQuestion
from eval.train.token_model import Example, Unit
from index.retrieval.selector import passage_text

PASSAGE_CHARACTERS = 700  # about as long as those of an index
WITHOUT = 0.6  # of the questions have a passage without their answer too
HELD_OUT = 0.05  # of the documents


def selector_examples(asked: OpenQuestion, chance: random.Random) -> Iterator[Example]:
    """The passage with the answer, and most times one of the same document without."""
    windows = _windows(asked.sentences, chance)
    with_gold = [window for window in windows if asked.gold.intersection(window)]
    without = [window for window in windows if not asked.gold.intersection(window)]
    chosen = [chance.choice(with_gold)]
    if without and chance.random() < WITHOUT:
        chosen.append(chance.choice(without))
    for window in chosen:
        text, places = passage_text(asked.title, asked.sentences[window.start : window.stop])
        units = (
            Unit(*place, number in asked.gold) for number, place in zip(window, places, strict=True)
        )
        yield Example(asked.question, text, 1, tuple(units))


def _windows(lines: Sequence[str], chance: random.Random) -> list[range]:
    """Consecutive sentences of about the length of a passage, the first cut at random."""
    found: list[range] = []
    start, room = 0, chance.randint(PASSAGE_CHARACTERS // 3, PASSAGE_CHARACTERS)
    size = 0
    for number, line in enumerate(lines):
        if number > start and size + len(line) > room:
            found.append(range(start, number))
            start, size, room = number, 0, PASSAGE_CHARACTERS
        size += len(line)
    return [*found, range(start, len(lines))]


def split_by_document(
    questions: Sequence[OpenQuestion], seed: int
) -> tuple[list[OpenQuestion], list[OpenQuestion]]:
    """Training and validation questions, no document in both."""
    documents = sorted({one.document for one in questions})
    random.Random(seed).shuffle(documents)
    held = set(documents[: math.ceil(HELD_OUT * len(documents))])
    return (
        [one for one in questions if one.document not in held],
        [one for one in questions if one.document in held],
    )
