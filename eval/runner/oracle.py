"""Oracle retrieval: finds the gold evidence and nothing else, to measure what generation loses.

What the model writes is scored unchecked: entities of the question that are elsewhere in the
article are missing from the gold evidence alone, and the checks would reject them.
"""

from dataclasses import replace

from eval.data.cases import Case
from eval.data.results import AnswerJson
from eval.runner.corpus_index import IndexedSet
from eval.scoring.metrics import quotes_overlap
from index.retrieval.ranking import ScoredPassage


def gold_passages(case: Case, indexed: IndexedSet) -> list[ScoredPassage]:
    """The passages of a case's gold quotes, as if all were equally relevant.

    They are reduced to the sentences that overlap with the quotes.
    """
    library = indexed.library
    found: list[ScoredPassage] = []
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
                reduced = replace(passage, sentences=spans)
                found.append(ScoredPassage(reduced, None, None, None, None, 0.0, 0.0))
    return found


def unchecked(output: AnswerJson) -> AnswerJson:
    """An output with all that the model wrote as its answer."""
    written = " ".join(claim["text"] for claim in output["claims"])
    return {**output, "answer": written, "refused": False, "reason": None} if written else output
