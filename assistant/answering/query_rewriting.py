"""Rewrites a follow-up to a standalone question, by rules and without a model call.

What a follow-up leaves unsaid is taken from the turns before and appended in brackets. Rules are
sometimes wrong, so `rewrite` also returns alternatives to search for: the question as it was asked,
and with the sentence it followed.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.core.answer import Turn
from index.text.calendar_terms import MONTH_PATTERN
from index.text.entities import entities
from index.text.words import COMMON, opening_word, stem, words

# 6 terms and 1 name found most of mtrag_dev's articles; 4 or 8 and 0 or 2 a little less
MAX_TERMS = 6  # names and words taken from earlier questions
MAX_NAMES = 1  # names taken from earlier answers
MIN_WORDS = 3  # meaningful words; a question with fewer and no name cannot stand alone
MAX_TURNS = 6  # that are looked back
MAX_SENTENCE = 300  # characters of the earlier sentence in an alternative

_IS_CALLED = re.compile(r"\b(?:is|was|are|were|by)\s+((?:[^\W\d_][\w'’.-]*\s?){1,4})[.!]?\s*$")
# "that" alone mostly refers to nothing ("the law that …"), nor does "there" inside a sentence
_POINTS_BACK = re.compile(
    r"(?i)\b(?:he|him|his|she|her|hers|they|them|their|theirs|it|its|those|these"
    r"|this(?! (?:morning|afternoon|evening|week|weekend|month|year|season)\b)"
    r"|that (?:day|month|year|time|one)"
    r"|(?:about|after|at|before|during|for|from|in|of|on|with) that"
    r"|ones?(?! of)|then|same|former|latter"
    r"|(?:any|some|who|what|where)(?:one|thing)? else|others?(?! than))\b"
    r"|\b(?:there|here)(?=\W*$)|\byou (?:just )?(?:said|mentioned|named|listed|meant)\b"
)
_CONTINUES = re.compile(
    r"^(?:and|but|or|so|also|then|what about|how about|why not)\b", re.IGNORECASE
)
_CORRECTS = re.compile(
    r"^(?:(?:no|oh|sorry|well|actually)\W+)*(?:i|we) (?:meant?|was asking)\b", re.IGNORECASE
)
# "Who wrote the screenplay?", "When is the city's turn?": of a thing mentioned before
_DEFINITE = re.compile(r"\b(?:the|both) [a-z]+(?:['’]s\b|(?=\W*$))")
_NEW_SUBJECT = re.compile(
    r"(?i)\b(?:another|a different|a new|change of|change the|changing the)"
    r" (?:subject|topic|matter|question)\b"
)
_ASKS = re.compile(
    r"(?i)\b(?:who|whom|whose|what|which|when|where|why|how|is|are|am|was|were|be|been|do|does|did|has"
    r"|have|had|can|could|will|would|shall|should|may|might|must|tell|name|list|give|show|describe"
    r"|explain|compare|find|summari[sz]e)\b"
)
# words of asking and of politeness, which are no part of the subject
_POLITE = frozenset(
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
    """The standalone question `text`, and `forms`: alternative texts to search for besides.

    There are no alternatives without history, or where the question announces a new subject.
    """

    text: str
    forms: tuple[str, ...] = ()


def rewrite(question: str, history: Sequence[Turn]) -> RewrittenQuery:
    """The standalone question, and what else to search for.

    >>> turn = Turn("Who is the ROK representative?", "Kim Gunn is.")
    >>> for form in rewrite("Where did he go?", [turn]).forms:
    ...     print(form)
    Where did he go?
    Where did he go? Kim Gunn is.
    """
    if not history or _NEW_SUBJECT.search(question):
        return RewrittenQuery(question)
    text = standalone(question, history)
    forms = dict.fromkeys((question, f"{question} {_sentence_before(history)}"))
    return RewrittenQuery(text, tuple(form for form in forms if form != text))


def standalone(question: str, history: Sequence[Turn]) -> str:
    """The question with what it leaves unsaid, taken from the turns before, in brackets.

    >>> turn = Turn("Who is the ROK representative?", "Kim Gunn is.")
    >>> standalone("Where did he meet his counterparts?", [turn])
    'Where did he meet his counterparts? (ROK, representative, Kim Gunn)'
    >>> standalone("How many ships sank off Busan?", [turn])
    'How many ships sank off Busan?'
    """
    if not history or not depends_on_history(question):
        return question
    topic = _topic(history[-MAX_TURNS:])
    candidates = _without_other_days(topic.terms, question)[:MAX_TERMS] + topic.names[:MAX_NAMES]
    if _ASKS_FOR_THE_DAY.search(question):
        candidates += topic.days[:1]
    present = {stem(word) for word in words(question)}
    missing: list[str] = []
    for term in candidates:
        parts = {stem(word) for word in words(term)}
        if not present.issuperset(parts):
            missing.append(term)
            present |= parts
    return f"{question} ({', '.join(missing)})" if missing else question


def depends_on_history(question: str) -> bool:
    """True if a question cannot be understood without the turns before it."""
    if _NEW_SUBJECT.search(question):
        return False
    bare = question.strip()
    # leaves out what is asked: "And in 2006?", "Why?", "Its price"
    elliptical = _CONTINUES.search(bare) or _CORRECTS.search(bare) or not _ASKS.search(bare)
    if elliptical or _POINTS_BACK.search(question):
        return True
    short = len(_meaningful(question)) < MIN_WORDS or _DEFINITE.search(question)
    return bool(short) and not _names(question)


@dataclass(frozen=True, slots=True)
class _Topic:
    """The subject of a conversation, the latest first: terms asked, names answered, days."""

    terms: list[str]
    names: list[str]
    days: list[str]


def _topic(history: Sequence[Turn]) -> _Topic:
    """Follow the subject from turn to turn; one that stands alone sets a new one."""
    topic = _Topic([], [], [])
    for turn in history:
        terms, days = _terms(turn.question), _days(turn.question) + _days(turn.answer)
        names = _answered(turn)[:MAX_NAMES]
        if depends_on_history(turn.question):
            terms, names, days = terms + topic.terms, names + topic.names, days + topic.days
        topic = _Topic(list(dict.fromkeys(terms)), names, days)
    return topic


def _answered(turn: Turn) -> list[str]:
    """Names that an answer introduces; first the one that something "is".

    >>> _answered(Turn("Who is the envoy?", "The Envoy for Peace and Security is Kim Gunn."))
    ['Kim Gunn', 'Peace', 'Security']
    """
    asked = set(words(turn.question))
    new = [name for name in _names(turn.answer, only=1) if not asked.issuperset(words(name))]
    complement = _IS_CALLED.search(turn.answer)
    called = [name for name in new if complement and name in complement[1]]
    return [*called, *(name for name in new if name not in called)]


def _sentence_before(history: Sequence[Turn]) -> str:
    """The sentence a question follows: the last answer's first, or else the last question."""
    from index.text.chunking import sentences

    last = history[-1]
    for start, end in sentences(last.answer)[:1]:
        return last.answer[start:end][:MAX_SENTENCE]
    return standalone(last.question, history[:-1])[:MAX_SENTENCE]


def _meaningful(text: str) -> list[str]:
    return [word for word in words(text) if word not in COMMON and word not in _POLITE]


def _terms(question: str) -> list[str]:
    """The meaningful words of a question as they stand, names as whole runs."""
    names = _names(question)
    return [
        next((name for name in names if set(words(token)) <= set(words(name))), token)
        for token in _TOKEN.findall(question)
        if _meaningful(token)
    ]


def _without_other_days(terms: Sequence[str], question: str) -> list[str]:
    """Without the days and numbers that the question replaces by its own ("And in 2006?")."""
    own = [word for word in words(question) if _DAY_OR_NUMBER.search(word)]
    if not own:
        return list(terms)
    has_year = any(map(_YEAR.fullmatch, own))
    return [
        term
        for term in terms
        if not _DAY_OR_NUMBER.search(term) or (_YEAR.fullmatch(term) and not has_year)
    ]


def _days(text: str) -> list[str]:
    return [e.text for e in entities(text) if not e.quotation and _DAY_OR_NUMBER.search(e.text)]


def _names(text: str, only: int | None = None) -> list[str]:
    """Names in the first `only` sentences, without days, numbers and quotations."""
    from index.text.chunking import sentences

    names: list[str] = []
    for start, end in sentences(text)[:only]:
        sentence = text[start:end]
        opening = opening_word(sentence)
        for entity in entities(sentence):
            name = _AROUND_A_NAME.sub("", entity.text)
            # a capital at the beginning of a long sentence does not make a name
            by_place = entity.text == opening and len(entity.words) == 1 and len(sentence) >= 40
            if not (
                entity.quotation
                or by_place
                or _DAY_OR_NUMBER.search(name)
                or all(len(word) == 1 or word.isdigit() for word in words(name))
                or _POLITE.issuperset(words(name))
            ):
                names.append(name)
    return names
