"""The counts of the answer service as Prometheus text (exposition format 0.0.4)."""

from __future__ import annotations

from ui.service.answer_service import AnswerService

KIND = "text/plain; version=0.0.4; charset=utf-8"


def metrics(service: AnswerService) -> str:
    """Every metric with its help text; counters begin with the server."""
    counts = service.counts
    rows: tuple[tuple[str, str, str, dict[str, float]], ...] = (
        (
            "questions_accepted_total",
            "counter",
            "Questions let in: those answered, cancelled, failed, waiting and being answered.",
            {"": counts.accepted},
        ),
        (
            "questions_total",
            "counter",
            "Questions by how they ended; turned away: the queue was full.",
            {
                '{outcome="answered"}': counts.answered,
                '{outcome="cancelled"}': counts.cancelled,
                '{outcome="failed"}': counts.failed,
                '{outcome="turned_away"}': counts.busy,
            },
        ),
        (
            "refusals_total",
            "counter",
            "Answered questions that were refused.",
            {"": counts.refused},
        ),
        (
            "answer_seconds",
            "summary",
            "Seconds from a question's turn to its last word.",
            {"_sum": counts.total_s, "_count": counts.answered},
        ),
        (
            "evidence_seconds",
            "summary",
            "Seconds from a question's turn to its evidence.",
            {"_sum": counts.evidence_s, "_count": counts.answered},
        ),
        (
            "tokens_total",
            "counter",
            "Tokens of answered questions: of prompts, of them cached, and written.",
            {
                '{kind="prompt"}': counts.prompt_tokens,
                '{kind="cached"}': counts.cached_tokens,
                '{kind="completion"}': counts.completion_tokens,
            },
        ),
        ("waiting", "gauge", "Questions that wait for their turn.", {"": service.waiting}),
        ("answering", "gauge", "Questions being answered.", {"": service.asking}),
    )
    lines = []
    for name, kind, text, values in rows:
        lines += [f"# HELP assistant_{name} {text}", f"# TYPE assistant_{name} {kind}"]
        lines += [f"assistant_{name}{label} {value:.15g}" for label, value in values.items()]
    return "\n".join(lines) + "\n"
