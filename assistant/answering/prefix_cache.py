"""Articles that the model has read before anybody asks about them.

A prompt begins with the system text and the evidence. Where the engine's state after the system
text and one whole article was kept, a question about that article continues from it: the article
is the beginning of its evidence, sentences of other articles and the question are all that is
read. What that does to answers and seconds stands in `docs/experiments`.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Protocol

from assistant.answering import prompting as drafting
from assistant.answering.sentence_selection import sentences_of, span_key
from assistant.core.answer import Evidence
from assistant.llm.kv_state_store import KVStateStore
from assistant.llm.language_model import LanguageModel, Limits
from index.core.articles import fingerprint
from index.core.filters import NO_FILTERS, Filters
from index.retrieval.hybrid_search import Searcher
from index.storage.article_store import Listed

LONGEST = 1_500  # tokens of an article; with longer ones answers were not measured
_DEADLINE_S = 600.0


class StateKeeper(LanguageModel, Protocol):
    """A model whose engine can write down what it knows after the last prompt, and take it back.

    Names are those of files in the folder it was made with.
    """

    def save(self, name: str) -> int:
        """Writes it into this file, which may be cut off; returns the bytes it should have."""

    def restore(self, name: str) -> None:
        """Takes it back, if it can; a prompt that begins with it is read from there on."""


@dataclass(frozen=True, slots=True)
class Warmed:
    """An article that was read beforehand, by its id, and the bytes of what is kept of it."""

    article: str
    bytes: int


class PrefixCache:
    """Reads articles and goes on from them; `identity` tells model and engine from others."""

    def __init__(
        self,
        readings: KVStateStore,
        identity: Callable[[], str],
        model: Callable[[], StateKeeper],
        searcher: Searcher,
        listed: Callable[[], Sequence[Listed]],
    ) -> None:
        self.readings = readings
        self._identity = cache(identity)
        self._model = model
        self._searcher = searcher
        self._listed = listed
        self._unfit: set[str] = set()  # too long, or too large for the room there is

    def whole(self, evidence: Sequence[Evidence], filters: Filters) -> tuple[Evidence, ...]:
        """What to show the model: the evidence, its first article whole if it was read before."""
        if not evidence or self.readings.off:
            return tuple(evidence)
        first = evidence[0]
        article = self._sentences(first.article.id, filters)
        if not article or not self.readings.has(self._key(article)):
            return tuple(evidence)
        chosen = {span_key(item): item for item in evidence}
        return (
            *(
                chosen.get(span_key(item)) or replace(item, carried_by=first.carried_by)
                for item in article
            ),
            *(item for item in evidence if item.article.id != first.article.id),
        )

    def asked(self, evidence: Sequence[Evidence]) -> None:
        """Remember the articles of the evidence for a question: such are read first."""
        self.readings.count_asked(dict.fromkeys(item.article.id for item in evidence))

    def recall(self, evidence: Sequence[Evidence]) -> bool:
        """Have the engine go on from the article that the evidence begins with, if it is whole."""
        if not evidence:
            return False
        first = [item for item in evidence if item.article.id == evidence[0].article.id]
        name = self.readings.find(self._key(first))
        if name:
            self._model().restore(name)
        return name is not None

    def read(self, cancel: threading.Event) -> Iterator[Warmed]:
        """Read what is not read yet: articles most asked about first, then the newest.

        Ends when all are read (what is left of articles that are gone goes then), when there is
        room only for what is more useful, or once `cancel` is set, without the article in hand.

        Raises:
            OSError: the folder cannot be written.
            UserError: the engine failed.
        """
        wanted: set[str] = set()
        for article in self._order() if not self.readings.off else ():
            sentences = self._sentences(article, NO_FILTERS)
            key = self._key(sentences)
            if not sentences or key in self._unfit:
                continue
            if not self.readings.has(key):
                if cancel.is_set() or not self.readings.room_for_another(wanted):
                    return
                size = self._keep(key, sentences, wanted, cancel)
                if cancel.is_set():
                    return
                if not size:
                    self._unfit.add(key)
                    continue
                yield Warmed(article, size)
            wanted.add(key)
        self.readings.drop_others(self._maker(), wanted)

    def _keep(
        self,
        key: str,
        article: Sequence[Evidence],
        spare: Collection[str],
        cancel: threading.Event,
    ) -> int:
        model, begin = self._model(), drafting.begin(article)
        if model.count_prompt(begin) > LONGEST:
            return 0
        for piece in model.stream(begin, Limits(0, _DEADLINE_S), cancel):
            if piece.usage and piece.usage.finish in ("cancelled", "deadline"):
                return 0
        size = self.readings.put(key, model.save, spare)
        if cancel.is_set():  # a question's prompt may have taken the place of the article's
            self.readings.drop_others(key, ())
        return size

    def _order(self) -> list[str]:
        asked = self.readings.asked()

        def worth(row: Listed) -> tuple[int, dt.date]:
            return asked.get(row.article.id, 0), row.article.published or dt.date.min

        rows = [row for row in self._listed() if not row.copy_of and not row.superseded_by]
        return [row.article.id for row in sorted(rows, key=worth, reverse=True)]

    def _sentences(self, article: str, filters: Filters) -> list[Evidence]:
        return sentences_of(self._searcher.passages_of([article], filters))

    def _key(self, article: Sequence[Evidence]) -> str:
        told = (message.content for message in drafting.begin(article))
        return self._maker() + fingerprint(*told)[:20]

    def _maker(self) -> str:
        return fingerprint(self._identity())[:12]
