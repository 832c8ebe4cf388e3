"""An answer as Markdown with its citations, to be pasted where it is needed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ui.page.answer_html import written_day

_SIGNS = re.compile(r"([\\`*_\[\]<>|!#~])")


def exchange(answer: Mapping[str, Any]) -> str:
    """A question and its answer: claims with their numbers, then the quotes that prove them.

    `answer` is the JSON object of an answer (docs/http-api.md).
    """
    lines = [f"**{plain(answer['question'])}**", ""]
    if answer["refused"]:
        lines += [plain(answer["reason"]["reason"])]
    else:
        said = (
            plain(claim["text"]) + "".join(f" [{int(n)}]" for n in claim["citations"])
            for claim in answer["claims"]
            if claim["kept"]
        )
        lines += [" ".join(said)]
        lines += [f"\n> {plain(caveat)}" for caveat in answer["caveats"]]
    if answer["citations"]:
        lines += ["", *(_source(citation) for citation in answer["citations"])]
    return "\n".join(lines) + "\n"


def plain(value: Any) -> str:
    r"""A text that Markdown shows as it is, in one line.

    >>> plain("*![x](http://a.example)")
    '\\*\\!\\[x\\](http://a.example)'
    """
    return _SIGNS.sub(r"\\\1", " ".join(str(value).split()))


def _source(citation: Mapping[str, Any]) -> str:
    about = ", ".join(filter(None, (citation["source"], written_day(citation["published"]))))
    return (
        f"[{int(citation['number'])}] {plain(citation['title'])}"
        f"{f' ({plain(about)})' if about else ''}: “{plain(citation['quote'])}”  "
    )
