"""An exported index is read by an ordinary Chroma client, which knows nothing of us."""

import chromadb
import pytest

from index.core.errors import DamagedError, UsageError
from index.storage.chroma_export import export
from tests.command_line import CommandLine
from tests.fakes import WordEmbedding

BROKE = "The dike broke at Lower Brask."


@pytest.fixture
def exported(news, monkeypatch, capsys):
    """The folder that the command has written."""
    news.write(
        "flood.txt",
        "Title: Dike gives way\nDate: 2024-05-03\nSource: Harbour Courier\n"
        f"URL: https://courier.example/flood\n\n{BROKE}",
    )
    news.put(bread="Zoë Lind baked ninety loaves.")
    says = CommandLine(news.root, monkeypatch, capsys)
    out, _ = says("index", "export", "out/chroma")
    assert out == "2 passages are in the collection 'passages' of out/chroma.\n"
    return news.root / "out" / "chroma"


def test_a_client_reads_documents_metadata_and_vectors(news, exported):
    collection = chromadb.PersistentClient(str(exported)).get_collection("passages")
    found = collection.get(where={"source": "Harbour Courier"}, include=["documents", "metadatas"])
    article = news.articles()["flood.txt"]
    assert found["documents"] == [BROKE]
    (metadata,) = found["metadatas"]
    start = article.text.index(BROKE)
    assert metadata == {
        "title": "Dike gives way",
        "day": 20240503,
        "source": "Harbour Courier",
        "url": "https://courier.example/flood",
        "article": article.id,
        "start": start,
        "end": start + len(BROKE),
    }
    question = WordEmbedding().question("Who baked the loaves?")
    near = collection.query(query_embeddings=question, n_results=2)
    assert near["documents"][0] == ["Zoë Lind baked ninety loaves.", BROKE]
    since = collection.get(where={"day": {"$gte": 20240601}})
    assert since["ids"] == []
    assert collection.get(where_document={"$contains": "ninety"})["documents"] == [
        "Zoë Lind baked ninety loaves."
    ]


def test_what_is_not_known_of_an_article_is_left_out(news, exported):
    collection = chromadb.PersistentClient(str(exported)).get_collection("passages")
    (metadata,) = collection.get(where_document={"$contains": "ninety"})["metadatas"]
    assert metadata.keys().isdisjoint({"day", "source", "url"})
    assert metadata["article"] == news.articles()["bread.txt"].id


def test_reading_it_leaves_the_index_intact(news, exported):
    generation, _ = news.store.open()
    collection = chromadb.PersistentClient(str(exported)).get_collection("passages")
    collection.delete(ids=collection.get()["ids"])
    generation.verify()
    assert news.finds("dike") == BROKE


def test_a_folder_that_is_there_is_not_touched(exported):
    with pytest.raises(UsageError, match="is there already"):
        export(None, None, exported)


def test_what_fails_leaves_no_folder(news, tmp_path):
    class Lost:
        def passage_ids(self):
            return ["a"]

        def passages(self, ids):
            raise DamagedError("The text differs.")

    with pytest.raises(DamagedError):
        export(Lost(), None, tmp_path / "half")
    assert not (tmp_path / "half").exists()
