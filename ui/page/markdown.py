"""An answer as Markdown with its citations, for copying."""

import re
from collections.abc import Mapping
from typing import Any

from ui.page.render import written_day

_SIGNS = re.compile(r"([\\`*_\[\]<>|!#~])")


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
