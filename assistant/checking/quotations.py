"""Quotations of a draft, word by word beside what the article has."""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from assistant.checking.article_context import ArticleContext
from assistant.checking.claim_parts import Part, parts_of
from assistant.checking.verdicts import CheckedQuotation, MarkedSpan
from assistant.core.answer import Evidence
from assistant.verification.relations import other_name
from index.text.grammar import ParsedSentence, Parser
from index.text.words import COMMON, WORD, words

MIN_WORDS = 3  # a shorter quotation is a word in quotation marks
ALIKE = 0.6  # share of a quotation's words that an article has in the same order

_QUOTED = re.compile(r"[“\"]([^“”\"]{8,1000})[”\"]")
_OPEN = re.compile(r"[“\"][^“”\"]*$")


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
    """Who says it by the grammar of the sentence and those beside it, "" if they do not tell."""
    if parser is None:
        return ""
    context = ArticleContext.of(item, parser)
    if found := _told_by(context.parsed):
        return found
    before = context.before[:1]
    if words(_OPEN.sub(" ", _QUOTED.sub(" ", item.text))):
        return context.antecedent or next((_told_by(parser.parse(e.text)) for e in before), "")
    beside = [*context.after, *before] if _opens(item) else before
    quoting = (one for one in beside if re.search(r"[“”\"]", one.text))
    return next(filter(None, (_told_by(parser.parse(one.text)) for one in quoting)), "")


def _opens(item: Evidence) -> bool:
    """Whether a quotation goes on in the next sentence."""
    return bool(_OPEN.search(_QUOTED.sub(" ", item.text)))


def _told_by(parsed: ParsedSentence) -> str:
    """The named speaker of a sentence, or the only person that it names beside what is quoted."""
    speakers = [s.speaker.text for s in parsed.speeches if s.speaker.text[:1].isupper()]
    speakers = [name for name in speakers if name.lower() not in COMMON]
    persons = {part.text for part in parts_of(parsed) if part.kind == "person"}
    return next(iter(speakers), persons.pop() if len(persons) == 1 else "")


def other_speaker(quotation: CheckedQuotation, claim: ParsedSentence) -> Part | None:
    """The person to whom a draft gives words that the article has another one say."""
    persons = [part for part in parts_of(claim) if part.kind == "person"]
    if not quotation.said or not quotation.speaker or len(persons) != 1:
        return None
    return persons[0] if other_name(persons[0].text, quotation.speaker) else None
