"""Questions that are answered with yes, no, or one of two values, as the statements they ask about.

"Was the dam repaired in May or in June?" asks which is true: "The dam was repaired in May." or "The
dam was repaired in June." No word of a statement may count as said because the reader said it.
"""

import re
from dataclasses import dataclass

from index.text.entities import entities
from index.text.grammar import ParsedSentence, Parser
from index.text.words import COMMON

_AUXILIARY = re.compile(
    r"(?i)^(?:(?:and|but|so|then),? )?(?P<verb>is|are|was|were|do|does|did|has|have|had|will|would"
    r"|can|could|should)(?P<negated>n['’]t)? (?P<rest>(?!you\b|i\b|we\b|not only\b).+?)\W*$"
)
_WITH_STATEMENT = re.compile(
    r"(?i)^(?:is(?:n['’]t)? it (?:true|correct|right|the case|a fact)(?: that)?"
    r"|(?:do|does) (?:the|these|this|any|your) (?:articles?|news|reports?|texts?)"
    r" (?:say|state|confirm)(?: that| whether| if)?"
    r"|(?:do you know|(?:can|could) you (?:tell me|confirm|say|check)) (?:that|whether|if)"
    r"|(?:tell me|say|check) (?:whether|if)) (?P<statement>.+?)\W*$"
)
_TAG = re.compile(
    r"(?i)^(?P<statement>(?!(?:who|what|when|where|why|how|which)\b)[^?]+), (?:right|correct|true"
    r"|(?:is|are|was|were|do|does|did|has|have|had|will)(?:n['’]t)? (?:it|he|she|they))\W*$"
)
_ALSO_ASKS = re.compile(r"(?i)\b(?:and|or) (?:if so|who|what|when|where|why|how|which)\b|[?] *\w")
_OR = re.compile(r",? or (?!not\b)")
_EMPTY = re.compile(r"(?i),? or not$|\b(?:any|ever|really|actually|indeed) |\bnot (?!only)")
_PRONOUN = re.compile(r"(?i)(?:there|he|she|it|they|this|that)\b")
_ARTICLE = re.compile(r"(?i)(?:the|an?|his|her|its|their) ")
_COMPLEMENT = re.compile(r" (?=\d|(?:from|in|at|on) )")  # "Is the toll 17?", "Is Kim from Tokyo?"
_SMALL = re.compile(r"(?i)^(?:in|on|at|by|to|from|for|with|the|an?|his|her|its|their)$")


@dataclass(frozen=True, slots=True)
class ClosedQuestion:
    """What may be true: one statement to affirm or deny, or one for each of two `options`."""

    statements: tuple[str, ...]
    options: tuple[str, ...] = ()


def is_closed(question: str) -> bool:
    """Whether a question is answered with yes, no or one of the values that it names.

    >>> asked = ("Did Kim Gunn meet Sung Kim?", "Is it true that he left?", "Lenz won, right?")
    >>> [is_closed(text) for text in (*asked, "Who won?", "Can you summarise it?")]
    [True, True, True, False, False]
    """
    text = question.strip()
    patterns = (_WITH_STATEMENT, _TAG, _AUXILIARY)
    return not _ALSO_ASKS.search(text) and any(pattern.match(text) for pattern in patterns)


def closed_question(question: str, parser: Parser) -> ClosedQuestion | None:
    """The statements that a question asks about; None if it is not closed."""
    if not is_closed(question):
        return None
    text = question.strip()
    found = _WITH_STATEMENT.match(text) or _TAG.match(text)
    statement = found["statement"] if found else _declarative(text, parser)
    options = _options(statement)
    if not options:
        return ClosedQuestion((_EMPTY.sub("", statement),))
    before, (one, other), after = options
    both = tuple(_EMPTY.sub("", f"{before} {option} {after}").strip() for option in (one, other))
    return ClosedQuestion(both, (one, other))


def _declarative(question: str, parser: Parser) -> str:
    """The question with its verb behind its subject: "Kim Gunn did meet Sung Kim"."""
    found = _AUXILIARY.match(question)
    assert found
    rest, verb = found["rest"], found["verb"].lower()
    subject = _subject(rest, parser.parse(f"{found['verb']} {rest}?"))
    if verb in ("is", "are", "was", "were"):
        subject = _COMPLEMENT.split(subject)[0]  # the parser takes both for one phrase
    if subject == rest:
        subject = rest.rpartition(" ")[0]
    return f"{subject} {verb} {rest[len(subject) :].strip(' ,')}".strip()


def _subject(rest: str, parsed: ParsedSentence) -> str:
    """What stands between the auxiliary and the next verb: by the parser, or the words there."""
    if there := _PRONOUN.match(rest):
        return there[0]
    arguments = [
        argument.text
        for relation in parsed.relations
        for argument in (relation.subject, *relation.arguments)
        if argument and rest.startswith(argument.text)
    ]
    if arguments:
        return min(arguments, key=len)
    article = _ARTICLE.match(rest)
    start = article.end() if article else 0
    named = next((name.text for name in entities(rest) if rest.startswith(name.text, start)), "")
    if not named and article:
        named = rest[start:].partition(" ")[0]
    return rest[:start] + named


def _options(statement: str) -> tuple[str, tuple[str, str], str] | None:
    """What stands before, between and after "one or other"; None without such a choice.

    >>> _options("the dam was repaired in May or June of that year")
    ('the dam was repaired in', ('May', 'June'), 'of that year')
    >>> _options("the dam was repaired in May or in June")
    ('the dam was repaired', ('in May', 'in June'), '')
    """
    parts = _OR.split(statement)
    if len(parts) != 2:
        return None
    left, right = parts[0].split(), parts[1].split()
    small = right[0].lower() if _SMALL.match(right[0]) else ""
    begins = [at for at, word in enumerate(left) if word.lower() == small]
    if small and begins:
        size, width = len(left) - begins[-1], _name_size(right[1:]) + 1
    else:
        size = _last_name_size(left)
        width = 1 if left[-1].lower() in COMMON else _name_size(right)
    one, other = " ".join(left[-size:]), " ".join(right[:width])
    return " ".join(left[:-size]), (one, other), " ".join(right[width:])


def _name_size(text: list[str]) -> int:
    """How many words the name or number at the beginning has; without one, one word."""
    first = next(iter(entities(" ".join(text))), None)
    if first and " ".join(text).startswith(first.text):
        return len(first.text.split())
    return 2 if text and text[0].lower() in COMMON and len(text) > 1 else 1


def _last_name_size(text: list[str]) -> int:
    names = entities(" ".join(text))
    if names and " ".join(text).endswith(names[-1].text):
        return len(names[-1].text.split())
    return 1
