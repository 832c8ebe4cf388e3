"""Reuses the model's KV state of whole articles that were read before anybody asked.

A prompt begins with the system text and the evidence. Where the state after the system text and
one whole article is stored, a question about that article continues from it: the article becomes
the beginning of the evidence, and only the sentences of other articles and the question are read.
Its effect on answers and latency is in `docs/experiments`.
"""

import datetime as dt
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Protocol

from assistant.answering.prompting import prompt_beginning
from assistant.answering.sentence_selection import sentences_of
from assistant.core.answer import Evidence
from assistant.llm.kv_state_store import KVStateStore
from assistant.llm.language_model import LanguageModel, Limits
from index.core.articles import fingerprint
from index.core.filters import NO_FILTERS, Filters
from index.retrieval.hybrid_search import Searcher
from index.storage.article_store import Listed

MAX_TOKENS = 1_500  # of an article; answers from longer ones were not measured
_DEADLINE_S = 600.0


class StatefulModel(LanguageModel, Protocol):
    """A model whose KV state can be saved to files in its folder and restored."""

    def save(self, name: str) -> int:
        """Save the state after the last prompt; returns the bytes that the file should have."""

    def restore(self, name: str) -> None:
        """Restore a state if possible; a prompt that begins with it is read from there on."""


@dataclass(frozen=True, slots=True)
class CachedArticle:
    """An article whose state was stored, by its id, and the bytes of its file."""

    article: str
    bytes: int


class PrefixCache:
    """Stores the states of articles and restores them; `identity` names model and engine."""

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

    def with_whole_article(
        self, evidence: tuple[Evidence, ...], filters: Filters
    ) -> tuple[Evidence, ...]:
        """The evidence for the prompt: its first article whole if its state is stored."""
        if not evidence:
            return evidence
        first = evidence[0]
        article = self._sentences(first.article.id, filters)
        if not article or not self.states.has(self._key(article)):
            return evidence
        known = {item.span: item for item in evidence}
        sentences = [known.get(e.span) or replace(e, carried_by=first.carried_by) for e in article]
        return (*sentences, *(e for e in evidence if e.article.id != first.article.id))

    def count_asked(self, evidence: Sequence[Evidence]) -> None:
        """Count the articles of an answered question: those asked about most are read first."""
        self.states.count_asked(dict.fromkeys(item.article.id for item in evidence))

    def restore(self, shown: Sequence[Evidence]) -> None:
        """Restore the KV state of the prompt's first article if its file is intact."""
        first = [item for item in shown if item.article.id == shown[0].article.id]
        if first and (name := self.states.find(self._key(first))):
            self._model().restore(name)

    def fill(self, cancel: threading.Event) -> Iterator[CachedArticle]:
        """Read articles and store their states: most asked about first, then the newest.

        Ends when all are stored (states of articles that are gone are then deleted), when the
        space is taken by more useful ones, or once `cancel` is set, without the article in hand.

        Raises:
            OSError: the folder cannot be written.
            UserError: the engine failed.
        """
        stored: set[str] = set()
        for article in self._by_priority() if not self.states.off else ():
            sentences = self._sentences(article, NO_FILTERS)
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
                yield CachedArticle(article, size)
            stored.add(key)
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

    def _by_priority(self) -> list[str]:
        asked = self.states.asked()
        rows = [row for row in self._listed() if not row.copy_of and not row.superseded_by]
        articles = sorted(
            (row.article for row in rows),
            key=lambda article: (asked.get(article.id, 0), article.published or dt.date.min),
            reverse=True,
        )
        return [article.id for article in articles]

    def _sentences(self, article: str, filters: Filters) -> list[Evidence]:
        return sentences_of(self._searcher.passages_of([article], filters))

    def _key(self, article: Sequence[Evidence]) -> str:
        texts = (message.content for message in prompt_beginning(article))
        return self._key_prefix() + fingerprint(*texts)[:20]

    def _key_prefix(self) -> str:
        return fingerprint(self._identity())[:12]
