"""Question in, answer out: Answer, Claim, Citation, Turn, Refusal and Timings.

Knows neither search nor engine. Everything that can be derived is derived, so that an answer
cannot disagree with its own claims.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from assistant.llm.language_model import Message
from index.core.articles import Article, Passage
from index.core.filters import NO_FILTERS, Filters


@dataclass(frozen=True, slots=True)
class Evidence:
    """One sentence of an article that the model is shown.

    `start` and `end` are character offsets into `passage.article.text`.
    `relevance` is the reranker's logit for (question, sentence): above 0 mostly relevant.
    `carried_by` are the other articles that tell the same text or nearly so, without their text.
    """

    passage: Passage
    start: int
    end: int
    relevance: float
    carried_by: tuple[Article, ...] = ()

    @property
    def article(self) -> Article:
        """The article the sentence stands in."""
        return self.passage.article

    @property
    def text(self) -> str:
        """The sentence exactly as it stands in the article."""
        return self.article.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Citation:
    """A numbered pointer from the answer to the sentence that proves a part of it.

    `number` is 1-based, in the order of first use in the answer; `support` is 0..1, the share of
    the claim's weighted words that stand in the sentence (see `assistant.verification.attribution`).
    """

    number: int
    evidence: Evidence
    support: float

    @property
    def article(self) -> Article:
        """The article that is cited."""
        return self.evidence.article

    @property
    def quote(self) -> str:
        """The proving sentence, word for word."""
        return self.evidence.text


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence of the answer with its proof.

    `unsupported` are its particulars (names, numbers, dates) that stand in no cited sentence; a
    claim with any is not shown as part of the answer. `computed` is the particular that code has
    reckoned from the cited sentences ("17 years"), and stands in none of them.
    """

    text: str
    citations: tuple[Citation, ...] = ()
    unsupported: tuple[str, ...] = ()
    computed: str = ""

    @property
    def supported(self) -> bool:
        """True if the claim is cited and none of its entities is unsupported."""
        return bool(self.citations) and not self.unsupported


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no answer. `code` is for programs, `reason` for a person.

    `empty_index`: nothing is indexed. `nothing_relevant`: no passage is about the question.
    `unsupported`: what the model wrote stands in no article. `unsure`: it does, but is too likely
    to be the answer to another question.
    """

    code: Literal["empty_index", "nothing_relevant", "unsupported", "unsure"]
    reason: str


@dataclass(frozen=True, slots=True)
class Features:
    """Inputs of the confidence model; see `assistant.verification.confidence`.

    `entailment_logit`: log odds by the model itself that the cited sentences state the answer.
    `mean_logprob`: mean natural log probability of the generated tokens. `type_match`: 1 if the
    answer holds the type of entity that is asked for (a number, a day, a name), 0 if not.
    """

    entailment_logit: float
    mean_logprob: float
    type_match: float


@dataclass(frozen=True, slots=True)
class Timings:
    """Where the time went. Seconds since the question was put; tokens of the model's own kind."""

    evidence_s: float = 0.0
    first_token_s: float | None = None
    total_s: float = 0.0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    model_calls: int = 0


@dataclass(frozen=True, slots=True)
class ShownSentences:
    """What the model was shown for one exchange, so that the next one can go on from there.

    `spans` are (article id, start, end) in the order they were shown, of that `generation` of
    the index. `continues`: the prompt began with that of the exchange before.
    """

    generation: str
    spans: tuple[tuple[str, int, int], ...]
    continues: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """One past exchange of a conversation; `articles` are the ids of those it cited.

    Without `shown`, where a client keeps only texts, a follow-up reads its evidence anew.
    """

    question: str
    answer: str = ""
    articles: tuple[str, ...] = ()
    shown: ShownSentences | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known so far about a question; the last one of a stream is final.

    `standalone_question` is what was searched for; it differs from `question` in a follow-up. `evidence` is what the model was shown and is about the question, in the order it was
    shown; `shown` tells which of it was new in this conversation, None if the model was not called.
    `pending` is the sentence being written, not yet checked. `model` and `generation` name what
    produced it. `caveats` are what a reader should know beside the answer ("only one article says
    so").
    `messages` are the prompt as it was sent. `confidence` is 0..1, how sure it is that the answer
    is right, None until it is judged; `features` are what it was computed from. `finish_reason` is
    "length", "deadline" or "cancelled" if the text was cut off, else "".
    """

    question: str
    standalone_question: str = ""
    evidence: tuple[Evidence, ...] = ()
    claims: tuple[Claim, ...] = ()
    pending: str = ""
    refusal: Refusal | None = None
    caveats: tuple[str, ...] = ()
    confidence: float | None = None
    features: Features | None = None
    finish_reason: str = ""
    filters: Filters = NO_FILTERS
    timings: Timings = field(default_factory=Timings)
    model: str = ""
    generation: str = ""
    messages: tuple[Message, ...] = ()
    shown: ShownSentences | None = None
    final: bool = False

    @property
    def supported(self) -> tuple[Claim, ...]:
        """The supported claims, in order."""
        return tuple(claim for claim in self.claims if claim.supported)

    @property
    def rejected(self) -> tuple[Claim, ...]:
        """The generated claims that no article supports."""
        return tuple(claim for claim in self.claims if not claim.supported)

    @property
    def refused(self) -> bool:
        """True if the answer is "not in these articles"."""
        return self.refusal is not None

    @property
    def text(self) -> str:
        """The proved sentences, without marks; empty when refused."""
        return "" if self.refused else " ".join(claim.text for claim in self.supported)

    @property
    def turn(self) -> Turn:
        """What the next question follows on."""
        ids = dict.fromkeys(citation.article.id for citation in self.citations)
        return Turn(self.question, self.text, tuple(ids), self.shown)

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Each citation once, by number."""
        if self.refused:
            return ()
        found = {c.number: c for claim in self.supported for c in claim.citations}
        return tuple(found[number] for number in sorted(found))
