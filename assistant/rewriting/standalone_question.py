"""A follow-up as a person would ask it who knows nothing of the turns before.

References are replaced in place, and what is left out is taken from the question before. Where no
antecedent is sure there is no such sentence: a wrong one misleads, none does not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.core.answer import Turn
from assistant.rewriting.antecedents import Antecedents
from assistant.rewriting.ellipsis import completed
from assistant.rewriting.follow_up_detection import depends_on_history, refers_back
from assistant.rewriting.references import resolve
from index.text.grammar import Parser

MAX_TURNS = 6  # that are looked back
MAX_LENGTH = 200  # characters

_LEADING = re.compile(r"(?i)^(?:(?:and|but|so|then|also|well|ok|okay|oh)\b[,\s]*)+(?=\w)")
_PLEASANTRY = re.compile(
    r"(?i)^(?:thank|thanks|i see|ok|okay|great|right|wow)\b[^.?!]*[.!]+\s+(?=\w)"
)
_QUESTION = re.compile(
    r"(?i)^(?:(?:in|at|on|for|from|to|by|with|until|since|of|how|and) )*"
    r"(?:who|whom|whose|what|which|when|where|why|how)\b"
    r"|^(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|might|must"
    r"|tell|name|list|give|show|describe|explain)(?:n['’]t)?\b"
)


def standalone(question: str, history: Sequence[Turn], parser: Parser | None = None) -> str:
    """The question with its references resolved; "" if it needs none or if that is not sure.

    >>> turn = Turn("Who is the ROK representative?", "Kim Gunn is.")
    >>> standalone("Where did he meet his counterparts?", [turn])
    'Where did Kim Gunn meet his counterparts?'
    >>> standalone("How many ships sank off Busan?", [turn])
    ''
    """
    if not history or not depends_on_history(question):
        return ""
    *before, last = history[-MAX_TURNS:]
    asked = standalone(last.question, before, parser) or last.question
    if not _QUESTION.search(asked) or (before and refers_back(asked)):
        asked = ""
    known = Antecedents.of(asked, last.answer, parser)
    bare = _PLEASANTRY.sub("", question.strip())
    text = completed(bare, known) or resolve(_LEADING.sub("", bare), known)
    if not _QUESTION.search(text) or len(text) > MAX_LENGTH:
        return ""
    stop = "." if re.match(r"(?i)(?:tell|name|list|give|show|describe|explain)\b", text) else "?"
    return f"{text[0].upper()}{text[1:].rstrip(' .?!')}{stop}"
