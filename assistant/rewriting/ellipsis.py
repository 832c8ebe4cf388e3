"""Follow-ups that leave out what stays the same: "And in 2006?", "Why?", "What about Japan?"."""

from __future__ import annotations

import re

from assistant.rewriting.antecedents import Antecedents, has_verb
from assistant.rewriting.follow_up_detection import AUXILIARY, CONTINUES, CORRECTS
from assistant.rewriting.mentions import DAY, YEAR, Mention, mentions
from index.text.words import stem

MAX_WORDS = 5  # of what is asked instead
MAX_BARE = 3  # where nothing but a question mark says that it is asked instead

_OPENING = re.compile(
    r"(?i)^(?:(?:and|but|or|so|what about|how about|no|oh|sorry|well|actually|i meant?"
    r"|i was asking)\b[,\s]*)+"
)
_BARE = re.compile(
    r"(?i)^(?:and |but |so )?((?:(?:since|until|from|by) )?when|where|why|how long)\W*$"
)
_ADVERBIAL = re.compile(
    rf"(?i)^(?:(?:when|where|why|how)(?: (?:long|often|far))?|what (?:time|day|year)"
    rf"|(?:in|on|at) (?:which|what) \w+)(?: in [A-Z]\w+)? (?={AUXILIARY})|^(?={AUXILIARY})"
)
_BE = re.compile(r"(?i)(?:is|are|was|were)\b")
_DO_ALONE = re.compile(r"(?i)\b(?:do|doing|done)\b(?=\W*$| (?:at|in|on)\b)")
_PHRASE = re.compile(r"(?i)^(in|at|on|for|from|near|since|until|during|after|before) (.+)$")
_WHERE = ("in", "at", "on", "near", "from")


def completed(question: str, known: Antecedents) -> str:
    """The question before, asked of what this one names; "" if it is not sure what that is.

    >>> before = Antecedents.of("How many ships sank in 2005?", "Three.", None)
    >>> completed("And in 2006?", before)
    'How many ships sank in 2006?'
    """
    if bare := _BARE.search(question):
        return _asked_otherwise(bare[1], known)
    opening = _OPENING.match(question)
    rest = question[opening.end() if opening else 0 :].strip(" .?!,")
    phrase = _PHRASE.match(rest)
    continues = CONTINUES.search(question) or CORRECTS.search(question)
    if not rest or len(rest.split()) > (MAX_WORDS if continues or phrase else MAX_BARE):
        return ""
    if not continues and not question.rstrip().endswith("?"):
        return ""
    preposition, what = (phrase[1].lower(), phrase[2]) if phrase else ("", rest)
    if DAY.fullmatch(what):
        return _on_another_day(preposition, what, known.question.rstrip(" ?.!"))
    return _of_another(preposition, what, known)


def _asked_otherwise(word: str, known: Antecedents) -> str:
    """The question before by "when" or "why"."""
    earlier = known.question
    opening = _ADVERBIAL.match(earlier)
    if not opening:
        return _of_whoever_did(word, known) if earlier.lower().startswith("who ") else ""
    rest = earlier[opening.end() :]
    if _DO_ALONE.search(rest) or (_BE.match(rest) and not has_verb(earlier, known.parser)):
        return ""
    return f"{word} {rest[0].lower()}{rest[1:]}"


def _of_whoever_did(word: str, known: Antecedents) -> str:
    """Make "When did Korvin win the race?" of "Who won the race?"."""
    name, rest = known.person(), known.question[len("who ") :]
    if not name or known.parser is None or not has_verb(known.question, known.parser):
        return ""
    if auxiliary := re.match(rf"(?i)({AUXILIARY}) ", rest):
        return f"{word} {auxiliary[1]} {name} {rest[auxiliary.end() :]}"
    first = [r for r in known.parser.parse(known.question).relations if r.start == len("who ")]
    form = re.match(r"[a-z]+", rest)
    if not first or not form:
        return ""
    auxiliary_of = "does" if form[0].endswith("s") and form[0] != first[0].verb else "did"
    return f"{word} {auxiliary_of} {name} {first[0].verb}{rest[form.end() :]}"


def _on_another_day(preposition: str, day: str, earlier: str) -> str:
    there, preposition = DAY.search(earlier), preposition or ("in" if YEAR.fullmatch(day) else "on")
    if not there:
        return f"{earlier} {preposition} {day}?"
    before, after = earlier[: there.start()], earlier[there.end() :]
    year, own_year = YEAR.search(there[0]), YEAR.search(day)
    if own_year and own_year[0] == day and year and year[0] == there[0]:
        return f"{before}{day}{after}?"  # "the 2006 World Cup"
    if year and not own_year and there[0] != year[0]:
        day = f"{day}, {year[0]}" if day[-1].isdigit() else f"{day} {year[0]}"
    bare = re.sub(r"(?i)\b(?:in|on|since|until|before|after) $", "", before)
    return f"{bare}{preposition} {day}{after}?" if bare != before else ""


def _of_another(preposition: str, what: str, known: Antecedents) -> str:
    """The question before with this in place of what is of the same kind."""
    alone = mentions(what, known.parser)
    kind = alone[0].kind if len(alone) == 1 else ""
    if not what[0].isupper():
        same = [one for one in known.asked if stem(one.head) == stem(what.split()[-1])]
        usable = len(same) == 1 and not same[0].kind and len(what.split()) > 1
        return _instead_of(same[0], what, known) if usable else ""
    wanted = ("place",) if preposition in _WHERE else (kind,) if kind else ("person", "place")
    if preposition and "place" not in wanted:
        return ""
    for each in wanted:
        rivals = [one for one in known.asked if one.kind == each]
        text = _instead_of(rivals[0], what, known, preposition) if len(rivals) == 1 else ""
        if preposition or any(
            one.kind == each and what in one.text for one in mentions(text, known.parser)
        ):
            earlier = known.question.rstrip(" ?.!")
            return text if rivals else f"{earlier} {preposition} {what}?"
    return ""


def _instead_of(one: Mention, what: str, known: Antecedents, preposition: str = "") -> str:
    """The question before with other words in place of a mention; "" if it stands otherwise."""
    earlier = known.question.rstrip(" ?.!")
    before, after = earlier[: one.start], earlier[one.start + len(one.text) :]
    if preposition:
        bare = re.sub(rf"(?i)\b(?:{'|'.join(_WHERE)}) $", "", before)
        return f"{bare}{preposition} {what}{after}?" if bare != before else ""
    return f"{before}{what}{after}?"
