"""Which metric applies to a case, how it came out, and why, in words.

Works on plain values: a `Case`, and an `Outcome` as a run folder keeps it. Scores are made anew
from outcomes each time, so that a better metric needs no new answers.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eval.data.cases import Case, Gold
from eval.data.normalize import normalize
from eval.data.outcome import Outcome
from eval.scoring import metrics
from eval.scoring.arithmetic_check import follows

DEPTH = 10  # passages that are looked at for a question
AT = (1, 3, 5, 10)
QUOTES_AT = 5
SHORT_ANSWER = (
    12  # words; an accepted answer with more is a text that no answer holds word for word
)
TIMES = ("evidence", "first_token", "total")


@dataclass(frozen=True, slots=True)
class Score:
    """One metric of one case: its value, None where it does not apply, and why."""

    value: float | None
    why: str


def score(case: Case, outcome: Outcome) -> dict[str, Score]:
    """Every metric that has something to say about a case."""
    found = dict(_retrieval(case, outcome))
    if outcome.error is not None:
        return found | {"errors": Score(1.0, outcome.error)} | _nothing_answered(case, outcome)
    if outcome.output is None:
        return found | {"errors": Score(0.0, "it went through")}
    said = _Said(case, outcome, outcome.output)
    return (
        found
        | {"errors": Score(0.0, "it went through")}
        | dict(_refusal(said))
        | dict(_answer(said))
        | dict(_proof(said))
        | dict(_cost(said))
    )


def _nothing_answered(case: Case, outcome: Outcome) -> dict[str, Score]:
    return {"answer": Score(0.0, f"no answer: {outcome.error}")} if case.answerable else {}


# ── retrieval ─────────────────────────────────────────────────────────────────────────────────


def _retrieval(case: Case, outcome: Outcome) -> Iterator[tuple[str, Score]]:
    if not case.answerable or not case.evidence or (outcome.error and not outcome.retrieved):
        return
    articles, ranked = case.articles, _articles(outcome.retrieved)
    why = "; ".join(_ranks(name, ranked) for name in articles)
    for k in AT:
        yield f"recall@{k}", Score(metrics.recall_at(k, ranked, articles), why)
    yield "mrr", Score(metrics.reciprocal_rank(ranked, articles), why)
    yield f"ndcg@{DEPTH}", Score(metrics.ndcg_at(DEPTH, ranked, articles), why)
    if case.quotes:
        quotes = [gold.quote for gold in case.quotes]
        held = [_quotes_in(case, row) for row in outcome.retrieved]
        why = "; ".join(_ranks(quote, held) for quote in quotes)
        value = metrics.recall_at(QUOTES_AT, held, quotes)
        yield f"quote_recall@{QUOTES_AT}", Score(value, why)
        yield "quote_mrr", Score(metrics.reciprocal_rank(held, quotes), why)


def _articles(retrieved: Sequence[Mapping[str, Any]]) -> list[set[str]]:
    """For each article in the order of its best passage, its name and who carries the same text."""
    ranked: dict[str, set[str]] = {}
    for row in retrieved:
        ranked.setdefault(row["article"], {row["article"], *row.get("carried_by", ())})
    return list(ranked.values())


def _quotes_in(case: Case, row: Mapping[str, Any]) -> set[str]:
    copies = set(row.get("carried_by", ()))
    return {g.quote for g in case.quotes if _holds_quote(g, row["article"], copies, row["text"])}


def _holds_quote(gold: Gold, article: str, copies: Collection[str], text: str) -> bool:
    """Whether a text proves what the quote does; a near copy may have changed a word of it."""
    if gold.article == article:
        return metrics.quote_stands(gold.quote, text)
    return gold.article in copies and metrics.quotes_overlap(gold.quote, text)


def _ranks(name: str, ranked: Sequence[set[str]]) -> str:
    rank = next((r for r, names in enumerate(ranked, 1) if name in names), None)
    return f"{_short(name)}: {f'rank {rank}' if rank else 'not found'}"


# ── what was said ─────────────────────────────────────────────────────────────────────────────


class _Said:
    """An output with its parts under the names that cases use."""

    def __init__(self, case: Case, outcome: Outcome, output: Mapping[str, Any]) -> None:
        self.case = case
        self.question = outcome.searched or case.question  # with the names that it leans on
        self.text = str(output.get("answer") or "")
        self.refused = bool(output.get("refused"))
        self.reason = str((output.get("reason") or {}).get("reason") or "it was refused")
        self.evidence: list[dict[str, Any]] = output.get("evidence") or []
        self.citations = {c["number"]: c for c in output.get("citations") or []}
        self.claims = [c for c in output.get("claims") or [] if c.get("kept", True)]
        self.struck = [c for c in output.get("claims") or [] if not c.get("kept", True)]
        self.timings: dict[str, Any] = output.get("timings") or {}
        self._names = outcome.names
        self._copies: dict[str, Collection[str]] = {
            row["article"]: row.get("carried_by", ()) for row in outcome.retrieved
        }

    def name(self, item: Mapping[str, Any]) -> str:
        """What cases call the article of a citation or a piece of evidence."""
        return self._names.get(item["article"], str(item["article"]))

    def copies(self, name: str) -> Collection[str]:
        """Names of the articles that carry the same text, or nearly so."""
        return self._copies.get(name, ())


def _refusal(said: _Said) -> Iterator[tuple[str, Score]]:
    why = f"refused: {said.reason}" if said.refused else f"answered: {_short(said.text)}"
    name = "false_refusal" if said.case.answerable else "rejection"
    yield name, Score(float(said.refused), why)


def _answer(said: _Said) -> Iterator[tuple[str, Score]]:
    case = said.case
    if not case.answerable:
        if not said.refused:
            why = f"the articles hold no answer, but it said: {_short(said.text)}"
            yield "answer_precision", Score(0.0, why)
        return
    right = _right(case, said)
    yield "answer", right
    yield "f1", _best(metrics.token_f1, case, said)
    yield "exact", _best(metrics.exact, case, said)
    if not said.refused:
        yield "answer_precision", right


def _right(case: Case, said: _Said) -> Score:
    if said.refused:
        return Score(0.0, f"no answer was given: {said.reason}") if _judged(case) else _TOO_LONG
    if case.all_of:
        missing = [g for g in case.all_of if not any(metrics.holds(said.text, a) for a in g)]
        lacks = "; ".join(" / ".join(group) for group in missing)
        return Score(float(not missing), f"it lacks {lacks}" if missing else "it holds all parts")
    if not _judged(case):
        return _TOO_LONG
    held = next((a for a in case.answers if metrics.holds(said.text, a)), None)
    if held is not None:
        return Score(1.0, f"it holds “{held}”")
    return Score(0.0, f"it holds none of {_short(' / '.join(case.answers))}")


_TOO_LONG = Score(None, f"the accepted answer has more than {SHORT_ANSWER} words: see f1")


def _judged(case: Case) -> bool:
    if case.all_of:
        return True
    return any(len(normalize(a)) <= SHORT_ANSWER for a in case.answers)


def _best(metric: Callable[[str, str], float], case: Case, said: _Said) -> Score:
    accepted = case.answers or (" ".join(group[0] for group in case.all_of),)
    best = max(accepted, key=lambda answer: metric(said.text, answer))
    return Score(metric(said.text, best), f"against “{_short(best)}”")


# ── proof ─────────────────────────────────────────────────────────────────────────────────────


def _proof(said: _Said) -> Iterator[tuple[str, Score]]:
    if said.case.answerable and said.case.quotes and said.evidence:
        yield "quote_shown", _shown(said)
    if said.refused:
        return
    known = [text for _, text in _read(said)]
    checked = [_checked(said, claim, known) for claim in said.claims]
    if checked:
        yield "citation_precision", _precision(checked)
        lost = [c for c in checked if not c.proved]
        why = "; ".join(f"“{_short(c.text)}” is not proved by what it cites" for c in lost)
        value = 1 - len(lost) / len(checked)
        yield "citation_recall", Score(value, why or "what is cited proves every claim")
    if said.case.answerable and said.case.evidence:
        yield "citation_gold", _gold_cited(said)
    yield "unsupported", _unsupported(said, known)


@dataclass(frozen=True, slots=True)
class _Checked:
    """A claim with how many of its citations prove a part of it."""

    text: str
    cited: int
    needed: int
    proved: bool


def _checked(said: _Said, claim: Mapping[str, Any], known: Sequence[str]) -> _Checked:
    text = str(claim["text"])
    cited = [said.citations[n] for n in claim.get("citations") or [] if n in said.citations]
    proofs = [_proving_text(citation, citation["quote"]) for citation in cited]
    wanted = _not_reckoned(metrics.wanted_particulars(text, said.question, known), [claim])
    needed = metrics.needed_quotes(text, wanted, proofs)
    return _Checked(text, len(cited), needed, metrics.proved(text, wanted, proofs))


def _precision(checked: Sequence[_Checked]) -> Score:
    cited = sum(claim.cited for claim in checked)
    if not cited:
        return Score(None, "nothing is cited")
    needed = sum(claim.needed for claim in checked)
    return Score(needed / cited, f"{needed} of {cited} citations prove a part of their claim")


def _gold_cited(said: _Said) -> Score:
    for citation in said.citations.values():
        for gold in said.case.evidence:
            if _proves(said, citation, gold):
                return Score(1.0, f"[{citation['number']}] is of the evidence in {gold.article}")
    if not said.citations:
        return Score(0.0, "nothing is cited")
    cited = ", ".join(sorted({said.name(c) for c in said.citations.values()}))
    return Score(0.0, f"cited is {cited}; the evidence is in {', '.join(said.case.articles)}")


def _proves(said: _Said, citation: Mapping[str, Any], gold: Gold) -> bool:
    name = said.name(citation)
    if gold.article != name and gold.article not in said.copies(name):
        return False
    return not gold.quote or metrics.quotes_overlap(citation["quote"], gold.quote)


def _shown(said: _Said) -> Score:
    """Share of the gold quotes that stand in the sentences the model was shown."""
    shown: dict[str, list[str]] = defaultdict(list)
    for item in said.evidence:
        shown[said.name(item)].append(item["text"])
    lost = [
        gold.quote
        for gold in said.case.quotes
        if not any(
            _holds_quote(gold, name, said.copies(name), " ".join(texts))
            for name, texts in shown.items()
        )
    ]
    quotes = len(said.case.quotes)
    why = "; ".join(f"not shown: “{_short(quote)}”" for quote in lost)
    return Score((quotes - len(lost)) / quotes, why or "the model was shown every proving sentence")


def _read(said: _Said) -> list[tuple[Mapping[str, Any], str]]:
    """Sentences that the model read: of the evidence, or before in the conversation and cited."""
    evidence = [(item, str(item["text"])) for item in said.evidence]
    return evidence + [(cited, str(cited["quote"])) for cited in said.citations.values()]


def _unsupported(said: _Said, known: Sequence[str]) -> Score:
    proofs = [_proving_text(item, text) for item, text in _read(said)]
    wanted = metrics.wanted_particulars(said.text, said.question, known)
    wanted = _not_reckoned(wanted, said.claims)
    missing = metrics.unsupported(wanted, proofs)
    if not missing:
        return Score(0.0, "every name, number and date stands in the evidence")
    return Score(float(len(missing)), f"in no sentence that was shown: {', '.join(missing)}")


def _not_reckoned(
    wanted: dict[str, frozenset[str]], claims: Sequence[Mapping[str, Any]]
) -> dict[str, frozenset[str]]:
    """Without the numbers that were computed from others, if they do follow from them.

    >>> claim = {"text": "34 million crowns: 486 against 452.", "computed": "34 million crowns"}
    >>> _not_reckoned({"34": frozenset({"34"}), "9": frozenset({"9"})}, [claim])
    {'9': frozenset({'9'})}
    """
    values = [
        str(claim["computed"])
        for claim in claims
        if claim.get("computed") and follows(str(claim["text"]), str(claim["computed"]))
    ]
    # "34 million", the answer to "how many million", is looked for as "34"
    right = [{*normalize(value), *normalize(value.split()[0])} for value in values]
    return {text: parts for text, parts in wanted.items() if not any(parts <= r for r in right)}


def _proving_text(item: Mapping[str, Any], text: str) -> str:
    days = " ".join((item.get("days") or {}).values())
    day = item.get("published")
    weekday = f"{dt.date.fromisoformat(day):%A}" if day else ""
    parts = (text, days, item.get("title"), item.get("source"), day, weekday)
    return "\n".join(str(part) for part in parts if part)


def _cost(said: _Said) -> Iterator[tuple[str, Score]]:
    for name in ("prompt_tokens", "model_calls"):
        if (value := said.timings.get(name)) is not None:
            yield name, Score(float(value), f"{value}")
    written = [p for claim in said.struck for p in claim.get("unsupported") or []]
    why = f"written and struck: {', '.join(written)}" if written else "nothing was made up"
    yield "unsupported_written", Score(float(len(written)), why)


def _short(text: str, width: int = 80) -> str:
    text = " ".join(text.split())
    return text if len(text) <= width else f"{text[: width - 1]}…"
