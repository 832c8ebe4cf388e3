"""One article, whatever stands in it, takes neither the time nor the process of anybody else."""

import datetime as dt
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import httpx
import pytest

from assistant.cli.printing import show_article
from index.core.articles import Article
from index.core.records import Limits
from index.dedup import near_duplicates
from index.ingest.pipeline import Ingest
from index.storage.article_store import ArticleStore
from index.storage.article_writer import ArticleWriter, FileRecord
from index.text import chunking, language
from index.text.chunking import sentences
from index.text.relative_dates import days_in
from tests.fakes import ScriptedModel, WordEmbedding
from tests.serving import asgi_app_of, running, service_of

SLACK = float(os.environ.get("SLACK", "1"))  # times the seconds allowed, on a busy machine
TRAM = "The tram stood still on Monday. Nobody knew why."
FRIDAY = dt.date(2024, 5, 3)


def seconds(function, *arguments) -> float:
    """Of processor time, which other processes do not prolong."""
    start = time.thread_time()
    function(*arguments)
    return time.thread_time() - start


# ── time in proportion to the text ────────────────────────────────────────────────────────────


@pytest.mark.parametrize("text", ["“a ", "“a. ", '"a ', "(a ", "a" * 30, "a. ", "« ", "\u3000"])
def test_sentences_of_a_line_without_end_are_found_in_a_moment(text):
    """400,000 characters of “a took 13 s, twice as many 56 s, and no other thread ran."""
    assert seconds(sentences, (text * 400_000)[:400_000]) < 3


def test_a_line_is_cut_where_a_sentence_ends():
    line = "The boat number 77 came in at dawn. " * 400
    found = [line[start:end] for start, end in sentences(line)]
    assert set(found) == {"The boat number 77 came in at dawn."}


@pytest.mark.parametrize(
    "phrase", ["on Monday and ", "he said Monday ", "yesterday ", "last week "]
)
def test_relative_days_are_found_in_time_in_proportion_to_the_text(phrase):
    """A sentence of 100,000 characters took minutes: every day looked at all before it."""
    assert seconds(days_in, (phrase * 100_000)[:100_000], FRIDAY) < 3


def test_an_article_of_190_000_relative_days_is_shown(tmp_path, capsys):
    """It ran for more than two minutes."""
    text = "\n\n".join("It broke on Monday. It held on Tuesday." for _ in range(95_000))
    article = Article("/a.txt", "Days", text[:1_990_000], FRIDAY, dated_by="line")
    with closing(ArticleWriter(tmp_path / "library.sqlite")) as library:
        library.put_file(FileRecord("/a.txt", 1, 2, "00"), [article], [])
        assert seconds(show_article, library, article.id) < 20
    [days] = [line for line in capsys.readouterr().out.splitlines() if line.startswith("days: ")]
    assert days == "days: Monday = 2024-04-29; Tuesday = 2024-04-30; …"


# ── in a process that can be killed ───────────────────────────────────────────────────────────


class Tokens(WordEmbedding):
    """Its tokenizer hangs, dies or eats memory where a text says so."""

    @staticmethod
    def tokenize(text: str) -> list[int]:
        if "HANGS" in text:
            time.sleep(600)
        if "DIES" in text:
            os.kill(os.getpid(), 9)
        if "EATS" in text:
            return [0] * 10**10
        return WordEmbedding.tokenize(text)


@pytest.fixture
def three(news):
    """An article, a hostile one, and another article."""
    news.write("a.txt", TRAM)
    news.write("c.txt", "Zoë Lind baked ninety loaves. The neighbours paid in coins.")
    return news


@pytest.mark.drill
@pytest.mark.usefixtures("worker_process")
@pytest.mark.parametrize(
    ("word", "code"), [("HANGS", "timeout"), ("DIES", "memory"), ("EATS", "memory")]
)
def test_an_article_that_cannot_be_cut_into_passages_is_a_skip(three, word, code):
    """The ingest hung for ever, or died, while it cut the article into passages."""
    three.write("b.jsonl", f'{{"text": "{TRAM} Twice."}}\n{{"text": "It {word} on and on."}}')
    work = Ingest(three.store, three.cache, Tokens(), limits=Limits(seconds=5))
    for published in (True, False):
        report = work.run([three.folder])
        assert (report.published, report.articles) == (published, 3)
        [skip] = report.skips
        assert (skip.path.rpartition("/")[2], skip.code) == ("b.jsonl#2", code)
    assert three.finds("ninety loaves").startswith("Zoë Lind")
    report = work.run([], rebuild=True)
    assert (report.articles, report.published) == (3, True)


@pytest.mark.drill
@pytest.mark.usefixtures("worker_process")
def test_an_indexed_article_that_cannot_be_read_again_is_a_skip_of_a_rebuild(three):
    three.write("b.txt", "It DIES on Monday.")
    three.ingest()
    assert sorted(three.articles()) == ["a.txt", "b.txt", "c.txt"]
    report = Ingest(three.store, three.cache, Tokens()).run([], rebuild=True)
    assert (report.articles, [skip.code for skip in report.skips]) == (2, ["memory"])
    assert sorted(three.articles()) == ["a.txt", "c.txt"]
    generation, _ = three.store.open()
    with closing(ArticleStore(generation.library)) as library:
        assert [skip.code for skip in library.skips()[str(three.folder.resolve() / "b.txt")]]


@pytest.mark.drill
@pytest.mark.usefixtures("worker_process")
@pytest.mark.parametrize("how", ["ingest", "dry run", "rebuild"])
def test_nothing_looks_into_a_text_in_this_process(three, monkeypatch, how):
    """Sentences, language and near copies were found in the process of the server."""
    three.ingest()
    three.write("b.txt", "The dike broke at Lower Brask. Twelve people died.")

    def refuse(*_, **__):
        raise AssertionError("looked into in this process")

    for module, name in (
        *((chunking, "sentences"), (chunking, "_pieces"), (language, "language_of")),
        (near_duplicates, "_shingles"),
    ):
        monkeypatch.setattr(module, name, refuse)
    work = Ingest(three.store, three.cache, three.embedder)
    if how == "dry run":
        assert work.dry_run([three.folder]).new == 1
    else:
        report = work.run([three.folder], rebuild=how == "rebuild")
        assert (report.new, report.articles) == (1, 3)


@pytest.mark.drill
@pytest.mark.usefixtures("worker_process")
def test_other_threads_run_while_a_hostile_article_is_read(three):
    """/healthz did not answer for 18 s: nothing did while the interpreter was held."""
    three.write("b.txt", "“a " * 150_000)
    longest, done = 0.0, threading.Event()

    def beat() -> None:
        nonlocal longest
        last = time.monotonic()
        while not done.wait(0.01):
            now = time.monotonic()
            longest, last = max(longest, now - last), now

    beating = threading.Thread(target=beat)
    beating.start()
    try:
        three.ingest()
    finally:
        done.set()
        beating.join()
    assert longest < 2 * SLACK


@pytest.mark.drill
@pytest.mark.usefixtures("worker_process")
def test_the_server_answers_while_a_hostile_upload_is_read(news, tmp_path):
    """/healthz waited for 18 s for an upload of 450 kB."""
    service = service_of(news, ScriptedModel())
    path = tmp_path / "upload.txt"
    path.write_text("“a " * 112_500, "utf-8")
    waited = []
    with running(asgi_app_of(service)) as address, ThreadPoolExecutor(1) as pool:
        httpx.get(f"{address}/healthz")
        upload = pool.submit(service.articles.upload, [(path.name, path)], lambda *_: None)
        while not upload.done():
            start = time.perf_counter()
            assert httpx.get(f"{address}/healthz", timeout=60).status_code == 200
            waited.append(time.perf_counter() - start)
            time.sleep(0.05)
        assert upload.result()
    service.close()
    assert max(waited) < 2 * SLACK, max(waited)
