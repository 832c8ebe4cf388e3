"""A plain LlamaIndex pipeline, as its documentation builds one: the baseline.

SentenceSplitter 1024/200, the two nearest chunks, the default prompts and response mode, and for
a follow-up the default condense-question chat engine. It is given our engine, our embedder and our
cleaned articles, so that only the pipeline differs. It cites nothing and has no way to refuse: an
answer counts as a refusal if all it says is that the text does not say it.
"""

import re
import time
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

from llama_index.core import Document, VectorStoreIndex
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.chat_engine import CondenseQuestionChatEngine
from llama_index.core.llms import (
    ChatMessage,
    CompletionResponse,
    CompletionResponseGen,
    CustomLLM,
    LLMMetadata,
    MessageRole,
)
from llama_index.core.llms.callbacks import llm_completion_callback
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.schema import NodeWithScore
from pydantic import Field, PrivateAttr

from assistant.llm.language_model import LanguageModel, Limits, Message, Usage
from assistant.verification.attribution import says_nothing
from eval.data.cases import Case
from eval.data.results import AnswerJson, Outcome, Sentence
from eval.scoring.case_scores import DEPTH
from index.core.articles import Article
from index.embedding.embedders import Embedder
from index.embedding.vector_cache import VectorCache
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


class _Engine(CustomLLM):
    """Our model as an LLM of LlamaIndex; `usages` are of its calls for the question in hand."""

    _model: LanguageModel = PrivateAttr()
    _limits: Limits = PrivateAttr()
    usages: list[Usage] = Field(default_factory=list)

    def __init__(self, model: LanguageModel, limits: Limits) -> None:
        super().__init__()
        self._model, self._limits = model, limits

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(
            context_window=self._model.context_tokens,
            num_output=self._limits.max_tokens,
            model_name=self._model.name,
        )

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        text = ""
        for piece in self._model.stream([Message("user", prompt)], self._limits):
            text += piece.text
            if piece.usage:
                self.usages.append(piece.usage)
        return CompletionResponse(text=text)

    @llm_completion_callback()
    def stream_complete(
        self, prompt: str, formatted: bool = False, **kwargs: Any
    ) -> CompletionResponseGen:
        raise NotImplementedError("the peer is asked for whole answers")


class _Embedding(BaseEmbedding):
    """Our embedder as one of LlamaIndex, with the vectors that are cached already."""

    _embedder: Embedder = PrivateAttr()
    _cache: VectorCache = PrivateAttr()

    def __init__(self, embedder: Embedder, cache: VectorCache) -> None:
        super().__init__()
        self._embedder, self._cache = embedder, cache

    def _get_query_embedding(self, query: str) -> list[float]:
        return [float(x) for x in self._embedder.question(query)[0]]

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        batches = self._cache.embed(self._embedder.identity, texts, self._embedder.passages)
        return [[float(x) for x in row] for batch in batches for row in batch]


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
        self._engine = _Engine(model, limits)
        cache = VectorCache(vectors)
        self._index = VectorStoreIndex.from_documents(
            [_document(article) for article in articles],
            transformations=[SentenceSplitter(chunk_size=CHUNK, chunk_overlap=OVERLAP)],
            embed_model=_Embedding(embedder, cache),
        )
        cache.close()

    def answer(self, case: Case) -> Outcome:
        """What the pipeline answers to a case."""
        self._engine.usages.clear()
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
        refused, usages = refuses(text), self._engine.usages
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
            "model": self._engine.metadata.model_name,
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
