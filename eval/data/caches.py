"""Caches of evaluation runs: reranker scores, drafts of the language model and whole outcomes.

Reading and writing by the models take nearly all of a run's time. With their results kept by what
they depend on, a change to any other step is measured in seconds. Never used for an answer to a
user.
"""

import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

from assistant.llm.language_model import (
    LanguageModel,
    Limits,
    Message,
    ModelWrapper,
    Piece,
    Reading,
    Usage,
)
from eval.data.results import OUTCOME, Outcome
from index.core.articles import fingerprint
from index.core.key_value_cache import KeyValueCache
from index.retrieval.reranker import Reranker

_COMPLETE = ("stop", "length")  # finish reasons of a draft that any machine would write again


class OutcomeCache:
    """Outcomes by key; with `read` False those of before are not used, but replaced."""

    def __init__(self, path: Path, *, read: bool) -> None:
        self._cache = KeyValueCache(path, "answers", "outcome")
        self._read = read
        self.close = self._cache.close

    def get(self, key: str) -> Outcome | None:
        """The outcome of this key, if there is one that can be read."""
        for text in self._cache.get([key]).values() if self._read else ():
            try:
                return OUTCOME.validate_json(text)
            except ValueError:
                continue  # a damaged one only costs time
        return None

    def put(self, key: str, outcome: Outcome) -> None:
        """Keep an outcome; one that failed is tried again next time."""
        if outcome.error is None:
            self._cache.put({key: json.dumps(outcome.as_json(), ensure_ascii=False)})


class CachedReranker:
    """A reranker with cached scores; `identity` distinguishes it from others in the file.

    `replayed` counts the scores that were known before this process.
    """

    def __init__(self, reranker: Reranker, identity: str, path: Path, *, read: bool = True) -> None:
        self.name = reranker.name
        self.count = reranker.count
        self.replayed = 0
        self._reranker = reranker
        self._identity = identity
        self._read = read
        self._made: set[str] = set()
        self._cache = KeyValueCache(path, "scores", "score")
        self.close = self._cache.close

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        """One logit a text, in the order of `texts`."""
        keys = [fingerprint(self._identity, question, text) for text in texts]
        known: dict[str, float] = self._cache.get(keys) if self._read else {}
        self.replayed += len(known.keys() - self._made)
        missing = [i for i, key in enumerate(keys) if key not in known]
        if missing:
            fresh = self._reranker.score(question, [texts[i] for i in missing])
            made = {keys[i]: score for i, score in zip(missing, fresh, strict=True)}
            self._cache.put(made)
            known |= made
            self._made |= made.keys()
        return [known[key] for key in keys]


class CachedLanguageModel(ModelWrapper):
    """A language model with cached drafts; `identity` distinguishes it from others in the file.

    A draft is found by the exact messages and limits, and comes in the pieces and with the usage
    of the first time, but at once. `replayed` counts the drafts that were not written anew. One
    that a deadline or a person ended is not kept; one whose reader stopped early is kept that far.
    """

    def __init__(
        self, model: LanguageModel, identity: str, path: Path, *, read: bool = True
    ) -> None:
        super().__init__(model)
        self.replayed = 0
        self._identity = identity
        self._read = read
        self._cache = KeyValueCache(path, "drafts", "pieces")
        self.close = self._cache.close  # the model belongs to its maker

    def stream(
        self, messages: Sequence[Message], limits: Limits, cancel: threading.Event | None = None
    ) -> Iterator[Piece]:
        """The cached draft or a new one, which is kept if it came to its own end."""
        key = self._key(messages, limits)
        made = self._known(key)
        if made:
            self.replayed += 1
            yield from _until(cancel, made)
            if made[-1].usage or (cancel is not None and cancel.is_set()):
                return
        # nothing is known, or what is known ends where its reader stopped early
        try:
            for piece in islice(self._model.stream(messages, limits, cancel), len(made), None):
                made.append(piece)
                if piece.usage and piece.usage.finish in _COMPLETE:
                    self._keep(key, made)
                yield piece
        except GeneratorExit:
            if not any(piece.usage for piece in made):
                self._keep(key, made)
            raise

    def __getattr__(self, name: str) -> Any:
        """Everything else is passed to the model, uncached."""
        return getattr(self._model, name)

    def _key(self, messages: Sequence[Message], limits: Limits) -> str:
        asked = [[message.role, message.content] for message in messages]
        # names written out: a renamed attribute must not lose the drafts of before
        ends = {
            "max_tokens": limits.max_tokens,
            "deadline_s": limits.deadline_s,
            "stop": limits.stop,
        }
        return fingerprint(self._identity, json.dumps(asked), json.dumps(ends))

    def _known(self, key: str) -> list[Piece]:
        try:
            kept = self._cache.get([key]).values() if self._read else ()
            return [_piece(*piece.values()) for text in kept for piece in json.loads(text)]
        except (ValueError, TypeError, AttributeError):
            return []  # a damaged one only costs time

    def _keep(self, key: str, made: Sequence[Piece]) -> None:
        pieces = json.dumps([asdict(piece) for piece in made], ensure_ascii=False)
        self._cache.put({key: pieces})


def _piece(text: str, progress: Any, usage: Any, likely: Any) -> Piece:
    """A piece from the values of its JSON object, in the order of the fields."""
    return Piece(
        text,
        Reading(*progress.values()) if progress else None,
        Usage(*usage.values()) if usage else None,
        tuple((token, logprob) for token, logprob in likely),
    )


def _until(cancel: threading.Event | None, pieces: Sequence[Piece]) -> Iterator[Piece]:
    """The pieces, ended like a live stream when `cancel` is set."""
    for number, piece in enumerate(pieces):
        if cancel is not None and cancel.is_set():
            yield Piece(usage=Usage(0, 0, number, 0.0, 0.0, "cancelled"))
            return
        yield piece
