"""Anything may stand in a file, a setting, a request or the data folder: no traceback, no hang.

A few seconds in the ordinary run; `make test-fuzz` goes on for ten minutes (FUZZ=minutes).
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from assistant.cli.entry import main
from assistant.core.settings import keys, load
from assistant.core.settings import parse_flags as flags_of
from index.core.articles import Article
from index.core.errors import UsageError
from index.core.records import Fields, Limits
from index.ingest.extraction import extract
from tests.conftest import News
from tests.fakes import app_with
from tests.files import STORY, docx, pdf
from tests.serving import TALKS, WHO, HeldModel, asgi_app_of, light_service

SECONDS = 60 * float(os.environ.get("FUZZ") or 0)
FEW = 25  # examples of each in the ordinary run
SURFACES = 4
LIMIT_S = 30.0  # of one example; the worker that reads files kills itself after 20

# what breaks parsers: openings without end, numbers out of range, bytes of other encodings
TOKENS = [
    *("“a ", '"a ', "‘", "(", "[", '{"a":', "<div>", "<!--", "<![CDATA[", "&#x110000;", "&lt;"),
    *(
        "\x00",
        "\ud7ff",
        "\u202e",
        "\ufeff",
        "e\u0301\u0301",
        "%PDF-",
        "/Kids [1 0 R]",
        "PK\x03\x04",
    ),
    *("1e999", "-1", "99999999999999999999", "NaN", "null", "true", "2024-13-45", "0000-00-00"),
    *("Date: ", "last Monday ", "5 days ago, ", "From a Mon May  6 08:00:00 2024\n", "\r\n\r\n"),
    *("=?utf-8?q?", "Content-Type: multipart/mixed; boundary=x\n", "--x\n", ",", "\t", ";", "\n"),
    *("../", "/", "g000001", "http://[::1", "http://127.0.0.1:1/", "\x1b]0;x\x07", "%s", "{}", "#"),
]


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Fail what takes longer."""

    def late(number: int, frame: object) -> None:
        raise AssertionError(f"it takes more than {seconds:g} seconds")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def fuzzed(check: Callable[..., None], *strategies: st.SearchStrategy) -> None:
    """Check examples of the strategies, each within the limit, until the time is over."""

    took: list[float] = []

    def bounded(example: tuple[object, ...]) -> None:
        began = time.monotonic()
        with within(LIMIT_S):
            check(*example)
        took.append(time.monotonic() - began)

    run = settings(
        max_examples=FEW if not SECONDS else 200,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
    )(given(st.tuples(*strategies))(bounded))
    until = time.monotonic() + SECONDS / SURFACES
    run()
    while time.monotonic() < until:
        run()
    print(f"\n[fuzz] {check.__qualname__}: {len(took)} examples, the slowest {max(took):.1f} s")


@st.composite
def spoiled(draw, whole: st.SearchStrategy[bytes]) -> bytes:
    """Bytes with a few edits: cut, doubled, flipped, or with a token put in, up to 2,000 times."""
    data = draw(whole)
    for _ in range(draw(st.integers(0, 5))):
        at = draw(st.integers(0, len(data)))
        match draw(st.integers(0, 4)):
            case 0:
                data = data[:at]
            case 1:
                data = data[:at] + data[at // 2 :]
            case 2:
                data = data[:at] + draw(st.binary(min_size=1, max_size=8)) + data[at + 1 :]
            case _:
                token = draw(st.sampled_from(TOKENS)).encode()
                data = data[:at] + token * draw(st.sampled_from([1, 1, 2, 100, 2000])) + data[at:]
    return data


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(TOKENS),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(max_size=6) | st.sampled_from(["a", "question"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)
deep = st.sampled_from([b"[" * 100_000, b'{"a":' * 100_000, b"[" * 5_000 + b"]" * 5_000])


# ── readers ───────────────────────────────────────────────────────────────────────────────────

RECORD = {"id": 1, "title": "Rain", "text": STORY, "date": "2024-05-03", "source": "Brask"}
PAGE = (
    '<html><head><title>Rain</title><meta property="article:published_time" content="2024-05-03">'
    f'<script type="application/ld+json">{json.dumps({"@type": "NewsArticle"} | RECORD)}</script>'
    f"</head><body><nav>Home</nav><article><h1>Rain</h1><p>{STORY}</p></article></body></html>"
)
ITEM = f"<item><title>Rain</title><pubDate>Fri, 03 May 2024</pubDate><description>{STORY}"
MAIL = f"From: a@b.c\nSubject: Rain\nDate: Fri, 03 May 2024 08:00:00 +0000\n\n{STORY}\n"
FILES: dict[str, bytes] = {
    "a.txt": TALKS.encode(),
    "a.md": f"# Rain\n\n*3 May 2024*\n\n{STORY}\n".encode(),
    "a.html": PAGE.encode(),
    "a.mhtml": (
        "From: <Saved>\nMIME-Version: 1.0\nContent-Type: multipart/related; boundary=x\n\n"
        f"--x\nContent-Type: text/html\nContent-Location: http://a.b/c\n\n{PAGE}\n--x--\n"
    ).encode(),
    "a.pdf": pdf([STORY], title="Rain"),
    "a.docx": docx(STORY, title="Rain"),
    "a.json": json.dumps([RECORD]).encode(),
    "a.jsonl": (json.dumps(RECORD) + "\n").encode() * 3,
    "a.csv": f'id,title,text,date\n1,Rain,"{STORY}",2024-05-03\n'.encode(),
    "a.tsv": f"id\ttitle\ttext\n1\tRain\t{STORY}\n".encode(),
    "a.rss": f"<rss><channel>{ITEM}</description></item></channel></rss>".encode(),
    "a.eml": MAIL.encode(),
    "a.mbox": f"From a Mon May  6 08:00:00 2024\n{MAIL}\n".encode() * 2,
}


def test_any_file_is_read_or_skipped_with_a_code():
    limits = Limits()

    def check(path: str, data: bytes) -> None:
        found = extract(data, path, limits, Fields())
        assert found.articles or found.skips
        assert all(isinstance(article, Article) and article.text for article in found.articles)
        assert all(skip.code and skip.reason for skip in found.skips)

    fuzzed(
        check,
        st.sampled_from(list(FILES)),
        spoiled(st.sampled_from(list(FILES.values()))) | deep | st.binary(max_size=2000),
    )


# ── settings ──────────────────────────────────────────────────────────────────────────────────


def test_any_setting_is_taken_or_refused_by_its_name(tmp_path):
    file = tmp_path / "given.toml"
    whole = b'data = "x"\n[engine]\nthreads = 2\nurl = ""\n[ui]\nport = 1\nupload = true\n'
    named = st.sampled_from([*keys(), "engine", "ui.", ".", "", "engine.modell", "a.b.c"])
    written = st.text(max_size=30) | st.sampled_from(TOKENS)

    def check(content: bytes, flags: dict[str, str], environ: dict[str, str]) -> None:
        file.write_bytes(content)
        given = {f"ASSISTANT_{name.upper()}": value for name, value in environ.items()}
        try:
            load(flags_of([f"{key}={value}" for key, value in flags.items()]), file, given)
        except UsageError as problem:
            assert str(problem)

    fuzzed(
        check,
        spoiled(st.just(whole)) | st.binary(max_size=200),
        st.dictionaries(named, written, max_size=3),
        st.dictionaries(named.map(lambda name: name.replace(".", "_")), written, max_size=3),
    )


# ── requests ──────────────────────────────────────────────────────────────────────────────────

BODIES: dict[str, dict] = {
    "/v1/answer": {"question": WHO, "history": [], "since": "2024-01-01", "sources": ["Brask"]},
    "/v1/search": {"question": WHO, "k": 3, "until": None},
    "/v1/ahead": {"question": "Who is", "history": []},
    "/v1/chat/completions": {"messages": [{"role": "user", "content": WHO}], "stream": False},
}


@st.composite
def bodies(draw) -> bytes:
    """A request with fields of other kinds, and fields that nobody knows."""
    body = dict(draw(st.sampled_from(list(BODIES.values()))))
    for name in draw(st.lists(st.sampled_from([*body, "stream", "assistant", "n"]), max_size=3)):
        body[name] = draw(values)
    return json.dumps(body).encode()


def test_any_request_is_answered_or_refused(tmp_path):
    whole = st.sampled_from([json.dumps(body).encode() for body in BODIES.values()])
    kinds = st.sampled_from(["application/json", "application/json; charset=x", "text/plain", ""])
    with closing(light_service(tmp_path, HeldModel(held=False))) as service:
        client = TestClient(asgi_app_of(service), base_url="http://127.0.0.1")

        def check(route: str, body: bytes, kind: str) -> None:
            reply = client.post(route, content=body, headers={"Content-Type": kind})
            assert reply.status_code in (200, 202, 204) or 400 <= reply.status_code < 500
            assert "Traceback" not in reply.text

        fuzzed(
            check,
            st.sampled_from(list(BODIES)),
            bodies() | spoiled(whole) | deep | values.map(json.dumps).map(str.encode),
            kinds,
        )


# ── the data folder ───────────────────────────────────────────────────────────────────────────

NOTES = {
    "server.json": b'{"url": "http://127.0.0.1:1", "token": "t", "settings": {}, "pid": 1}',
    "feedback.jsonl": b'{"vote": 1, "question": "Who?"}\n',
    "index/writer.json": b'{"pid": 1, "since": "09:00"}',
    "index/index.id": b"0123456789abcdef\n",
}


def test_any_state_on_the_disk_gives_an_answer_or_one_line(tmp_path, monkeypatch, capsys):
    news = News(tmp_path / "made")
    for text in ("The tram stood still.", "The tram ran again."):
        news.write("tram.txt", text)
        news.ingest()
    news.close()
    for name, content in NOTES.items():
        (news.data / name).write_bytes(content)
    files = sorted(p.relative_to(news.data) for p in news.data.rglob("*") if p.is_file())
    data = tmp_path / "data"
    for name in [name for name in os.environ if name.startswith("ASSISTANT_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    commands = (
        *(("index", "list"), ("index", "verify"), ("search", "tram"), ("articles", "list")),
        *(("ingest", str(news.folder)), ("doctor",), ("ask", "Where is the tram?")),
        *(("backup", "one.zip", "--replace"), ("index", "rebuild")),
    )
    # the first byte says what happens to the file: it becomes a folder, is gone, or other bytes
    whole = st.sampled_from([(news.data / name).read_bytes()[:100_000] for name in files])

    def check(file: Path, how: int, content: bytes, command: tuple[str, ...]) -> None:
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(news.data, data)
        (data / file).unlink()
        if how == 0:
            (data / file).mkdir()
        elif how > 1:
            (data / file).write_bytes(content)
        app = app_with(HeldModel("The tram ran again.", held=False))
        code = main([*command, "--data", str(data), "--cache", str(tmp_path / "cache")], app)
        out, err = capsys.readouterr()
        assert code in range(10), err
        assert "Traceback" not in err + out

    fuzzed(
        check,
        st.sampled_from(files),
        st.integers(0, 7),
        spoiled(whole) | values.map(json.dumps).map(str.encode) | deep | st.binary(max_size=300),
        st.sampled_from(commands),
    )


# ── what it has found ─────────────────────────────────────────────────────────────────────────


def test_a_feed_with_a_character_that_there_is_not_is_a_bad_feed():
    feed = FILES["a.rss"].replace(b"Rain<", b"&#x110000;Rain<")
    [skip] = extract(feed, "a.rss", Limits(), Fields()).skips
    assert skip.code == "bad_feed"


def test_a_number_of_40_000_digits_in_a_settings_file_is_refused(tmp_path):
    (tmp_path / "given.toml").write_text("[engine]\nthreads = " + "9" * 40_000)
    with pytest.raises(UsageError, match=r"given\.toml is not TOML"):
        load({}, tmp_path / "given.toml", {})


def test_what_hangs_fails():
    with pytest.raises(AssertionError, match="more than"), within(0.01):
        time.sleep(10)
