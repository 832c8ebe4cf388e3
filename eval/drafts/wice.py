"""WiCE: real claims of Wikipedia, checked within the pages that they cite.

Kamoi, Goyal, Rodriguez and Durrett, "WiCE: Real-World Entailment for Claims in Wikipedia", EMNLP
2023 (arXiv 2303.01432), github.com/ryokamoi/wice. Its annotations are ODC-BY, its texts CC BY-SA
(Wikipedia) and those of Common Crawl; nothing of it is copied into this project, and nothing here
was trained on it.

Each page is an article of an index, and a claim is checked with `sources` set to its page. It
stands in a draft under the title of its Wikipedia article, after the sentence before it, which
often says who "he" is. Figures stand beside those of the paper's repository, which were measured on
the first 100 claims with the sentences that annotators chose ("oracle") and not with the page.
"""

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from assistant.core import console
from assistant.core.settings import Settings
from eval.drafts.checked import Times, checked, indexed
from eval.scoring.significance import bootstrap_interval
from index.core.errors import UsageError
from index.core.filters import Filters
from index.text.chunking import sentences

CLAIMS = Path("data", "entailment_retrieval", "claim", "test.jsonl")
CHUNKS = Path("code_and_resources", "entailment_inputs", "oracle_chunks", "claim", "test.jsonl")
LABELS = ("supported", "partially_supported", "not_supported")
ORACLE = "oracle sentences, first 100"
WITH_ORACLE = 100  # claims on which the published figures were measured, the first of the file
PUBLISHED = {  # F1 of "supported", oracle chunks, first 100 claims: model_outputs of the repository
    "T5-3B ANLI": 0.618,
    "GPT-4": 0.610,
    "GPT-3.5": 0.393,
    "T5-3B ANLI, trained on WiCE": 0.778,
}


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim with its label and the sentences of its page; `proofs` are sets of their numbers."""

    text: str
    title: str
    context: str
    label: str
    page: tuple[str, ...]
    proofs: tuple[frozenset[int], ...]
    shown: frozenset[int]  # numbers of the sentences of the page that may be used

    @property
    def before(self) -> str:
        """What stands in the draft before the claim."""
        spans = sentences(self.context)
        last = self.context[slice(*spans[-1])] + " " if spans else ""
        return f"{self.title}\n\n{last}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was said of a claim; `cited` are numbers of sentences, in the order of citations."""

    claim: Claim
    label: str
    cited: tuple[int, ...]

    @property
    def recall(self) -> float:
        """Share of the nearest set of proving sentences among the first three that are cited.

        >>> one = Claim("", "", "", "supported", (), (frozenset({1, 2}),), frozenset())
        >>> Outcome(one, "supported", (2, 5, 7, 1)).recall
        0.5
        """
        found = set(self.cited[:3])
        return max(len(found & one) / min(3, len(one)) for one in self.claim.proofs if one)


def run_wice(settings: Settings, folder: Path, json_file: Path | None) -> int:
    """Print F1 and recall of the proving sentences, of oracle sentences and of the whole pages.

    Oracle sentences come first, as they take a tenth of the time; each result is printed at once.
    """
    claims, rows = read_claims(folder / CLAIMS), []
    for name, f1_published in PUBLISHED.items():
        console.say(f"published, {ORACLE}: {name} F1 {100 * f1_published:.1f}")
    if (folder / CHUNKS).is_file():
        chosen = with_oracle(folder / CHUNKS, claims[:WITH_ORACLE])
        rows.append(figures(ORACLE, check_claims(settings, chosen)))
        _print(rows[-1])
    whole = check_claims(settings, claims)
    for name, outcomes in (
        ("whole page, first 100", whole[:WITH_ORACLE]),
        ("whole page, all claims", whole),
    ):
        rows.append(figures(name, outcomes))
        _print(rows[-1])
    if json_file:
        json_file.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
    return 0


def read_claims(path: Path) -> list[Claim]:
    """The claims of the test set; UsageError if the file is not there."""
    return [_claim(row) for row in _rows(path)]


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    if not path.is_file():
        raise UsageError(f"{path} is missing: give a copy of github.com/ryokamoi/wice.")
    for line in path.read_text("utf-8").splitlines():
        yield json.loads(line)


def _claim(row: Mapping[str, Any]) -> Claim:
    page, meta = tuple(row["evidence"]), row["meta"]
    proofs = tuple(frozenset(numbers) for numbers in row["supporting_sentences"])
    return Claim(
        text=row["claim"],
        title=meta["claim_title"],
        context=" ".join(meta["claim_context"].split()),
        label=row["label"],
        page=page,
        proofs=proofs,
        shown=frozenset(range(len(page))),
    )


def with_oracle(path: Path, claims: Sequence[Claim]) -> list[Claim]:
    """The same claims, with the sentences that any annotator was shown as the page's best."""
    shown: dict[str, set[int]] = {}
    for row in _rows(path):
        shown.setdefault(row["claim"], set()).update(row["meta"]["chunk_idx"])
    return [
        replace(one, shown=frozenset(chosen)) for one in claims if (chosen := shown.get(one.text))
    ]


def check_claims(settings: Settings, claims: Sequence[Claim]) -> list[Outcome]:
    """Each claim checked against its own page alone."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "pages.jsonl"
        sources = _write_pages(file, claims)
        times, found = Times(), []
        with indexed(settings, [file]) as app, console.Bars() as bars:
            for number, (claim, source) in enumerate(zip(claims, sources, strict=True), 1):
                bars.step("claims", number, len(claims))
                text = claim.before + claim.text
                said = checked(app, text, times, Filters(sources=(source,)))
                of_claim = [one for one in said if one["end"] > len(claim.before)]
                found.append(outcome(claim, of_claim))
    return found


def _write_pages(file: Path, claims: Sequence[Claim]) -> list[str]:
    """Write each page once, and return the source that each claim's page has."""
    sources: dict[tuple[str, str], str] = {}
    for claim in claims:
        sources.setdefault(page_text(claim), f"page-{len(sources)}")
    with file.open("w", encoding="utf-8") as out:
        for (title, text), source in sources.items():
            record = {"id": source, "title": title, "text": text, "source": source}
            out.write(json.dumps(record) + "\n")
    return [sources[page_text(claim)] for claim in claims]


def page_text(claim: Claim) -> tuple[str, str]:
    r"""Title and text of the page: sentences in paragraphs, which end at a line without a stop.

    >>> page = ("(meta data) TITLE: Dam", "News", "The dam broke.", "It was old.", "Ad")
    >>> page_text(Claim("", "", "", "", page, (), frozenset(range(5))))
    ('Dam', 'News\n\nThe dam broke. It was old.\n\nAd')
    """
    title, text, joins = claim.title, "", False
    for number in sorted(claim.shown):
        sentence = claim.page[number].strip()
        if sentence.startswith("(meta data) TITLE:"):
            title = sentence.partition(":")[2].strip() or title
            continue
        ends = sentence.endswith((".", "!", "?", '"', "”"))
        text += (" " if joins and ends else "\n\n") * bool(text) + sentence
        joins = ends
    return title, text


def outcome(claim: Claim, said: Sequence[Mapping[str, Any]]) -> Outcome:
    """The label of a claim's verdicts: what is only partly so, or differs, is partly supported."""
    verdicts = {one["verdict"] for one in said} - {"no_claim"}
    if verdicts == {"supported"}:
        label = LABELS[0]
    else:
        label = LABELS[2] if verdicts <= {"not_in_archive"} else LABELS[1]
    quotes = dict.fromkeys(quote["quote"] for one in said for quote in one["citations"])
    cited = (n for quote in quotes for n in sorted(claim.shown) if _same(quote, claim.page[n]))
    return Outcome(claim, label, tuple(dict.fromkeys(cited)))


def _same(quote: str, sentence: str) -> bool:
    """Whether a cited stretch is this sentence, holds it or is a good part of it."""
    quote, sentence = " ".join(quote.split()), " ".join(sentence.split())
    return bool(sentence) and (quote == sentence or _holds(quote, sentence))


def _holds(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return len(short) > 20 and short in long


def f1(codes: np.ndarray, axis: int, labels: Sequence[int]) -> Any:
    """Mean F1 of these labels; a code is 3 times the gold label's number and the one found.

    >>> float(round(f1(np.array([0, 0, 1, 4]), 0, [0]), 2))  # one of three supported is missed
    0.8
    """
    scores = []
    for label in labels:
        right = (codes == 4 * label).sum(axis=axis)
        named = (codes // 3 == label).sum(axis=axis) + (codes % 3 == label).sum(axis=axis)
        scores.append(2 * right / np.maximum(named, 1))
    return np.mean(scores, axis=0)


def figures(name: str, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """F1 of "supported" and of the three labels with 95 % intervals, accuracy and recall@3."""
    pairs = [(LABELS.index(one.claim.label), LABELS.index(one.label)) for one in outcomes]
    codes = [3 * gold + found for gold, found in pairs]
    proved = [one for one in outcomes if any(one.claim.proofs)]
    row: dict[str, Any] = {"condition": name, "n": len(outcomes), "codes": codes}
    for key, labels in (("supported F1", [0]), ("macro F1", [0, 1, 2])):
        statistic = partial(f1, labels=labels)
        row[key] = float(statistic(np.array(codes), axis=0))
        row[f"{key}, 95 %"] = bootstrap_interval(codes, statistic=statistic)
    row["accuracy"] = float(np.mean([gold == found for gold, found in pairs]))
    row["recall@3"] = float(np.mean([one.recall for one in proved])) if proved else 0.0
    row["proved"] = len(proved)
    return row


def _print(row: Mapping[str, Any]) -> None:
    console.say(f"{row['condition']}, n = {row['n']}")
    for key in ("supported F1", "macro F1"):
        low, high = row[f"{key}, 95 %"]
        console.say(f"  {key:14}{100 * row[key]:6.1f}  [{100 * low:.1f}, {100 * high:.1f}]")
    console.say(f"  {'accuracy':14}{100 * row['accuracy']:6.1f}")
    console.say(f"  {'recall@3':14}{100 * row['recall@3']:6.1f}  n = {row['proved']}")
    counts = [row["codes"].count(code) for code in range(9)]
    for gold, label in enumerate(LABELS):
        console.say(f"  {label:20} found as {dict(zip(LABELS, counts[3 * gold :], strict=False))}")
