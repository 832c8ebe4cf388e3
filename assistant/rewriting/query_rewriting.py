"""What to search for where a question follows others: by rules and without a model call.

Rules are sometimes wrong, so several forms are searched for: the question with the words that it
leaves unsaid, as it was asked, and with the sentence it followed.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.core.answer import Turn
from assistant.rewriting.follow_up_detection import (
    DAY_OR_NUMBER,
    depends_on_history,
    is_small_talk,
    meaningful,
    names_in,
    stands_apart,
)
from assistant.rewriting.standalone_question import standalone
from index.text.entities import entities
from index.text.grammar import Parser
from index.text.words import stem, words

# 6 terms and 1 name found most of mtrag_dev's articles; 4 or 8 and 0 or 2 a little less
MAX_TERMS = 6  # names and words taken from earlier questions
MAX_NAMES = 1  # names taken from earlier answers
MAX_TURNS = 6  # that are looked back
MAX_SENTENCE = 300  # characters of the earlier sentence in an alternative

_IS_CALLED = re.compile(r"\b(?:is|was|are|were|by)\s+((?:[^\W\d_][\w'’.-]*\s?){1,4})[.!]?\s*$")
_YEAR = re.compile(r"(?:1[5-9]|20)\d\d")
_TOKEN = re.compile(r"[^\W_]+(?:[.,:'’-]?[^\W_]+)*")
_ASKS_FOR_THE_DAY = re.compile(r"\b(?:then|that (?:day|month|year|time))\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RewrittenQuery:
    """What to search for: `text`, by which passages are ranked, and `forms` that find more.

    `standalone` is the question as a person would ask it who knows nothing of the turns before:
    as it was asked where it stands alone, and also where no such sentence is sure.
    """

    standalone: str
    text: str
    forms: tuple[str, ...] = ()


def no_parser() -> None:
    """No parser: fewer follow-ups are understood."""


def rewrite(
    question: str, history: Sequence[Turn], parser: Callable[[], Parser | None] = no_parser
) -> RewrittenQuery:
    """What to search for; `parser` is called for what depends on the history.

    Nothing else is searched for where the question has nothing to do with the history.

    >>> turn = Turn("Who is the ROK representative?", "Kim Gunn is.")
    >>> rewritten = rewrite("Where did he go?", [turn])
    >>> rewritten.text
    'Where did Kim Gunn go?'
    >>> for form in rewritten.forms:
    ...     print(form)
    Where did he go? (ROK, representative, Kim Gunn)
    Where did he go?
    Where did he go? Kim Gunn is.
    """
    if not history or stands_apart(question):
        return RewrittenQuery(question, question)
    sentence = ""
    if depends_on_history(question):
        sentence = standalone(question, history, parser())
    terms = with_missing_terms(question, history)
    text = sentence or terms
    forms = dict.fromkeys((terms, question, f"{question} {_sentence_before(history)}"))
    return RewrittenQuery(sentence or question, text, tuple(form for form in forms if form != text))


def with_missing_terms(question: str, history: Sequence[Turn]) -> str:
    """The question with the words that it leaves unsaid, in brackets; for the search only.

    >>> turn = Turn("Who is the ROK representative?", "Kim Gunn is.")
    >>> with_missing_terms("Where did he meet his counterparts?", [turn])
    'Where did he meet his counterparts? (ROK, representative, Kim Gunn)'
    >>> with_missing_terms("How many ships sank off Busan?", [turn])
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
        if is_small_talk(turn.question):
            continue
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
    new = [name for name in names_in(turn.answer, only=1) if not asked.issuperset(words(name))]
    complement = _IS_CALLED.search(turn.answer)
    called = [name for name in new if complement and name in complement[1]]
    return [*called, *(name for name in new if name not in called)]


def _sentence_before(history: Sequence[Turn]) -> str:
    """The sentence a question follows: the last answer's first, or else the last question."""
    from index.text.chunking import sentences

    last = history[-1]
    for start, end in sentences(last.answer)[:1]:
        return last.answer[start:end][:MAX_SENTENCE]
    return with_missing_terms(last.question, history[:-1])[:MAX_SENTENCE]


def _terms(question: str) -> list[str]:
    """The meaningful words of a question as they stand, names as whole runs."""
    named = names_in(question)
    return [
        next((name for name in named if set(words(token)) <= set(words(name))), token)
        for token in _TOKEN.findall(question)
        if (len(token) > 1 or token.isdigit()) and meaningful(token)
    ]


def _without_other_days(terms: Sequence[str], question: str) -> list[str]:
    """Without the days and numbers that the question replaces by its own ("And in 2006?")."""
    own = [word for word in words(question) if DAY_OR_NUMBER.search(word)]
    if not own:
        return list(terms)
    has_year = any(map(_YEAR.fullmatch, own))
    return [
        term
        for term in terms
        if not DAY_OR_NUMBER.search(term) or (_YEAR.fullmatch(term) and not has_year)
    ]


def _days(text: str) -> list[str]:
    return [e.text for e in entities(text) if not e.quotation and DAY_OR_NUMBER.search(e.text)]
