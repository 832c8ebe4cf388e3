"""Reading, cutting, embedding and searching articles as components of LlamaIndex."""

import asyncio
import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, cast

from llama_index.core import schema
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.node_parser import NodeParser
from llama_index.core.node_parser.node_utils import build_nodes_from_splits
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.readers.base import BaseReader
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import BaseNode, NodeWithScore, QueryBundle
from llama_index.core.vector_stores.types import FilterCondition, MetadataFilter, MetadataFilters
from pydantic import Field, PrivateAttr

from index.core.articles import Article, Skip
from index.core.errors import UsageError
from index.core.filters import NO_FILTERS, Filters
from index.core.records import Fields, Limits
from index.embedding.embedders import Embedder
from index.ingest.sandbox import Extractor
from index.ingest.scanner import Scanner
from index.retrieval.hybrid_search import Searcher
from index.retrieval.reranker import Reranker
from index.text.chunking import PASSAGE_TOKENS, PassageSplitter

Tokenize = Callable[[str], list[int]]
# metadata that neither a model nor an embedder is shown
HIDDEN = {"excluded_llm_metadata_keys": ["url", "article"]}
HIDDEN["excluded_embed_metadata_keys"] = HIDDEN["excluded_llm_metadata_keys"]
# operators on a day: which bounds they set, and the days by which these differ from it
_BOUNDS = {"==": {"since": 0, "until": 0}, ">=": {"since": 0}, "<=": {"until": 0}}
_BOUNDS |= {">": {"since": 1}, "<": {"until": -1}}


class ArticleReader(BaseReader):
    """Cleaned articles, a document each, from files and folders of any format that is ingested.

    They are read in a worker process, within limits; what was left out is in `skips` afterwards.
    """

    def __init__(self, fields: Fields | None = None) -> None:
        self._fields = fields or Fields()
        self.skips: list[Skip] = []

    def load_data(
        self, *paths: Path | str, extra_info: Mapping[str, Any] | None = None
    ) -> list[schema.Document]:
        """The articles at or below `paths`; UsageError for a path that does not exist."""
        limits = Limits()
        scanner = Scanner(partial(Extractor, limits, self._fields), limits, (), lambda *_: None)
        plan = scanner.scan([Path(path) for path in paths], None, same_reader=False)
        self.skips = plan.skips
        articles = [one for _, found in plan.changed.values() for one in found.articles]
        extra = dict(extra_info or {})
        return [
            schema.Document(id_=one.id, text=one.text, metadata=extra | metadata_of(one), **HIDDEN)
            for one in articles
        ]


class PassageNodeParser(NodeParser):
    """Cuts documents into passages of whole sentences, of at most `tokens` tokens of the embedder.

    A node's id is made of its document's id, its place and its text, so it is the same next time.
    """

    tokens: int = Field(default=PASSAGE_TOKENS, gt=0, description="most tokens of a passage")
    _tokenize: Tokenize = PrivateAttr()

    def __init__(self, tokenize: Tokenize, **fields: Any) -> None:
        super().__init__(**fields)
        self._tokenize = tokenize

    def _parse_nodes(
        self, nodes: Sequence[BaseNode], show_progress: bool = False, **kwargs: Any
    ) -> list[BaseNode]:
        splitter = PassageSplitter(self._tokenize, self.tokens)
        found: list[BaseNode] = []
        for node in nodes:
            passages = splitter.split(article_of(node))
            made = build_nodes_from_splits([passage.text for passage in passages], node)
            for one, passage in zip(made, passages, strict=True):
                one.id_ = passage.id
                one.start_char_idx, one.end_char_idx = passage.start, passage.end
            found += made
        return found

    def _postprocess_parsed_nodes(
        self, nodes: list[BaseNode], parent_doc_map: dict[str, schema.Document]
    ) -> list[BaseNode]:
        # given the documents it looks for each text, and takes a repeated one for the first
        return super()._postprocess_parsed_nodes(nodes, {})


class ArticleEmbedding(BaseEmbedding):
    """Our embedder: a question gets its prefix, a text is embedded as a passage."""

    _embedder: Embedder = PrivateAttr()

    def __init__(self, embedder: Embedder, **fields: Any) -> None:
        super().__init__(**{"model_name": embedder.name, **fields})
        self._embedder = embedder

    def _get_query_embedding(self, query: str) -> list[float]:
        return cast(list[float], self._embedder.question(query)[0].tolist())

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return await asyncio.to_thread(self._get_query_embedding, query)

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return cast(list[list[float]], self._embedder.passages(texts).tolist())

    async def _aget_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return await asyncio.to_thread(self._get_text_embeddings, texts)


class HybridRetriever(BaseRetriever):
    """The `similarity_top_k` best passages of the articles in `filters` as nodes.

    `score` is the reranker's logit (about -11..11).
    """

    def __init__(
        self,
        searcher: Searcher,
        similarity_top_k: int = 6,
        filters: MetadataFilters | Filters | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self._searcher, self._k, self._filters = searcher, similarity_top_k, filters_of(filters)

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        found = self._searcher.search(query_bundle.query_str, self._k, filters=self._filters)
        passages = [(hit.passage, hit.relevance) for hit in found]
        return [
            NodeWithScore(node=node_of(p.article, p.id, p.text, p.start, p.end), score=relevance)
            for p, relevance in passages
        ]

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return await asyncio.to_thread(self._retrieve, query_bundle)


class RerankerPostprocessor(BaseNodePostprocessor):
    """Reorders the nodes of any retriever by our reranker; the `top_n` best are kept."""

    top_n: int = 6
    _reranker: Reranker = PrivateAttr()

    def __init__(self, reranker: Reranker, **fields: Any) -> None:
        super().__init__(**fields)
        self._reranker = reranker

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        question = query_bundle.query_str if query_bundle else ""
        logits = self._reranker.score(question, [node.node.get_content() for node in nodes])
        ranked = sorted(zip(logits, nodes, strict=True), key=lambda pair: -pair[0])[: self.top_n]
        return [NodeWithScore(node=node.node, score=logit) for logit, node in ranked]


def filters_of(given: MetadataFilters | Filters | None) -> Filters:
    """LlamaIndex's filters as ours: by `published` (==, >, >=, <, <=) and by `source` (==, in).

    Raises:
        UsageError: for anything that ours cannot say.
    """
    if not isinstance(given, MetadataFilters):
        return given or NO_FILTERS
    days: dict[str, list[dt.date]] = {"since": [], "until": []}
    sources: list[str] = []
    for one in _each(given):
        bounds = _BOUNDS.get(one.operator.value)
        try:
            if one.key == "published" and bounds:
                day = dt.date.fromisoformat(str(one.value))
                for name, more in bounds.items():
                    days[name].append(day + dt.timedelta(more))
            elif one.key == "source" and one.operator.value in ("==", "in") and not sources:
                sources = list(map(str, one.value if isinstance(one.value, list) else [one.value]))
                if not sources:  # it would let every article through
                    raise ValueError
            else:
                raise ValueError
        except (ValueError, OverflowError):
            raise _unsupported(f"{one.key} {one.operator.value} {one.value!r}") from None
    since, until = max(days["since"], default=None), min(days["until"], default=None)
    return Filters(since=since, until=until, sources=tuple(sources))


def _each(given: MetadataFilters) -> Iterator[MetadataFilter]:
    if given.condition not in (None, FilterCondition.AND):
        raise _unsupported(f"the condition {given.condition.value!r}")
    for one in given.filters:
        yield from _each(one) if isinstance(one, MetadataFilters) else (one,)


def _unsupported(what: str) -> UsageError:
    return UsageError(
        f"Articles cannot be filtered by {what}. They can by published (==, >, >=, <, <= a day such"
        " as 2024-05-31) and once by source (==, in), all of them together (and)."
    )


def metadata_of(article: Article) -> dict[str, str]:
    """What is known of title, day of publication (ISO 8601), source, url and id (`article`)."""
    day = article.stated_day
    known = {"title": article.title, "published": day.isoformat() if day else ""}
    known |= {"source": article.source, "url": article.url, "article": article.id}
    return {key: value for key, value in known.items() if value}


def node_of(
    article: Article, node_id: str, text: str, start: int | None, end: int | None
) -> schema.TextNode:
    """A part of an article, with its offsets in the article's text."""
    source = {schema.NodeRelationship.SOURCE: schema.RelatedNodeInfo(node_id=article.id)}
    return schema.TextNode(
        id_=node_id,
        text=text,
        start_char_idx=start,
        end_char_idx=end,
        metadata=metadata_of(article),
        relationships=source,
        **HIDDEN,
    )


def article_of(node: BaseNode) -> Article:
    """A node of any origin as an article, with what its metadata say of title, source, url, day."""
    title, source, url = (str(node.metadata.get(key) or "") for key in ("title", "source", "url"))
    try:
        day = dt.date.fromisoformat(str(node.metadata.get("published"))[:10])
    except ValueError:
        day = None
    return Article(node.node_id, title, node.get_content(), day, source, url)
