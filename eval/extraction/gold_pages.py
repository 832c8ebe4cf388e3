"""Web pages with gold articles: the type of one page, and the loader of a folder of such pages.

The project's own pages, in `eval/sets/pages`, are made up: 23 short articles, each in some of 73
page layouts. They are regression tests and not a measure of how well pages of the web are read.
"""

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.core.errors import UsageError
from index.text.publication_dates import parse_date

OWN_PAGES = Path(__file__).parents[1] / "sets" / "pages"


@dataclass(frozen=True, slots=True)
class Page:
    """One page and the gold values of its article; "" or () where a value is not known.

    `text` is the article, `required` and `forbidden` are pieces of text that belong to it and that
    do not, `hidden` text that a browser does not show, `captions` those of `required` that are
    photo captions. `published` is an ISO date, "none" where the page does not state it.
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

    A line of `gold.jsonl` has `file` and any of `text`, `with`, `without`, `hidden`,
    `captions`, `title`, `date`, `author`, `source`, `place`. Known checkouts:
    mozilla/readability, adbar/trafilatura, adbar/htmldate and
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


# keys of a line of gold.jsonl to fields of `Page`
_TEXT_KEYS = {name: name for name in ("text", "title", "source", "place")} | {"author": "byline"}
_LIST_KEYS = {
    "with": "required",
    "without": "forbidden",
    "hidden": "hidden",
    "captions": "captions",
}


def _page(root: Path, row: Mapping[str, Any]) -> Page:
    parents = (root / part for part in ("", "pages", "cache", "eval", "test_set"))
    path = next((one / row["file"] for one in parents if (one / row["file"]).is_file()), None)
    if path is None:
        raise UsageError(f"{row['file']} is not in {root}.")
    known: dict[str, Any] = {
        **{f: row[key] for key, f in _TEXT_KEYS.items() if isinstance(row.get(key), str)},
        **{f: tuple(row.get(key) or ()) for key, f in _LIST_KEYS.items()},
    }
    published = _iso_day(row.get("date"))
    return Page(row["file"], path.read_bytes(), published=published, **known)


def _iso_day(value: object) -> str:
    if not isinstance(value, str) or value == "none":
        return str(value or "")
    return str(parse_date(value) or "")


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
            published=_iso_day(about.get("publishedTime")),
            byline=about.get("byline") or "",
        )
