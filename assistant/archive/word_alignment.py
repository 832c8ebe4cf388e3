"""Where a text stands in another, word by word, though some words were dropped or replaced.

Case, accents, punctuation and the forms of quotes and dashes make no difference to the alignment.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from typing import NamedTuple

from index.core.articles import CAPTION

GAP = 4  # words on either side that an edit drops, adds or replaces within one run
RUN = 3  # equal words in a row that begin a run: two ("of the") are in every text
LEAST = 6  # equal words of a run that counts; "the prime minister of Japan" is no excerpt
DENSE = 0.5  # of a run's words that are equal
NEAR = 60  # words that an excerpt left out of the middle
SPELLING = 0.75  # similarity of two spellings of one word ("colour", "color")

# a character of a script without spaces is a word of its own
_WORD = re.compile(
    rf"{re.escape(CAPTION.strip())}|[\u3040-\u30ff\u3400-\u9fff]|[^\W_\u3040-\u30ff\u3400-\u9fff]+"
)


class Word(NamedTuple):
    """A word in comparable form, and its characters `start`..`end`."""

    comparable: str
    start: int
    end: int


class Change(NamedTuple):
    """Words of the longer text and what stands in their place in the excerpt; "" for nothing."""

    original: str
    excerpt: str


@dataclass(frozen=True, slots=True)
class Alignment:
    """Where the words of an excerpt stand in a text.

    `matched` are the words that stand there, and `skipped` those of the text between them, a part
    that was left out apart. `spans` are the (start, end) characters of the text, and `changes` what
    was edited within them.
    """

    matched: int
    skipped: int
    spans: tuple[tuple[int, int], ...]
    changes: tuple[Change, ...] = ()


NOWHERE = Alignment(0, 0, ())


class _Block(NamedTuple):
    """Equal words: from `mine` in the excerpt and `theirs` in the text, `size` of them."""

    mine: int
    theirs: int
    size: int

    @property
    def ends(self) -> tuple[int, int]:
        return self.mine + self.size, self.theirs + self.size


def located_words(text: str) -> list[Word]:
    """The words of a text with their places.

    >>> [word.comparable for word in located_words("Zürich’s well-known men")]
    ['zurich', 's', 'well', 'known', 'men']
    """
    return [
        Word(_comparable(found[0]), *found.span())
        for found in _WORD.finditer(text)
        if found[0] != CAPTION.strip()
    ]


def _comparable(word: str) -> str:
    if word.isascii():
        return word.lower()
    plain = unicodedata.normalize("NFKD", word)
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold()


def align(excerpt: str, text: str) -> Alignment:
    """Find an excerpt in a text.

    >>> text = "He said so. The dike of Ossel broke on the third night of May. Nobody was hurt."
    >>> found = align("the dike of Ossel burst on the third night", text)
    >>> found.matched, found.skipped, found.spans
    (8, 1, ((12, 54),))
    >>> found.changes
    (Change(original='broke', excerpt='burst'),)
    """
    mine, theirs = located_words(excerpt), located_words(text)
    runs = [run for run in _runs(mine, theirs) if _counts(run, len(mine))]
    if not runs:
        return NOWHERE
    changes = [change for run in runs for change in _changes(run, mine, theirs, excerpt, text)]
    respelled = sum(_is_spelling(change) for change in changes)
    matched = sum(block.size for run in runs for block in run) + respelled
    gaps = (b.theirs - a.ends[1] for run in runs for a, b in pairwise(run))
    skipped = sum(gap for gap in gaps if gap <= GAP) - respelled
    spans: list[tuple[int, int]] = []
    for first, last in ((run[0].theirs, run[-1].ends[1] - 1) for run in runs):
        if spans and first - spans[-1][1] <= NEAR:
            spans[-1] = spans[-1][0], last
        else:
            spans.append((first, last))
    places = tuple((theirs[first].start, theirs[last].end) for first, last in spans)
    return Alignment(matched, skipped, places, tuple(changes))


def _runs(mine: Sequence[Word], theirs: Sequence[Word]) -> list[list[_Block]]:
    """Blocks of equal words, those together that are parts of one quotation."""
    own, others = ([word.comparable for word in side] for side in (mine, theirs))
    matcher = SequenceMatcher(None, own, others, autojunk=False)
    runs: list[list[_Block]] = []
    for block in (_Block(*block) for block in matcher.get_matching_blocks() if block.size):
        if runs and _goes_on(runs[-1][-1], block):
            runs[-1].append(block)
        else:
            runs.append([block])
    return runs


def _goes_on(one: _Block, other: _Block) -> bool:
    """Whether a block goes on where another ended, but for an edit or a part that was left out."""
    mine, theirs = other.mine - one.ends[0], other.theirs - one.ends[1]
    reach = NEAR if min(one.size, other.size) >= RUN else GAP
    return mine <= GAP and theirs <= reach


def _counts(run: Sequence[_Block], words: int) -> bool:
    """Whether a run is more than a set phrase; less is asked of an excerpt of few words."""
    equal = sum(block.size for block in run)
    longest = max(block.size for block in run)
    dense = equal >= DENSE * (run[-1].ends[0] - run[0].mine)
    few = max(2, min(RUN, words // 4))
    return dense and longest >= min(few, words) and equal >= min(LEAST, DENSE * words)


def _changes(
    run: Sequence[_Block], mine: Sequence[Word], theirs: Sequence[Word], excerpt: str, text: str
) -> Iterator[Change]:
    for before, after in pairwise(run):
        original, edited = theirs[before.ends[1] : after.theirs], mine[before.ends[0] : after.mine]
        if len(original) == len(edited):
            for one, other in zip(original, edited, strict=True):
                yield Change(text[one.start : one.end], excerpt[other.start : other.end])
        else:
            yield Change(_written(original, text), _written(edited, excerpt))


def _written(part: Sequence[Word], text: str) -> str:
    return text[part[0].start : part[-1].end] if part else ""


def _is_spelling(change: Change) -> bool:
    """Whether a word was only spelled in another way.

    >>> _is_spelling(Change("organise", "organize")), _is_spelling(Change("broke", "burst"))
    (True, False)
    """
    one, other = map(_comparable, change)
    return " " not in one + other and SequenceMatcher(None, one, other).ratio() >= SPELLING
