"""A question analysed once: words, stems, entities and the time it speaks of."""

from collections.abc import Iterable
from dataclasses import dataclass

from index.text.entities import Entity, entities
from index.text.query_dates import asks_newest, time_words
from index.text.relative_dates import Period
from index.text.words import opening_word, stems, words


@dataclass(frozen=True, slots=True)
class AnalysedQuestion:
    """What the checks of an answer need of its question.

    `words` are comparable ones, `stems` are without stop words. `names` are the entities without
    quotations and without the first word, which is capitalised because of its position. `periods`
    are those that the question names, relative ones resolved by the searcher; `time_words` the
    words of their phrases. `asks_newest`: a newer article answers better than an older one.
    """

    text: str
    words: frozenset[str]
    stems: frozenset[str]
    entities: tuple[Entity, ...]
    names: tuple[Entity, ...]
    periods: tuple[Period, ...]
    time_words: frozenset[str]
    asks_newest: bool


def analyse(text: str, periods: Iterable[Period] = ()) -> AnalysedQuestion:
    """Analyse a question that names these `periods`.

    >>> asked = analyse("When did Kim Gunn meet 12 envoys in July 2023?")
    >>> [name.text for name in asked.names], sorted(asked.stems)
    (['Kim Gunn', '12', 'July 2023'], ['12', '2023', 'envoy', 'gunn', 'juli', 'kim', 'meet'])
    """
    found, first = tuple(entities(text)), opening_word(text)
    return AnalysedQuestion(
        text,
        words=frozenset(words(text)),
        stems=stems(text),
        entities=found,
        names=tuple(one for one in found if not one.quotation and one.text != first),
        periods=tuple(periods),
        time_words=frozenset(word for phrase in time_words(text) for word in words(phrase)),
        asks_newest=asks_newest(text),
    )
