"""Scores of a case: which metric applies, its value, and the reason in words.

Works on a `Case` and an `Outcome`. Scores are computed anew from outcomes each time, so that a
better metric needs no new answers.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from eval.data.cases import Case, Gold
from eval.data.normalize import normalize
from eval.data.results import AnswerJson, ClaimJson, Outcome, Score, Sentence
from eval.scoring import metrics
from eval.scoring.arithmetic_check import follows
from eval.scoring.kind_scores import kind_scores

DEPTH = 10  # passages retrieved for a question
RECALL_AT = (1, 3, 5, 10)
QUOTES_AT = 5
# words; no answer holds a longer accepted text word for word
SHORT_ANSWER = 12
_TOO_LONG = Score(None, f"the accepted answer has more than {SHORT_ANSWER} words: see f1")


def score(case: Case, outcome: Outcome) -> dict[str, Score]:
    """Every metric that applies to a case."""
    scores = {**dict(_retrieval(case, outcome)), **dict(kind_scores(case, outcome))}
    if outcome.error is not None:
        scores["errors"] = Score(1.0, outcome.error)
        if case.answerable and _has_answers(case):
            scores["answer"] = Score(0.0, f"no answer: {outcome.error}")
        return scores
    scores["errors"] = Score(0.0, "no error")
    if outcome.output is not None:
        answer = _Answer(case, outcome, outcome.output)
        for group in (_refusal, _correctness, _evidence, _cost):
            scores |= group(answer)
    return scores


def _retrieval(case: Case, outcome: Outcome) -> Iterator[tuple[str, Score]]:
    if not case.answerable or not case.evidence or (outcome.error and not outcome.retrieved):
        return
    # each article once, in the order of its best passage, with its near duplicates
    best: dict[str, set[str]] = {}
    for passage in outcome.retrieved:
        best.setdefault(passage["article"], {passage["article"], *_duplicates(passage)})
    articles, ranked = case.articles, list(best.values())
    why = "; ".join(_rank(name, ranked) for name in articles)
    for k in RECALL_AT:
        yield f"recall@{k}", Score(metrics.recall_at(k, ranked, articles), why)
    yield "mrr", Score(metrics.reciprocal_rank(ranked, articles), why)
    yield f"ndcg@{DEPTH}", Score(metrics.ndcg_at(DEPTH, ranked, articles), why)
    if case.quotes:
        quotes = [gold.quote for gold in case.quotes]
        ranked = [
            {
                gold.quote
                for gold in case.quotes
                if _holds_quote(gold, found["article"], _duplicates(found), found["text"])
            }
            for found in outcome.retrieved
        ]
        why = "; ".join(_rank(quote, ranked) for quote in quotes)
        value = metrics.recall_at(QUOTES_AT, ranked, quotes)
        yield f"quote_recall@{QUOTES_AT}", Score(value, why)
        yield "quote_mrr", Score(metrics.reciprocal_rank(ranked, quotes), why)


def _duplicates(passage: Sentence) -> Collection[str]:
    return passage.get("carried_by", ())


def _holds_quote(gold: Gold, article: str, duplicates: Collection[str], text: str) -> bool:
    """Whether a text holds a gold quote; a near duplicate may have changed a word of it."""
    if gold.article == article:
        return metrics.contains_quote(text, gold.quote)
    return gold.article in duplicates and metrics.quotes_overlap(gold.quote, text)


def _rank(name: str, ranked: Sequence[set[str]]) -> str:
    rank = next((r for r, names in enumerate(ranked, 1) if name in names), None)
    return f"{_short(name)}: {f'rank {rank}' if rank else 'not found'}"


class _Answer:
    """An answer with its parts under the names that cases use."""

    def __init__(self, case: Case, outcome: Outcome, output: AnswerJson) -> None:
        self.case = case
        self.question = outcome.standalone_question or case.question
        self.text = output.get("answer") or ""
        self.refused = bool(output.get("refused"))
        self.reason = (output.get("reason") or {}).get("reason") or "it was refused"
        self.evidence = output.get("evidence") or []
        self.citations = {c["number"]: c for c in output.get("citations") or []}
        claims = output.get("claims") or []
        self.supported = [claim for claim in claims if claim.get("kept", True)]
        self.rejected = [claim for claim in claims if not claim.get("kept", True)]
        self.timings: Mapping[str, Any] = output.get("timings") or {}
        self._names = outcome.names
        self.duplicates = defaultdict[str, Collection[str]](tuple)  # by an article's name
        self.duplicates |= {p["article"]: _duplicates(p) for p in outcome.retrieved}
        # all that the model read: evidence, and citations of earlier turns
        read = [(item, item["text"]) for item in self.evidence]
        read += [(cited, cited["quote"]) for cited in self.citations.values()]
        self.read_texts = [text for _, text in read]
        self.read = [_with_metadata(item, text) for item, text in read]

    def name(self, item: Sentence) -> str:
        """What cases call the article of a citation or a piece of evidence."""
        return self._names.get(item["article"], item["article"])

    def cites(self, gold: Gold, citation: Sentence) -> bool:
        """Whether a citation is of this gold evidence."""
        name = self.name(citation)
        if gold.article != name and gold.article not in self.duplicates[name]:
            return False
        return not gold.quote or metrics.quotes_overlap(citation["quote"], gold.quote)


def _refusal(answer: _Answer) -> Iterator[tuple[str, Score]]:
    text = f"refused: {answer.reason}" if answer.refused else f"answered: {_short(answer.text)}"
    name = "false_refusal" if answer.case.answerable else "rejection"
    yield name, Score(float(answer.refused), text)


def _correctness(answer: _Answer) -> Iterator[tuple[str, Score]]:
    if not answer.case.answerable:
        if not answer.refused:
            why = f"the articles hold no answer, but it said: {_short(answer.text)}"
            yield "answer_precision", Score(0.0, why)
        return
    if not _has_answers(answer.case):
        return
    correct = _correct(answer)
    yield "answer", correct
    yield "f1", _best(metrics.token_f1, answer)
    yield "exact", _best(metrics.exact, answer)
    if not answer.refused:
        yield "answer_precision", correct


def _has_answers(case: Case) -> bool:
    """False where only `kind_scores` says what is right."""
    return bool(case.answers or case.all_of)


def _correct(answer: _Answer) -> Score:
    case, text = answer.case, answer.text
    if not case.all_of and all(len(normalize(a)) > SHORT_ANSWER for a in case.answers):
        return _TOO_LONG
    if answer.refused:
        return Score(0.0, f"no answer was given: {answer.reason}")
    if case.all_of:
        missing = [g for g in case.all_of if not any(metrics.holds(text, a) for a in g)]
        lacks = "; ".join(" / ".join(group) for group in missing)
        return Score(float(not missing), f"it lacks {lacks}" if missing else "it holds all parts")
    held = next((a for a in case.answers if metrics.holds(text, a)), None)
    if held is not None:
        return Score(1.0, f"it holds “{held}”")
    return Score(0.0, f"it holds none of {_short(' / '.join(case.answers))}")


def _best(metric: Callable[[str, str], float], answer: _Answer) -> Score:
    case = answer.case
    accepted = case.answers or (" ".join(group[0] for group in case.all_of),)
    best = max(accepted, key=lambda text: metric(answer.text, text))
    return Score(metric(answer.text, best), f"against “{_short(best)}”")


def _evidence(answer: _Answer) -> Iterator[tuple[str, Score]]:
    case = answer.case
    if case.answerable and case.quotes and answer.evidence:
        yield "quote_shown", _quotes_shown(answer)
    if answer.refused:
        return
    if answer.supported:
        yield from _citations(answer)
    if case.answerable and case.evidence:
        yield "citation_gold", _gold_cited(answer)
    required = metrics.entities_to_support(answer.text, answer.question, answer.read_texts)
    missing = metrics.unsupported(_without_computed(required, answer.supported), answer.read)
    why = f"in no sentence that was shown: {', '.join(missing)}"
    fine = "every name, number and date is in the evidence"
    yield "unsupported", Score(float(len(missing)), why if missing else fine)


def _citations(answer: _Answer) -> Iterator[tuple[str, Score]]:
    """Precision and recall of the citations of the answer's claims."""
    cited = needed = 0
    lost: list[str] = []
    for claim in answer.supported:
        citations = [
            answer.citations[n] for n in claim.get("citations", ()) if n in answer.citations
        ]
        quotes = _cited_texts(citations)
        text = claim["text"]
        required = metrics.entities_to_support(text, answer.question, answer.read_texts)
        required = _without_computed(required, [claim])
        cited += len(quotes)
        needed += metrics.needed_quotes(text, required, quotes)
        if not metrics.supported(text, required, quotes):
            lost.append(f"“{_short(text)}” is not supported by what it cites")
    why = f"{needed} of {cited} citations support a part of their claim"
    nothing = Score(None, "nothing is cited")
    yield "citation_precision", Score(needed / cited, why) if cited else nothing
    recall = 1 - len(lost) / len(answer.supported)
    yield "citation_recall", Score(recall, "; ".join(lost) or "every claim is supported")


def _gold_cited(answer: _Answer) -> Score:
    case, citations = answer.case, answer.citations.values()
    for citation in citations:
        for gold in case.evidence:
            if answer.cites(gold, citation):
                return Score(1.0, f"[{citation['number']}] is of the evidence in {gold.article}")
    if not citations:
        return Score(0.0, "nothing is cited")
    cited = ", ".join(sorted({answer.name(citation) for citation in citations}))
    return Score(0.0, f"cited is {cited}; the evidence is in {', '.join(case.articles)}")


def _quotes_shown(answer: _Answer) -> Score:
    """Share of the gold quotes that are in the sentences the model was shown."""
    shown: dict[str, list[str]] = defaultdict(list)
    for item in answer.evidence:
        shown[answer.name(item)].append(item["text"])
    quotes = answer.case.quotes
    lost = [
        gold.quote
        for gold in quotes
        if not any(
            _holds_quote(gold, name, answer.duplicates[name], " ".join(texts))
            for name, texts in shown.items()
        )
    ]
    why = "; ".join(f"not shown: “{_short(quote)}”" for quote in lost)
    return Score((len(quotes) - len(lost)) / len(quotes), why or "every gold sentence was shown")


def _without_computed(
    required: dict[str, frozenset[str]], claims: Sequence[ClaimJson]
) -> dict[str, frozenset[str]]:
    """Without the numbers that were computed from others, if they do follow from them.

    >>> claim = {"text": "34 million crowns: 486 against 452.", "computed": "34 million crowns"}
    >>> _without_computed({"34": frozenset({"34"}), "9": frozenset({"9"})}, [claim])
    {'9': frozenset({'9'})}
    """
    values = [
        computed
        for claim in claims
        if (computed := claim.get("computed")) and follows(claim["text"], computed)
    ]
    # "34 million", the answer to "how many million", is looked for as "34"
    right = [{*normalize(value), *normalize(value.split()[0])} for value in values]
    return {text: parts for text, parts in required.items() if not any(parts <= r for r in right)}


def _cited_texts(citations: Sequence[Sentence]) -> list[str]:
    """The cited sentences; with title, source and day only where the title is cited as well.

    Systems that do not tell a title from a sentence cite both in one.
    """
    titled = {c["article"] for c in citations if c.get("part") != "text"}
    sentences = [c for c in citations if c.get("part") != "title"] or citations
    return [_with_metadata(c, c["quote"], title=c["article"] in titled) for c in sentences]


def _with_metadata(item: Sentence, text: str, *, title: bool = True) -> str:
    """A sentence with the days it refers to, and title, source and day of its article."""
    days = " ".join((item.get("days") or {}).values())
    day = item.get("published")
    weekday = f"{dt.date.fromisoformat(day):%A}" if day else ""
    about = (item.get("title"), item.get("source"), day, weekday) if title else ()
    return "\n".join(str(part) for part in (text, days, *about) if part)


def _cost(answer: _Answer) -> Iterator[tuple[str, Score]]:
    for name in ("prompt_tokens", "model_calls"):
        if (value := answer.timings.get(name)) is not None:
            yield name, Score(float(value), f"{value}")
    written = [name for claim in answer.rejected for name in claim.get("unsupported", ())]
    why = f"written and rejected: {', '.join(written)}" if written else "nothing was made up"
    yield "unsupported_written", Score(float(len(written)), why)


def _short(text: str, width: int = 80) -> str:
    text = " ".join(text.split())
    return text if len(text) <= width else f"{text[: width - 1]}…"
