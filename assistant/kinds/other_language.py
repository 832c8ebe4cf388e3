"""A question in another language than English: the nearest passages, and what was not checked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from assistant.core.answer import Answer, Kind, Refusal
from assistant.kinds.question_kind import Request
from assistant.kinds.scope import as_evidence
from index.text.language import language_of_question, name_of

PASSAGES = 3
SENTENCES = 5  # that are shown


@dataclass(frozen=True, slots=True)
class OtherLanguage:
    """A question in the language of this ISO 639-1 code; "" if it is not certain which."""

    kind: ClassVar[Kind] = "fact"
    language: str

    @classmethod
    def recognise(cls, question: str) -> Self | None:
        """None for a question that is, or may be, in English.

        >>> OtherLanguage.recognise("¿Quién es el alcalde?"), OtherLanguage.recognise("Pyongyang?")
        (OtherLanguage(language='es'), None)
        """
        code = language_of_question(question)
        return cls(code) if code != "en" else None

    def answers(self, request: Request, answer: Answer) -> Iterator[Answer]:
        """A refusal that says why, with the nearest sentences."""
        parts = request.parts
        found = parts.searcher.search(request.question, PASSAGES, filters=request.filters)
        sentences = as_evidence([hit.passage for hit in found])
        logits = parts.reranker.score(request.question, [item.text for item in sentences])
        scored = map(lambda item, logit: replace(item, relevance=logit), sentences, logits)
        shown = tuple(sorted(scored, key=lambda item: -item.relevance)[:SENTENCES])
        nearest = "The nearest passages are shown; ask" if shown else "Ask"
        language = name_of(self.language)
        reason = (
            f"This question seems to be in {language}: it was not checked, because only English is."
            f" {nearest} in English for an answer."
        )
        yield replace(answer, evidence=shown, refusal=Refusal("other_language", reason))
