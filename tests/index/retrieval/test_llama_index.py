"""Reading, cutting, embedding and searching as components of LlamaIndex's own pipelines."""

import asyncio
import datetime as dt

import pytest
from llama_index.core import Document, SimpleDirectoryReader, VectorStoreIndex
from llama_index.core.ingestion import IngestionPipeline
from llama_index.core.llms import MockLLM  # says what it was shown
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.response_synthesizers import get_response_synthesizer
from llama_index.core.schema import MetadataMode, NodeWithScore, TextNode
from llama_index.core.storage.docstore import SimpleDocumentStore
from llama_index.core.vector_stores import MetadataFilters

from index.core.errors import UsageError
from index.core.filters import Filters
from index.llama_index import (
    ArticleEmbedding,
    ArticleReader,
    HybridRetriever,
    PassageNodeParser,
    RerankerPostprocessor,
    filters_of,
)
from index.text.chunking import PASSAGE_TOKENS
from tests.fakes import WordEmbedding, WordReranker


def test_a_query_engine_shows_the_model_our_best_passages_with_title_and_date(news):
    before = " ".join(f"word{n}" for n in range(PASSAGE_TOKENS - 5))
    news.write(
        "flood.txt",
        f"Title: Dike gives way\nDate: 2024-05-03\n\n{before}.\n\nThe dike broke at Lower Brask.",
    )
    news.put(bread="Zoë Lind baked ninety loaves.")
    engine = RetrieverQueryEngine(
        HybridRetriever(news.search(), similarity_top_k=1), get_response_synthesizer(llm=MockLLM())
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
    nodes = HybridRetriever(search, similarity_top_k=2).retrieve("Who baked the loaves?")
    found = search.search("Who baked the loaves?", 2)
    assert [node.node_id for node in nodes] == [hit.passage.id for hit in found]
    assert [node.score for node in nodes] == [hit.relevance for hit in found]


def test_a_retriever_may_be_limited_to_some_articles(news):
    news.put(
        may="Date: 2024-05-03\n\nThe dike broke at Lower Brask.",
        june="Date: 2024-06-03\n\nThe dike was mended at Lower Brask.",
    )
    filters = Filters(until=dt.date(2024, 5, 31))
    nodes = HybridRetriever(news.search(), similarity_top_k=5, filters=filters).retrieve("dike")
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


# ── reading and cutting ───────────────────────────────────────────────────────────────────────

HEAD = "Title: Dike gives way\nDate: 2024-05-03\nSource: Harbour Courier\n\n"
FLOOD = "The dike broke. Nobody was hurt.\n\nThe dike broke. The mayor came at noon."


@pytest.fixture
def folder(tmp_path):
    """One article, and a file that holds none."""
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "flood.txt").write_text(HEAD + FLOOD)
    (folder / "empty.txt").write_text("")
    return folder


def pipeline(**options) -> IngestionPipeline:
    embedder = WordEmbedding()
    parts = [PassageNodeParser(embedder.tokenize, tokens=6), ArticleEmbedding(embedder)]
    return IngestionPipeline(transformations=parts, **options)


def test_a_folder_becomes_documents_and_what_is_left_out_is_named(folder):
    reader = ArticleReader()
    (document,) = reader.load_data(folder)
    assert document.text == FLOOD
    assert document.metadata == {
        "title": "Dike gives way",
        "published": "2024-05-03",
        "source": "Harbour Courier",
        "article": document.id_,
    }
    assert document.id_ not in document.get_content(MetadataMode.LLM)
    (skip,) = reader.skips
    assert (skip.code, skip.path) == ("empty", str(folder / "empty.txt"))
    assert asyncio.run(reader.aload_data(folder))[0].id_ == document.id_
    with pytest.raises(UsageError, match="no file or folder"):
        reader.load_data(folder / "none")


def test_it_is_a_file_extractor_of_llamaindexs_own_reader(folder):
    read = SimpleDirectoryReader(str(folder), file_extractor={".txt": ArticleReader()})
    (document,) = read.load_data()
    assert document.metadata["title"] == "Dike gives way"
    assert document.metadata["file_name"] == "flood.txt"


def test_a_pipeline_of_our_parts_makes_nodes_with_offsets_and_vectors(folder):
    documents = ArticleReader().load_data(folder)
    nodes = pipeline().run(documents=documents)
    assert [node.text for node in nodes] == [
        "The dike broke. Nobody was hurt.",
        "The dike broke.",
        "The mayor came at noon.",
    ]
    for node in nodes:
        assert FLOOD[node.start_char_idx : node.end_char_idx] == node.text
        assert node.ref_doc_id == documents[0].id_
        assert node.metadata["title"] == "Dike gives way"
        assert len(node.embedding) == WordEmbedding.dimension
    assert nodes[1].start_char_idx == FLOOD.rindex("The dike broke.")
    assert nodes[1].prev_node.node_id == nodes[0].node_id
    assert nodes == pipeline().run(documents=documents)  # the same ids
    asked = asyncio.run(pipeline().arun(documents=documents))
    assert [node.embedding for node in asked] == [node.embedding for node in nodes]


def test_a_pipeline_with_a_store_of_documents_reads_only_what_changed(folder):
    work = pipeline(docstore=SimpleDocumentStore())
    assert len(work.run(documents=ArticleReader().load_data(folder))) == 3
    assert work.run(documents=ArticleReader().load_data(folder)) == []
    (folder / "flood.txt").write_text(HEAD + "The dike holds again.")
    (node,) = work.run(documents=ArticleReader().load_data(folder))
    assert node.text == "The dike holds again."


def test_an_index_of_llamaindex_is_built_and_asked_with_our_parts(folder):
    nodes = pipeline().run(documents=ArticleReader().load_data(folder))
    index = VectorStoreIndex(nodes, embed_model=ArticleEmbedding(WordEmbedding()))
    best = index.as_retriever(similarity_top_k=1).retrieve("When did the mayor come?")
    assert best[0].node.text == "The mayor came at noon."
    later = asyncio.run(index.as_retriever(similarity_top_k=1).aretrieve("Who came at noon?"))
    assert later[0].node.node_id == best[0].node.node_id


def test_any_document_can_be_cut():
    (one, two) = PassageNodeParser(WordEmbedding.tokenize, tokens=3)(
        [Document(text="The dike broke. Nobody was hurt.")]
    )
    assert (one.text, two.text) == ("The dike broke.", "Nobody was hurt.")


# ── filters ───────────────────────────────────────────────────────────────────────────────────


def filters(*each, **condition) -> MetadataFilters:
    made = [dict(zip(("key", "operator", "value"), one, strict=True)) for one in each]
    return MetadataFilters.from_dicts(made, **condition)


MAY, JUNE = dt.date(2024, 5, 1), dt.date(2024, 6, 1)


@pytest.mark.parametrize(
    ("given", "ours"),
    [
        (None, Filters()),
        (Filters(since=MAY), Filters(since=MAY)),
        (filters(("published", ">=", "2024-05-01")), Filters(since=MAY)),
        (filters(("published", ">", "2024-04-30")), Filters(since=MAY)),
        (filters(("published", "<", "2024-06-02")), Filters(until=JUNE)),
        (filters(("published", "==", "2024-06-01")), Filters(since=JUNE, until=JUNE)),
        (
            filters(("published", ">=", "2024-05-01"), ("published", ">=", "2024-06-01")),
            Filters(since=JUNE),
        ),
        (filters(("source", "==", "Courier")), Filters(sources=("Courier",))),
        (
            MetadataFilters(
                filters=[
                    filters(("source", "in", ["Courier", "Post"])),
                    filters(("published", "<=", "2024-06-01")),
                ]
            ),
            Filters(until=JUNE, sources=("Courier", "Post")),
        ),
    ],
)
def test_filters_of_llamaindex_become_ours(given, ours):
    assert filters_of(given) == ours


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (filters(("author", "==", "Lind")), "author == 'Lind'"),
        (filters(("published", "!=", "2024-05-01")), "published != '2024-05-01'"),
        (filters(("published", "==", "yesterday")), "published == 'yesterday'"),
        (filters(("source", "==", "A"), ("source", "==", "B")), "source == 'B'"),
        (filters(("source", "==", "A"), condition="or"), "the condition 'or'"),
        (filters(("source", "in", [])), "source in []"),
        (filters(("source", "in", []), ("source", "in", ["A"])), "source in []"),
        (filters(("published", ">", "9999-12-31")), "published > '9999-12-31'"),
        (filters(("published", "<", "0001-01-01")), "published < '0001-01-01'"),
    ],
)
def test_a_filter_that_ours_cannot_say_is_refused(given, named):
    with pytest.raises(UsageError, match="cannot be filtered by") as refused:
        filters_of(given)
    assert named in str(refused.value)


def test_a_retriever_takes_them_and_searches_asynchronously(news):
    news.put(
        may="Date: 2024-05-03\n\nThe dike broke at Lower Brask.",
        june="Date: 2024-06-03\n\nThe dike was mended at Lower Brask.",
    )
    retriever = HybridRetriever(news.search(), filters=filters(("published", ">=", "2024-06-01")))
    (found,) = asyncio.run(retriever.aretrieve("dike"))
    assert found.node.metadata["published"] == "2024-06-03"
    assert found.node.ref_doc_id == found.node.metadata["article"]
