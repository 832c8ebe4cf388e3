"""What asks nothing of the articles ("Hi", "Thanks!", "Help"): a line on what can be asked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from assistant.core.answer import Answer, Kind
from assistant.kinds.question_kind import Request
from assistant.rewriting.follow_up_detection import is_small_talk

_THANKS = re.compile(r"(?i)\b(?:thanks?|thank you|great|cool|nice|wow|perfect)\b")
_ABOUT_ITSELF = re.compile(
    r"(?i)\W*(?:(?:hi|hello|hey|please|so|ok|okay)\W+)*(?:"
    r"help(?: me)?(?: please)?"
    r"|(?:who|what) (?:are|r) you(?: for| exactly)?|what(?:['’]s| is) this(?: for)?"
    r"|what(?:['’]s| is) your (?:name|purpose|job)|what do you do|how do you work"
    r"|what (?:else )?can (?:you do(?: for me)?|i ask(?: you)?|you help(?: me)?(?: with)?)"
    r"|what (?:kinds? of |sorts? of |types? of )?(?:questions?|things) can i ask(?: you)?"
    r"|how (?:can|do|should) i (?:use (?:this|you)|ask(?: questions?)?)|how does this work"
    r"|(?:how )?can you help(?: me)?|introduce yourself|are you (?:an? )?(?:ai|bot|robot|human)"
    r")\W*"
)
_OFFER = (
    "Ask about your articles: a fact, a list, a summary, a comparison, what happened when, "
    "or who said what."
)


@dataclass(frozen=True, slots=True)
class Greeting:
    """A greeting, thanks, or a question about the assistant."""

    kind: ClassVar[Kind] = "greeting"
    thanks: bool

    @classmethod
    def recognise(cls, question: str) -> Self | None:
        """Small talk; None for what asks something of the articles.

        >>> [Greeting.recognise(said) for said in ("Hi!", "Help", "Who is Kim Gunn?")]
        [Greeting(thanks=False), Greeting(thanks=False), None]
        """
        said = is_small_talk(question) or _ABOUT_ITSELF.fullmatch(question)
        return cls(bool(_THANKS.search(question))) if said else None

    def answers(self, request: Request, answer: Answer) -> Iterator[Answer]:
        """One line, without evidence."""
        yield replace(answer, remark=f"You are welcome. {_OFFER}" if self.thanks else _OFFER)
