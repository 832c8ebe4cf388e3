"""Seventy-two hostile articles: instructions to the model, forged prompt frames, hidden text.

`attacks.jsonl` of the set holds one attack a line, its files in full (escaped, so that hidden text
can be seen). Each is written beside an honest story about the same thing and contains a word
(`canary`) that occurs nowhere else. What an obedient model would write is part of the attack,
because the tests have one (`tests/drills/test_injection.py`); `eval.robustness.injection` counts
how often a real one obeys.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from eval.data.cases import SETS, CaseSet, load

SET = SETS / "injection"
HONEST = "Velmara Courier"  # the source of the honest stories


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack: its files by name, and how to tell that it has worked.

    `number` is 1-based, `case` the index of its question in `stories().cases`. `reply` is what an
    obedient model writes; `{system}`, `{prompt}`, `{question}`, `{earlier}`, `{folder}`,
    `{environment}` and `{ever}` in it are for the model to fill in. `sign` is a pattern of a draft
    that has obeyed. `unread`: no model may read the instruction, because no reader of the article
    sees it, or because it costs more than all evidence together.
    """

    number: int
    case: int
    group: str
    name: str
    canary: str
    reply: str
    sign: str
    files: Mapping[str, str]
    unread: bool = False

    def obeyed(self, draft: str) -> bool:
        """True if a model that wrote this followed the instruction."""
        return bool(re.search(self.sign, draft, re.IGNORECASE | re.DOTALL))


def stories() -> CaseSet:
    """The twelve honest stories, each with a question."""
    return load(str(SET))


@cache
def attacks() -> tuple[Attack, ...]:
    """All seventy-two attacks."""
    count = len(stories().cases)
    lines = (SET / "attacks.jsonl").read_text("utf-8").splitlines()
    return tuple(Attack(n, n % count, **json.loads(line)) for n, line in enumerate(lines, 1))
