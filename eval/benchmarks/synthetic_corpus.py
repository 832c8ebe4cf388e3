"""Synthetic archives that are the same on every run: articles, questions and vectors."""

import json
import random
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index.text.chunking import sentences

SAMPLE = Path(__file__).parents[1] / "sets" / "sample"
SEED = 7
SENTENCES = 12  # of an article
THEMES = 40  # passages that share a theme, in `themed_vectors`
_VOCABULARY = 50_000
_REPLACED = 0.7  # share of a sentence's longer words that become invented ones
_COMMONEST = 30  # rank of the most frequent invented word: it occurs in a quarter of the passages
_SYLLABLES = "ba de fi go hu ka le mi no pu ra se ti vo wu za ke li mo nu".split()


def write_archive(folder: Path, number: int) -> None:
    """Text files of distinct articles: the sample's sentences in another order."""
    folder.mkdir()
    chance = random.Random(SEED)
    for i in range(number):
        body = [f"Report {i}: {sentence}" for sentence in chance.sample(_pool(), SENTENCES)]
        header = f"Title: Report number {i}\nDate: 2024-05-{i % 28 + 1:02d}\n\n"
        (folder / f"{i:05d}.txt").write_text(header + _paragraphs(body), "utf-8")


def write_near_copies(folder: Path) -> None:
    """Add to an archive a wire copy of every tenth article, and a correction of every twentieth."""
    for number, path in enumerate(sorted(folder.glob("*.txt"))[::10]):
        header, *paragraphs = path.read_text("utf-8").split("\n\n")
        copied = "\n\n".join([f"{header}\nSource: The Wire", "(Wire)", *paragraphs])
        path.with_name(f"{path.stem}-wire.txt").write_text(copied, "utf-8")
        if number % 2:
            note = "Correction: an earlier version of this article gave a wrong number."
            day = header.replace("Date: 2024-05", "Date: 2024-06")
            corrected = "\n\n".join([f"{day}\nSource: The Wire", *paragraphs, note])
            path.with_name(f"{path.stem}-wire-new.txt").write_text(corrected, "utf-8")


def write_feed(folder: Path, number: int) -> None:
    """JSONL files of `number` articles whose word frequencies follow Zipf's law."""
    chance = random.Random(SEED)
    folder.mkdir()
    for start in range(0, number, 1000):
        rows = []
        for i in range(start, min(start + 1000, number)):
            text = _paragraphs([invented_sentence(chance) for _ in range(SENTENCES)])
            row = {"id": str(i), "title": invented_sentence(chance)[:70], "text": text}
            rows.append(json.dumps(row) + "\n")
        (folder / f"{start:07d}.jsonl").write_text("".join(rows), "utf-8")


def _paragraphs(body: Sequence[str]) -> str:
    return "\n\n".join(" ".join(body[start : start + 3]) for start in range(0, len(body), 3))


def questions(number: int) -> list[str]:
    """The sample's questions, then some about sentences of the archive."""
    lines = (SAMPLE / "questions.jsonl").read_text("utf-8").splitlines()
    asked = [str(json.loads(line)["question"]) for line in lines]
    for sentence in random.Random(SEED + 1).sample(_pool(), len(_pool())):
        asked.append(f"What is known of {' '.join(sentence.split()[2:8])}?")
    return asked[:number]


def invented_question(chance: random.Random) -> str:
    """A question about an invented sentence."""
    return f"What is known of {' '.join(invented_sentence(chance).split()[2:10])}?"


def invented_sentence(chance: random.Random) -> str:
    """A sentence of the sample with most longer words replaced by invented ones."""
    words = chance.choice(_pool()).split()
    for place, word in enumerate(words):
        if len(word) > 3 and chance.random() < _REPLACED:
            # log-uniform ranks: frequencies as Zipf has them
            rank = int(_COMMONEST * (_VOCABULARY / _COMMONEST) ** chance.random())
            words[place] = f"{_SYLLABLES[rank % 20]}{_SYLLABLES[rank // 20 % 20]}{rank:x}"
    return " ".join(words)


@cache
def _pool() -> Sequence[str]:
    pool: list[str] = []
    for path in sorted((SAMPLE / "articles").glob("*.txt")):
        text = path.read_text("utf-8")
        pool.extend(text[a:b] for a, b in sentences(text) if b - a > 40)
    return pool


def themed_vectors(number: int, dimension: int) -> Iterator[npt.NDArray[np.float32]]:
    """Unit vectors in batches of up to 1000, near to one another where they share a theme."""
    chance = np.random.default_rng(SEED)
    themes = chance.normal(size=(max(1, number // THEMES), dimension)).astype(np.float32)
    for start in range(0, number, 1000):
        rows = themes[chance.integers(0, len(themes), min(1000, number - start))]
        yield near(rows, chance)


def near(rows: npt.NDArray[np.float32], chance: np.random.Generator) -> npt.NDArray[np.float32]:
    """Unit vectors about as far from `rows` as passages of one theme are: cosine 0.7 to 0.8."""
    length = np.linalg.norm(rows, axis=1, keepdims=True) / np.sqrt(rows.shape[1])
    noise = chance.normal(size=rows.shape).astype(np.float32)
    moved = rows + 0.6 * length * noise
    unit = moved / np.linalg.norm(moved, axis=1, keepdims=True)
    return np.asarray(unit, np.float32)
