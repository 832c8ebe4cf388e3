"""Reads the open question sets that may be trained on.

Files of one folder, each left out if it is not there:

    new_wiki_v1.0.json    SQuADShifts, new Wikipedia split (CC BY 4.0, Wikipedia CC BY-SA)
    selqa-ass-*.json      SelQA, answer sentence selection (Apache-2.0, Wikipedia CC BY-SA)
    qed-dev.jsonlines     QED, of Natural Questions (CC BY-SA 3.0)
    src-test.txt, tgt-test.txt   sentences and questions of SQuAD 1.1's *training* articles, in the
                          split of Du et al. 2017 (CC BY-SA 4.0)
    2wikimultihopqa_corpus.json  the texts of 2WikiMultihopQA (Apache-2.0, Wikipedia CC BY-SA)

None of their articles is in a set that is measured on.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from index.text.chunking import sentences

NEIGHBOURS = 40  # sentences of one list that stand for a document where none is named


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A question with the sentences around its answer; `gold` are those that answer it.

    `answer` is the accepted text, "" where the set names only sentences. `document` is what must
    not be divided between training and validation.
    """

    question: str
    title: str
    sentences: tuple[str, ...]
    gold: frozenset[int]
    document: str
    answer: str = ""


def read_open_sets(folder: Path) -> list[OpenQuestion]:
    """All questions of the files in `folder`, in a fixed order."""
    readers = (_squad_shifts, _selqa, _qed, _sentence_and_question)
    return [one for reader in readers for one in reader(folder)]


def read_open_texts(folder: Path) -> list[tuple[str, str]]:
    """(title, text) of the articles whose sentences claims are made from."""
    found: dict[str, str] = {}
    for one in _squad_shifts(folder):
        found.setdefault(" ".join(one.sentences), one.title)
    texts = [(title, text) for text, title in found.items()]
    for file in sorted(folder.glob("2wikimultihopqa_corpus.json")):
        texts += [(one["title"], one["text"]) for one in json.loads(file.read_text("utf-8"))]
    return texts


def _squad_shifts(folder: Path) -> Iterator[OpenQuestion]:
    for file in sorted(folder.glob("new_wiki*.json")):
        for article in json.loads(file.read_text("utf-8"))["data"]:
            title = article["title"].replace("_", " ")
            for paragraph in article["paragraphs"]:
                text = paragraph["context"]
                spans = sentences(text)
                for asked in paragraph["qas"]:
                    # the last annotators' answers are the shortest
                    answers = sorted(asked["answers"], key=lambda one: len(one["text"]))
                    places = [one["answer_start"] for one in answers]
                    gold = {i for i, (a, b) in enumerate(spans) for at in places[:2] if a <= at < b}
                    if gold:
                        lines = tuple(text[a:b] for a, b in spans)
                        question = _as_question(asked["question"])
                        answer = answers[0]["text"]
                        yield OpenQuestion(question, title, lines, frozenset(gold), title, answer)


def _selqa(folder: Path) -> Iterator[OpenQuestion]:
    for file in sorted(folder.glob("selqa-*.json")):
        for row in json.loads(file.read_text("utf-8")):
            if row["answers"]:
                lines, gold = tuple(row["candidates"]), frozenset(row["answers"])
                yield OpenQuestion(row["question"], row["article"], lines, gold, row["article"])


def _qed(folder: Path) -> Iterator[OpenQuestion]:
    for file in sorted(folder.glob("qed-dev.json*")):
        for line in file.read_text("utf-8").splitlines():
            row = json.loads(line)
            annotation, text = row["annotation"], row["paragraph_text"]
            selected = annotation.get("selected_sentence")
            if not selected:
                continue
            starts = [*row["sentence_starts"], len(text)]
            spans = list(pairwise(starts))
            gold = frozenset(i for i, (a, b) in enumerate(spans) if a <= selected["start"] < b)
            answer = " ".join(one["paragraph_reference"]["string"] for one in annotation["answer"])
            lines = tuple(_detokenised(text[a:b]) for a, b in spans)
            title = row["title_text"]
            question = _as_question(row["question_text"])
            yield OpenQuestion(question, title, lines, gold, title, _detokenised(answer))


def _sentence_and_question(folder: Path) -> Iterator[OpenQuestion]:
    sources, questions = folder / "src-test.txt", folder / "tgt-test.txt"
    if not sources.exists() or not questions.exists():
        return
    lines = [_detokenised(line) for line in sources.read_text("utf-8").splitlines()]
    asked = [_detokenised(line) for line in questions.read_text("utf-8").splitlines()]
    distinct = list(dict.fromkeys(lines))
    number = {line: i for i, line in enumerate(distinct)}
    for line, question in zip(lines, asked, strict=True):
        at = number[line]
        first = at - at % NEIGHBOURS
        block = tuple(distinct[first : first + NEIGHBOURS])
        yield OpenQuestion(question, "", block, frozenset([at - first]), f"squad {first}")


def _as_question(text: str) -> str:
    text = text.strip().rstrip("?").strip()
    return f"{text[:1].upper()}{text[1:]}?"


def _detokenised(text: str) -> str:
    """Text without the spaces that a tokenizer has put around punctuation."""
    text = re.sub(r"``\s*|\s*''", '"', text.replace("-lrb-", "(").replace("-rrb-", ")"))
    text = re.sub(r"\s+([.,;:?!%)\]]|n't\b|'s\b|'\B)", r"\1", text)
    return re.sub(r"([(\[$£])\s+", r"\1", text).replace(" -- ", "–").strip()
