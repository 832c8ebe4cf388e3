"""What a monitor reads: the counts of the desk as Prometheus text (exposition format 0.0.4)."""

from __future__ import annotations

from ui.service.answer_service import AnswerService

KIND = "text/plain; version=0.0.4; charset=utf-8"


def metrics(desk: AnswerService) -> str:
    """Every figure with what it means; counters go on from the start of the server."""
    counts = desk.counts
    rows: list[tuple[str, str, str, dict[str, float]]] = [
        (
            "assistant_questions_accepted_total",
            "counter",
            "Questions let in: those answered, cancelled, failed, waiting and being answered.",
            {"": counts.accepted},
        ),
        (
            "assistant_questions_total",
            "counter",
            "Questions by how they ended; who was turned away was told to come again.",
            {
                '{outcome="answered"}': counts.answered,
                '{outcome="cancelled"}': counts.cancelled,
                '{outcome="failed"}': counts.failed,
                '{outcome="turned_away"}': counts.busy,
            },
        ),
        (
            "assistant_refusals_total",
            "counter",
            "Answered questions whose answer is: not in these articles.",
            {"": counts.refused},
        ),
        (
            "assistant_answer_seconds",
            "summary",
            "Seconds from a question's turn to its last word.",
            {"_sum": counts.total_s, "_count": counts.answered},
        ),
        (
            "assistant_evidence_seconds",
            "summary",
            "Seconds from a question's turn to its evidence.",
            {"_sum": counts.evidence_s, "_count": counts.answered},
        ),
        (
            "assistant_tokens_total",
            "counter",
            "Tokens of answered questions: read, known from before and written.",
            {
                '{kind="prompt"}': counts.prompt_tokens,
                '{kind="cached"}': counts.cached_tokens,
                '{kind="completion"}': counts.completion_tokens,
            },
        ),
        ("assistant_waiting", "gauge", "Questions that wait for their turn.", {"": desk.waiting}),
        ("assistant_answering", "gauge", "Questions being answered.", {"": desk.asking}),
    ]
    lines = []
    for name, kind, text, values in rows:
        lines += [f"# HELP {name} {text}", f"# TYPE {name} {kind}"]
        lines += [f"{name}{label} {value:.15g}" for label, value in values.items()]
    return "\n".join(lines) + "\n"
