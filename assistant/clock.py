"""Where the time of a question goes: fills in the timings of its answers."""

from __future__ import annotations

import time
from dataclasses import replace

from assistant.answer import Answer, Timings
from assistant.engine import Usage


class Clock:
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
        """A piece has come; the last one of a model's call brings its usage."""
        if draft and self._first is None:
            self._first = self._since()
        timings = replace(answer.timings, first_token_s=self._first, total_s=self._since())
        if usage:
            timings = replace(
                timings,
                # a second look at the same prompt reads its last words only
                prompt_tokens=max(usage.prompt_tokens, timings.prompt_tokens),
                cached_tokens=timings.cached_tokens if timings.model_calls else usage.cached_tokens,
                completion_tokens=timings.completion_tokens + usage.completion_tokens,
                model_calls=timings.model_calls + 1,
            )
            answer = replace(answer, cut="" if usage.finish == "stop" else usage.finish)
        return replace(answer, timings=timings)

    def stop(self, answer: Answer) -> Answer:
        """The answer is final."""
        timings = replace(
            answer.timings,
            evidence_s=self._since() if self._evidence is None else self._evidence,
            total_s=self._since(),
        )
        return replace(answer, timings=timings, pending="", final=True)
