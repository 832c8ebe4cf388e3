"""Which kind of question is asked: the first kind that recognises it, or a single fact."""

from assistant.kinds.comparisons.changed_value import ChangedValue
from assistant.kinds.comparisons.comparison import Comparison
from assistant.kinds.digest.news_since import NewsSince
from assistant.kinds.digest.summary import Summary
from assistant.kinds.greeting import Greeting
from assistant.kinds.inventory.archive_overview import ArchiveOverview
from assistant.kinds.inventory.count import Count
from assistant.kinds.inventory.entity_list import EntityList
from assistant.kinds.other_language import OtherLanguage
from assistant.kinds.question_kind import QuestionKind
from assistant.kinds.quotations.quotations import Quotations
from assistant.kinds.timelines.timeline import Timeline

KINDS: tuple[type[QuestionKind], ...] = (
    Greeting,
    OtherLanguage,
    ArchiveOverview,
    Count,
    NewsSince,
    Timeline,
    Quotations,
    Comparison,
    ChangedValue,
    EntityList,
    Summary,
)
"""In the order in which they are tried: the most specific first."""


def kind_of(question: str) -> QuestionKind | None:
    """The question as one of `KINDS`; None if it asks for a fact.

    >>> kind_of("Hello"), kind_of("Who is the ROK special representative?")
    (Greeting(thanks=False), None)
    """
    return next((found for kind in KINDS if (found := kind.recognise(question))), None)
