"""Checks the drafts as `assistant check` does and counts what it got right.

A sentence that the product reads as several has the worst of their verdicts; one that it leaves out
has none, which is the same as no claim.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.core import console
from assistant.core.settings import Settings
from eval.drafts.checked import Times, checked, indexed
from eval.drafts.draft_set import ARTICLES, Draft, GoldSentence, read_drafts
from eval.scoring.significance import bootstrap_interval

WORST_FIRST = ("contradicted", "not_in_archive", "partly", "supported", "no_claim")
QUIET = ("supported", "no_claim")  # nothing warns a reader of these


@dataclass(frozen=True, slots=True)
class Judged:
    """A sentence of the set, and the verdict, reasons and cited sentences that it got."""

    gold: GoldSentence
    verdict: str
    reasons: str
    quotes: tuple[str, ...]

    @property
    def caught(self) -> bool:
        """Whether a reader is warned of it."""
        return self.verdict not in QUIET

    @property
    def told_instead(self) -> bool:
        """Contradicted, and the reason names what the articles say; a denial has nothing to name.

        >>> gold = GoldSentence("", "", 1, "", "contradicted", "number", (), ("11", "eleven"))
        >>> Judged(gold, "contradicted", "the article says 11, not 12", ()).told_instead
        True
        >>> Judged(gold, "contradicted", "the article says 1,100", ()).told_instead
        False
        """
        said = self.reasons.casefold()
        wanted = (rf"(?<![\w,.]){re.escape(text.casefold())}\b" for text in self.gold.instead)
        named = self.gold.kind == "negation" or any(re.search(text, said) for text in wanted)
        return self.verdict == "contradicted" and named

    @property
    def facts_cited(self) -> list[bool]:
        """For each fact of the gold, whether a sentence that proves or refutes it is cited."""
        return [any(_cites(self.quotes, one.quote) for one in fact) for fact in self.gold.evidence]


def _cites(quotes: Sequence[str], wanted: str) -> bool:
    """Whether a cited stretch holds the sentence, or is one part of it."""
    wanted = " ".join(wanted.split())
    folded = (" ".join(quote.split()) for quote in quotes)
    return any(wanted in quote or (len(quote) > 20 and quote in wanted) for quote in folded)


@dataclass(frozen=True, slots=True)
class Measure:
    """A share of the sentences with the verdict `of`: those that are `right`; `bar` to be met."""

    name: str
    of: tuple[str, ...]
    right: Callable[[Judged], bool]
    bar: str = ""


MEASURES = (
    Measure("swaps caught", ("contradicted",), lambda one: one.caught, ">= 90"),
    Measure("swaps contradicted", ("contradicted",), lambda one: one.verdict == "contradicted"),
    Measure("swaps put right", ("contradicted",), lambda one: one.told_instead),
    Measure("true contradicted", ("supported",), lambda one: one.verdict == "contradicted", "<= 3"),
    Measure("true not supported", ("supported",), lambda one: one.verdict != "supported"),
    Measure(
        *("absent not in the archive", ("not_in_archive",)),
        *(lambda one: one.verdict == "not_in_archive", ">= 90"),
    ),
    Measure("absent supported", ("not_in_archive",), lambda one: one.verdict == "supported"),
    Measure(
        *("proving sentence cited", ("supported", "contradicted")),
        *(lambda one: any(one.facts_cited), ">= 90"),
    ),
    Measure(
        *("all proving sentences", ("supported", "contradicted")),
        lambda one: all(one.facts_cited),
    ),
    Measure("no claim right", ("no_claim",), lambda one: one.verdict == "no_claim"),
)


def run(
    settings: Settings,
    wice: Path | None,
    texts: Path | None,
    json_file: Path | None,
    *,
    failures: bool,
) -> int:
    """Print what the check got right by kind, and how fast it was."""
    if wice:
        from eval.drafts.wice import run_wice

        return run_wice(settings, wice, json_file)
    drafts = read_drafts()
    if texts:
        return _write(drafts, texts)
    times = Times()
    judged: list[Judged] = []
    with indexed(settings, ARTICLES) as app, console.Bars() as bars:
        for number, draft in enumerate(drafts, 1):
            bars.step("drafts", number, len(drafts))
            judged += judge(draft, checked(app, draft.text, times))
    rows = list(table(judged))
    _print(rows, times.figures())
    for one in judged if failures else ():
        if one.verdict != one.gold.verdict:
            _print_failure(one)
    if json_file:
        figures = {"measures": rows, "times": times.figures(), "sentences": _verdicts(judged)}
        json_file.write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return 0


def judge(draft: Draft, found: Sequence[Mapping[str, Any]]) -> Iterator[Judged]:
    """Each sentence of a draft with what was said of the same stretch of text."""
    for gold, (start, end) in zip(draft.sentences, draft.spans, strict=True):
        parts = [one for one in found if one["start"] < end and start < one["end"]]
        verdicts = {part["verdict"] for part in parts} or {"no_claim"}
        reasons = [part["reason"] for part in parts]
        reasons += [span["reason"] for part in parts for span in part["spans"]]
        quotes = tuple(citation["quote"] for part in parts for citation in part["citations"])
        yield Judged(
            gold, min(verdicts, key=WORST_FIRST.index), "; ".join(dict.fromkeys(reasons)), quotes
        )


def table(judged: Sequence[Judged]) -> Iterator[dict[str, Any]]:
    """Each measure over all its sentences and by kind: share with its 95 % interval, and number."""
    for measure in MEASURES:
        chosen = [one for one in judged if one.gold.verdict in measure.of]
        kinds = sorted({one.gold.kind for one in chosen}) if len(measure.of) == 1 else []
        for kind in ("", *kinds):
            group = [one for one in chosen if kind in ("", one.gold.kind)]
            hits = [float(measure.right(one)) for one in group]
            if hits:
                low, high = bootstrap_interval(hits)
                named = {"measure": measure.name, "kind": kind, "bar": "" if kind else measure.bar}
                share = sum(hits) / len(hits)
                yield named | {"share": share, "low": low, "high": high, "n": len(hits)}


def _print(rows: Sequence[Mapping[str, Any]], times: Mapping[str, float]) -> None:
    for row in rows:
        name = f"  {row['kind']}" if row["kind"] else row["measure"]
        share, low, high = (100 * row[key] for key in ("share", "low", "high"))
        bar = f"  (bar {row['bar']} %)" if row["bar"] else ""
        console.say(f"{name:28}{share:6.1f} %  [{low:5.1f}, {high:5.1f}]  n = {row['n']}{bar}")
    for name, seconds in times.items():
        console.say(f"{name:28}{seconds:6.2f} s")


def _print_failure(one: Judged) -> None:
    gold = one.gold
    console.say(f"{gold.id} {gold.kind}: {gold.verdict} expected, {one.verdict} found: {gold.text}")
    console.say(f"    said:  {console.line(one.reasons)}")
    console.say(f"    cited: {console.line(' | '.join(one.quotes) or 'nothing')}")
    for fact in gold.evidence:
        console.say(f"    gold:  {fact[0].quote}")


def _verdicts(judged: Sequence[Judged]) -> list[dict[str, Any]]:
    return [
        {
            **{"id": one.gold.id, "kind": one.gold.kind, "expected": one.gold.verdict},
            **{"verdict": one.verdict, "reasons": one.reasons, "quotes": one.quotes},
        }
        for one in judged
    ]


def _write(drafts: Sequence[Draft], folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    for draft in drafts:
        (folder / f"{draft.name}.txt").write_text(draft.text, "utf-8")
    console.say(f"{len(drafts)} drafts written to {folder}")
    return 0
