"""Oracle retrieval: finds the gold evidence and nothing else, to measure what generation loses.

What the model writes is scored unchecked: entities of the question that are elsewhere in the
article are missing from the gold evidence alone, and the checks would reject them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from eval.data.cases import Case
from eval.data.results import AnswerJson
from eval.runner.corpus_index import IndexedSet
from eval.scoring.metrics import quotes_overlap
from index.core.articles import Passage
from index.core.filters import NO_FILTERS, Filters
from index.retrieval.hybrid_search import Searcher
from index.retrieval.ranking import ScoredPassage
from index.text.relative_dates import Period


@dataclass(frozen=True, slots=True)
class OracleSearcher:
    """A Searcher that finds `passages` for any question and delegates the rest to `searcher`."""

    searcher: Searcher
    passages: tuple[Passage, ...]

    def search(
        self, question: str, k: int, *, filters: Filters = NO_FILTERS, also: Sequence[str] = ()
    ) -> list[ScoredPassage]:
        """The gold passages, as if all were equally relevant."""
        return [ScoredPassage(one, None, None, None, None, 0.0, 0.0) for one in self.passages]

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


def gold_passages(case: Case, indexed: IndexedSet) -> tuple[Passage, ...]:
    """The passages of a case's gold quotes, reduced to the sentences that overlap with them."""
    library = indexed.library
    found: list[Passage] = []
    for article in (one for one, name in indexed.names.items() if name in case.articles):
        quotes = [gold.quote for gold in case.quotes if gold.article == indexed.names[article]]
        taken: set[tuple[int, int]] = set()  # passages overlap
        for passage in library.passages(library.passage_ids(article)).values():
            text = passage.article.text
            spans = tuple(
                (start, end)
                for start, end in passage.sentences
                if (start, end) not in taken
                and any(quotes_overlap(quote, text[start:end]) for quote in quotes)
            )
            taken.update(spans)
            if spans:
                found.append(replace(passage, sentences=spans))
    return tuple(found)


def unchecked(output: AnswerJson) -> AnswerJson:
    """An output with all that the model wrote as its answer."""
    written = " ".join(claim["text"] for claim in output["claims"])
    return {**output, "answer": written, "refused": False, "reason": None} if written else output
