"""The entries of a list that a model drafted, and the sentence that proves each of them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.core.answer import Claim, Evidence
from assistant.core.sanitize import for_answer, looks_injected
from assistant.kinds.question_kind import Citer
from assistant.verification.decision import denies
from index.text.chunking import sentences
from index.text.words import stem, words

_MARK = re.compile(r"^(?:[-*•–]|\d{1,2}[.)])\s+")
_BETWEEN = re.compile(r",? (?:and|or|&) |[,;] ")
# "The five crowns are …"
_LEAD = re.compile(r"^(?:[^,;]*: |[^,;]*?\b(?:are|were|is|was|includes?|included) )")
# "…, is charged with": several clauses and no list
_CLAUSE = re.compile(r"(?:^|[,;] |\b(?:and|or) )(?:is|are|was|were|has|have|had) ")
# what is said of a name: "Ann Lee (a chemist)", "Bo Rask of Lund"
_BEHIND = re.compile(r" (?:\(|[–-] |(?:of|from) ).*$")

MAX_JOINED = 4  # words between an entry and the "and" before what shares its last word


def entries(draft: str, *, done: bool) -> tuple[list[str], str]:
    """The finished entries of a draft, each once, and the line that is being written.

    A draft of one line is cut where it enumerates.

    >>> entries("The crops are wheat, rice and maize.", done=True)
    (['wheat', 'rice', 'maize'], '')
    """
    lines = draft.splitlines()
    pending = lines.pop() if lines and not done and not draft.endswith("\n") else ""
    lines = [line.strip() for line in lines if words(line) and not line.rstrip().endswith(":")]
    if len(lines) == 1 and _BETWEEN.search(lines[0]):
        lines = _enumerated(lines[0]) if done else []
    found = (for_answer(_MARK.sub("", line)).rstrip(".,; ") for line in lines)
    return list(dict.fromkeys(filter(words, found))), _shown(pending)


def _enumerated(line: str) -> list[str]:
    """What the first sentence that enumerates and says nothing else tells; [] if none does."""
    for start, end in sentences(line):
        told = _LEAD.sub("", line[start:end])
        if _BETWEEN.search(told) and not _CLAUSE.search(told):
            return _BETWEEN.split(told)
    return []


def _shown(pending: str) -> str:
    return "" if looks_injected(pending, "") else for_answer(pending)


class EntryProof:
    """Finds the sentence that proves an entry of the list that a question asks for.

    It is the most relevant one that has the entry, and denies nothing unless the question does.
    What the question says itself is no entry.
    """

    def __init__(self, question: str, evidence: Sequence[Evidence]) -> None:
        self._asked = _run(question)
        told = [item for item in evidence if denies(question) or not denies(item.text)]
        self._evidence = sorted(told, key=lambda item: -item.relevance)
        self._citer = Citer()

    def check(self, text: str) -> Claim:
        """The entry, as far as it stands in a sentence, with that sentence; or it alone."""
        for entry in (text, _BEHIND.sub("", text)):
            proof = next((item for item in self._evidence if _stands(entry, item.text)), None)
            if proof and _run(entry) not in self._asked:
                return self._citer.claim(entry, proof)
        return Claim(text, unsupported=(text,))


def _run(text: str) -> str:
    """The stems of all words, each between spaces."""
    return f" {' '.join(map(stem, words(text)))} "


def _stands(entry: str, sentence: str) -> bool:
    """Whether a sentence has the words of an entry side by side.

    The last one may stand behind others joined with it, if it is no name: "fiscal and monetary
    policy", "the Mind, Soul and Time Gems". "Brask's mayor" says nothing of Brask.
    """
    others = re.sub(rf"(?i)(?<!\w){re.escape(entry)}['’]s?(?!\w)", "", sentence)
    told, text = words(entry), f" {' '.join(words(others))} "
    if f" {' '.join(told)} " in text:
        return True
    *first, last = map(re.escape, told)
    shared = f"{last}s?" if entry.split()[-1].islower() else f"{last}s"
    joined = rf" {' '.join(first)} (?:\w+ ){{0,{MAX_JOINED}}}(?:and|or) (?:\w+ ){{1,2}}{shared} "
    return bool(first) and re.search(joined, text) is not None
