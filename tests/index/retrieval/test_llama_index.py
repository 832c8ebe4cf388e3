"""Our search inside a LlamaIndex query engine, end to end."""

import datetime as dt

from llama_index.core.llms import MockLLM  # says what it was shown
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.response_synthesizers import get_response_synthesizer
from llama_index.core.schema import NodeWithScore, TextNode

from index.core.filters import Filters
from index.llama_index import ArticleRetriever, RerankerPostprocessor
from index.text.chunking import PASSAGE_TOKENS
from tests.fakes import WordReranker


def test_a_query_engine_shows_the_model_our_best_passages_with_title_and_date(news):
    before = " ".join(f"word{n}" for n in range(PASSAGE_TOKENS - 5))
    news.write(
        "flood.txt",
        f"Title: Dike gives way\nDate: 2024-05-03\n\n{before}.\n\nThe dike broke at Lower Brask.",
    )
    news.put(bread="Zoë Lind baked ninety loaves.")
    engine = RetrieverQueryEngine(
        ArticleRetriever(news.search(), k=1), get_response_synthesizer(llm=MockLLM())
    )
    response = engine.query("Where did the dike break?")
    assert "The dike broke at Lower Brask." in str(response)
    assert "Dike gives way" in str(response) and "2024-05-03" in str(response)
    assert "ninety loaves" not in str(response)
    (source,) = response.source_nodes
    article = news.articles()["flood.txt"]
    assert source.node.metadata["article"] == article.id
    start, end = source.node.start_char_idx, source.node.end_char_idx
    assert start > 0
    assert article.text[start:end] == source.node.text == "The dike broke at Lower Brask."
    assert article.published == dt.date(2024, 5, 3)
    assert article.id not in str(response)  # for programs, not for the model


def test_nodes_come_best_first_with_the_rerankers_score(news):
    news.put(flood="The dike broke at Lower Brask.", bread="Zoë Lind baked ninety loaves.")
    search = news.search()
    nodes = ArticleRetriever(search, k=2).retrieve("Who baked the loaves?")
    found = search.search("Who baked the loaves?", 2)
    assert [node.node_id for node in nodes] == [hit.passage.id for hit in found]
    assert [node.score for node in nodes] == [hit.relevance for hit in found]


def test_a_retriever_may_be_limited_to_some_articles(news):
    news.put(
        may="Date: 2024-05-03\n\nThe dike broke at Lower Brask.",
        june="Date: 2024-06-03\n\nThe dike was mended at Lower Brask.",
    )
    filters = Filters(until=dt.date(2024, 5, 31))
    nodes = ArticleRetriever(news.search(), k=5, filters=filters).retrieve("dike")
    assert [node.node.metadata["published"] for node in nodes] == ["2024-05-03"]


def test_the_reranker_reorders_the_nodes_of_another_retriever():
    texts = ["Bread is dear.", "The dike broke.", "Rain fell."]
    nodes = [NodeWithScore(node=TextNode(text=text), score=0.5) for text in texts]
    best = RerankerPostprocessor(WordReranker(), top_n=2).postprocess_nodes(
        nodes, query_str="Where did the dike break?"
    )
    assert best[0].node.get_content() == "The dike broke."
    assert [node.score for node in best] == sorted((n.score for n in best), reverse=True)
    assert len(best) == 2
