"""Reuses the model's KV state of whole articles that were read before anybody asked.

A prompt begins with the system text and the evidence. Where the state after the system text and
one whole article is stored, a question about that article continues from it: the article becomes
the beginning of the evidence, and only the sentences of other articles and the question are read.
A small library is read as if it were one article, so that only the question is read.
The state after the system text alone is stored by the first question, for those of later processes.
Its effect on answers and latency is in `docs/experiments`.
"""

import datetime as dt
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from typing import Protocol

from assistant.answering.prompting import prompt_beginning
from assistant.answering.sentence_selection import sentences_of
from assistant.core.answer import Evidence
from assistant.llm.kv_state_store import KVStateStore
from assistant.llm.language_model import LanguageModel, Limits
from index.core.articles import Article, fingerprint
from index.core.filters import NO_FILTERS, Filters
from index.retrieval.hybrid_search import Searcher
from index.storage.article_store import Listed

MAX_TOKENS = 1_500  # of what is read as one; answers from longer texts were not measured
SMALL = 8  # articles of a library that is read as one, if they are short enough
_DEADLINE_S = 600.0


class StatefulModel(LanguageModel, Protocol):
    """A model whose KV state can be saved to files in its folder and restored."""

    def save(self, name: str) -> int:
        """Save the state after the last prompt; returns the bytes that the file should have."""

    def restore(self, name: str) -> None:
        """Restore a state if possible; a prompt that begins with it is read from there on."""


@dataclass(frozen=True, slots=True)
class CachedArticles:
    """Articles that were read as one, by id, and the bytes of the file of their state."""

    articles: tuple[str, ...]
    bytes: int


class PrefixCache:
    """Stores the states of articles and restores them; `identity` names model and engine."""

    small = SMALL

    def __init__(
        self,
        states: KVStateStore,
        identity: Callable[[], str],
        model: Callable[[], StatefulModel],
        searcher: Searcher,
        listed: Callable[[], Sequence[Listed]],
    ) -> None:
        self.states = states
        self._identity = cache(identity)
        self._model = model
        self._searcher = searcher
        self._listed = listed
        self._unfit: set[str] = set()  # too long, or too large for the space there is
        self._has_read = False  # the engine, which knows the system text from then on

    def with_whole_articles(
        self, evidence: tuple[Evidence, ...], filters: Filters
    ) -> tuple[Evidence, ...]:
        """The evidence for the prompt: what is read as one is whole if its state is stored.

        That is a small library, or else the first article.
        """
        if not evidence:
            return evidence
        known = {item.span: item for item in evidence}
        carried = {item.article.id: item.carried_by for item in evidence}
        for articles in filter(None, (self._small_library(), (evidence[0].article.id,))):
            whole = self._sentences(articles, filters)
            if whole and self.states.has(self._key(whole)):
                read = [
                    known.get(item.span)
                    or replace(item, carried_by=carried.get(item.article.id, ()))
                    for item in whole
                ]
                return (*read, *(item for item in evidence if item.article.id not in articles))
        return evidence

    def count_asked(self, evidence: Sequence[Evidence]) -> None:
        """Count the articles of an answered question: those asked about most are read first."""
        self.states.count_asked(dict.fromkeys(item.article.id for item in evidence))

    def restore(self, shown: Sequence[Evidence], cancel: threading.Event | None = None) -> None:
        """Restore the KV state that the prompt begins with, if its file is intact.

        If nothing is stored, the system text is read once and its state stored, unless `cancel` is
        set meanwhile.
        """
        first = [item for item in shown if item.article.id == shown[0].article.id]
        for beginning in (shown, first, ()):
            needed = beginning or not self._has_read
            if needed and (name := self.states.find(self._key(beginning))):
                self._model().restore(name)
                self._has_read = self._has_read or not beginning
                return
        if not self._has_read:
            cancel = cancel or threading.Event()
            with suppress(OSError):
                self._store(self._key(()), (), (), cancel)
            self._has_read = not cancel.is_set()

    def fill(self, cancel: threading.Event) -> Iterator[CachedArticles]:
        """Read articles and store their states: most asked about first, then the newest.

        Ends when all are stored (states of articles that are gone are then deleted), when the
        space is taken by more useful ones, or once `cancel` is set, without the article in hand.

        Raises:
            OSError: the folder cannot be written.
            UserError: the engine failed.
        """
        stored = {self._key(())}
        for articles in self._by_priority() if not self.states.off else ():
            sentences = self._sentences(articles, NO_FILTERS)
            key = self._key(sentences)
            if not sentences or key in self._unfit:
                continue
            if not self.states.has(key):
                if cancel.is_set() or not self.states.room_for_another(stored):
                    return
                size = self._store(key, sentences, stored, cancel)
                if cancel.is_set():
                    return
                if not size:
                    self._unfit.add(key)
                    continue
                yield CachedArticles(articles, size)
            stored.add(key)
            if len(articles) > 1:  # the whole library is stored
                break
        self.states.drop_others(self._key_prefix(), stored)

    def _store(
        self, key: str, article: Sequence[Evidence], keep: Collection[str], cancel: threading.Event
    ) -> int:
        model, messages = self._model(), prompt_beginning(article)
        if model.count_prompt(messages) > MAX_TOKENS:
            return 0
        for piece in model.stream(messages, Limits(0, _DEADLINE_S), cancel):
            if piece.usage and piece.usage.finish in ("cancelled", "deadline"):
                return 0
        size = self.states.put(key, model.save, keep)
        if cancel.is_set():  # a question's prompt may have replaced the article's
            self.states.drop_others(key, ())
        return size

    def _by_priority(self) -> list[tuple[str, ...]]:
        asked = self.states.asked()
        articles = sorted(
            _current(self._listed()),
            key=lambda article: (asked.get(article.id, 0), article.published or dt.date.min),
            reverse=True,
        )
        whole = self._small_library()
        return [*([whole] if whole else []), *((article.id,) for article in articles)]

    def _small_library(self) -> tuple[str, ...]:
        """The ids of all articles where there are several and few, in an order that stays."""
        rows = self._listed()
        if len(rows) > self.small:  # copies among them as well: there may be any number behind
            return ()
        articles = _current(rows)
        return tuple(sorted(a.id for a in articles)) if len(articles) > 1 else ()

    def _sentences(self, articles: Sequence[str], filters: Filters) -> list[Evidence]:
        return sentences_of(self._searcher.passages_of(articles, filters))

    def _key(self, article: Sequence[Evidence]) -> str:
        texts = (message.content for message in prompt_beginning(article))
        return self._key_prefix() + fingerprint(*texts)[:20]

    def _key_prefix(self) -> str:
        return fingerprint(self._identity())[:12]


def _current(rows: Sequence[Listed]) -> list[Article]:
    """The articles without copies and superseded versions."""
    return [row.article for row in rows if not row.copy_of and not row.superseded_by]
