"""Quotations of a draft, word by word beside what the article has."""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from assistant.checking.verdicts import CheckedQuotation, MarkedSpan
from assistant.core.answer import Evidence
from index.text.grammar import Parser
from index.text.words import WORD, words

MIN_WORDS = 3  # a shorter quotation is a word in quotation marks
ALIKE = 0.6  # share of a quotation's words that an article has in the same order

_QUOTED = re.compile(r"[“\"]([^“”\"]{8,1000})[”\"]")


def quotations_in(text: str) -> Iterator[re.Match[str]]:
    """The quotations of a sentence, as matches whose group 1 is what is quoted."""
    for found in _QUOTED.finditer(text):
        if len(words(found[1])) >= MIN_WORDS:
            yield found


def checked_quotation(
    quoted: str, start: int, near: Sequence[Evidence], parser: Parser | None
) -> CheckedQuotation:
    """A quotation at `start` of its sentence beside the nearest words of some sentences.

    `near` are single sentences; what goes on in the next one is looked for there as well.
    """
    asked = list(WORD.finditer(quoted))
    end = start + len(quoted)
    best, window = _nearest(tuple(_word(one[0]) for one in asked), near)
    if best is None:
        return CheckedQuotation(quoted, start, end)
    said = list(WORD.finditer(best.text))[slice(*window)]
    matcher = SequenceMatcher(
        None, [_word(w[0]) for w in asked], [_word(w[0]) for w in said], autojunk=False
    )
    altered = []
    for change, a, b, c, d in matcher.get_opcodes():
        if change == "equal":
            continue
        theirs = best.text[said[c].start() : said[d - 1].end()] if d > c else ""
        at = min(a, len(asked) - 1)
        first, last = asked[at].start(), (asked[b - 1].end() if b > a else asked[at].end())
        reason = f"the article has “{theirs}”" if theirs else "not in the article's words"
        if b == a:
            reason = f"“{theirs}” is left out before it"
        altered.append(MarkedSpan(quoted[first:last], start + first, start + last, reason))
    words_said = best.text[said[0].start() : said[-1].end()]
    return CheckedQuotation(quoted, start, end, words_said, _speaker(best, parser), tuple(altered))


def _word(written: str) -> str:
    return " ".join(words(written))


def _nearest(
    asked: tuple[str, ...], near: Sequence[Evidence]
) -> tuple[Evidence | None, tuple[int, int]]:
    """The sentence with the most of a quotation's words in order, and which of its words."""
    best, found, least = None, (0, 0), ALIKE
    for item in near:
        theirs = [_word(w[0]) for w in WORD.finditer(item.text)]
        blocks = SequenceMatcher(None, asked, theirs, autojunk=False).get_matching_blocks()
        blocks = [block for block in blocks if block.size]
        share = sum(block.size for block in blocks) / len(asked)
        if share >= least and (best is None or share > least):
            first = max(0, blocks[0].b - blocks[0].a)
            last = blocks[-1].b + blocks[-1].size
            missing = len(asked) - blocks[-1].a - blocks[-1].size
            best, found, least = item, (first, min(len(theirs), last + missing)), share
    return best, found


def _speaker(item: Evidence, parser: Parser | None) -> str:
    """Who says it by the grammar of the sentence, "" if it does not tell."""
    speeches = parser.parse(item.text).speeches if parser else ()
    return next((s.speaker.text for s in speeches if s.speaker.kind != "pronoun"), "")
