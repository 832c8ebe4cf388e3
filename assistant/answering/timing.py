"""Fills in the timings and token counts of an answer."""

import time
from dataclasses import replace

from assistant.core.answer import Answer
from assistant.llm.language_model import Usage


class Stopwatch:
    """Measures from its creation, when the question arrives."""

    def __init__(self) -> None:
        self._start = time.perf_counter()

    def _since(self) -> float:
        return round(time.perf_counter() - self._start, 3)

    def evidence(self, answer: Answer) -> Answer:
        """The evidence has been selected."""
        return replace(answer, timings=replace(answer.timings, evidence_s=self._since()))

    def piece(self, answer: Answer, usage: Usage | None, draft: str) -> Answer:
        """A piece of the draft was generated; the last one brings its usage."""
        timings = replace(answer.timings, total_s=self._since())
        if draft and timings.first_token_s is None:
            timings = replace(timings, first_token_s=timings.total_s)
        answer = replace(answer, timings=timings)
        if usage and usage.finish != "stop":
            answer = replace(answer, finish_reason=usage.finish)
        return self.add(answer, usage)

    def add(self, answer: Answer, usage: Usage | None) -> Answer:
        """Add a model call to the token counts; None if the engine reported no usage."""
        if usage is None:
            return answer
        before = answer.timings
        timings = replace(
            before,
            prompt_tokens=before.prompt_tokens + usage.prompt_tokens,
            cached_tokens=before.cached_tokens + usage.cached_tokens,
            completion_tokens=before.completion_tokens + usage.completion_tokens,
            model_calls=before.model_calls + 1,
        )
        return replace(answer, timings=timings)

    def stop(self, answer: Answer) -> Answer:
        """The answer is final."""
        timings = replace(answer.timings, total_s=self._since())
        return replace(answer, timings=timings, pending="", final=True)
