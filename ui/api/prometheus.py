"""The counts of the answer service as Prometheus text (exposition format 0.0.4)."""

from dataclasses import asdict

from ui.service.answer_service import AnswerService

KIND = "text/plain; version=0.0.4; charset=utf-8"

_TEXT = """\
# HELP assistant_questions_accepted_total Questions let in: those answered, cancelled, \
failed, waiting and being answered.
# TYPE assistant_questions_accepted_total counter
assistant_questions_accepted_total {accepted}
# HELP assistant_questions_total Questions by how they ended; turned away: the queue was full.
# TYPE assistant_questions_total counter
assistant_questions_total{{outcome="answered"}} {answered}
assistant_questions_total{{outcome="cancelled"}} {cancelled}
assistant_questions_total{{outcome="failed"}} {failed}
assistant_questions_total{{outcome="turned_away"}} {busy}
# HELP assistant_refusals_total Answered questions that were refused.
# TYPE assistant_refusals_total counter
assistant_refusals_total {refused}
# HELP assistant_answer_seconds Seconds from a question's turn to its last word.
# TYPE assistant_answer_seconds summary
assistant_answer_seconds_sum {total_s:.15g}
assistant_answer_seconds_count {answered}
# HELP assistant_evidence_seconds Seconds from a question's turn to its evidence.
# TYPE assistant_evidence_seconds summary
assistant_evidence_seconds_sum {evidence_s:.15g}
assistant_evidence_seconds_count {answered}
# HELP assistant_tokens_total Tokens of answered questions: of prompts, \
of them cached, and written.
# TYPE assistant_tokens_total counter
assistant_tokens_total{{kind="prompt"}} {prompt_tokens}
assistant_tokens_total{{kind="cached"}} {cached_tokens}
assistant_tokens_total{{kind="completion"}} {completion_tokens}
# HELP assistant_waiting Questions that wait for their turn.
# TYPE assistant_waiting gauge
assistant_waiting {waiting}
# HELP assistant_answering Questions being answered.
# TYPE assistant_answering gauge
assistant_answering {answering}
"""


def metrics(service: AnswerService) -> str:
    """Every metric with its help text; counters begin with the server."""
    return _TEXT.format(**asdict(service.counts), waiting=service.waiting, answering=service.asking)
