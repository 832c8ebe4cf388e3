"""What can be taken along: a conversation and what it cites, a receipt, votes as eval cases."""

from __future__ import annotations

import functools
import json
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.exports.formats import FORMATS, exported
from ui.page.ask.conversations import Conversation
from ui.service.feedback import Feedback
from ui.service.upload_limits import received

if TYPE_CHECKING:
    from ui.service.answer_service import AnswerService


def files_of(
    service: AnswerService,
    conversation: Conversation,
    receipt: Mapping[str, Any] | None,
    feedback: Feedback,
) -> list[str | None]:
    """Paths of files in the order of `components.EXPORTS`; None for an empty one.

    The formats of `assistant.exports`, then JSON, the receipt and the votes.
    """
    answers = [turn.answer for turn in conversation.turns if turn.answer is not None]
    name = re.sub(r"[\W_]+", "-", conversation.name).strip("-")[:60] or "conversation"
    whole = {"title": conversation.name, "turns": answers}
    cases = feedback.cases(functools.partial(_eval_name, service))
    made = {
        f"{name}{known.ending}": exported(form, conversation.name, answers) if answers else b""
        for form, known in FORMATS.items()
    }
    texts = {
        f"{name}.json": json.dumps(whole, indent=1, ensure_ascii=False) if answers else "",
        "receipt.json": json.dumps(receipt, indent=1, ensure_ascii=False) if receipt else "",
        "feedback-cases.jsonl": cases,
    }
    written = [(name, text.encode("utf-8", "replace")) for name, text in texts.items()]
    return [file_of(name, content) for name, content in [*made.items(), *written]]


def file_of(name: str, content: bytes) -> str | None:
    """The path of a file that browsers may fetch, with this name; None for no content."""
    if not content:
        return None
    received().mkdir(parents=True, exist_ok=True)
    path = Path(tempfile.mkdtemp(dir=received())) / name
    path.write_bytes(content)
    return str(path)


def _eval_name(service: AnswerService, article_id: str) -> str:
    """The name of an article in evaluation sets: file stem, and "#record" if it has one."""
    article = service.articles.get(article_id)
    file, _, record = article.path.partition("#") if article else ("", "", "")
    return f"{Path(file).stem}#{record}" if record else Path(file).stem
