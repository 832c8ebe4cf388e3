"""What can be taken along: a conversation as Markdown and JSON, a receipt, votes as eval cases."""

from __future__ import annotations

import functools
import json
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ui.page.ask.conversations import Conversation
from ui.page.escaping import written_day
from ui.service.feedback import Feedback
from ui.service.upload_limits import received

if TYPE_CHECKING:
    from ui.service.answer_service import AnswerService

_SIGNS = re.compile(r"([\\`*_\[\]<>|!#~])")


def files_of(
    service: AnswerService,
    conversation: Conversation,
    receipt: Mapping[str, Any] | None,
    feedback: Feedback,
) -> list[str | None]:
    """Paths of files with Markdown, JSON, the receipt and the votes; None for an empty one."""
    answers = [turn.answer for turn in conversation.turns if turn.answer is not None]
    name = re.sub(r"[\W_]+", "-", conversation.name).strip("-")[:60] or "conversation"
    whole = {"title": conversation.name, "turns": answers}
    cases = feedback.cases(functools.partial(_eval_name, service))
    texts = {
        f"{name}.md": "\n---\n\n".join(map(exchange, answers)),
        f"{name}.json": json.dumps(whole, indent=1, ensure_ascii=False) if answers else "",
        "receipt.json": json.dumps(receipt, indent=1, ensure_ascii=False) if receipt else "",
        "feedback-cases.jsonl": cases,
    }
    return [_file(name, text) for name, text in texts.items()]


def exchange(answer: Mapping[str, Any]) -> str:
    """Question, answer with citation numbers, and quotes of an answer's JSON object."""
    lines = [f"**{plain(answer['question'])}**", ""]
    if answer["refused"]:
        lines += [plain(answer["reason"]["reason"])]
    else:
        rows = answer.get("in_rows")
        claims = (
            ("- " if rows else "")
            + (f"{plain(claim['label'])}: " if claim.get("label") else "")
            + plain(claim["text"])
            + "".join(f" [{int(n)}]" for n in claim["citations"])
            for claim in answer["claims"]
            if claim["kept"]
        )
        lines += [("\n" if rows else " ").join(claims) or plain(answer["answer"])]
        lines += [f"- {plain(option)}" for option in answer.get("options") or ()]
        lines += [f"\n> {plain(caveat)}" for caveat in answer["caveats"]]
    if answer["citations"]:
        lines += ["", *(_source(citation) for citation in answer["citations"])]
    return "\n".join(lines) + "\n"


def plain(value: Any) -> str:
    r"""Escape a text for Markdown, on one line.

    >>> plain("*![x](http://a.example)")
    '\\*\\!\\[x\\](http://a.example)'
    """
    return _SIGNS.sub(r"\\\1", " ".join(str(value).split()))


def _source(citation: Mapping[str, Any]) -> str:
    about = ", ".join(filter(None, (citation["source"], written_day(citation["published"]))))
    title = "Title: " if citation.get("part") == "title" else ""
    return (
        f"[{int(citation['number'])}] {plain(citation['title'])}"
        f"{f' ({plain(about)})' if about else ''}: {title}“{plain(citation['quote'])}”  "
    )


def _file(name: str, text: str) -> str | None:
    if not text:
        return None
    received().mkdir(parents=True, exist_ok=True)
    path = Path(tempfile.mkdtemp(dir=received())) / name
    path.write_text(text, "utf-8")
    return str(path)


def _eval_name(service: AnswerService, article_id: str) -> str:
    """The name of an article in evaluation sets: file stem, and "#record" if it has one."""
    article = service.articles.get(article_id)
    file, _, record = article.path.partition("#") if article else ("", "", "")
    return f"{Path(file).stem}#{record}" if record else Path(file).stem
