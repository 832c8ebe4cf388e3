"""Web pages whose article is known: the type of one page, and folders of public test pages."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.core.errors import UsageError
from index.text.publication_dates import parse_date


@dataclass(frozen=True, slots=True)
class Page:
    """One page and what is true of its article; "", () or None where that is not known.

    `text` is the article, `required` and `forbidden` are pieces of text that belong to it and that
    do not, `hidden` what no reader of the page sees, `captions` those of `required` that are under
    a photo. `published` is an ISO date, "none" where the page does not state it.
    """

    name: str
    data: bytes
    text: str = ""
    required: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    captions: tuple[str, ...] = ()
    title: str = ""
    published: str = ""
    byline: str = ""
    source: str = ""
    place: str = ""


def load_pages(folder: Path) -> list[Page]:
    """The pages of a folder with `gold.jsonl`, or of a checkout of a public test set.

    A line of `gold.jsonl` has `file` and any of `text`, `with`, `without`, `title`, `date`,
    `author`. Known checkouts: mozilla/readability, adbar/trafilatura, adbar/htmldate and
    scrapinghub/article-extraction-benchmark.

    Raises:
        UsageError: if the folder is none of these.
    """
    for root in (folder, folder / "tests", folder / "test" / "test-pages"):
        if (root / "gold.jsonl").is_file():
            lines = (root / "gold.jsonl").read_text("utf-8").splitlines()
            return [_page(root, row) for row in map(json.loads, filter(str.strip, lines))]
        for name in ("evaldata.json", "eval_default.json"):  # trafilatura, htmldate
            if (root / name).is_file():
                rows = json.loads((root / name).read_text("utf-8")).values()
                return [_page(root, row) for row in rows]
        if (root / "ground-truth.json").is_file():
            return list(_benchmark(root))
        if any(root.glob("*/expected.html")):
            return list(_readability(root))
    raise UsageError(f"In {folder} there is no gold.jsonl and no public test set that is known.")


def _page(root: Path, row: Mapping[str, Any]) -> Page:
    places = (root / part / row["file"] for part in ("", "cache", "eval", "test_set"))
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        raise UsageError(f"{row['file']} is not in {root}.")
    known = {name: row[name] for name in ("text", "title") if isinstance(row.get(name), str)}
    return Page(
        name=row["file"],
        data=path.read_bytes(),
        required=tuple(row.get("with") or ()),
        forbidden=tuple(row.get("without") or ()),
        published=_iso(row.get("date")),
        byline=row["author"] if isinstance(row.get("author"), str) else "",
        **known,
    )


def _iso(written: object) -> str:
    day = parse_date(written) if isinstance(written, str) else None
    return str(day or "")


def _benchmark(root: Path) -> Iterator[Page]:
    gold = json.loads((root / "ground-truth.json").read_text("utf-8"))
    for name, row in gold.items():
        packed = (root / "html" / f"{name}.html.gz").read_bytes()
        yield Page(name, gzip.decompress(packed), text=row["articleBody"])


def _readability(root: Path) -> Iterator[Page]:
    from lxml import html

    for folder in sorted(path.parent for path in root.glob("*/expected.html")):
        about = json.loads((folder / "expected-metadata.json").read_text("utf-8"))
        expected = html.document_fromstring((folder / "expected.html").read_text("utf-8"))
        yield Page(
            folder.name,
            (folder / "source.html").read_bytes(),
            text=" ".join(expected.itertext()),
            title=about.get("title") or "",
            published=_iso(about.get("publishedTime")),
            byline=about.get("byline") or "",
        )
