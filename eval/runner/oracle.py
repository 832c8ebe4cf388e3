"""A search that finds the proof and nothing else: what the model makes of that.

What it writes is scored as it is, since names of the question that stand elsewhere in the article
are missing beside the proof alone, and the checks would strike them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from eval.data.cases import Case
from eval.runner.corpus_index import Indexed
from eval.scoring import metrics
from index.core.articles import Passage
from index.core.filters import NO_FILTERS, Filters
from index.retrieval.hybrid_search import Searcher
from index.retrieval.ranking import ScoredPassage
from index.text.query_dates import Period


@dataclass(frozen=True, slots=True)
class GoldSearch:
    """Finds `proofs` for any question; everything else is asked of `searcher`."""

    searcher: Searcher
    proofs: tuple[Passage, ...]

    def search(
        self, question: str, k: int, *, filters: Filters = NO_FILTERS, also: Sequence[str] = ()
    ) -> list[ScoredPassage]:
        """The proofs, as if all were equally relevant."""
        return [ScoredPassage(passage, None, None, None, None, 0.0, 0.0) for passage in self.proofs]

    def passages_of(self, articles: Sequence[str], filters: Filters) -> list[Passage]:
        """As the searcher has it."""
        return self.searcher.passages_of(articles, filters)

    def periods(self, question: str, filters: Filters) -> list[Period]:
        """As the searcher has it."""
        return self.searcher.periods(question, filters)

    @property
    def generation(self) -> str:
        """The searcher's."""
        return self.searcher.generation


def proofs(case: Case, indexed: Indexed) -> tuple[Passage, ...]:
    """The passages of a case's gold quotes, cut down to the sentences that hold or share them."""
    library = indexed.app.search.library
    assert library is not None  # `indexed` has seen it
    found: list[Passage] = []
    taken: set[tuple[str, tuple[int, int]]] = set()
    for article in (one for one, name in indexed.names.items() if name in case.articles):
        quotes = [gold.quote for gold in case.quotes if gold.article == indexed.names[article]]
        for passage in library.passages(library.passage_ids(article)).values():
            spans = tuple(
                (start, end)
                for start, end in passage.sentences
                if (article, (start, end)) not in taken
                and _of_any(quotes, passage.article.text[start:end])
            )
            taken |= {(article, span) for span in spans}
            if spans:
                found.append(replace(passage, sentences=spans))
    return tuple(found)


def as_written(output: dict[str, Any]) -> dict[str, Any]:
    """An output of `assistant.backends.serialization` with all that the model wrote as its answer, unchecked."""
    written = " ".join(claim["text"] for claim in output["claims"])
    if not written:
        return output
    return output | {"answer": written, "refused": False, "reason": None}


def _of_any(quotes: Sequence[str], sentence: str) -> bool:
    return any(metrics.quotes_overlap(quote, sentence) for quote in quotes)
