"""Where the time of a question goes: fills in the timings of its answers."""

from __future__ import annotations

import time
from dataclasses import replace

from assistant.core.answer import Answer, Timings
from assistant.llm.language_model import Usage


class Stopwatch:
    """Runs from the moment a question is put."""

    def __init__(self) -> None:
        self._start = time.perf_counter()
        self._evidence: float | None = None
        self._first: float | None = None

    def _since(self) -> float:
        return round(time.perf_counter() - self._start, 3)

    def evidence(self, answer: Answer) -> Answer:
        """The evidence has been chosen."""
        self._evidence = evidence_s = self._since()
        return replace(answer, timings=Timings(evidence_s=evidence_s))

    def tick(self, answer: Answer, usage: Usage | None, draft: str) -> Answer:
        """A piece of the draft has come; the last one brings its usage."""
        if draft and self._first is None:
            self._first = self._since()
        timings = replace(answer.timings, first_token_s=self._first, total_s=self._since())
        answer = replace(answer, timings=timings)
        if usage:
            cut = "" if usage.finish == "stop" else usage.finish
            answer = replace(self.also(answer, usage), finish_reason=cut)
        return answer

    def also(self, answer: Answer, usage: Usage | None) -> Answer:
        """The model has been called, and this is what it has cost; None if it was not."""
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
        timings = replace(
            answer.timings,
            evidence_s=self._since() if self._evidence is None else self._evidence,
            total_s=self._since(),
        )
        return replace(answer, timings=timings, pending="", final=True)
