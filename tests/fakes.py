"""Fakes that are ordinary classes: embedder, reranker and model without weights, and a app."""

from __future__ import annotations

import datetime as dt
import hashlib
import math
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache, cached_property

import numpy as np

from assistant.answering.prompting import prompt_beginning
from assistant.container import App
from assistant.core.answer import Evidence
from assistant.llm.language_model import Finish, LanguageModel, Limits, Message, Piece, Usage
from assistant.verification.verifier import Verdict, WordSupport
from index.core.articles import Article, Passage
from index.core.filters import NO_FILTERS, Filters
from index.embedding.embedders import Vectors
from index.ingest.analysis import Analysis, Analyst
from index.ingest.extraction import Extracted, extract
from index.ingest.sandbox import Extractor
from index.retrieval.ranking import ScoredPassage
from index.retrieval.reranker import non_ascii_tokens
from index.retrieval.selector import TitledSentences
from index.storage.article_store import Listed
from index.text.chunking import sentences
from index.text.grammar import ParsedSentence, Parser
from index.text.query_dates import periods
from index.text.relative_dates import Period
from index.text.words import stems, words


class WordEmbedding:
    """A vector that counts words hashed to buckets: texts that share words are near."""

    name = "word-embedding"
    identity = "words-1"
    dimension = 256

    def __init__(self, before: Callable[[], object] = lambda: None) -> None:
        self.embedded = 0  # passages
        self._before = before  # called ahead of each batch of passages

    @staticmethod
    def tokenize(text: str) -> list[int]:
        return [len(word) for word in text.split()]

    def question(self, text: str) -> Vectors:
        return self._vectors([text])

    def passages(self, texts: Sequence[str]) -> Vectors:
        self._before()
        self.embedded += len(texts)
        return self._vectors(texts)

    def _vectors(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in enumerate(texts):
            vectors[row, 0] = 0.01  # no text is the zero vector
            for word in stems(text):
                bucket = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=2).digest())
                vectors[row, bucket % self.dimension] += 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def extract_here(self: Extractor, data: bytes, path: str) -> Extracted:
    """As the worker does, but without the seconds that its start takes, and archives at once."""
    return extract(data, path, replace(self._limits, seconds=1e9), self._fields)


def analyse_here(self: Extractor, article: Article) -> Analysis:
    """The same for an article."""
    return _analyst(self._tokenize).analyse(article)


_analyst = cache(Analyst)


class WordReranker:
    """The share of the question's words that stand in the text, on the real one's scale -11..11.

    With a `reach` of 5 it is -5..5: nothing is too far below the best to be read beside it.
    """

    name = "word-reranker"

    def __init__(self, reach: float = 11.0) -> None:
        self._reach = reach

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        asked = stems(question)
        shares = [len(asked & stems(text)) / max(1, len(asked)) for text in texts]
        return [self._reach * (2 * share - 1) for share in shares]

    def count(self, text: str) -> int:
        return len(text.split()) + non_ascii_tokens(text)


class KnownGrammar:
    """A parser that knows these sentences, and nothing of others."""

    def __init__(self, *sentences: ParsedSentence) -> None:
        self._known = {sentence.text: sentence for sentence in sentences}

    def parse(self, text: str) -> ParsedSentence:
        return self._known.get(text, ParsedSentence(text))


class EvenSelector:
    """A selector that prefers no sentence."""

    def select(self, question: str, passages: Sequence[TitledSentences]) -> list[tuple[float, ...]]:
        return [tuple(0.0 for _ in passage.sentences) for passage in passages]


class KnownVerifier:
    """A verifier that takes these claims for unsaid, and believes all others."""

    def __init__(self, *unsaid: str) -> None:
        self._unsaid = unsaid

    def verify(self, claim: str, proofs: Sequence[Evidence]) -> Verdict:
        return Verdict((WordSupport(claim, 0.0 if claim in self._unsaid else 0.9),))


class WordVerifier:
    """Takes a word for said if it stands in the proof."""

    def verify(self, claim: str, proofs: Sequence[Evidence]) -> Verdict:
        known = {word for proof in proofs for word in words(proof.text)}
        return Verdict(tuple(WordSupport(w, float(w in known)) for w in words(claim)))


SYSTEM_TEXT = prompt_beginning(())  # what a new engine reads first, see `PrefixCache.restore`


class ScriptedModel:
    """Says what it was given to say, in pieces of a few characters; keeps what it was shown.

    It raises when it is asked more often than it has answers.
    """

    name = "scripted"
    context_tokens = 4096

    look: tuple[tuple[str, float], ...] = (("Yes", -0.1), ("No", -5.0))  # sure to be told
    limit: tuple[Finish, float] = ("length", math.inf)  # what ends an answer after so many letters

    def __init__(self, *answers: str) -> None:
        self._answers = list(answers)
        self.shown: list[Sequence[Message]] = []
        self.read_ahead: list[Sequence[Message]] = []
        self.closed = False

    def count(self, text: str) -> int:
        return len(text.split())

    def count_prompt(self, messages: Sequence[Message]) -> int:
        return sum(self.count(message.content) for message in messages)

    def stream(
        self, messages: Sequence[Message], limits: Limits, cancel: threading.Event | None = None
    ) -> Iterator[Piece]:
        read = self.count_prompt(messages)
        if limits.max_tokens == 0:
            if messages != SYSTEM_TEXT:
                self.read_ahead.append(messages)
            yield Piece(usage=Usage(read, 0, 0, 0.1, 0.0, "length"))
            return
        if limits.max_tokens == 1:  # the word on the proof
            yield Piece("Yes", likely=self.look)
            yield Piece(usage=Usage(read, 0, 1, 0.1, 0.1, "length"))
            return
        self.shown.append(messages)
        if not self._answers:
            raise AssertionError(f"no answer is left for: {messages[-1].content}")
        text = self._answers.pop(0)
        for start in range(0, len(text), 7):
            cancelled = cancel is not None and cancel.is_set()
            if cancelled or start >= self.limit[1]:
                why = "cancelled" if cancelled else self.limit[0]
                yield Piece(usage=Usage(read, 0, start, 0.1, 0.1, why))
                return
            yield Piece(text[start : start + 7])
        yield Piece(usage=Usage(read, 0, len(text), 0.1, 0.1, "stop"))

    def save(self, name: str) -> int:
        """Nothing: its engine has no state."""
        return 0

    def close(self) -> None:
        self.closed = True


def evidence_of(*articles: Article) -> tuple[Evidence, ...]:
    """Every sentence of some articles as evidence, in reading order."""
    return tuple(
        Evidence(Passage(article, (span,)), *span, relevance=0.0)
        for article in articles
        for span in sentences(article.text)
    )


class SpelledVocabulary:
    """Control words are single tokens below 0; plain text is one token a character."""

    def __init__(self, controls: tuple[str, ...], leaky: bool = False) -> None:
        self.controls = controls
        self.leaky = leaky

    def __call__(self, text: str, special: bool) -> tuple[int, ...]:
        ids: list[int] = []
        while text:
            word = next((w for w in self.controls if text.startswith(w)), "")
            if word and (special or self.leaky):
                ids.append(-1 - self.controls.index(word))
            else:
                word = text[0]
                ids.append(ord(word))
            text = text[len(word) :]
        return tuple(ids)

    def spell(self, ids: list[int]) -> str:
        return "".join(self.controls[-1 - i] if i < 0 else chr(i) for i in ids)


class FixedSearch:
    """A searcher that finds the same articles, each as one passage, whatever is asked."""

    def __init__(self, *articles: Article, relevance: float = 5.0, generation: str = "g1") -> None:
        self.asked: list[str] = []
        self.generation = generation
        self._found = [
            ScoredPassage(
                passage=Passage(article, tuple(sentences(article.text)), relevance),
                dense_rank=rank,
                similarity=0.9,
                lexical_rank=None,
                bm25=None,
                fused=1 / (60 + rank),
                relevance=relevance,
            )
            for rank, article in enumerate(articles, 1)
        ]

    def search(
        self, question: str, k: int, *, filters: Filters = NO_FILTERS, also: Sequence[str] = ()
    ) -> list[ScoredPassage]:
        self.asked.append(question)
        return self._admitted(filters)[:k]

    def passages_of(self, articles: Sequence[str], filters: Filters) -> list[Passage]:
        found = (hit.passage for hit in self._admitted(filters))
        return [passage for passage in found if passage.article.id in articles]

    def passages_with(self, phrases: Sequence[str], filters: Filters) -> list[Passage]:
        asked = [words(phrase) for phrase in phrases]
        found = (hit.passage for hit in self._admitted(filters))
        return [p for p in found if all(_has_run(p, phrase) for phrase in asked)]

    def articles_in(self, filters: Filters) -> list[Listed]:
        found = [hit.passage.article for hit in self._admitted(filters)]
        found.sort(key=lambda a: (a.published is None, -(a.published or dt.date.min).toordinal()))
        return [Listed(replace(a, text=""), 1, None, cluster_id=a.id) for a in found]

    def versions_before(self, article_id: str) -> list[Passage]:
        return []

    def _admitted(self, filters: Filters) -> list[ScoredPassage]:
        found = ((hit, hit.passage.article) for hit in self._found)
        return [hit for hit, a in found if filters.admits(a.id, a.published, a.source)]

    def periods(self, question: str, filters: Filters) -> list[Period]:
        days = [hit.passage.article.published for hit in self._found]
        return periods(question, filters.as_of or max((day for day in days if day), default=None))


def _has_run(passage: Passage, phrase: tuple[str, ...]) -> bool:
    text = words(f"{passage.article.title} {passage.text}")
    return phrase in {text[at : at + len(phrase)] for at in range(len(text))}


class FakeApp(App):
    """The real app with the fakes above in it; give it the model before a command runs."""

    speaker: LanguageModel = ScriptedModel()

    @cached_property
    def embedder(self) -> WordEmbedding:
        return WordEmbedding()

    @cached_property
    def reranker(self) -> WordReranker:
        return WordReranker()

    @cached_property
    def selector(self) -> EvenSelector:
        return EvenSelector()

    @cached_property
    def verifier(self) -> KnownVerifier:
        return KnownVerifier()

    @cached_property
    def parser(self) -> Parser | None:
        return None

    def _load_model(self) -> LanguageModel:
        return self.speaker


def app_that_says(*answers: str) -> type[FakeApp]:
    """A FakeApp whose model gives these answers, one after the other."""
    return app_with(ScriptedModel(*answers))


def app_with(model: LanguageModel) -> type[FakeApp]:
    """A FakeApp with this model in it."""
    return type("FakeApp", (FakeApp,), {"speaker": model})
