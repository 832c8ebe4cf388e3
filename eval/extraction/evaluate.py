"""How well web pages are read: our reader beside trafilatura alone, on pages with gold articles.

Body F1 is the mean over pages of the F1 of words (as multisets) against the article's text. Where
only pieces of text are known, recall is the share of required pieces that were read, and precision
that of required among all known pieces that were read. Public sets leave captions out of articles,
so ours are left out of the text there, but for "F1 with captions".
"""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from eval.extraction.gold_pages import OWN_PAGES, Page, load_pages
from index.core.articles import CAPTION
from index.core.records import RawRecord, Unreadable
from index.readers.dispatch import read
from index.text.cleaning import clean


@dataclass(frozen=True, slots=True)
class Extracted:
    """The result of an extractor for a page; "" where it has none. `published` is an ISO date."""

    text: str = ""
    title: str = ""
    published: str = ""
    guessed: bool = False  # the extractor marks the day as uncertain
    byline: str = ""
    source: str = ""
    place: str = ""


def ours(page: Page) -> Extracted:
    """The result of our reader and cleaning, as at an ingest."""
    try:
        raw = next(iter(read(page.data, page.name if "." in page.name else "page.html")))
        assert isinstance(raw, RawRecord)
        found = clean(raw, page.name)
    except Unreadable:
        return Extracted()
    day = found.published.isoformat() if found.published else ""
    guessed = found.published != found.stated_day
    about = (found.byline, found.source, found.place)
    return Extracted(found.text, found.title, day, guessed, *about)


def trafilatura_alone(page: Page) -> Extracted:
    """Trafilatura with its own settings, comments left out; plain text is taken as it is."""
    import trafilatura

    if page.name.endswith((".txt", ".md")):
        text = page.data.decode("utf-8")
        return Extracted(text, text.lstrip().split("\n")[0])
    found = trafilatura.bare_extraction(page.data, with_metadata=True, include_comments=False)
    values = ("text", "title", "date", "author", "sitename")
    text, title, day, author, site = (getattr(found, name, None) or "" for name in values)
    return Extracted(text, title, day, byline=author, source=site)


EXTRACTORS: dict[str, Callable[[Page], Extracted]] = {
    "ours": ours,
    "trafilatura": trafilatura_alone,
}


_ALIKE = str.maketrans("“”„«»‘’‚‹›–—−‑", '"""""' + "'" * 5 + "-" * 4)


def plain(text: str) -> str:
    r"""Text normalised for comparison: quotes, dashes and white space.

    >>> plain("“It’s\u00a0late”,\n she\u200b said – twice")
    '"It\'s late", she said - twice'
    """
    text = unicodedata.normalize("NFKC", text).translate(_ALIKE)
    text = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
    return " ".join(text.split())


def words_f1(found: str, true: str) -> float:
    """F1 of two texts as multisets of words, from 0 to 1.

    >>> words_f1("the cat sat", "The cat."), words_f1("", "cat")
    (0.8, 0.0)
    """
    one, other = (Counter(re.findall(r"\w+", text.casefold())) for text in (found, true))
    return 2 * (one & other).total() / ((one.total() + other.total()) or 1)


def _same(found: str, true: str) -> bool:
    one, other = (re.sub(r"\W+", " ", text).strip().casefold() for text in (found, true))
    return one == other


@dataclass(slots=True)
class Scores:
    """The scores of one extractor: shares from 0 to 1 with what they are shares of, and counts."""

    shares: dict[str, list[float]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def add(self, page: Page, found: Extracted) -> None:
        """Compare the result for a page with its gold values."""
        whole = plain(found.text.replace(CAPTION, ""))
        lines = (line for line in found.text.split("\n") if not line.startswith(CAPTION))
        text = whole if page.captions else plain("\n".join(lines))
        if page.text:
            self._share("body F1", [words_f1(text, page.text)])
            self._share("F1 with captions", [words_f1(whole, page.text)])
        lost = [one for one in page.required if plain(one) not in text]
        kept = [one for one in page.forbidden if plain(one) in text]
        seen = [one for one in page.hidden if plain(one) in whole]
        self.counts.update(
            required=len(page.required),
            read=len(page.required) - len(lost),
            boilerplate=len(kept),
            hidden=len(seen),
        )
        marked = [f"{CAPTION}{one}" in found.text for one in page.captions]
        self._share("captions marked", marked)
        for name in ("title", "byline", "source", "place"):
            if true := getattr(page, name):
                right = _same(getattr(found, name), true)
                self._share(f"{name} right", [right])
                lost += [] if right else [f"{name}: {true} (not {getattr(found, name)!r})"]
        if page.published:
            day = found.published or "none"
            right = day == page.published
            wrong = not right and day != "none"
            self._share("date right", [right])
            self.counts.update(dates_wrong=wrong, wrong_stated=wrong and not found.guessed)
            lost += [] if right else [f"date: {page.published} (not {day})"]
        if lost or kept or seen:
            parts = (("lost", lost), ("boilerplate", kept), ("hidden", seen))
            reasons = (f"  {what:10} {one}" for what, ones in parts for one in ones)
            self.failures.append("\n".join([page.name, *reasons]))

    def _share(self, name: str, values: Iterable[float]) -> None:
        self.shares.setdefault(name, []).extend(values)

    def figures(self) -> dict[str, float]:
        """The scores by name."""
        found = {name: sum(all_) / len(all_) for name, all_ in self.shares.items() if all_}
        counts = self.counts
        if counts["required"]:
            recall = counts["read"] / counts["required"]
            precision = counts["read"] / ((counts["read"] + counts["boilerplate"]) or 1)
            f1 = 2 * precision * recall / ((precision + recall) or 1)
            found |= {"pieces F1": f1, "precision": precision, "recall": recall}
            found |= {"hidden kept": counts["hidden"]}
        if "date right" in found:
            found |= {"dates wrong": counts["dates_wrong"], "wrong stated": counts["wrong_stated"]}
        return found


def scores(pages: Sequence[Page], extract: Callable[[Page], Extracted]) -> Scores:
    """Measure one extractor."""
    found = Scores()
    for page in pages:
        found.add(page, extract(page))
    return found


def run(failures: bool, json_file: Path | None, folder: Path | None) -> int:
    """Print the figures of both extractors; with `failures` also what ours got wrong."""
    pages = load_pages(folder or OWN_PAGES)
    found = {name: scores(pages, extract) for name, extract in EXTRACTORS.items()}
    table = {name: one.figures() for name, one in found.items()}
    print(f"{len(pages)} pages\n{'':16}" + "".join(f"{name:>13}" for name in table))
    for metric in table["ours"]:
        values = (figures.get(metric, 0) for figures in table.values())
        cells = (f"{v:13}" if isinstance(v, int) else f"{v:13.3f}" for v in values)
        print(f"{metric:16}" + "".join(cells))
    if failures:
        print("\n".join(found["ours"].failures))
    if json_file:
        json_file.write_text(json.dumps(table, indent=1) + "\n", "utf-8")
    return 0
