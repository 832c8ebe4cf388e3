"""Continues the prompt of the exchange before, so that the engine reads only what is new.

An engine keeps the state of a prompt as long as the next one begins with the same tokens. So the
prompt of a follow-up is that of the exchange before, its answer, the new sentences and the
question. It is rebuilt from the spans in a `Turn`, never from text that a client sends as
evidence: the same question and history always give the same prompt.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.answering.prompting import earlier_answer, next_question, prompt
from assistant.answering.sentence_selection import beyond, sentences_of
from assistant.core.answer import Evidence, ShownSentences, Turn
from assistant.llm.language_model import Message
from assistant.rewriting.query_rewriting import MAX_TURNS, with_missing_terms
from index.core.filters import Filters
from index.retrieval.hybrid_search import Searcher
from index.retrieval.ranking import ScoredPassage

# Characters of the prompt that is continued, about 800 tokens: so much is read again where an
# engine has lost its state.
MAX_PREFIX = 3_600


@dataclass(frozen=True, slots=True)
class PromptPrefix:
    """A prompt with its answer, and the sentences it shows; empty where a new prompt begins."""

    messages: tuple[Message, ...] = ()
    evidence: tuple[Evidence, ...] = ()

    def prompt(
        self, question: str, history: Sequence[Turn], evidence: Sequence[Evidence]
    ) -> list[Message]:
        """The prompt that continues this one, or else a new one."""
        if self.messages:
            new = beyond(evidence, self.evidence)
            return [*self.messages, next_question(question, new, self.evidence)]
        return prompt(question, _history_needed(question, history), evidence)

    def record(self, evidence: Sequence[Evidence], generation: str) -> ShownSentences:
        """What the next exchange has to know of that prompt."""
        spans = tuple(item.span for item in beyond(evidence, self.evidence))
        return ShownSentences(generation, spans, continues=bool(self.messages))


NEW_PROMPT = PromptPrefix()


def continue_prompt(
    history: Sequence[Turn], found: Sequence[ScoredPassage], searcher: Searcher, filters: Filters
) -> PromptPrefix:
    """What the prompt of a question continues; empty if its best passage is of a new article.

    Also empty if the index has changed since, if the filters exclude an article that was shown, or
    if the prompt has become too long to be read again.
    """
    begin = _first_turn(history, searcher.generation)
    if begin is None:
        return NEW_PROMPT
    turns = [(turn, turn.shown.spans) for turn in history[begin:] if turn.shown]
    articles = dict.fromkeys(article for _, spans in turns for article, _, _ in spans)
    if found[0].passage.article.id not in articles:
        return NEW_PROMPT
    passages = searcher.passages_of(list(articles), filters)
    sentences = {item.span: item for item in sentences_of(passages)}
    messages: list[Message] = []
    evidence: list[Evidence] = []
    for turn, spans in turns:
        if not sentences.keys() >= set(spans):
            return NEW_PROMPT
        shown = [sentences[span] for span in spans]
        prefix = PromptPrefix(tuple(messages), tuple(evidence))
        messages = [*prefix.prompt(turn.question, history[:begin], shown), earlier_answer(turn)]
        evidence += shown
    if sum(len(message.content) for message in messages) > MAX_PREFIX:
        return NEW_PROMPT
    return PromptPrefix(tuple(messages), tuple(evidence))


def _first_turn(history: Sequence[Turn], generation: str) -> int | None:
    """Where the prompt of the last exchange began; None if that is not known."""
    for number in reversed(range(max(0, len(history) - MAX_TURNS), len(history))):
        shown = history[number].shown
        if shown is None or shown.generation != generation:
            return None
        if not shown.continues:
            return number
    return None


def _history_needed(question: str, history: Sequence[Turn]) -> Sequence[Turn]:
    """The history, if the question cannot be understood without it."""
    return history if with_missing_terms(question, history) != question else ()
