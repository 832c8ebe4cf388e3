"""Our search as a LlamaIndex retriever, so that any LlamaIndex query engine can use it.

The only file but `index.text.chunking` that knows LlamaIndex; a TextNode never leaves it.
"""

from __future__ import annotations

from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from index.retrieval.hybrid_search import Searcher
from index.retrieval.ranking import ScoredPassage


class ArticleRetriever(BaseRetriever):
    """Gives the `k` best passages as nodes; `score` is the reranker's logit (about -11..11)."""

    def __init__(self, searcher: Searcher, k: int = 6) -> None:
        super().__init__()
        self._searcher = searcher
        self._k = k

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return [_node(found) for found in self._searcher.search(query_bundle.query_str, self._k)]


def _node(found: ScoredPassage) -> NodeWithScore:
    passage = found.passage
    article = passage.article
    node = TextNode(
        id_=passage.id,
        text=passage.text,
        start_char_idx=passage.start,
        end_char_idx=passage.end,
        metadata={
            "title": article.title,
            "published": article.stated_day.isoformat() if article.stated_day else None,
            "source": article.source,
            "url": article.url,
            "article": article.id,
        },
        # a model needs title, date and source; url and id are for programs
        excluded_llm_metadata_keys=["url", "article"],
    )
    return NodeWithScore(node=node, score=found.relevance)
