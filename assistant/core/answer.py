"""Values of an answer: Kind, Answer, Claim, Citation, Evidence, Refusal, Timings, Turn.

What can be derived is a property, so that an answer cannot disagree with its own claims.
"""

from dataclasses import dataclass, field, replace
from typing import Literal

from assistant.llm.language_model import Message
from index.core.articles import Article, Passage
from index.core.filters import NO_FILTERS, Filters

Kind = Literal[
    "fact",
    "several",
    "reason",
    "list",
    "count",
    "summary",
    "comparison",
    "timeline",
    "quotes",
    "archive",
    "news",
    "unclear",
    "greeting",
]
"""What a question asks for, and so which way it is answered (`assistant.kinds`).

`several`: a fact with several parts. `quotes`: who said what. `archive`: what the articles are.
`news`: what is new since a day. `unclear`: the answer asks back. `greeting`: no question.
"""

IN_ROWS: frozenset[Kind] = frozenset({"list", "comparison", "timeline", "quotes", "news"})
"""Kinds whose claims are rows, and no running text."""

TITLE = -1
"""`start` and `end` of evidence that is an article's title, which is not in its text."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One sentence of an article that the model is shown, or the title that stands above it.

    `start` and `end` are character offsets into `passage.article.text`, or `TITLE`. `relevance` is
    the reranker's logit for (question, sentence): above 0 mostly relevant. `carried_by` are the
    other articles with the same or nearly the same text, without their text. `selected` is the
    logit that it is part of the answer, by `index.retrieval.selector`; None where that was not
    asked.
    """

    passage: Passage
    start: int
    end: int
    relevance: float
    carried_by: tuple[Article, ...] = ()
    selected: float | None = None

    @property
    def article(self) -> Article:
        """The article the sentence stands in."""
        return self.passage.article

    @property
    def text(self) -> str:
        """The sentence exactly as it stands in the article."""
        return self.article.title if self.is_title else self.article.text[self.start : self.end]

    @property
    def is_title(self) -> bool:
        """Whether this is the title of the article."""
        return self.start == TITLE

    @property
    def title(self) -> "Evidence":
        """The title of the sentence's article, as evidence."""
        return replace(self, start=TITLE, end=TITLE)

    @property
    def span(self) -> tuple[str, int, int]:
        """Article id, start and end: which sentence this is."""
        return (self.article.id, self.start, self.end)


@dataclass(frozen=True, slots=True)
class Citation:
    """A numbered reference from the answer to the sentence or title that proves a part of it.

    `number` is 1-based, in the order of first use; `support` (0..1) is the share of the claim's
    weighted words that stand in the sentence (see `assistant.verification.attribution`).
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

    `unsupported` are its entities (names, numbers, dates) that stand in no cited sentence; a claim
    with any is not shown as part of the answer. `disagreement` is what the sentences that come
    nearest say otherwise, in plain words; it is not cited then. `computed` is a value that code has
    computed from the cited sentences ("17 years") and that stands in none of them. `label` is what
    a row of a list, table or timeline is about: a day, a speaker, an aspect; "" in running text.
    """

    text: str
    citations: tuple[Citation, ...] = ()
    unsupported: tuple[str, ...] = ()
    computed: str = ""
    disagreement: str = ""
    label: str = ""

    @property
    def line(self) -> str:
        """The claim behind its label."""
        return f"{self.label}: {self.text}" if self.label else self.text

    @property
    def supported(self) -> bool:
        """True if the claim is cited and none of its entities is unsupported."""
        return bool(self.citations) and not self.unsupported


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no answer. `code` is for programs, `reason` for a person.

    `empty_index`: nothing is indexed. `nothing_relevant`: no passage is about the question.
    `unsupported`: what the model generated stands in no article. `other_time`: it does, but what is
    cited is not of the "this week" that was asked for. `unsure`: it does, but the confidence that
    it answers this question is too low. `other_language`: the question is not in English.
    """

    code: Literal[
        "empty_index",
        "nothing_relevant",
        "unsupported",
        "other_time",
        "unsure",
        "other_language",
    ]
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
    """Seconds since the question arrived; tokens as the model counts them."""

    evidence_s: float = 0.0
    first_token_s: float | None = None
    total_s: float = 0.0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    model_calls: int = 0


@dataclass(frozen=True, slots=True)
class ShownSentences:
    """What the model was shown for one exchange, so that the next prompt can continue it.

    `spans` are (article id, start, end) in the order shown, of that `generation` of the index.
    `continues`: the prompt began with that of the exchange before.
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

    Attributes:
        standalone_question: As it was understood; differs from `question` in a follow-up only.
        evidence: The selected sentences, in the order the model reads them.
        pending: The sentence being generated, not yet checked.
        quoted: The sentence that stands out as the answer, to be shown until there are claims;
            None if none does. Nothing has judged it.
        caveats: What a reader should know beside the answer ("only one article says so").
        confidence: 0..1 that the answer is right, computed from `features`; None until judged.
        finish_reason: "length", "deadline" or "cancelled" if the text was cut off, else "".
        model: The name of the model; with `generation` (of the index) what produced the answer.
        messages: The prompt as it was sent.
        shown: What the prompt showed newly in this conversation; None if no model was called.
        kind: What was asked for.
        remark: A line of the assistant's own that says nothing of the articles: a greeting, or the
            question that it asks back; there are no claims then.
        options: Questions that may have been meant, where it asks back; each can be asked as it is.
    """

    question: str
    standalone_question: str = ""
    evidence: tuple[Evidence, ...] = ()
    claims: tuple[Claim, ...] = ()
    pending: str = ""
    quoted: Citation | None = None
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
    kind: Kind = "fact"
    remark: str = ""
    options: tuple[str, ...] = ()
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
        """The proved sentences, without marks, or the remark; empty when refused.

        Rows of a list, table or timeline are lines.
        """
        if self.refused:
            return ""
        between = "\n" if self.in_rows else " "
        return self.remark or between.join(claim.line for claim in self.supported)

    @property
    def in_rows(self) -> bool:
        """True if the claims are rows of a list, a table or a timeline, and no running text."""
        return self.kind in IN_ROWS or any(claim.label for claim in self.claims)

    @property
    def asks_back(self) -> bool:
        """True if it is neither an answer nor a refusal, but a question to the reader."""
        return self.kind == "unclear"

    @property
    def turn(self) -> Turn:
        """What the next question follows on."""
        ids = dict.fromkeys(citation.article.id for citation in self.citations)
        said = "\n- ".join((self.text, *self.options))  # as chats that keep only texts have it
        return Turn(self.question, said, tuple(ids), self.shown)

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Each citation once, by number; none when refused."""
        claims = () if self.refused else self.supported
        found = {c.number: c for claim in claims for c in claim.citations}
        return tuple(found[number] for number in sorted(found))
