"""A plain LlamaIndex pipeline, as its documentation builds one: the baseline.

SentenceSplitter 1024/200, the two nearest chunks, the default prompts and response mode, and for
a follow-up the default condense-question chat engine. It is given our engine, our embedder and our
cleaned articles, so that only the pipeline differs. It cites nothing and has no way to refuse: an
answer counts as a refusal if all it says is that the text does not say it.
"""

import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import numpy as np
from llama_index.core import Document, VectorStoreIndex
from llama_index.core.chat_engine import CondenseQuestionChatEngine
from llama_index.core.llms import ChatMessage, MessageRole
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.schema import NodeWithScore

from assistant.llama_index import EngineLLM
from assistant.llm.language_model import (
    LanguageModel,
    Limits,
    Message,
    ModelWrapper,
    Piece,
    Usage,
)
from assistant.verification.attribution import says_nothing
from eval.data.cases import Case
from eval.data.results import AnswerJson, Outcome, Sentence
from eval.scoring.case_scores import DEPTH
from index.core.articles import Article
from index.embedding.embedders import Embedder, Vectors
from index.embedding.vector_cache import VectorCache
from index.llama_index import ArticleEmbedding
from index.text.chunking import sentences

CHUNK, OVERLAP, TOP = 1024, 200, 2  # tokens, tokens, chunks
NAME = f"llama-index-core {version('llama-index-core')}, {CHUNK}/{OVERLAP}, top {TOP}"
_CANNOT = re.compile(
    r"(?i)\b(?:cannot|can['’]t|can not|unable to|not able to|impossible to)\b.{0,30}"
    r"\b(?:answer|determine|find|provide|say|tell|know)"
    r"|\bno (?:information|mention|details?)\b"
    r"|\bnot (?:mentioned|specified|provided|stated|given)\b"
    r"|\bdo(?:es)? not (?:mention|specify|provide|contain|include|state|say|know)\b"
)


def refuses(text: str) -> bool:
    """Whether all an answer says is that there is none.

    >>> refuses("The context does not mention who paid. It cannot be determined.")
    True
    >>> refuses("Kim Gunn. The context does not mention his age.")
    False
    """
    parts = [text[start:end] for start, end in sentences(text)]
    return all(says_nothing(part) or _CANNOT.search(part) for part in parts)


class _Counted(ModelWrapper):
    """A model that keeps what its calls cost, for the question in hand."""

    def __init__(self, model: LanguageModel) -> None:
        super().__init__(model)
        self.usages: list[Usage] = []

    def stream(
        self, messages: Sequence[Message], limits: Limits, cancel: threading.Event | None = None
    ) -> Iterator[Piece]:
        for piece in self._model.stream(messages, limits, cancel):
            self.usages += [piece.usage] if piece.usage else []
            yield piece


class _Cached:
    """An embedder with the vectors that are cached already."""

    def __init__(self, embedder: Embedder, cache: VectorCache) -> None:
        self._embedder, self._cache = embedder, cache
        self.name, self.identity = embedder.name, embedder.identity
        self.dimension, self.tokenize = embedder.dimension, embedder.tokenize
        self.question = embedder.question

    def passages(self, texts: Sequence[str]) -> Vectors:
        return np.concatenate([*self._cache.embed(self.identity, texts, self._embedder.passages)])


class LlamaIndexPeer:
    """Answers cases from articles; `names` are the articles' names by id."""

    def __init__(
        self,
        articles: Iterable[Article],
        names: dict[str, str],
        model: LanguageModel,
        limits: Limits,
        embedder: Embedder,
        vectors: Path,
    ) -> None:
        self._names = names
        self._model = _Counted(model)
        self._engine = EngineLLM(
            self._model,
            max_tokens=limits.max_tokens,
            deadline_s=limits.deadline_s,
            is_chat_model=False,  # so that it gets the default prompts, which are for completion
        )
        cache = VectorCache(vectors)
        self._index = VectorStoreIndex.from_documents(
            [_document(article) for article in articles],
            transformations=[SentenceSplitter(chunk_size=CHUNK, chunk_overlap=OVERLAP)],
            embed_model=ArticleEmbedding(_Cached(embedder, cache)),
        )
        cache.close()

    def answer(self, case: Case) -> Outcome:
        """What the pipeline answers to a case."""
        self._model.usages.clear()
        start = time.perf_counter()
        engine = self._index.as_query_engine(llm=self._engine, similarity_top_k=TOP)
        ask: Callable[[str], Any] = engine.query
        if case.history:
            turns = [(turn.question, turn.answer) for turn in case.history]
            roles = MessageRole.USER, MessageRole.ASSISTANT
            history = [
                ChatMessage(role=role, content=text)
                for turn in turns
                for role, text in zip(roles, turn, strict=True)
            ]
            ask = CondenseQuestionChatEngine.from_defaults(
                query_engine=engine, chat_history=history, llm=self._engine
            ).chat
        response = ask(case.question)
        nodes: list[NodeWithScore] = response.source_nodes
        total = round(time.perf_counter() - start, 3)
        output = self._output(str(response).strip(), nodes, total)
        ranked = self._index.as_retriever(similarity_top_k=DEPTH).retrieve(case.question)
        retrieved: list[Sentence] = [
            {
                "article": self._names[node.metadata["article"]],
                "title": node.metadata["title"],
                "text": node.text,
                "rank": rank,
                "relevance": node.score,
            }
            for rank, node in enumerate(ranked, 1)
        ]
        return Outcome(
            standalone_question=case.question,
            retrieved=tuple(retrieved),
            output=output,
            names={i: self._names[i] for i in (node.metadata["article"] for node in nodes)},
            seconds={"total": total},
        )

    def _output(self, text: str, nodes: Sequence[NodeWithScore], total: float) -> AnswerJson:
        refused, usages = refuses(text), self._model.usages
        tokens = ("prompt_tokens", "cached_tokens", "completion_tokens")
        sums = {name: sum(getattr(usage, name) for usage in usages) for name in tokens}
        output = {
            "answer": "" if refused else text,
            "refused": refused,
            "reason": {"code": "unsupported", "reason": text} if refused else None,
            "claims": [],
            "citations": [],
            "evidence": [
                {**node.metadata, "text": node.text, "relevance": node.score} for node in nodes
            ],
            "model": self._model.name,
            "generation": NAME,
            "timings": {"total_s": total, **sums, "model_calls": len(usages)},
        }
        return cast(AnswerJson, output)


def _document(article: Article) -> Document:
    return Document(
        text=article.text,
        metadata={
            "article": article.id,
            "title": article.title,
            "published": article.published.isoformat() if article.published else None,
            "source": article.source,
        },
        excluded_llm_metadata_keys=["article"],
        excluded_embed_metadata_keys=["article"],
    )
