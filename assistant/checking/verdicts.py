"""Values of a checked draft: Verdict, MarkedSpan, CheckedQuotation, CheckedSentence, DraftReport.

All offsets of a draft are characters of `DraftReport.text`.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Literal

from assistant.core.answer import Citation
from index.core.filters import NO_FILTERS, Filters

Verdict = Literal["supported", "partly", "contradicted", "not_in_archive", "no_claim"]
"""What the articles say of a sentence.

`partly`: a sentence about the same proves it except for the marked words. `contradicted`: such a
sentence says something else in their place. `no_claim`: there is nothing to prove: a question, an
opinion, a greeting, a heading, an address.
"""

VERDICTS: tuple[Verdict, ...] = (
    *("supported", "partly", "contradicted", "not_in_archive", "no_claim"),
)
NAMES: dict[Verdict, str] = {
    "supported": "supported",
    "partly": "partly supported",
    "contradicted": "contradicted",
    "not_in_archive": "not in the archive",
    "no_claim": "no claim",
}
"""The verdicts as a person reads them."""
SIGNS: dict[Verdict, str] = {
    **{"supported": "✓", "partly": "~", "contradicted": "✗"},
    **{"not_in_archive": "?", "no_claim": "·"},
}
"""A sign for each verdict, so that none is told by its colour alone."""


@dataclass(frozen=True, slots=True)
class MarkedSpan:
    """A stretch of the draft that is not proved, and why in plain words ("the article says 12")."""

    text: str
    start: int
    end: int
    reason: str


@dataclass(frozen=True, slots=True)
class CheckedQuotation:
    """Words that a draft quotes, beside the words of the article that come nearest.

    `said` is "" where nothing like it was found; `speaker` is whom the article has say it, or "".
    `altered` are the words of the draft that the article does not have there.
    """

    text: str
    start: int
    end: int
    said: str = ""
    speaker: str = ""
    altered: tuple[MarkedSpan, ...] = ()

    @property
    def verbatim(self) -> bool:
        """True if the article has it word for word."""
        return bool(self.said) and not self.altered


@dataclass(frozen=True, slots=True)
class CheckedSentence:
    """One sentence of a draft with its verdict.

    `reason` is the rule of the verdict in plain words. `spans` are what is not proved. `citations`
    are the sentences that prove it, or that say otherwise; `origins` counts the articles that say
    it, near copies of one another once.
    """

    number: int
    text: str
    start: int
    end: int
    verdict: Verdict
    reason: str
    spans: tuple[MarkedSpan, ...] = ()
    citations: tuple[Citation, ...] = ()
    origins: int = 0
    quotations: tuple[CheckedQuotation, ...] = ()


@dataclass(frozen=True, slots=True)
class DraftReport:
    """A whole draft, checked against the articles that `filters` admit."""

    text: str
    sentences: tuple[CheckedSentence, ...]
    generation: str
    filters: Filters = NO_FILTERS
    seconds: float = 0.0

    @property
    def counts(self) -> dict[str, int]:
        """How many sentences have each verdict."""
        found = Counter(sentence.verdict for sentence in self.sentences)
        return {verdict: found[verdict] for verdict in VERDICTS}

    @property
    def all_supported(self) -> bool:
        """True if every sentence that claims something is supported."""
        return all(s.verdict in ("supported", "no_claim") for s in self.sentences)
