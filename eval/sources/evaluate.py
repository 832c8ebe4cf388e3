"""How often `assistant find-source` names the right article and passage, or declines.

A fifth of the articles, with all their near copies, is held out of the index: their excerpts, some
edited, are absent. A card is right if it names the article, or says of another with the same words
that it is a copy or stands there too; if its passage overlaps by half with that of the excerpt; and
if it says rightly whether it is verbatim.
"""

import json
import random
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

from assistant.archive.source_card import SourceCard, find_source
from assistant.core import console
from assistant.core.answer import Citation
from eval.benchmarks.synthetic_corpus import invented_sentence
from eval.sources.excerpts import EDITS, Excerpt, make_excerpts
from index.core.articles import Article, Passage, Skip
from index.core.errors import UsageError
from index.core.records import Fields, Limits
from index.dedup.near_duplicates import clusters, signature
from index.dedup.revisions import correction_note
from index.ingest.extraction import extract
from index.ingest.files import existing, walk
from index.storage.article_store import ArticleStore, FileRecord
from index.storage.article_writer import ArticleWriter
from index.text.chunking import PassageSplitter, sentences

SAMPLE = Path(__file__).parents[1] / "sets" / "sample" / "articles"
VERBATIM, EDITED, ABSENT = 80, 80, 40
HELD_OUT = 0.2  # of the articles
OVERLAP = 0.5  # of the excerpt's characters
TOKENS = 110  # words of a passage, as the real splitter makes them from news


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was found for an excerpt, after how many seconds; `kind`: verbatim, edited or absent."""

    excerpt: Excerpt
    kind: str
    card: SourceCard
    seconds: float

    @property
    def right(self) -> bool:
        """Whether it is the right article, passage and verdict, or rightly none."""
        if self.kind == "absent":
            return self.card.found is None
        for match in self.card.matches:
            if match.article.id == self.excerpt.article.id:
                return match.verbatim == (self.kind == "verbatim") and self._overlaps(
                    match.passages
                )
        return False

    def _overlaps(self, passages: Sequence[Citation]) -> bool:
        start, end = self.excerpt.start, self.excerpt.end
        spans = [(one.evidence.start, one.evidence.end) for one in passages]
        inside = sum(max(0, min(b, end) - max(a, start)) for a, b in spans)
        return inside >= OVERLAP * max(sum(b - a for a, b in spans), end - start)


def run(
    articles: Path | None, passages: int, seed: int, failures: bool, json_file: Path | None
) -> int:
    """Print the shares that are right by kind and edit, and the times; with `failures` the rest."""
    chance = random.Random(seed)
    kept, held_out = split(read_articles(articles or SAMPLE), chance)
    with index_of(kept, passages, chance) as library:
        outcomes = list(_outcomes(library, kept, held_out, chance))
    figures = summary(outcomes)
    about = f"{len(kept)} articles indexed, {len(held_out)} held out, {passages} passages made up"
    console.say(f"{len(outcomes)} excerpts; {about}")
    for name, figure in figures.items():
        console.say(f"{name:32}{figure:10.3f}")
    for one in outcomes if failures else ():
        if not one.right:
            found = one.card.found
            told = f"{found.article.path}, share {found.share}" if found else "none"
            console.say(f"{one.kind} {one.excerpt.edit}, {console.line(one.excerpt.article.path)}:")
            console.say(f"  {console.line(one.excerpt.text)}\n  → {console.line(told)}")
    if json_file:
        json_file.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    return 0


def read_articles(folder: Path) -> list[Article]:
    """The articles of a folder's files, as an ingest reads them; UsageError if there are few."""
    skips: list[Skip] = []
    found = [
        article
        for path in walk([existing(folder)], skips)
        for article in extract(path.read_bytes(), str(path), Limits(), Fields()).articles
    ]
    if len(found) < 10:
        raise UsageError(f"{folder} holds {len(found)} articles; 10 or more are needed.")
    return found


def split(
    articles: Sequence[Article], chance: random.Random
) -> tuple[list[Article], list[Article]]:
    """The articles to index and those held out; near copies stay together."""
    clustered = clusters({one.text_hash: signature(one.text) for one in articles})
    ids = sorted(set(clustered.values()))
    held = set(chance.sample(ids, max(1, round(HELD_OUT * len(ids)))))
    parts: tuple[list[Article], list[Article]] = ([], [])
    for one in articles:
        parts[clustered[one.text_hash] in held].append(one)
    return parts


@contextmanager
def index_of(
    articles: Sequence[Article], synthetic: int, chance: random.Random
) -> Iterator[ArticleStore]:
    """The full-text index of the articles, and of as many synthetic passages."""
    splitter = PassageSplitter(lambda text: [len(word) for word in text.split()], TOKENS)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "library.sqlite"
        with closing(ArticleWriter(path)) as library:
            for article in articles:
                library.put_file(FileRecord(article.path, 0, 0, ""), [article], [])
                note = correction_note(article.title, article.text)
                library.sign(article, signature(article.text), note)
                library.put_passages(splitter.split(article))
            for number in range(synthetic):
                text = " ".join(invented_sentence(chance) for _ in range(4))
                made = Article(f"/synthetic/{number}.txt", f"Report {number}", text)
                library.put_file(FileRecord(made.path, 0, 0, ""), [made], [])
                library.put_passages([Passage(made, tuple(sentences(text)))])
            library.mark_copies()
            library.mark_near_copies()
            library.commit()
        with closing(ArticleStore(path)) as store:
            yield store


def _outcomes(
    library: ArticleStore, kept: Sequence[Article], held: Sequence[Article], chance: random.Random
) -> Iterator[Outcome]:
    edits = list(islice(cycle(EDITS), EDITED))
    absent = [edit for one in edits[: ABSENT // 2] for edit in ("", one)]
    for kind, articles, wanted in (
        ("verbatim", kept, [""] * VERBATIM),
        ("edited", kept, edits),
        ("absent", held, absent),
    ):
        for excerpt in make_excerpts(articles, wanted, chance):
            begin = time.perf_counter()
            card = find_source(library, excerpt.text)
            yield Outcome(excerpt, kind, card, time.perf_counter() - begin)


def summary(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Shares (0..1) that are right, of all, by kind and by edit; times in seconds."""
    groups: dict[str, list[bool]] = {"right": [one.right for one in outcomes]}
    for one in outcomes:
        groups.setdefault(one.kind, []).append(one.right)
        if one.kind == "edited":
            groups.setdefault(f"  {one.excerpt.edit}", []).append(one.right)
    times = sorted(one.seconds for one in outcomes)
    shares = {name: sum(found) / len(found) for name, found in groups.items()}
    lowest = [one.card.found.share for one in outcomes if one.kind == "edited" and one.card.found]
    return shares | {
        "lowest share of an edited one": min(lowest, default=0.0),
        "seconds, median": statistics.median(times),
        "seconds, p95": times[int(0.95 * len(times))],
        "seconds, slowest": times[-1],
    }
