"""Questions for a reason or a cause: a fact whose proof has to say that one led to the other."""

import re
from collections.abc import Sequence

from assistant.core.answer import Evidence
from assistant.kinds.plain_question import plain_question
from index.text.words import stems

_ASKS = re.compile(
    r"(?i)^(?:but )?(?:(?:explain(?: to (?:me|us))?|say),? )?(?:why\b(?! not\b)|how come\b"
    r"|(?:for|with) (?:what|which) (?:reasons?|motives?|cause)\b|because of what\b|what for\b"
    r"|(?:on|under) (?:what|which) (?:legal |stated )?(?:grounds?|basis|pretext|pretence"
    r"|pretense)\b"
    r"|what (?:has |have |had |was it that )?"
    r"(?:caused|led|prompted|triggered|sparked|provoked|brought about|started|made|drove|forced"
    r"|motivated|moved|explains?|explained)\b"
    r"|what (?:lay|lies|is|was|stood|stands) behind\b|what is (?:it )?down to\b"
    r"|(?:what(?: is|'s| was| are| were)|give me|name) (?:the )?"
    r"(?:main |real |official |exact |given |stated |likely |probable )*"
    r"(?:reasons?|causes?|motives?|grounds|explanation|justification|rationale)\b"
    r"|how (?:did|does|could) it (?:come about|happen|come) that\b"
    r"|how (?:did|was|has|had) [^?]*\b(?:start|started|begin|begun|happen|happened|come about"
    r"|come to pass|break out|broken out|caused)\W*$)"
)
_LINK = re.compile(
    r"(?i)\b(?:because|since|after|due to|owing to|thanks to|result\w*|caus\w+"
    r"|le(?:d|ads?|ading) to|prompt\w*|trigger\w*|spark\w*|blam\w+|attribut\w+|reasons?|respon\w+"
    r"|protest|therefore|hence|consequently|why|so|in order|stem\w* from|forc(?:e|ed|es|ing)"
    r"|provok\w+|driven|follow(?:ing|ed)|amid|once|when|until|unless|if|lest|citing|saying|means?"
    r"|meant|fear\w*|want\w*|hop(?:e|ed|ing)|aim\w*|intend\w*|enabl\w+|prevent\w*|allow\w*"
    r"|contribut\w+|explain\w*|asked|charges?|accus\w+|(?:by|for|with) \w+ing"
    r"|as (?:it|he|she|they|we|the|a|an|there|this|that))\b"
)
_PURPOSE = re.compile(r"\bto [a-z]+|\b(?:over|for|from|with) (?:the|a|an|his|her|its|their)\b")
_GOES_ON = re.compile(
    r"(?i)^\W*(?:as a (?:result|consequence)|(?:this|that|which|it) (?:led|caused|is why|was why"
    r"|meant|prompted|triggered|forced)|so\b|therefore|hence|consequently|the (?:reason|cause)"
    r"|because)\b"
)
NO_LINK = "the cited sentence names no reason"


def asks_reason(question: str) -> bool:
    """Whether a question asks why something is so, or how it came about.

    >>> [asks_reason(text) for text in ("Why did he go?", "What caused the fire?", "Who is he?")]
    [True, True, False]
    >>> asks_reason("How did the fire start?"), asks_reason("How did he describe it?")
    (True, False)
    """
    return bool(_ASKS.search(plain_question(question)))


def unlinked(question: str, proofs: Sequence[Evidence]) -> str:
    """Why sentences do not give a reason for what a question asks about; "" if they may.

    One has to have a word of cause or of purpose, or the next one go on with it ("As a result").
    What is only told beside the other is no reason.
    """
    linked = any(
        _LINK.search(item.text)
        or (_PURPOSE.search(item.text) and stems(question) & stems(item.text))
        or _GOES_ON.search(_after(item))
        for item in proofs
    )
    return "" if linked else NO_LINK


def _after(item: Evidence) -> str:
    """The sentence behind one in its passage; "" behind the last."""
    later = [span for span in item.passage.sentences if span[0] >= item.end]
    return item.article.text[slice(*later[0])] if later and not item.is_title else ""
