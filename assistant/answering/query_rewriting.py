"""Question and history to a question that stands alone, by rules and with no model call.

What a follow-up leaves unsaid is taken from the exchanges before and put behind it in brackets.
Rules mistake what is meant now and then, so `rewrite` also gives other forms of the question to
search for: the question as it was asked, and the question beside the sentence it followed on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.core.answer import Turn
from index.text.calendar_terms import MONTH_PATTERN
from index.text.entities import entities
from index.text.words import COMMON, opening_word, stem, words

# 6 terms and 1 name found most of mtrag_dev's articles; 4 or 8 and 0 or 2 a little less
CARRIED = 6  # names and words of the questions before
_IS_CALLED = re.compile(r"\b(?:is|was|are|were|by)\s+((?:[^\W\d_][\w'’.-]*\s?){1,4})[.!]?\s*$")
ANSWERED = 1  # names of the answers before
SHORT = 3  # meaningful words; a question with fewer and no name of its own cannot stand alone
MAX_TURNS = 6  # exchanges; a subject is rarely taken up again after more
MAX_BESIDE = 300  # characters of the sentence before that are searched for

# "that" alone is left out, it mostly points nowhere ("the law that …"); so is "there" within
_POINTS_BACK = re.compile(
    r"\b(?:he|him|his|she|her|hers|they|them|their|theirs|it|its|those|these"
    r"|this(?! (?:morning|afternoon|evening|week|weekend|month|year|season)\b)"
    r"|that (?:day|month|year|time|one)"
    r"|(?:about|after|at|before|during|for|from|in|of|on|with) that"
    r"|ones?(?! of)|then|same|former|latter"
    r"|(?:any|some|who|what|where)(?:one|thing)? else|others?(?! than))\b"
    r"|\b(?:there|here)(?=\W*$)|\byou (?:just )?(?:said|mentioned|named|listed|meant)\b",
    re.IGNORECASE,
)
_GOES_ON = re.compile(r"^(?:and|but|or|so|also|then|what about|how about|why not)\b", re.IGNORECASE)
_CORRECTS = re.compile(
    r"^(?:(?:no|oh|sorry|well|actually)\W+)*(?:i|we) (?:meant?|was asking)\b", re.IGNORECASE
)
# "Who wrote the screenplay?", "When is the city's turn?": of a thing that was said before
_DEFINITE = re.compile(r"\b(?:the|both) [a-z]+(?:['’]s\b|(?=\W*$))")
_TURNS_AWAY = re.compile(
    r"\b(?:another|a different|a new|change of|change the|changing the)"
    r" (?:subject|topic|matter|question)\b",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"\b(?:who|whom|whose|what|which|when|where|why|how|is|are|am|was|were|be|been|do|does|did|has"
    r"|have|had|can|could|will|would|shall|should|may|might|must|tell|name|list|give|show|describe"
    r"|explain|compare|find|summari[sz]e)\b",
    re.IGNORECASE,
)
# words of asking and of manners, which are no part of what is asked about
_MANNERS = frozenset(
    "explain give i'm know list mean meant me ok please say show tell thank thanks think well"
    " want".split()
)
_DAY_OR_NUMBER = re.compile(rf"\d|^(?:\w+day|{MONTH_PATTERN})$")
_YEAR = re.compile(r"(?:1[5-9]|20)\d\d")
_TOKEN = re.compile(r"[^\W_]+(?:[.,:'’-]?[^\W_]+)*")
_AROUND_A_NAME = re.compile(r"^(?:\d[\d.,:]*(?:st|nd|rd|th)?\s+)+|(?:\s+\d[\d.,:]*)+$|['’]s?$")
_ASKS_FOR_THE_DAY = re.compile(r"\b(?:then|that (?:day|month|year|time))\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RewrittenQuery:
    """What a question means in its conversation.

    `text` stands alone: it is shown, searched for, and read by the reranker. `forms` are further
    texts to search for; there are none without history, or where the subject is changed aloud.
    """

    text: str
    forms: tuple[str, ...] = ()


def rewrite(question: str, history: Sequence[Turn]) -> RewrittenQuery:
    """The question with what it leaves unsaid, and what else to search for.

    >>> turn = Turn("Who is the ROK representative?", "Kim Gunn is.")
    >>> for form in rewrite("Where did he go?", [turn]).forms:
    ...     print(form)
    Where did he go?
    Where did he go? Kim Gunn is.
    """
    if not history or _TURNS_AWAY.search(question):
        return RewrittenQuery(question)
    text = standalone(question, history)
    forms = dict.fromkeys((question, f"{question} {_before(history)}"))
    return RewrittenQuery(text, tuple(form for form in forms if form != text))


def standalone(question: str, history: Sequence[Turn]) -> str:
    """The question with what it leaves unsaid, taken from the exchanges before, in brackets.

    >>> turn = Turn("Who is the ROK representative?", "Kim Gunn is.")
    >>> standalone("Where did he meet his counterparts?", [turn])
    'Where did he meet his counterparts? (ROK, representative, Kim Gunn)'
    >>> standalone("How many ships sank off Busan?", [turn])
    'How many ships sank off Busan?'
    """
    if not history or not leans_back(question):
        return question
    topic = _topic(history[-MAX_TURNS:])
    terms = _without_other_days(topic.terms, question)
    carried = terms[:CARRIED] + topic.answered[:ANSWERED]
    if _ASKS_FOR_THE_DAY.search(question):
        carried += topic.days[:1]
    said = {stem(word) for word in words(question)}
    unsaid: list[str] = []
    for term in carried:
        parts = {stem(word) for word in words(term)}
        if not said.issuperset(parts):
            unsaid.append(term)
            said |= parts
    return f"{question} ({', '.join(unsaid)})" if unsaid else question


def leans_back(question: str) -> bool:
    """Tell whether a question needs the exchanges before it."""
    if _TURNS_AWAY.search(question):
        return False
    if _POINTS_BACK.search(question) or _elliptical(question):
        return True
    short = len(_meaningful(question)) < SHORT or _DEFINITE.search(question)
    return bool(short) and not _names(question)


def _elliptical(question: str) -> bool:
    """Tell whether a question leaves out what is asked: "And in 2006?", "Why?", "Its price"."""
    bare = question.strip()
    return bool(_GOES_ON.search(bare) or _CORRECTS.search(bare) or not _ASKS.search(bare))


@dataclass(frozen=True, slots=True)
class _Topic:
    """What is talked about, the latest first: terms of the questions, names answered, days."""

    terms: list[str]
    answered: list[str]
    days: list[str]


def _topic(history: Sequence[Turn]) -> _Topic:
    """Follow the subject from exchange to exchange until one that stands alone sets a new one."""
    topic = _Topic([], [], [])
    for turn in history:
        terms, days = _terms(turn.question), _days(turn.question) + _days(turn.answer)
        answered = _answered(turn)[:ANSWERED]
        if leans_back(turn.question):
            terms, answered, days = (
                terms + topic.terms,
                answered + topic.answered,
                days + topic.days,
            )
        topic = _Topic(list(dict.fromkeys(terms)), answered, days)
    return topic


def _answered(turn: Turn) -> list[str]:
    """Names that an answer brings, the one first that it says something "is".

    >>> _answered(Turn("Who is the envoy?", "The Envoy for Peace and Security is Kim Gunn."))
    ['Kim Gunn', 'Peace', 'Security']
    """
    asked = set(words(turn.question))
    said = [name for name in _names(turn.answer, only=1) if not asked.issuperset(words(name))]
    found = _IS_CALLED.search(turn.answer)
    called = [name for name in said if found and name in found[1]]
    return [*called, *(name for name in said if name not in called)]


def _before(history: Sequence[Turn]) -> str:
    """The sentence a question follows on: the last answer's first, or else the last question."""
    from index.text.chunking import sentences

    last = history[-1]
    for start, end in sentences(last.answer)[:1]:
        return last.answer[start:end][:MAX_BESIDE]
    return standalone(last.question, history[:-1])[:MAX_BESIDE]


def _meaningful(text: str) -> list[str]:
    return [word for word in words(text) if word not in COMMON and word not in _MANNERS]


def _terms(question: str) -> list[str]:
    """The meaningful words of a question as they stand, names as whole runs."""
    names = _names(question)
    found: list[str] = []
    for token in _TOKEN.findall(question):
        if _meaningful(token):
            whole = (name for name in names if set(words(token)) <= set(words(name)))
            found.append(next(whole, token))
    return found


def _without_other_days(terms: Sequence[str], question: str) -> list[str]:
    """Without the days and numbers that the question sets its own against ("And in 2006?")."""
    own = [word for word in words(question) if _DAY_OR_NUMBER.search(word)]
    if not own:
        return list(terms)
    year_said = any(_YEAR.fullmatch(word) for word in own)
    return [
        term
        for term in terms
        if not _DAY_OR_NUMBER.search(term) or (_YEAR.fullmatch(term) and not year_said)
    ]


def _days(text: str) -> list[str]:
    return [p.text for p in entities(text) if not p.quotation and _DAY_OR_NUMBER.search(p.text)]


def _names(text: str, only: int | None = None) -> list[str]:
    """Names in the first `only` sentences; days and numbers are no subject to go on about."""
    from index.text.chunking import sentences

    found: list[str] = []
    for start, end in sentences(text)[:only]:
        sentence = text[start:end]
        opening = opening_word(sentence)
        for particular in entities(sentence):
            name = _AROUND_A_NAME.sub("", particular.text)
            by_place = particular.text == opening and len(particular.words) == 1
            if not (
                particular.quotation
                or _DAY_OR_NUMBER.search(name)
                or all(len(word) == 1 or word.isdigit() for word in words(name))
                or _MANNERS.issuperset(words(name))
                or (by_place and len(sentence) >= 40)
            ):
                found.append(name)
    return found
