"""Which kind of question is asked: the first kind that recognises it, or a single fact."""

from collections.abc import Callable, Sequence

from assistant.kinds.comparisons.changed_value import ChangedValue
from assistant.kinds.comparisons.comparison import Comparison
from assistant.kinds.comparisons.correction import Correction
from assistant.kinds.digest.news_since import NewsSince
from assistant.kinds.digest.summary import Summary
from assistant.kinds.greeting import Greeting
from assistant.kinds.inventory.archive_overview import ArchiveOverview
from assistant.kinds.inventory.count import Count
from assistant.kinds.inventory.entity_list import EntityList
from assistant.kinds.inventory.event_count import EventCount
from assistant.kinds.key_words import in_full
from assistant.kinds.other_language import OtherLanguage
from assistant.kinds.plain_question import plain_question, without_setting
from assistant.kinds.question_kind import QuestionKind
from assistant.kinds.quotations.quotations import Quotations
from assistant.kinds.timelines.timeline import Timeline

KINDS: tuple[type[QuestionKind], ...] = (
    Greeting,
    OtherLanguage,
    ArchiveOverview,
    Count,
    EventCount,
    NewsSince,
    Timeline,
    Quotations,
    Correction,
    ChangedValue,
    Comparison,
    EntityList,
    Summary,
)
"""In the order in which they are tried: the most specific first."""


_AS_WRITTEN = (Greeting, OtherLanguage)
"""The kinds that the words around a question tell."""
_OF_ARTICLES = tuple(kind for kind in KINDS if kind not in _AS_WRITTEN)


def kind_of(question: str) -> QuestionKind | None:
    """The question as one of `KINDS`; None if it asks for a fact.

    >>> kind_of("Hello"), kind_of("Who is the ROK special representative?")
    (Greeting(thanks=False), None)
    >>> kind_of("Hi, could you tell me what is in your archive?").kind
    'archive'
    """
    plain = plain_question(question)
    return (
        _first(_AS_WRITTEN, question)
        or _first(_OF_ARTICLES, plain)
        or _first_after(without_setting, plain)
        or _first_after(in_full, plain)
    )


def _first(kinds: Sequence[type[QuestionKind]], text: str) -> QuestionKind | None:
    return next((found for kind in kinds if (found := kind.recognise(text))), None)


def _first_after(reworded: Callable[[str], str], plain: str) -> QuestionKind | None:
    """By another form of the question, if it has one."""
    other = reworded(plain)
    return _first(_OF_ARTICLES, other) if other != plain else None
