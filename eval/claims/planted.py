"""The planted claims: recipes which rebuild each claim from the article it was made of.

One JSON object a line of `claims.jsonl`: `id`, the `set` and `article` it was made of, `start` and
`end` of its sentence in the article's cleaned text and the sentence's `sha256`, how it was made
(`kind`), what is true of it (`label`), and its `pieces`: [start, end] copies a stretch of the
article, a string stands as it is (see `eval.claims.parsed.joined`).
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from eval.claims.parsed import SUPPORTED, joined
from eval.data.cases import ARTICLES, CORPUS, SETS, article_name
from index.core.articles import Article
from index.core.errors import UsageError
from index.core.records import RawRecord
from index.readers.dispatch import read
from index.text.cleaning import clean

RECIPES = SETS / "claims" / "claims.jsonl"
DATA = Path(__file__).parents[3] / "shared" / "data"  # beside the project
OWN = "sample"  # the set whose articles are ours


@dataclass(frozen=True, slots=True)
class PlantedClaim:
    """A claim about an article, made from its sentence `start`..`end`."""

    id: str
    set: str
    kind: str
    label: str
    text: str
    article: Article
    start: int
    end: int

    @property
    def is_true(self) -> bool:
        """Whether the sentence says it."""
        return self.label == SUPPORTED


def planted_claims(data: Path = DATA, chosen: str | None = None) -> Iterator[PlantedClaim]:
    """The claims of one set, or of all whose articles are here: `sample` always, others in `data`.

    UsageError if an article is no longer what the claims were made of.
    """
    for line in RECIPES.read_text("utf-8").splitlines():
        recipe = json.loads(line)
        folder = SETS / OWN if recipe["set"] == OWN else data / recipe["set"]
        if chosen not in (None, recipe["set"]) or not folder.is_dir():
            continue
        article = _articles(folder).get(recipe["article"])
        span = recipe["start"], recipe["end"]
        if article is None or sentence_hash(article.text, *span) != recipe["sha256"]:
            raise UsageError(
                f"{folder} does not hold the sentence that claim {recipe['id']} was made of."
            )
        pieces = [piece if isinstance(piece, str) else tuple(piece) for piece in recipe["pieces"]]
        text = joined(article.text, pieces)
        about = {key: recipe[key] for key in ("id", "set", "kind", "label", "start", "end")}
        yield PlantedClaim(text=text, article=article, **about)


def sentence_hash(text: str, start: int, end: int) -> str:
    """SHA-256 of a stretch of an article."""
    return hashlib.sha256(text[start:end].encode()).hexdigest()


@cache
def _articles(folder: Path) -> dict[str, Article]:
    """The articles of a set by name, read and cleaned as at an ingest."""
    corpus = folder / CORPUS
    files = [corpus] if corpus.is_file() else sorted((folder / ARTICLES).iterdir())
    records = ((file, raw) for file in files for raw in read(file.read_bytes(), file.name))
    found: dict[str, Article] = {}
    for file, raw in records:
        if isinstance(raw, RawRecord):
            article = clean(raw, str(file))
            found[article_name(article.path)] = article
    return found
