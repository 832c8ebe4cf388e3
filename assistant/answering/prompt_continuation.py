"""The exchanges before a question, as the model has read them: a follow-up only reads on.

An engine keeps what it has read as long as the next prompt begins with the same words. So the
prompt of a follow-up is that of the exchange before, then its answer, then the new sentences and
the question. It is made anew from what a `Turn` tells, never from text that a client sends as
evidence: the same question and history are always the same prompt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.answering import prompting as drafting
from assistant.answering.query_rewriting import REMEMBERED, rewrite
from assistant.answering.sentence_selection import beyond, sentences_of, span_key
from assistant.core.answer import Evidence, ShownSentences, Turn
from assistant.llm.language_model import Message
from index.core.filters import Filters
from index.retrieval.hybrid_search import Searcher
from index.retrieval.ranking import ScoredPassage

# Characters of the prompt that is gone on with, about 800 tokens: so much is read again where an
# engine has forgotten it.
MOST = 3_600


@dataclass(frozen=True, slots=True)
class PromptPrefix:
    """A prompt that was answered, and the sentences in it; empty where one begins anew."""

    messages: tuple[Message, ...] = ()
    evidence: tuple[Evidence, ...] = ()

    def fresh(self, evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
        """Those that do not stand in it yet."""
        return beyond(evidence, self.evidence)

    def prompt(
        self, question: str, history: Sequence[Turn], evidence: Sequence[Evidence]
    ) -> list[Message]:
        """The prompt that goes on with this one, or else a new one."""
        if self.messages:
            return [*self.messages, drafting.further(question, self.fresh(evidence), self.evidence)]
        return drafting.prompt(question, _followed(question, history), evidence)

    def read(self, evidence: Sequence[Evidence], generation: str) -> ShownSentences:
        """What the next exchange has to know of that prompt."""
        return ShownSentences(
            generation, tuple(map(span_key, self.fresh(evidence))), bool(self.messages)
        )


def continue_prompt(
    history: Sequence[Turn], found: Sequence[ScoredPassage], searcher: Searcher, filters: Filters
) -> PromptPrefix:
    """What a question goes on with: nothing if the best passage is of an article not read yet.

    Nor if the index is another one since, if an article may not be read for this question, or if
    it has become too long to be read again.
    """
    begin = _begin(history, searcher.generation)
    if begin is None:
        return PromptPrefix()
    turns = [(turn, turn.shown) for turn in history[begin:] if turn.shown]
    articles = dict.fromkeys(article for _, shown in turns for article, _, _ in shown.spans)
    if found[0].passage.article.id not in articles:
        return PromptPrefix()
    known = sentences_of(searcher.passages_of(list(articles), filters))
    sentences = {span_key(item): item for item in known}
    messages: list[Message] = []
    evidence: list[Evidence] = []
    for turn, read in turns:
        if not sentences.keys() >= set(read.spans):
            return PromptPrefix()
        shown = [sentences[one] for one in read.spans]
        if messages:
            messages.append(drafting.further(turn.question, shown, evidence))
        else:
            before = _followed(turn.question, history[:begin])
            messages += drafting.prompt(turn.question, before, shown)
        messages.append(drafting.answered(turn))
        evidence += shown
    if sum(len(message.content) for message in messages) > MOST:
        return PromptPrefix()
    return PromptPrefix(tuple(messages), tuple(evidence))


def _begin(history: Sequence[Turn], generation: str) -> int | None:
    """Where the prompt of the last exchange began; None if that is not known."""
    for number in range(len(history) - 1, max(-1, len(history) - 1 - REMEMBERED), -1):
        read = history[number].shown
        if read is None or read.generation != generation:
            return None
        if not read.continues:
            return number
    return None


def _followed(question: str, history: Sequence[Turn]) -> Sequence[Turn]:
    """The history, if the question needs it to be understood."""
    return history if history and rewrite(question, history).text != question else ()
