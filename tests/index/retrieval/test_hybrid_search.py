"""Hybrid search over a real index: names, ranks, few passages an article, the newest index."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import numpy as np
import pytest

from index.core.errors import DamagedError
from index.core.filters import NO_FILTERS, Filters
from index.retrieval.hybrid_search import FIRST, RERANKED, IndexSearch
from index.retrieval.ranking import CROWDING
from index.storage.flat_index import FlatIndex
from index.text.chunking import PASSAGE_TOKENS
from tests.fakes import WordEmbedding, WordReranker

FLOOD = "The river Ossel broke the dike at Lower Brask and twelve people died in the night."
BREAD = "Zoë Lind baked ninety loaves for the neighbours who had helped her in the winter."


class BlindEmbedding(WordEmbedding):
    """Puts every passage beside every question, but that of Quibble as far away as can be."""

    identity = "blind-1"

    def question(self, text):
        return super()._vectors(["nothing"])

    def passages(self, texts):
        vectors = super().passages(["nothing"] * len(texts))
        signs = [[-1] if "Quibble" in text else [1] for text in texts]
        return vectors * np.array(signs, np.float32)


class Counting(WordReranker):
    """Keeps what it has read."""

    def __init__(self):
        super().__init__()
        self.read = []

    def score(self, question, texts):
        self.read += texts
        return super().score(question, texts)


def long_article(name, passages):
    """An article of so many passages, each of which speaks of the harbour."""
    filler = " ".join(f"{name}{n}" for n in range(PASSAGE_TOKENS - 10))
    return "\n\n".join(f"The harbour part {n} {filler}." for n in range(passages))


def test_the_passage_that_shares_the_questions_words_is_best(news):
    news.put(flood=FLOOD, bread=BREAD)
    found = news.search().search("How many people died at Lower Brask?", 5)
    assert found[0].passage.text == FLOOD
    assert (found[0].dense_rank, found[0].lexical_rank) == (1, 1)
    assert found[0].relevance > found[1].relevance
    assert found[0].passage.score == found[0].relevance
    assert -1 <= found[0].similarity <= 1
    assert found[1].lexical_rank is None and found[1].bm25 is None


def test_a_name_is_found_by_its_word_when_the_vector_misses_it(news):
    for number in range(40):
        news.write(f"{number:02}.txt", f"Report number {number} of the town council says little.")
    news.write("99.txt", "Quibble was seen at the pier.")
    news.ingest(embedder=BlindEmbedding())
    best = news.search(BlindEmbedding()).search("Where was Quibble?", 1)[0]
    assert best.passage.text == "Quibble was seen at the pier."
    assert (best.dense_rank, best.lexical_rank) == (None, 1)


@pytest.mark.parametrize(
    ("question", "k", "read"),
    [
        ("Where was Quibble?", 5, FIRST),
        ("Where was Quibble?", FIRST + 1, RERANKED),
        ("Where was Quibble with a monocle, and why so late?", 5, RERANKED),
    ],
)
def test_the_rest_is_read_only_where_no_passage_is_certain(news, question, k, read):
    for number in range(40):
        news.write(f"{number:02}.txt", f"Report number {number} says where it was.")
    news.write("99.txt", "Quibble was seen at the pier, where he was.")
    news.ingest()
    reranker = Counting()
    with closing(IndexSearch(news.store, news.embedder, reranker, news.vectors)) as search:
        found = search.search(question, k)
    assert "Quibble" in found[0].passage.text
    assert len(reranker.read) == read


def test_two_passages_of_each_article_come_before_a_third_that_is_no_better(news):
    news.put(port=long_article("p", 5), quay=long_article("q", 3))
    found = news.search().search("harbour", 5)
    names = [hit.passage.article.path.rpartition("/")[2] for hit in found]
    assert sorted(names[:4]) == ["port.txt", "port.txt", "quay.txt", "quay.txt"]
    assert len(names) == 5


def test_a_third_passage_of_an_article_comes_first_if_it_is_clearly_better(news):
    news.put(port=long_article("p", 3), quay=long_article("q", 1).replace("part", "side"))
    found = news.search().search("harbour part", 4)
    names = [hit.passage.article.path.rpartition("/")[2] for hit in found]
    assert names == ["port.txt", "port.txt", "port.txt", "quay.txt"]
    assert found[2].relevance - found[3].relevance > CROWDING


def test_another_form_of_the_question_finds_what_the_question_does_not_name(news):
    for number in range(40):
        news.write(f"{number:02}.txt", f"Report number {number} of the town council says little.")
    quibble = (
        "Quibble came to the pier with ladder, buckets, lantern, rope, anchor and an old boat."
    )
    news.write("99.txt", quibble)
    news.ingest()
    search = news.search()
    alone = search.search("Where was it?", 20)
    assert quibble not in [hit.passage.text for hit in alone]
    found = search.search("Where was it?", 20, also=["Where was Quibble?"])
    (hit,) = [hit for hit in found if hit.passage.text == quibble]
    assert (hit.dense_rank, hit.lexical_rank) == (None, None)  # the question's own lists lack it
    assert hit.fused == pytest.approx(2 / 61)


def test_a_search_follows_the_index_without_being_opened_again(news, monkeypatch):
    monkeypatch.setattr(FlatIndex, "exists", lambda folder: False)  # they need no copy
    search = news.search()
    assert (search.search("flood", 3), search.generation, search.library) == ([], "", None)
    news.put(flood=FLOOD)
    assert search.search("dike", 1)[0].passage.text == FLOOD
    assert search.generation == "g000001"
    news.put(flood=BREAD)
    assert search.search("dike", 1)[0].passage.text == BREAD
    assert search.generation == "g000002"
    assert len(list(news.store.root.glob("open-*"))) == 1


def test_an_empty_index_finds_nothing(news):
    path = news.write("flood.txt", FLOOD)
    news.ingest()
    path.unlink()
    news.ingest(prune=True, force=True)
    assert news.search().search("dike", 5) == []
    assert news.search().library.counts()["articles"] == 0


@pytest.mark.parametrize("question", ["", "?!", "who was it", '"dike" OR *', "\x00", "x" * 10_000])
def test_any_question_is_answered_with_passages(news, question):
    news.put(flood=FLOOD)
    assert [hit.passage.text for hit in news.search().search(question, 3)] == [FLOOD]


def test_vectors_and_library_that_disagree_are_damage(news, monkeypatch):
    monkeypatch.setattr(FlatIndex, "exists", lambda folder: False)  # these cannot be added to
    news.put(flood=FLOOD)
    search = news.search()
    search.refresh()
    search._open.vectors.upsert(["of-no-passage"], news.embedder.question("dike"))
    with pytest.raises(DamagedError, match="index rebuild"):
        search.search("dike", 3)


def test_several_threads_may_ask_while_the_index_changes(news):
    news.put(flood=FLOOD)
    search = news.search()

    def ask(_):
        for _ in range(15):
            assert search.search("dike at Lower Brask", 2)[0].passage.text == FLOOD

    with ThreadPoolExecutor(3) as threads:
        asking = threads.map(ask, range(3))
        for number in range(3):
            news.put(bread=f"{BREAD} {number}")
        list(asking)


def test_passages_of_an_article_are_given_in_reading_order_if_they_may_be_found(news):
    news.put(
        port="Title: Port\nSource: Courier\n\n" + long_article("p", 3),
        quay="Title: Quay\nSource: Gazette\n\n" + long_article("q", 1),
    )
    search = news.search()
    ids = {hit.passage.article.title: hit.passage.article.id for hit in search.search("harbour", 9)}
    passages = search.passages_of([ids["Port"], "nothing"], NO_FILTERS)
    assert [p.text.split()[3] for p in passages] == ["0", "1", "2"]
    assert {p.article.title for p in passages} == {"Port"}
    only = search.passages_of(list(ids.values()), Filters(sources=("gazette",)))
    assert {p.article.title for p in only} == {"Quay"}
    with closing(news.search()) as other:
        assert other.passages_of([], NO_FILTERS) == []
