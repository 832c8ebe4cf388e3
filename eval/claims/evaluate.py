"""How many false claims the proof catches, and how many true ones it strikes.

Each planted claim is checked by the product's attribution, without a question, against the sentence
it was made of, its neighbours, and the sentences that introduce its names. Beside it stands word
overlap alone.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from assistant.container import App
from assistant.core import console
from assistant.core.answer import Evidence
from assistant.verification.attribution import Attributor
from assistant.verification.proof_check import ProofCheck
from assistant.verification.verifier import Verifier
from eval.claims.parsed import NOT_SAID
from eval.claims.planted import DATA, PlantedClaim, planted_claims
from eval.claims.word_overlap import overlaps
from eval.scoring.significance import bootstrap_interval
from index.core.articles import Passage
from index.core.errors import UsageError
from index.text.chunking import sentences
from index.text.entities import entities
from index.text.grammar import Parser
from index.text.question import analyse
from index.text.words import words

Check = Callable[[str, Sequence[Evidence]], bool]  # a claim and its evidence: is it supported


def attributed(
    claim: str,
    evidence: Sequence[Evidence],
    parser: Parser | None = None,
    verifier: Verifier | None = None,
) -> bool:
    """Whether the product's attribution finds a sentence for the claim."""
    check = ProofCheck("", lambda: parser, lambda: verifier)
    attributor = Attributor(analyse(""), evidence, check.disagreement)
    return bool(attributor.check(claim).citations)


def evidence_of(claim: PlantedClaim) -> list[Evidence]:
    """The claim's sentence, the one before and after it, and those that introduce its names.

    A name that none of the three has is introduced by the first sentence of the article with it;
    not for a claim that is another sentence, which that might be.
    """
    spans, text = sentences(claim.article.text), claim.article.text
    at = spans.index((claim.start, claim.end))
    near = [(claim.start, claim.end), *spans[max(0, at - 1) : at], *spans[at + 1 : at + 2]]
    for name in entities(claim.text) if claim.label != NOT_SAID else ():
        having = [span for span in spans if set(name.words) <= set(words(text[slice(*span)]))]
        if having and not set(having) & set(near):
            near.append(having[0])
    passage = Passage(claim.article, tuple(sorted(near)))
    return [Evidence(passage, a, b, relevance=-float(i)) for i, (a, b) in enumerate(near)]


@dataclass(frozen=True, slots=True)
class Share:
    """How many of `claims` were struck, with the 95 % interval of the share."""

    struck: int
    claims: int
    low: float
    high: float

    @classmethod
    def of(cls, struck: Sequence[bool]) -> "Share":
        """Count; the interval is a bootstrap's."""
        low, high = bootstrap_interval([float(one) for one in struck])
        return cls(sum(struck), len(struck), low, high)

    def __str__(self) -> str:
        interval = f"[{100 * self.low:.0f}–{100 * self.high:.0f}]"
        return f"{100 * self.struck / self.claims:.1f} % {interval}"


def run(chosen: str | None, data: Path | None, failures: bool, json_file: Path | None) -> int:
    """Print both shares for each check, by kind of edit; with `failures` also what went wrong."""
    claims = list(planted_claims(data or DATA, chosen))
    if not claims:
        raise UsageError(
            f"There are no claims of {chosen!r}, or its articles are not here: --data."
        )
    app = App.open()
    proof = partial(attributed, parser=app.parser, verifier=app.verifier)
    checks: dict[str, Check] = {"proof": proof, "word overlap alone": overlaps}
    evidence = [evidence_of(claim) for claim in claims]
    struck = {
        name: [not check(claim.text, shown) for claim, shown in zip(claims, evidence, strict=True)]
        for name, check in checks.items()
    }
    table = {name: shares(claims, found) for name, found in struck.items()}
    _show(claims, table)
    if failures:
        for claim, wrong in zip(claims, struck["proof"], strict=True):
            if wrong == claim.is_true:
                console.say(f"{claim.id} {claim.label}, {claim.kind}: {console.line(claim.text)}")
    if json_file:
        figures = {
            name: {group: _figures(share) for group, share in found.items()}
            for name, found in table.items()
        }
        json_file.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    return 0


def shares(claims: Sequence[PlantedClaim], struck: Sequence[bool]) -> dict[str, Share]:
    """The share that was struck, of all false and all true claims and of each kind of edit."""
    groups: dict[str, list[bool]] = {}
    for is_true, whole in ((False, "false ones caught"), (True, "true ones struck")):
        own = [(c.kind, one) for c, one in zip(claims, struck, strict=True) if c.is_true == is_true]
        if own:
            groups[whole] = [one for _, one in own]
        for kind, one in sorted(own):
            groups.setdefault(f"  {kind}", []).append(one)
    return {group: Share.of(found) for group, found in groups.items()}


def _show(claims: Sequence[PlantedClaim], table: Mapping[str, Mapping[str, Share]]) -> None:
    console.say(f"{len(claims)} claims\n{'':44}" + "".join(f"{name:>20}" for name in table))
    for group, share in next(iter(table.values())).items():
        cells = "".join(f"{found[group]!s:>20}" for found in table.values())
        console.say(f"{f'{group} ({share.claims})':44}{cells}")


def _figures(share: Share) -> dict[str, float]:
    return {
        "share": share.struck / share.claims,
        "low": share.low,
        "high": share.high,
        "claims": share.claims,
    }
