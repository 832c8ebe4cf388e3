"""The 64 kinds of bad input: each is indexed or named in the report, and none stops the run."""

import errno
import gzip
import io
import json
import os
import re
import socket
import stat
import subprocess
import tarfile
import unicodedata
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from index.core.articles import Skip
from index.core.records import Fields, Limits
from index.ingest.extraction import Extracted, extract
from index.ingest.pipeline import Ingest
from index.ingest.sandbox import Extractor
from tests.command_line import CommandLine
from tests.fakes import FakeApp
from tests.files import STORY, archive, docx, pdf, zeros

LIMITS = Limits(seconds=3.0)  # hostile files take all they are given
TRAM = "The tram stood still on Monday. Nobody knew why."
PAGE = (
    '<html><head><meta charset="{charset}"><title>A door opens on Ferry Lane</title>{head}</head>'
    "<body><article><h1>A door opens on Ferry Lane</h1><p>{text}</p>{more}</article></body></html>"
)
BAD_LINE = "\n".join([json.dumps({"id": n, "text": f"{STORY} {n}"}) for n in range(16)] + ['{"te'])
HIDDEN = (
    "<script>var a = 'SECRET';</script><style>p:after {content: 'SECRET'}</style><!-- SECRET -->"
    "<p hidden>SECRET</p><p style='display:none'>SECRET</p><p style='visibility:hidden'>SECRET</p>"
    "<p style='font-size:0'>SECRET</p><p style='position:absolute;left:-9999px'>SECRET</p>"
    "<template><p>SECRET</p></template><noscript>SECRET</noscript>"
)
BOMB = '<?xml version="1.0"?><!DOCTYPE {root} [<!ENTITY a "haha">{entities}]>'.replace(
    "{entities}", "".join(f'<!ENTITY {chr(b + 1)} "{f"&{chr(b)};" * 10}">' for b in range(97, 109))
)
REACHING = (
    '<?xml version="1.0"?><!DOCTYPE html PUBLIC "x" "http://tracker.example/a.dtd" '
    '[<!ENTITY secret SYSTEM "file:///etc/passwd">]>'
)


@dataclass(frozen=True)
class Case:
    """One row of the table: a file, and its text or the codes of the skips that will do.

    `data` may be a function, called when it is needed, or the size of a file of zeros that takes
    no room. `notes` are the codes of its notes but "undated", which nearly every file here gets.
    """

    row: int
    name: str
    data: bytes | str | int | Callable[[], bytes | str]
    text: str = ""
    skips: str = ""
    notes: str = ""
    without: str = ""

    @property
    def id(self) -> str:
        return f"{self.row:02}-{self.name}"

    def make(self, path: Path) -> None:
        data = self.data() if callable(self.data) else self.data
        if isinstance(data, int):
            path.touch()
            os.truncate(path, data)
        else:
            path.write_bytes(data.encode() if isinstance(data, str) else data)


def page(text=STORY, *, charset="utf-8", head="", more="", before=""):
    return before + PAGE.format(charset=charset, head=head, text=text, more=more)


def tarred() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as file:
        file.addfile(tarfile.TarInfo("a.txt"), io.BytesIO(b""))
    return out.getvalue()


def rows(*texts):
    """Lines of JSON with one id; one without a text has a title only."""
    made = ({"id": 1, "text": text} if text else {"title": "No text"} for text in texts)
    return "\n".join(json.dumps(row) for row in made)


def operators(count):
    body = zlib.compress(b"BT /F1 11 Tf " + b"(x) Tj 1 0 Td " * count + b"ET")
    return pdf([""], stream=body, filters="/Filter /FlateDecode")


NOISE = b"\x00\x01\x02\x03" + bytes(range(256)) * 40
RUSSIAN = "Наводнение в городе закончилось в понедельник, сообщил мэр города."
CHINESE = "洪水星期一结束了,市长在新闻发布会上说,所有居民都可以回家。"
JAPANESE = "洪水は月曜日に終わったと市長が記者会見で述べた。住民は全員帰宅できる。"
DAYS = {"2099": "2099-01-01", "year-0": "0000-00-00", "words": "when the snow fell", "none": ""}
SHORT = {
    "one-word": "Flood",
    "stop-words": "the of and",
    "emoji": "👍👍👩🎉",
    "code": "def f(x): return x",
    "chinese": CHINESE,
    "arabic": "انتهى الفيضان يوم الاثنين.",
    "hindi": "बाढ़ सोमवार को समाप्त हुई।",
    "greek": "Η πλημμύρα τελείωσε τη Δευτέρα.",
    "thai": "น้ำท่วมสิ้นสุดเมื่อวันจันทร์",
    "amharic": "ጎርፉ ሰኞ ቀን አበቃ።",
}
DEEP = "[" * 100_000
ZALGO = "The tram" + "\u0301\u0316" * 250_000 + " stood."
ATTRIBUTES = f"<html><body><p {' '.join(f'a{n}=1' for n in range(200_000))}>{STORY}</p>"
PARAGRAPHS = "<html><body>" + "<p>The council met on Monday at noon, said Ann.</p>" * 200_000
REACHED = "<p>It said &secret; to all who came on Monday.</p>"
MENU = "<html><body><nav><a href='/a'>News</a><a href='/b'>Sport</a></nav></body></html>"
TWICE = "/Filter [/FlateDecode /FlateDecode]"
CIRCLE = pdf([STORY]).replace(b"/Kids [4 0 R]", b"/Kids [2 0 R]")
WHITE = b"1 1 1 rg BT /F1 9 Tf 9 9 Td (Snow fell on Brask.) Tj ET"
SCRIPT = "/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>"
ATTACHED = {
    "catalog": "/Names << /EmbeddedFiles << /Names [(a.txt) 6 0 R] >> >>",
    "extra": [
        b"<< /Type /Filespec /F (a.txt) /EF << /F 7 0 R >> >>",
        b"<< /Type /EmbeddedFile /Length 9 >>\nstream\nATTACHED!\nendstream",
    ],
}
BOMBED = BOMB.format(root="w:document").partition("?>")[2]

CASES = [
    Case(1, "empty.txt", b"", skips="empty"),
    Case(1, "empty.pdf", b"", skips="empty"),
    Case(2, "blanks.txt", " \r\n\t\n", skips="empty"),
    Case(2, "mark.html", b"\xef\xbb\xbf", skips="empty"),
    Case(3, "mark.txt", STORY.encode("utf-8-sig"), STORY, without="\ufeff"),
    Case(4, "le.txt", b"\xff\xfe" + STORY.encode("utf-16-le"), STORY),
    Case(4, "be.txt", b"\xfe\xff" + STORY.encode("utf-16-be"), STORY),
    Case(5, "le-unmarked.txt", STORY.encode("utf-16-le"), STORY),
    Case(5, "be-unmarked.txt", STORY.encode("utf-16-be"), STORY),
    Case(6, "latin.txt", STORY.encode("latin-1"), STORY),
    Case(6, "windows.txt", f"“{STORY}”".encode("cp1252"), f"“{STORY}”"),
    Case(7, "gb.html", page(CHINESE, charset="gb18030").encode("gb18030"), CHINESE),
    Case(7, "sjis.html", page(JAPANESE, charset="shift_jis").encode("cp932"), JAPANESE),
    Case(7, "koi.html", page(RUSSIAN, charset="koi8-r").encode("koi8-r"), RUSSIAN),
    Case(8, "lie.html", page(charset="shift_jis").encode("cp1252"), STORY, notes="encoding"),
    Case(8, "lie-utf8.html", page(charset="iso-8859-1"), STORY),
    Case(9, "damaged.txt", STORY.encode() + b" \xff\xfe End.", STORY, notes="replaced"),
    Case(10, "surrogate.json", '{"text": "One \\ud800 two."}', "One ? two."),
    Case(11, "nul.txt", STORY.replace("bak", "b\0ak"), STORY, without="\0"),
    Case(11, "nuls.txt", STORY.replace("e", "e\0\0"), STORY, without="\0"),
    Case(12, "nothing.txt", bytes(999), skips="binary"),
    Case(12, "noise.txt", NOISE, skips="binary"),
    Case(13, "photo.html", b"\xff\xd8\xff\xe0\0\x10JFIF" + NOISE, skips="binary"),
    Case(14, "page.txt", page(), STORY, without="<p>"),
    Case(15, "large.txt", 500_000_000, skips="too_large"),
    Case(16, "sparse.txt", 10_000_000_000, skips="too_large"),
    Case(17, "line.txt", 50_000_000, skips="too_large"),
    Case(18, "unbroken.txt", lambda: b"x" * 5_000_000, skips="too_large"),
    Case(19, "zalgo.txt", ZALGO, " stood.", notes="marks"),
    Case(20, "divs.html", "<html><body>" + "<div>" * 100_000, skips="no_text"),
    Case(21, "bold.html", "<html><body>" + "<b>" * 200_000 + STORY, skips="no_text"),
    Case(22, "attributes.html", ATTRIBUTES, skips="timeout"),
    Case(23, "paragraphs.html", PARAGRAPHS, skips="timeout too_large"),
    Case(24, "entities.html", page(before=BOMB.format(root="html"), more="&m;"), STORY),
    Case(25, "outside.html", page(before=REACHING, more=REACHED), STORY, without="root:"),
    Case(26, "hidden.html", page(more=HIDDEN), STORY, without="SECRET"),
    Case(27, "menu.html", MENU, skips="no_text"),
    Case(28, "title.html", f"<title><b>{'Long ' * 20_000}</b></title><p>{STORY}</p>", STORY),
    Case(29, "normal.pdf", pdf(re.split(r"(?<=\.) ", STORY)), STORY),
    Case(30, "cut.pdf", pdf([STORY] * 9)[:500], skips="bad_pdf"),
    Case(31, "not.pdf", STORY, skips="bad_pdf"),
    Case(32, "secret.pdf", pdf([STORY], trailer="/Encrypt 9 0 R"), skips="encrypted"),
    Case(33, "bomb.pdf", lambda: pdf([""], stream=zeros(1 << 30), filters=TWICE), skips="bomb"),
    Case(34, "operators.pdf", lambda: operators(5_000_000), skips="timeout bomb"),
    Case(35, "circle.pdf", CIRCLE, skips="bad_pdf"),
    Case(36, "pages.pdf", pdf([STORY], count=50_000), skips="too_many_pages"),
    Case(37, "scan.pdf", pdf([]), skips="no_text"),
    Case(38, "white.pdf", pdf([""], stream=WHITE), "Snow fell on Brask."),
    Case(39, "script.pdf", pdf([TRAM], catalog=SCRIPT), TRAM, without="alert"),
    Case(39, "attached.pdf", pdf([TRAM], **ATTACHED), TRAM, without="ATTACHED"),
    Case(40, "broken.jsonl", BAD_LINE, f"{STORY} 3", skips="bad_json"),
    Case(41, "textless.jsonl", rows(TRAM, None), TRAM, skips="missing_field"),
    Case(42, "twice.jsonl", rows(TRAM, TRAM), TRAM, notes="duplicate"),
    Case(43, "changed.jsonl", rows("Wrong", "Right."), "Right.", notes="repeated", without="Wrong"),
    *(
        Case(44, f"id-{n}.jsonl", json.dumps({"id": value, "text": STORY}), STORY)
        for n, value in enumerate(["../../etc/passwd", "a\nb", "x" * 10_000, 7, None, [], {}])
    ),
    Case(45, "deep.json", DEEP, skips="bad_json"),
    Case(45, "deep.jsonl", '{"text": ' + DEEP, skips="bad_json"),
    Case(46, "nan.json", '{"id": NaN, "score": 1e400, "text": "One."}', "One."),
    Case(46, "digits.json", '{"id": %s}' % ("9" * 1_000_000), skips="bad_json"),
    Case(47, "huge.jsonl", 2_000_000_000, skips="too_large"),
    Case(48, "table.csv", f'id,title,text\r\n1,=cmd|calc,"{TRAM}\nHe said ""no""."', 'said "no".'),
    *(
        Case(49, f"day-{name}.txt", f"Date: {day}\n\n{TRAM}", TRAM, notes="date" * bool(day))
        for name, day in DAYS.items()
    ),
    Case(60, "packed.zip", archive(("a.txt", TRAM.encode())), TRAM),
    Case(60, "packed.gz", gzip.compress(TRAM.encode()), TRAM),
    Case(60, "packed.tar", tarred(), skips="empty"),
    Case(60, "packed.7z", b"7z\xbc\xaf\x27\x1c" + NOISE, skips="unsupported"),
    Case(60, "book.epub", archive(("a.xhtml", b"x")), skips="bad_epub"),
    Case(60, "zip-named.txt", archive(("a.txt", TRAM.encode())), TRAM),
    Case(60, "gz-named.html", gzip.compress(TRAM.encode()), TRAM),
    Case(60, "tar-named.txt", tarred(), skips="empty"),
    Case(60, "bomb.gz", lambda: gzip.compress(bytes(300_000_000)), skips="bomb"),
    Case(60, "bomb.zip", lambda: archive(("a.txt", bytes(300_000_000))), skips="bomb"),
    Case(60, "out.zip", archive(("../../a.txt", b"x")), skips="unsafe_name"),
    Case(60, "letter.docx", docx(STORY), STORY),
    Case(60, "not.docx", STORY, skips="bad_docx"),
    Case(60, "bomb.docx", lambda: docx("x" * 30_000_000), skips="bomb"),
    Case(60, "entities.docx", docx("&m;", before=BOMBED), skips="bad_docx"),
    *(Case(64, f"{name}.txt", text, text) for name, text in SHORT.items()),
]
UNOPENED = {15, 16, 17, 47}  # refused by their size
GOOD = {f"good-{n}.txt": f"The harbour of Brask got crane number {n} on Monday." for n in range(9)}


@pytest.fixture(scope="module")
def extractor(worker_process):
    """One worker for all files, as in a run: what one file did to it must not harm the next."""
    with Extractor(LIMITS) as extractor:
        yield extractor


def said(text):
    return " ".join(text.split())


READ = [c for c in CASES if c.row not in UNOPENED]


# what a row asks for beyond text, skips and notes
ALSO: dict[int, Callable[[Extracted], bool]] = {
    19: lambda found: found.articles[0].text.count("\u0301") <= 8,
    24: lambda found: len(found.articles[0].text) < 1_000,
    40: lambda found: [skip.path.rpartition("#")[2] for skip in found.skips] == ["17"],
    41: lambda found: [skip.path.rpartition("#")[2] for skip in found.skips] == ["2"],
    42: lambda found: len(found.articles) == 1,
    44: lambda found: len(found.articles[0].path) < 1_000,
    48: lambda found: found.articles[0].title == "=cmd|calc",
    49: lambda found: found.articles[0].published is None and len(found.notes) > 0,
}


@pytest.mark.parametrize("case", READ, ids=lambda case: case.id)
def test_a_bad_file_is_indexed_or_named(case, extractor, tmp_path):
    path = tmp_path / case.name
    case.make(path)
    found = extractor.extract(path.read_bytes(), str(path))
    codes = {skip.code for skip in found.skips}
    assert codes <= set(case.skips.split()), found.skips
    assert bool(codes) == bool(case.skips)
    text = said(" ".join(article.text for article in found.articles))
    assert said(case.text) in text
    assert bool(text) == bool(case.text)
    assert not case.without or case.without not in text
    assert all(len(article.title) <= 300 for article in found.articles)
    told = {note.code for note in found.notes}
    assert told - {"undated"} == set(case.notes.split())
    assert case.row not in ALSO or ALSO[case.row](found)


@pytest.mark.parametrize("row", [24, 25])
def test_nothing_that_a_page_names_is_fetched(row, tmp_path, network_blocked):
    for case in (case for case in CASES if case.row == row):
        case.make(tmp_path / case.name)
        extract((tmp_path / case.name).read_bytes(), case.name, LIMITS, Fields())
    assert network_blocked == []


def scripts():
    """A word of up to twelve letters in each script that Unicode 14 has, by its name."""
    found: dict[str, str] = {}
    for code in range(0x41, 0x1FFFF):
        letter = chr(code)
        if unicodedata.category(letter) in ("Ll", "Lo"):
            script = unicodedata.name(letter, "").partition(" ")[0]
            if len(found.setdefault(script, "")) < 12:
                found[script] += letter
    return found


def test_64_words_of_every_script_are_taken_as_they_are():
    words = scripts()
    assert len(words) > 100
    for script, word in words.items():
        (article,) = extract(word.encode(), "/a.txt", LIMITS, Fields()).articles
        assert article.text == unicodedata.normalize("NFC", word), script


# ── files that are more than their bytes ──────────────────────────────────────────────────────


def codes(report):
    return {skip.path.rpartition("/")[2]: skip.code for skip in report.skips}


NAMES = [
    *("\U0001f469\u200d\U0001f469\u200d\U0001f467.txt", "\u202etxt.txt", "new\nline.txt"),
    *("tab\t.txt", "esc\x1b[31m.txt", "quote'\".txt", "a;rm -rf b.txt", "-rf.txt"),
    *("n" * 251 + ".txt", os.fsdecode(b"latin-\xe9.txt")),
]


def test_52_names_of_all_kinds_are_taken_and_printed_safely(run):
    for name in NAMES:
        (run.root / "news" / name).write_text(f"{TRAM} {name!r}", "utf-8")
        (run.root / "news" / name.replace(".txt", ".tx")).write_text("", "utf-8")
    out, err = run("ingest", "news", code=3)
    assert "\x1b" not in out + err
    assert "\u202e" not in out + err
    assert out.count("unsupported") == len(NAMES)
    assert len([line for line in out.splitlines() if "unsupported" in line]) == len(NAMES)


def test_53_names_that_are_equal_after_normalisation_are_two_files(news):
    names = ("caf\u00e9.txt", "cafe\u0301.txt", "Story.txt", "story.txt")
    for number, name in enumerate(names):
        news.write(name, f"{TRAM} It was line {number}.")
    assert news.ingest().articles == 4


def test_54_55_links_and_circles_of_links_are_not_followed(news, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("The secret stands outside.", "utf-8")
    news.write("inside.txt", TRAM)
    for name, target in (
        ("outside-link.txt", secret),
        ("inside-link.txt", news.folder / "inside.txt"),
        ("passwd.txt", Path("/etc/passwd")),
        ("loop.txt", news.folder / "loop.txt"),
        ("circle.txt", news.folder),
    ):
        (news.folder / name).symlink_to(target)
    report = news.ingest()
    assert set(codes(report).values()) == {"symlink"}
    assert (len(report.skips), report.articles) == (5, 1)


def test_56_a_file_with_two_names_is_one_article(news):
    os.link(news.write("one.txt", TRAM), news.folder / "two.txt")
    report = news.ingest()
    assert (report.articles, len(report.copies)) == (1, 1)


def test_57_what_is_no_file_is_not_opened(news, monkeypatch):
    news.write("good.txt", TRAM)
    os.mkfifo(news.folder / "pipe.txt")
    (news.folder / "zero.txt").symlink_to("/dev/zero")
    monkeypatch.chdir(news.folder)  # the path of a socket may not be long
    expected = {"pipe.txt": "not_regular", "zero.txt": "symlink", "socket.txt": "not_regular"}
    with suppress(OSError):  # devices can be made by root only
        os.mknod("null.txt", stat.S_IFCHR | 0o600, os.makedev(1, 3))
        expected["null.txt"] = "not_regular"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.txt")
        report = news.ingest()
    assert codes(report) == expected
    assert report.articles == 1


def test_58_what_may_not_be_read_is_named(news, monkeypatch):
    news.write("good.txt", TRAM)
    news.write("denied.txt", STORY)
    news.write("locked/inside.txt", STORY)

    # as root permissions do not bite, so reading is made to refuse
    def refusing(call, ending):
        def refuse(name, *options, **named):
            if str(name).endswith(ending):
                raise PermissionError(errno.EACCES, "Permission denied", str(name))
            return call(name, *options, **named)

        return refuse

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", refusing(os.open, "denied.txt"))
        patch.setattr(os, "scandir", refusing(os.scandir, "locked"))
        report = news.ingest()
    assert codes(report) == {"denied.txt": "denied", "locked": "denied"}
    assert report.articles == 1


CHANGES = {
    "vanishes": Path.unlink,
    "grows": lambda path: path.write_text(TRAM * 2, "utf-8"),
    "shrinks": lambda path: path.write_text(TRAM[:9], "utf-8"),
    "is replaced": lambda path: (path.unlink(), path.write_text(TRAM, "utf-8")),
    "becomes a link": lambda path: (path.unlink(), path.symlink_to("/etc/passwd")),
    "becomes a pipe": lambda path: (path.unlink(), os.mkfifo(path)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_59_a_file_that_changes_while_it_is_read_is_taken_the_next_time(news, monkeypatch, change):
    path = news.write("story.txt", TRAM)
    opened = os.open

    def changing(name, *options, **named):
        if str(name).endswith("story.txt"):
            CHANGES[change](path)
            if path.is_file() and not path.is_symlink():
                os.utime(path, ns=(1, 1))
        return opened(name, *options, **named)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", changing)
        assert codes(news.ingest()) == {"story.txt": "changed"}
    path.unlink(missing_ok=True)
    path.write_text(TRAM, "utf-8")
    assert news.ingest().articles == 1


def test_61_a_hundred_thousand_files_leave_the_worker_as_it_was(extractor):
    def pages():
        process = extractor._worker._process
        return int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])

    if not Path("/proc/self/statm").exists():
        pytest.skip("there is no /proc to look at")
    for number in range(200):
        extractor.extract(f"{TRAM} {number}".encode(), f"/{number}.txt")
    before = pages()
    for number in range(100_000):
        extractor.extract(f"{TRAM} {number}".encode(), f"/{number}.txt")
    assert pages() - before < 2_000  # of 4 kB


@pytest.mark.parametrize(("name", "depth"), [("d", 1_000), ("d" * 200, 60)])
def test_62_folders_too_deep_are_named(news, name, depth):
    news.write("good.txt", TRAM)
    here = os.open(news.folder, os.O_RDONLY)
    for _ in range(depth):  # a path of that length cannot be given to the system at once
        os.mkdir(name, dir_fd=here)
        inner = os.open(name, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)
    try:
        report = news.ingest()
    finally:
        subprocess.run(["rm", "-rf", str(news.folder / name)], check=True)
    assert [skip.code for skip in report.skips] == ["too_deep"]
    assert report.articles == 1


# ── all in one folder ─────────────────────────────────────────────────────────────────────────


class HurriedApp(FakeApp):
    """A app whose ingest gives a file three seconds."""

    def ingest(self, progress):
        cache = self.settings.data / "embeddings.sqlite"
        return Ingest(self.store, cache, self.embedder, progress, limits=LIMITS)


@pytest.fixture
def run(tmp_path, monkeypatch, capsys, worker_process):
    run = CommandLine(tmp_path, monkeypatch, capsys)
    run.app = HurriedApp
    (tmp_path / "news").mkdir()
    return run


def test_a_run_over_all_of_them_indexes_every_good_file_and_ends_with_three(run):
    folder = run.root / "news"
    for case in CASES:
        case.make(folder / case.id)
    for name, text in GOOD.items():
        (folder / name).write_text(text, "utf-8")
    os.mkfifo(folder / "57-pipe.txt")
    (folder / "54-link.txt").symlink_to("/etc/passwd")
    out, _ = run("ingest", "news", "--json", code=3)
    assert "Traceback" not in out
    told: dict[str, set[str]] = {}
    for skip in (Skip(**row) for row in json.loads(out)["skips"]):
        name = skip.path.removeprefix(f"{folder.resolve()}/").partition("#")[0]
        told.setdefault(name, set()).add(skip.code)
    expected = {case.id: set(case.skips.split()) for case in CASES if case.skips}
    expected |= {"57-pipe.txt": {"not_regular"}, "54-link.txt": {"symlink"}}
    assert told.keys() == expected.keys()
    assert all(told[name] <= expected[name] for name in told)
    rows = json.loads(run("articles", "list", "--json")[0])
    listed = {Path(row["path"].partition("#")[0]).name for row in rows}
    assert listed == set(GOOD) | {case.id for case in CASES if case.text}
