"""Answers a question for a list: the model drafts it, and code proves each entry or drops it."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

from assistant.answering.answer_generation import generate
from assistant.answering.timing import Stopwatch
from assistant.core.answer import Answer
from assistant.core.evidence_text import format_evidence
from assistant.core.sanitize import for_prompt
from assistant.core.settings import AnswerSettings
from assistant.kinds.inventory.names.drafted import EntryProof, entries
from assistant.llm.language_model import LanguageModel, Limits, Message
from assistant.verification import abstention
from assistant.verification.article_languages import with_languages
from assistant.verification.confidence import features
from assistant.verification.self_check import self_check
from index.text.question import AnalysedQuestion
from prompts import render

MAX_TOKENS = 300  # of a draft; lists are longer than answers


def drafted_list(
    answer: Answer,
    question: AnalysedQuestion,
    model: Callable[[], LanguageModel],
    settings: AnswerSettings,
    strict: float,
    timer: Stopwatch,
    cancel: threading.Event | None,
) -> Iterator[Answer]:
    """Ever more complete answers from one with its evidence; refused if no entry is proved.

    `question` stands alone and has its periods.
    """
    text = answer.standalone_question
    asked = for_prompt(text)
    content = render("list", evidence=format_evidence(answer.evidence), question=asked)
    messages = (Message("system", render("system")), Message("user", content))
    engine = model()
    answer = replace(answer, model=engine.name, messages=messages)
    limits = Limits(max(MAX_TOKENS, settings.max_tokens), settings.deadline_s)
    proof = EntryProof(text, answer.evidence)
    answer, pieces = yield from generate(answer, engine, limits, proof, timer, cancel, cut=entries)
    if answer.supported and not answer.finish_reason:
        proofs = [citation.evidence for citation in answer.citations]
        logit, usage = self_check(engine, text, proofs, limits.deadline_s, cancel)
        measured = features(question, answer.text, pieces, logit)
        answer = timer.add(replace(answer, features=measured), usage)
    yield timer.stop(with_languages(abstention.judge(answer, strict, question)))
