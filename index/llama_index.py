"""Search and reranker as LlamaIndex components, for any LlamaIndex query engine."""

from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from pydantic import PrivateAttr

from index.core.filters import NO_FILTERS, Filters
from index.retrieval.hybrid_search import Searcher
from index.retrieval.ranking import ScoredPassage
from index.retrieval.reranker import Reranker


class ArticleRetriever(BaseRetriever):
    """The `k` best passages of the articles in `filters` as nodes.

    `score` is the reranker's logit (about -11..11). The metadata is title, published, source, url
    and article (its id); a model sees the first three.
    """

    def __init__(self, searcher: Searcher, k: int = 6, filters: Filters = NO_FILTERS) -> None:
        super().__init__()
        self._searcher = searcher
        self._k = k
        self._filters = filters

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        found = self._searcher.search(query_bundle.query_str, self._k, filters=self._filters)
        return [_node(hit) for hit in found]


class RerankerPostprocessor(BaseNodePostprocessor):
    """Reorders the nodes of any retriever by our reranker; the `top_n` best are kept."""

    top_n: int = 6
    _reranker: Reranker = PrivateAttr()

    def __init__(self, reranker: Reranker, top_n: int = 6) -> None:
        super().__init__(top_n=top_n)
        self._reranker = reranker

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        question = query_bundle.query_str if query_bundle else ""
        logits = self._reranker.score(question, [node.node.get_content() for node in nodes])
        scored = [
            NodeWithScore(node=node.node, score=logit)
            for node, logit in zip(nodes, logits, strict=True)
        ]
        return sorted(scored, key=lambda node: -(node.score or 0.0))[: self.top_n]


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
