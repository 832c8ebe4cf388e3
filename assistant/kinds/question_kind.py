"""What a kind of question is, and what answering one needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Protocol, Self

from assistant.core.answer import Answer, Citation, Claim, Evidence, Kind, Turn
from assistant.rewriting.query_rewriting import RewrittenQuery
from assistant.verification.verifier import Verifier
from index.core.filters import Filters
from index.retrieval.hybrid_search import Searcher
from index.retrieval.reranker import Reranker
from index.retrieval.selector import Selector
from index.text.grammar import Parser


@dataclass(frozen=True, slots=True)
class Parts:
    """What looks into the articles.

    `parser` and `verifier` give None where their model is not on this machine.
    """

    searcher: Searcher
    reranker: Reranker
    parser: Callable[[], Parser | None]
    selector: Selector | None = None
    verifier: Callable[[], Verifier | None] = lambda: None


@dataclass(frozen=True, slots=True)
class Request:
    """A question as it was understood in its conversation, and what answering it needs."""

    rewritten: RewrittenQuery
    history: tuple[Turn, ...]
    filters: Filters
    parts: Parts

    @property
    def question(self) -> str:
        """The question as it stands alone."""
        return self.rewritten.standalone


class QuestionKind(Protocol):
    """A question of one kind, with what it asks for as attributes."""

    kind: ClassVar[Kind]

    @classmethod
    def recognise(cls, question: str) -> Self | None:
        """The question as one of this kind; None if it is of another."""

    def answers(self, request: Request, answer: Answer) -> Iterator[Answer]:
        """Ever more complete answers, made from `answer`: one with evidence comes first.

        The last one has claims, a refusal, or a remark.
        """


class Citer:
    """Makes claims whose proof code has chosen; numbers their citations in order of first use."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, int, int], int] = {}

    def claim(self, text: str, *proofs: Evidence, label: str = "", computed: str = "") -> Claim:
        """A claim that is proved by these sentences or titles."""
        return Claim(text, tuple(map(self._cite, proofs)), computed=computed, label=label)

    def _cite(self, item: Evidence) -> Citation:
        number = self._numbers.setdefault(item.span, len(self._numbers) + 1)
        return Citation(number, item, 1.0)


def with_claims(answer: Answer, claims: tuple[Claim, ...]) -> Answer:
    """The answer with these claims, and with what they cite as its evidence."""
    cited = {c.evidence.span: c.evidence for claim in claims for c in claim.citations}
    evidence = tuple(item for item in cited.values() if not item.is_title)
    return replace(answer, claims=claims, evidence=evidence)
