"""What extraction loses and what it lets in, on made-up pages whose truth is known.

Ours beside trafilatura alone, readability and all the text of a page, in one table. The pages are
made by `eval.extraction.made_up_pages`. The others are given only HTML: a plain-text page is taken as it stands.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from pathlib import Path

from eval.extraction.made_up_pages import Page, Truth, pages
from index.core.articles import CAPTION
from index.core.records import RawRecord, Unreadable
from index.readers.dispatch import read
from index.text.cleaning import clean
from index.text.publication_dates import parse_date


@dataclass(frozen=True, slots=True)
class Extracted:
    """What an extractor says of a page; "" and None where it says nothing."""

    text: str = ""
    title: str = ""
    published: dt.date | None = None
    byline: str = ""
    source: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """One page by one extractor: what was lost, what was kept, and what is right.

    A field is None where the page does not tell it, so that it counts neither way.
    """

    page: str
    sentences: int
    furniture: int
    hidden: int
    captions: int
    unmarked: tuple[str, ...]  # captions without their mark
    mismarked: tuple[str, ...]  # other sentences with one
    lost: tuple[str, ...]
    furniture_kept: tuple[str, ...]
    hidden_kept: tuple[str, ...]
    title_right: bool | None
    date_right: bool
    date_wrong: bool
    byline_right: bool | None
    source_right: bool | None
    place_right: bool | None
    extracted: Extracted = field(repr=False)


# ── metrics ───────────────────────────────────────────────────────────────────────────────────

_ALIKE = str.maketrans("“”„«»‘’‚‹›–—−‑", '"""""' + "'" * 5 + "-" * 4)


def plain(text: str) -> str:
    r"""Bring text into the form in which it is compared: quotes, dashes and space made alike.

    >>> plain("“It’s\u00a0late”,\n she\u200b said – twice")
    '"It\'s late", she said - twice'
    """
    text = unicodedata.normalize("NFKC", text).translate(_ALIKE)
    text = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
    return " ".join(text.split())


def missing(sentences: Sequence[str], text: str) -> list[str]:
    """Tell which sentences do not stand whole in the text, apart from the words around them.

    >>> missing(["He left.", "She stayed."], "He left. She stayed.")
    []
    >>> missing(["He left.", "She stayed."], "He left.She had stayed.")
    ['He left.', 'She stayed.']
    """
    text = plain(text)
    return [one for one in sentences if not _whole(plain(one)).search(text)]


def surviving(unwanted: Sequence[str], sentences: Sequence[str], text: str) -> list[str]:
    """Tell which unwanted lines stand in what is left of the text without the true sentences.

    >>> surviving(["Share", "Menu"], ["Share your bread."], "Share your bread. Menu")
    ['Menu']
    """
    rest = plain(text)
    for one in sorted(map(plain, sentences), key=len, reverse=True):
        rest = _whole(one).sub("\n", rest)
    return [one for one in unwanted if _whole(plain(one)).search(rest)]


def _whole(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(words)}(?!\w)")


def share(part: int, whole: int) -> float:
    """Divide, where nothing of nothing is all of it.

    >>> share(1, 4), share(0, 0)
    (0.25, 1.0)
    """
    return part / whole if whole else 1.0


def alike(said: str, true: str) -> bool | None:
    """Tell whether a field is right; None if there is no truth to compare with.

    >>> alike("FERRY returns.", "Ferry returns"), alike("Ferry | Post", "Ferry"), alike("Ferry", "")
    (True, False, None)
    """
    return (
        plain(said).casefold().strip(" .") == plain(true).casefold().strip(" .") if true else None
    )


def judge(page: Page, said: Extracted) -> Result:
    """Compare what an extractor says of a page with what is true of it."""
    truth: Truth = page.truth
    # a title that stands in the text as well is no furniture
    wanted = [*truth.sentences, truth.title] if truth.title else truth.sentences
    return Result(
        page=page.name,
        sentences=len(truth.sentences),
        furniture=len(truth.furniture),
        hidden=len(truth.hidden),
        captions=len(truth.captions),
        unmarked=tuple(missing([f"{CAPTION}{one}" for one in truth.captions], said.text)),
        mismarked=tuple(
            one
            for one in truth.sentences
            if one not in truth.captions and not missing([f"{CAPTION}{one}"], said.text)
        ),
        lost=tuple(missing(truth.sentences, said.text)),
        furniture_kept=tuple(surviving(truth.furniture, wanted, said.text)),
        hidden_kept=tuple(surviving(truth.hidden, (), said.text)),
        title_right=alike(said.title, truth.title),
        date_right=said.published == truth.published,
        date_wrong=said.published not in (None, truth.published),
        byline_right=alike(said.byline, truth.byline),
        source_right=alike(said.source, truth.source),
        place_right=alike(said.place, truth.place),
        extracted=said,
    )


def figures(results: Sequence[Result]) -> dict[str, float]:
    """Sum up an extractor: shares from 0 to 1, and the number of wrong dates stated."""

    def right(values: Iterator[bool | None]) -> float:
        known = [value for value in values if value is not None]
        return share(sum(known), len(known))

    sentences = sum(r.sentences for r in results)
    return {
        "sentence recall": share(sentences - sum(len(r.lost) for r in results), sentences),
        "furniture kept": sum(len(r.furniture_kept) for r in results)
        / max(1, sum(r.furniture for r in results)),
        "hidden kept": sum(len(r.hidden_kept) for r in results)
        / max(1, sum(r.hidden for r in results)),
        "captions marked": 1
        - sum(len(r.unmarked) for r in results) / max(1, sum(r.captions for r in results)),
        "others marked": sum(len(r.mismarked) for r in results),
        "title right": right(r.title_right for r in results),
        "date right": right(r.date_right for r in results),
        "wrong dates": sum(r.date_wrong for r in results),
        "byline right": right(r.byline_right for r in results),
        "source right": right(r.source_right for r in results),
        "place right": right(r.place_right for r in results),
    }


# ── extractors ────────────────────────────────────────────────────────────────────────────────


def ours(page: Page) -> Extracted:
    """The way an article takes into the index."""
    try:
        (raw,) = read(page.data, page.name)
        assert isinstance(raw, RawRecord)
        found = clean(raw, page.name)
    except Unreadable:
        return Extracted()
    return Extracted(
        found.text, found.title, found.published, found.byline, found.source, found.place
    )


def trafilatura_alone(page: Page) -> Extracted:
    """Trafilatura with its own settings."""
    import trafilatura
    from trafilatura.settings import Document

    if not page.name.endswith(".html"):
        return _as_it_stands(page)
    found = trafilatura.bare_extraction(page.data, with_metadata=True)
    if not isinstance(found, Document):
        return Extracted()
    day = parse_date(found.date or "")
    return Extracted(
        found.text or "", found.title or "", day, found.author or "", found.sitename or ""
    )


def readability(page: Page) -> Extracted:
    """readability-lxml, which gives a title and a body, and no date."""
    from lxml import html
    from readability import Document

    if not page.name.endswith(".html"):
        return _as_it_stands(page)
    document = Document(page.data.decode("utf-8", "replace"))
    summary = html.fromstring(document.summary())
    return Extracted(_spaced(summary), document.short_title())


def all_text(page: Page) -> Extracted:
    """Every text node of the page, hidden or not: the floor of precision."""
    from lxml import html

    if not page.name.endswith(".html"):
        return _as_it_stands(page)
    tree = html.document_fromstring(page.data)
    return Extracted(_spaced(tree), tree.findtext(".//title") or "")


def _spaced(tree: object) -> str:
    # a space between elements, or two sentences that stand apart on the page would count as lost
    return " ".join(tree.itertext())  # type: ignore[attr-defined]


def _as_it_stands(page: Page) -> Extracted:
    text = page.data.decode("utf-8")
    return Extracted(text, text.lstrip().split("\n")[0])


Extractor = Callable[[Page], Extracted]
EXTRACTORS: dict[str, Extractor] = {
    "ours": ours,
    "trafilatura": trafilatura_alone,
    "readability": readability,
    "all text": all_text,
}


# ── the run ───────────────────────────────────────────────────────────────────────────────────


def run(failures: bool, json_file: Path | None, folder: Path | None) -> int:
    """Measure every extractor, print the table, and what ours lost or kept if asked to."""
    corpus = pages()
    if folder:
        write(corpus, folder)
    print(f"{len(corpus)} pages, {sum(len(p.truth.sentences) for p in corpus)} sentences")
    present = {n: e for n, e in EXTRACTORS.items() if n != "readability" or find_spec(n)}
    results = {name: [judge(p, extract(p)) for p in corpus] for name, extract in present.items()}
    table = {name: figures(found) for name, found in results.items()}
    for line in _table(table):
        print(line)
    if len(present) < len(EXTRACTORS):
        print("readability is not installed: pip install readability-lxml")
    if failures:
        for line in _failures(results["ours"], {p.name: p.truth for p in corpus}):
            print(line)
    if json_file:
        json_file.write_text(json.dumps(table, indent=1) + "\n", "utf-8")
    return 0


def write(corpus: Sequence[Page], folder: Path) -> None:
    """Write the pages and `truth.jsonl`, to be looked at."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for page in corpus:
        (folder / page.name).write_bytes(page.data)
        rows.append(json.dumps({"page": page.name, **asdict(page.truth)}, default=str))
    (folder / "truth.jsonl").write_text("\n".join(rows) + "\n", "utf-8")


def _table(table: dict[str, dict[str, float]]) -> Iterator[str]:
    yield f"{'':16}" + "".join(f"{name:>13}" for name in table)
    for metric in table["ours"]:
        cells = (figure[metric] for figure in table.values())
        shown = "13d" if metric in ("wrong dates", "others marked") else "13.3f"
        yield f"{metric:16}" + "".join(f"{cell:{shown}}" for cell in cells)


def _failures(results: Sequence[Result], truths: dict[str, Truth]) -> Iterator[str]:
    for result in results:
        said, truth = result.extracted, truths[result.page]
        lines = [f"  lost       {one}" for one in result.lost]
        lines += [f"  kept       {one}" for one in result.furniture_kept]
        lines += [f"  unmarked   {one}" for one in result.unmarked]
        lines += [f"  marked     {one}" for one in result.mismarked]
        lines += [f"  hidden     {one}" for one in result.hidden_kept]
        for name in ("title", "byline", "source", "place"):
            if getattr(result, f"{name}_right") is False:
                lines.append(f"  {name:10} {getattr(said, name)!r}, not {getattr(truth, name)!r}")
        if not result.date_right:
            lines.append(f"  date       {said.published}, not {truth.published}")
        if lines:
            yield result.page
            yield from lines
