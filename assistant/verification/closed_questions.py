"""Questions that are answered with yes, no, or one of two values, as the statements they ask about.

"Was the dam repaired in May or in June?" asks which is true: "The dam was repaired in May." or "The
dam was repaired in June." No word of a statement may count as said because the reader said it.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, pairwise

from index.text.entities import entities
from index.text.grammar import ParsedSentence, Parser
from index.text.words import COMMON

_AUXILIARY = re.compile(
    r"(?i)^(?:(?:and|but|so|then),? )?(?P<verb>is|are|was|were|do|does|did|has|have|had|will|would"
    r"|can|could|should)(?P<negated>n['’]t)? (?P<rest>(?!you\b|i\b|we\b|not only\b).+?)\W*$"
)
_WITH_STATEMENT = re.compile(
    r"(?i)^(?:is(?:n['’]t)? it (?:not )?(?:true|correct|right|the case|a fact)(?: that)?"
    r"|(?:do|does) (?:the|these|this|any|your) (?:articles?|news|reports?|texts?)"
    r" (?:say|state|confirm)(?: that| whether| if)?"
    r"|(?:do you know|(?:can|could) you (?:tell me|confirm|say|check)) (?:that|whether|if)"
    r"|(?:tell me|say|check) (?:whether|if)) (?:or not )?(?P<statement>.+?)\W*$"
)
_TAG = re.compile(
    r"(?i)^(?P<statement>(?!(?:who|what|when|where|why|how|which)\b)[^?]+), (?:right|correct|true"
    r"|(?P<verb>is|are|was|were|do|does|did|has|have|had|will)(?:n['’]t)? (?:it|he|she|they))\W*$"
)
_ALSO_ASKS = re.compile(r"(?i)\b(?:and|or) (?:if so|who|what|when|where|why|how|which)\b|[?] *\w")
_OR = re.compile(r",? or (?!not\b)")
_EMPTY = re.compile(r"(?i),? or not$|\b(?:any|ever|really|actually|indeed) ")
_NOT = re.compile(r"\b(?:not|never) (?!only)|(?<=\bcan)not\b|(?<=\w)n['’]t\b")
# where there are two clauses, a quotation or a title, a negation may be of another deed
_CLAUSES = re.compile(
    r"[,;:“”\"‘]|\b(?:who|which|that|because|while|although|though|if|when|after|before|since|but"
    r"|and)\b"
)
_SHORTENED = {"wo": "will", "ca": "can"}  # what is left of "won't" and "can't"
_CLEFT = re.compile(r"(?i)^it (?:is|was) (.+?) (?:that|who|which) (.+)$")
_PRONOUN = re.compile(r"(?i)(?:there|he|she|it|they|this|that)\b")
_ARTICLE = re.compile(r"(?i)(?:the|an?|his|her|its|their) ")
_SPACED = re.compile(r"\S+")
_DETERMINERS = frozenset("the a an his her its their".split())
_ONLY_HELPS = frozenset("do does did will would can could should".split())
_JOINS = re.compile(
    r"(?i),? (?:of|in|at|on|by|to|from|for|with|over|about|against|between|and|or)\b"
)
MAX_SUBJECT = 14  # words; each is tried in 3 ms
MAX_BETWEEN = 1  # words between a verb and the one that helps it: "has been divided"
_SMALL = re.compile(r"(?i)^(?:in|on|at|by|to|from|for|with|the|an?|his|her|its|their)$")


@dataclass(frozen=True, slots=True)
class ClosedQuestion:
    """What may be true: one statement to affirm or deny, or one for each of two `options`.

    Statements deny nothing. If `denied`, the question is whether its statement is false: "Is it
    true that he did not come?" is answered "No" if he came; "Did he not come?" is answered "Yes".
    """

    statements: tuple[str, ...]
    options: tuple[str, ...] = ()
    denied: bool = False


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
    """The statements that a question asks about; None if not closed, or denied in a clause."""
    if not is_closed(question):
        return None
    text = question.strip()
    stated, tagged = _WITH_STATEMENT.match(text), _TAG.match(text)
    found = stated or tagged
    body = found["statement"] if found else text
    if _NOT.search(body) and _CLAUSES.search(body):
        return None
    statement, denials = _affirmed(body if found else _declarative(text, parser))
    options = _options(statement)
    # "He did not come, did he?" is answered "Yes" if he came
    denied = denials == 1 and bool(stated or (tagged and not tagged["verb"]))
    if options and denied:
        return None
    if not options:
        plain = _CLEFT.sub(r"\1 \2", _EMPTY.sub("", statement))
        return ClosedQuestion((plain,), denied=denied)
    before, (one, other), after = options
    both = tuple(_EMPTY.sub("", f"{before} {option} {after}").strip() for option in (one, other))
    return ClosedQuestion(both, (one, other))


def _declarative(question: str, parser: Parser) -> str:
    """The question with its verb behind its subject: "Kim Gunn did meet Sung Kim"."""
    found = _AUXILIARY.match(question)
    assert found
    rest, verb = _affirmed(found["rest"])[0], found["verb"].lower()
    pronoun = _PRONOUN.match(rest)
    subject = pronoun[0] if pronoun else _subject(rest, verb, parser)
    return _behind(subject, verb, rest)


def _behind(subject: str, verb: str, rest: str) -> str:
    """A statement: the subject that `rest` begins with, the verb, and what is left."""
    return f"{subject} {verb} {rest[len(subject) :].strip(' ,')}".strip()


def _subject(rest: str, verb: str, parser: Parser) -> str:
    """What a verb follows in the question, or the shortest subject of a statement.

    Rather one that is a phrase of the question too, and that no preposition follows: "the dam in
    Ossel" in "the dam in Ossel was repaired". Where there is none, a name or the first noun.
    """
    asked = parser.parse(f"{verb} {rest}?")
    phrases = [
        (argument, relation.start - len(verb) - 1)
        for relation in asked.relations
        for argument in (relation.subject, *relation.arguments)
        if argument
    ]
    for phrase, deed in phrases:
        end = len(phrase.text)
        if rest.startswith(phrase.text) and deed >= end and not rest[end:deed].strip(" ,"):
            return phrase.text
    whole = [name.text for name in asked.names] + [head for one, _ in phrases for head in one.heads]
    known = {phrase.text for phrase, _ in phrases}
    possible = [
        (bool(_JOINS.match(rest, len(subject))), subject not in known, len(subject), subject)
        for subject in _beginnings(rest, whole)
        if _is_subject(subject, verb, parser.parse(f"{_behind(subject, verb, rest)}."))
    ]
    if possible:
        return min(possible)[-1]
    article = _ARTICLE.match(rest)
    start = article.end() if article else 0
    named = next((name.text for name in entities(rest) if rest.startswith(name.text, start)), "")
    return rest[:start] + (named or rest[start:].partition(" ")[0])


def _beginnings(rest: str, whole: Iterable[str]) -> Iterator[str]:
    """What may be one phrase at the beginning, the shortest first, but not all of it.

    It ends inside no `whole` name or noun, and not behind a second article ("Kim | the mayor").

    >>> list(_beginnings("the ferry port of Ossel a ruin", ["ferry port"]))
    ['the ferry port', 'the ferry port of Ossel']
    """
    spans = [(at, at + len(text)) for text in whole if (at := rest.find(text)) >= 0]
    for word, after in islice(pairwise(_SPACED.finditer(rest)), MAX_SUBJECT):
        if word[0].lower() in COMMON:
            continue
        subject = rest[: word.end()].rstrip(",")
        if not any(first < len(subject) < last for first, last in spans):
            yield subject
        if after[0].lower() in _DETERMINERS and not word[0].endswith(","):
            return


def _is_subject(text: str, verb: str, statement: ParsedSentence) -> bool:
    """Whether the verb, or one that it helps, has all of a text as its subject.

    That of a passive is its object.
    """
    behind = len(text) + 1 + len(verb)
    return any(
        argument.text == text
        and relation.start >= (behind if verb in _ONLY_HELPS else len(text))
        and len(statement.text[behind : relation.start].split()) <= MAX_BETWEEN
        for relation in statement.relations
        for argument in (relation.subject, *relation.arguments)
        if argument
    )


def _affirmed(statement: str) -> tuple[str, int]:
    """A statement without its negations, and how many it had.

    >>> _affirmed("Lenz won't come"), _affirmed("he did not resign")
    (('Lenz will come', 1), ('he did resign', 1))
    """
    text, count = _NOT.subn("", statement)
    if not count:
        return statement, 0
    return _SPACED.sub(lambda word: _SHORTENED.get(word[0], word[0]), text), count


def _options(statement: str) -> tuple[str, tuple[str, str], str] | None:
    """What stands before, between and after "one or other"; None without such a choice.

    >>> _options("the dam was repaired in May or June of that year")
    ('the dam was repaired in', ('May', 'June'), 'of that year')
    >>> _options("the dam was repaired in May or in June")
    ('the dam was repaired', ('in May', 'in June'), '')
    >>> _options("it was a storm or a cracked gate that broke the dam")
    ('', ('a storm', 'a cracked gate'), 'broke the dam')
    """
    parts = _OR.split(statement)
    if len(parts) != 2:
        return None
    if cleft := _CLEFT.match(statement):
        one, *others = _OR.split(cleft[1])
        return ("", (one, others[0]), cleft[2]) if others else None
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
    return 1 + _name_size(text[1:]) if len(text) > 1 and text[0].lower() in COMMON else 1


def _last_name_size(text: list[str]) -> int:
    names = entities(" ".join(text))
    if names and " ".join(text).endswith(names[-1].text):
        return len(names[-1].text.split())
    return 1
