"""What asks nothing of the articles ("Hi", "Thanks!", "Help"): a line on what can be asked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from assistant.core.answer import Answer, Kind
from assistant.kinds.question_kind import Request
from assistant.rewriting.follow_up_detection import is_small_talk

_THANKS = re.compile(
    r"(?i)\b(?:thanks?|thank you|great|cool|nice|wow|perfect|help(?:s|ed|ful)|thx|excellent"
    r"|cheers)\b"
)
_PHRASES = re.compile(
    r"(?i)\b(?:(?:that|this|it|which)(?:['’]s| is| was| has been)? (?:really |very |so |just )?"
    r"(?:help(?:s|ed|ful)|useful|all|enough|it|perfect|great)\b(?: me)?"
    r"(?: (?:for|i need(?:ed)?)(?: (?:today|now|me|the moment))?)?"
    r"|(?:very|really|most|super|so) (?:helpful|useful|kind)|helpful"
    r"|how (?:are|r) (?:you|u)(?: doing| feeling)?|how(?:['’]s| is) (?:it|everything) going"
    r"|what(?:['’]s| is) up|(?:just )?(?:a )?test(?:ing)?(?: \d)*|ping|hm+|lol|haha"
    r"|(?:is )?(?:anybody|anyone|somebody|someone) (?:there|here|home)|are you (?:there|awake|ok)"
    r"|see (?:you|ya)|good ?(?:bye|night)|cheers|all (?:good|clear|the best|right)|got it"
    r"|understood"
    r"|(?:nice|pleased) to meet you|well done|no more questions?|(?:that )?makes sense"
    r"|i (?:do not|don['’]t) know(?: what to ask| where to (?:start|begin))?|never ?mind"
    r"|a lot|many|so far|(?:good|great|nice|perfect) (?:answer|job|work|one)|you(?:['’]re|"
    r" are) (?:great|good|the best|welcome|kind)|for (?:now|today|everything|your (?:help"
    r"|time))|your? help|perfect|excellent"
    r"|awesome|wonderful|brilliant|fantastic|super|yep|yeah|nope|thx|ty|hiya|dear|assistant)\b"
)
_ABOUT_ITSELF = re.compile(
    r"(?i)\W*(?:(?:hi|hello|hey|there|please|so|ok|okay)\W+)*(?:"
    r"help(?: me)?(?: please)?"
    r"|(?:who|what) (?:are|r) you(?: for| exactly)?|what(?:['’]s| is) this(?: for)?"
    r"|what(?:['’]s| is) your (?:name|purpose|job)|what do you do|how do you work"
    r"|what (?:else )?can (?:you do(?: for me)?|i ask(?: you)?|you help(?: me)?(?: with)?)"
    r"|what (?:kinds? of |sorts? of |types? of )?(?:questions?|things) can i ask(?: you)?"
    r"|how (?:can|do|should) i (?:use (?:this|you)|ask(?: questions?)?)|how does this work"
    r"|who (?:made|built|wrote|created) (?:you|this)|how (?:can|do|should) i (?:start|begin)"
    r"|what are you (?:able to do|good (?:at|for))|what do i do(?: here| now)?"
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
        said = is_small_talk(_PHRASES.sub(" ", question)) or _ABOUT_ITSELF.fullmatch(question)
        return cls(bool(_THANKS.search(question))) if said else None

    def answers(self, request: Request, answer: Answer) -> Iterator[Answer]:
        """One line, without evidence."""
        yield replace(answer, remark=f"You are welcome. {_OFFER}" if self.thanks else _OFFER)
