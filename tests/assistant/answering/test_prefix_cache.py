"""Articles read before anybody asks: which, in what order, and how a question continues them."""

import datetime as dt
import threading
from dataclasses import replace
from itertools import takewhile

import pytest

from assistant.answering.pipeline import Assistant
from assistant.answering.prefix_cache import MAX_TOKENS, PrefixCache
from assistant.core.query import Query
from assistant.core.settings import AnswerSettings
from assistant.llm.kv_state_store import KVStateStore
from assistant.llm.language_model import Piece, Usage
from index.core.articles import Article
from index.core.filters import NO_FILTERS, Filters
from index.storage.article_store import Listed
from prompts import render
from tests.fakes import FixedSearch, ScriptedModel, WordReranker

TALKS = Article(
    "talks.txt",
    "Envoys meet",
    "Envoy Lena Brandt met envoy Joon Park in Oslo. They spoke for six hours. Snow fell all day.",
    dt.date(2024, 3, 4),
)
BAND = Article("band.txt", "Band plays", "The Tavrin band played in a tent.", dt.date(2024, 5, 1))
OLD = Article("old.txt", "A bridge", "A bridge was built in Velmara.", dt.date(2001, 5, 1))
FILES = {"talks.txt": TALKS, "band.txt": BAND, "old.txt": OLD}


class Keeper(ScriptedModel):
    """A model whose engine forgets everything but the last prompt, and what it takes back."""

    def __init__(self, folder, *answers):
        super().__init__(*answers)
        self.folder = folder
        self.knows = ""
        self.read = []
        self.restored = []

    def stream(self, messages, limits, cancel=None):
        text = "\n".join(message.content for message in messages)
        same = takewhile(lambda pair: pair[0] == pair[1], zip(self.knows, text, strict=False))
        known = len(list(same))
        self.read.append(text[known:])
        self.knows = text
        if cancel is not None and cancel.is_set():
            yield Piece(usage=Usage(0, 0, 0, 0.0, 0.0, "cancelled"))
            return
        *pieces, last = super().stream(messages, limits, cancel)
        yield from pieces
        yield replace(last, usage=replace(last.usage, cached_tokens=known))

    def save(self, name):
        return (self.folder / name).write_text(self.knows)

    def restore(self, name):
        self.restored.append(name)
        self.knows = (self.folder / name).read_text()


def listed(*articles, **more):
    return [Listed(article, 1, None, **more) for article in articles]


def cache_of(folder, *articles, model=None, limit=100_000, identity="m1", rows=None, small=0):
    states = KVStateStore(folder, limit)
    keeper = model or Keeper(folder)
    rows = listed(*articles) if rows is None else rows
    search = FixedSearch(*articles)
    cache = PrefixCache(states, lambda: identity, lambda: keeper, search, lambda: rows)
    cache.small = small
    return cache, keeper


def titles(reads):
    paths = {article.id: path for path, article in FILES.items()}
    return [" ".join(paths[a] for a in read.articles) for read in reads]


def fill(cache):
    return titles(cache.fill(threading.Event()))


def test_those_asked_about_are_read_first_and_then_the_newest(tmp_path):
    cache, _ = cache_of(tmp_path, TALKS, OLD, BAND)
    cache.states.count_asked([OLD.id])
    assert fill(cache) == ["old.txt", "band.txt", "talks.txt"]
    assert fill(cache) == []


@pytest.mark.parametrize("row", [Listed(OLD, 1, TALKS.id), Listed(OLD, 1, None, TALKS.id)])
def test_copies_and_old_versions_are_not_read(tmp_path, row):
    cache, _ = cache_of(tmp_path, TALKS, OLD, rows=[*listed(TALKS), row])
    assert fill(cache) == ["talks.txt"]


def test_an_article_that_is_too_long_is_not_read_and_not_tried_again(tmp_path):
    long = replace(OLD, text="A bridge was built in Velmara again. " * MAX_TOKENS)
    cache, keeper = cache_of(tmp_path, long, BAND)
    assert fill(cache) == ["band.txt"]
    assert fill(cache) == []
    assert len(keeper.read) == 1


def test_it_ends_where_only_the_less_useful_find_no_room(tmp_path):
    cache, keeper = cache_of(tmp_path, TALKS, OLD, BAND, limit=900)
    assert fill(cache) == ["band.txt", "talks.txt"]
    assert cache.states.total()[1] <= 900
    reads = len(keeper.read)
    assert fill(cache) == []
    assert len(keeper.read) <= reads + 1
    cache.states.count_asked([OLD.id])  # now it is the most useful one
    assert "old.txt" in fill(cache_of(tmp_path, TALKS, OLD, BAND, limit=900)[0])


def test_what_is_stopped_is_not_kept(tmp_path):
    cache, _ = cache_of(tmp_path, TALKS, BAND)
    stop = threading.Event()
    assert titles(one for one in cache.fill(stop) if not stop.set()) == ["band.txt"]
    assert cache.states.total()[0] == 1
    assert fill(cache) == ["talks.txt"]


@pytest.mark.parametrize("change", ["model", "article"])
def test_another_model_or_text_finds_nothing_of_it(tmp_path, change):
    cache, _ = cache_of(tmp_path, BAND)
    fill(cache)
    other = replace(BAND, text="The Tavrin band played in a hall.") if change == "article" else BAND
    again, _ = cache_of(tmp_path, other, identity="m2" if change == "model" else "m1")
    assert fill(again) == ["band.txt"]


def test_the_state_of_an_article_that_is_gone_is_deleted(tmp_path):
    cache, _ = cache_of(tmp_path, BAND, TALKS)
    fill(cache)
    other, _ = cache_of(tmp_path, TALKS, identity="m2")
    fill(other)
    cache, _ = cache_of(tmp_path, TALKS)
    assert fill(cache) == []
    assert cache.states.total()[0] == 2  # one of each model


def asked(cache, keeper, *articles, question="Whom did Lena Brandt meet?", filters=NO_FILTERS):
    search = FixedSearch(*articles)
    assistant = Assistant(search, WordReranker(), lambda: keeper, cache=cache)
    return assistant.ask(Query(question, filters=filters))


def test_a_question_continues_from_an_article_that_was_read(tmp_path):
    cache, _ = cache_of(tmp_path, TALKS, BAND)
    fill(cache)
    keeper = Keeper(tmp_path, "Lena Brandt met Joon Park.")  # a new process
    cache, _ = cache_of(tmp_path, TALKS, BAND, model=keeper)
    answer = asked(cache, keeper, TALKS)
    assert cache.states.asked() == {TALKS.id: 1}
    assert keeper.read[0].strip() == "Question: Whom did Lena Brandt meet?"
    assert len(answer.shown.spans) == 3
    assert answer.timings.cached_tokens > 0
    assert answer.citations[0].quote == "Envoy Lena Brandt met envoy Joon Park in Oslo."


def test_a_new_process_does_not_read_the_system_text_again(tmp_path):
    for said in ("read", "restored"):
        keeper = Keeper(tmp_path, "Lena Brandt met Joon Park.", "Lena Brandt met Joon Park.")
        cache, _ = cache_of(tmp_path, TALKS, BAND, model=keeper)
        for _ in "12":
            asked(cache, keeper, TALKS)
        assert sum(render("system") in text for text in keeper.read) == (said == "read")
        assert len(keeper.restored) == (said == "restored")
        assert cache.states.total()[0] == 1
    fill(cache)
    assert cache.states.total()[0] == 3  # articles being stored do not drop it


def test_a_full_disk_only_costs_the_state_of_the_system_text(tmp_path):
    keeper = Keeper(tmp_path / "missing", "Lena Brandt met Joon Park.")
    cache, _ = cache_of(tmp_path, TALKS, model=keeper)
    assert asked(cache, keeper, TALKS).text == "Lena Brandt met Joon Park."
    assert cache.states.total()[0] == 0


def test_a_draft_restores_the_article_and_reads_what_the_question_will_need(tmp_path):
    cache, _ = cache_of(tmp_path, TALKS)
    fill(cache)
    keeper = Keeper(tmp_path, "Lena Brandt met Joon Park.")
    cache, _ = cache_of(tmp_path, TALKS, model=keeper)
    assistant = Assistant(FixedSearch(TALKS), WordReranker(), lambda: keeper, cache=cache)
    assistant.prefill(Query("Whom did Lena Brandt"), threading.Event())
    assert keeper.read == ["\n\nQuestion: Whom did Lena Brandt"]
    assert cache.states.asked() == {}  # nobody has asked yet
    assistant.ask("Whom did Lena Brandt meet?")
    assert keeper.read[1] == "\n\nQuestion: Whom did Lena Brandt meet?"


def test_a_sentence_that_was_not_chosen_proves_as_well(tmp_path):
    keeper = Keeper(tmp_path, "Snow fell all day.")
    cache, _ = cache_of(tmp_path, TALKS, model=keeper)
    fill(cache)
    search, chosen = FixedSearch(TALKS), AnswerSettings(evidence_tokens=20)
    assistant = Assistant(search, WordReranker(), lambda: keeper, chosen, cache)
    answer = assistant.ask("What did Lena Brandt do in Oslo?")
    assert "Snow fell all day." not in [item.text for item in answer.evidence]
    assert answer.citations[0].quote == "Snow fell all day."


def test_sentences_of_other_articles_follow_it(tmp_path):
    cache, keeper = cache_of(tmp_path, TALKS, BAND)
    cache.states.count_asked([TALKS.id])
    keeper = Keeper(tmp_path, "Lena Brandt met Joon Park.")
    cache, _ = cache_of(tmp_path, TALKS, BAND, model=keeper)
    fill(cache)
    keeper.read.clear()
    asked(cache, keeper, TALKS, BAND, question="Did Lena Brandt meet the Tavrin band?")
    assert "The Tavrin band played" in keeper.read[0]
    assert "Lena Brandt met" not in keeper.read[0]


@pytest.mark.parametrize("damaged", [False, True])
def test_without_an_intact_state_the_prompt_is_read_from_the_start(tmp_path, damaged):
    keeper = Keeper(tmp_path, "Lena Brandt met Joon Park.")
    rows = listed(TALKS) if damaged else listed(BAND)
    cache, _ = cache_of(tmp_path, TALKS, BAND, model=keeper, rows=rows)
    fill(cache)
    for path in tmp_path.glob("*.reading"):
        path.write_text("nonsense")
    keeper.knows = ""
    assert asked(cache, keeper, TALKS).text == "Lena Brandt met Joon Park."
    assert keeper.restored == []


def test_an_article_outside_the_filters_is_not_restored(tmp_path):
    cache, _ = cache_of(tmp_path, TALKS)
    fill(cache)
    evidence = cache.with_whole_articles((), NO_FILTERS)
    assert evidence == ()
    early = Filters(as_of=dt.date(2000, 1, 1))
    one = Assistant(FixedSearch(TALKS), WordReranker(), lambda: Keeper(tmp_path, "x."))
    shown = one.ask("Whom did Lena Brandt meet?").evidence[:1]
    assert cache.with_whole_articles(shown, early) == shown
    assert len(cache.with_whole_articles(shown, NO_FILTERS)) == 3


def test_a_small_library_is_read_as_one_and_a_question_reads_nothing_else(tmp_path):
    cache, _ = cache_of(tmp_path, TALKS, BAND, small=2)
    [read] = cache.fill(threading.Event())
    assert set(read.articles) == {TALKS.id, BAND.id}
    for question, said in [
        ("Whom did Lena Brandt meet?", "Lena Brandt met Joon Park."),
        ("Where did the Tavrin band play?", "The Tavrin band played in a tent."),
    ]:
        keeper = Keeper(tmp_path, said)  # a new process
        cache, _ = cache_of(tmp_path, TALKS, BAND, model=keeper, small=2)
        answer = asked(cache, keeper, TALKS, BAND, question=question)
        assert keeper.read[0].strip() == f"Question: {question}"
        assert answer.text == said


def test_a_library_too_long_to_be_read_as_one_is_read_by_article(tmp_path):
    half = "A bridge was built in Velmara again. " * (MAX_TOKENS // 10)
    first, second = replace(OLD, text=half), replace(BAND, text=half.replace("bridge", "tower"))
    cache, _ = cache_of(tmp_path, first, second, small=2)
    assert [len(read.articles) for read in cache.fill(threading.Event())] == [1, 1]
    many, _ = cache_of(tmp_path, TALKS, BAND, OLD, small=2)
    assert fill(many) == ["band.txt", "talks.txt", "old.txt"]


def test_a_large_library_whose_newest_articles_are_copies_is_not_small(tmp_path):
    copy = Listed(replace(BAND, path="copy.txt"), 1, BAND.id)
    rows = [copy, *listed(TALKS, BAND, OLD)]
    cache, _ = cache_of(tmp_path, TALKS, BAND, OLD, rows=rows, small=3)
    assert fill(cache) == ["band.txt", "talks.txt", "old.txt"]


def test_a_filter_that_leaves_out_a_part_of_a_small_library_does_not_show_it(tmp_path):
    cache, keeper = cache_of(tmp_path, TALKS, BAND, small=2)
    fill(cache)
    keeper = Keeper(tmp_path, "Lena Brandt met Joon Park.")
    cache, _ = cache_of(tmp_path, TALKS, BAND, model=keeper, small=2)
    early = Filters(until=dt.date(2024, 3, 31))
    answer = asked(cache, keeper, TALKS, BAND, filters=early)
    assert answer.text == "Lena Brandt met Joon Park."
    assert "tent" not in keeper.read[0]
    assert keeper.restored == []
