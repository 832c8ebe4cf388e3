"""What a text speaks of: the persons, places, days and things that a follow-up may mean."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.rewriting.follow_up_detection import AUXILIARY, DAY_OR_NUMBER, POINTS_BACK, names_in
from index.text.calendar_terms import MONTH_PATTERN
from index.text.chunking import sentences
from index.text.grammar import ParsedSentence, Parser
from index.text.words import words

MAX_WORDS = 8  # of a phrase that is put in place of a pronoun
MAX_PARSED = 400  # characters of a sentence that is parsed

YEAR = re.compile(r"\b(?:1[5-9]|20)\d\d\b")
# what can stand behind "in" or "on"
DAY = re.compile(
    rf"\b(?:(?:\d{{1,2}}(?:st|nd|rd|th)? (?:{MONTH_PATTERN})"
    rf"|(?:{MONTH_PATTERN})(?: \d{{1,2}}(?!\d)(?:st|nd|rd|th)?)?)(?:,? {YEAR.pattern})?\b"
    rf"|{YEAR.pattern}|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b)",
    re.I,
)
_ASKED_FOR = re.compile(
    r"(?i)^(?:who|whom|whose|what|which|where|when|why|how|can|is|are|was|were|do|does|did)\b"
)
# what follows one is the subject of a question
_AFTER_AUXILIARY = re.compile(rf"(?i)\b{AUXILIARY} $")
_TITLE = re.compile(r"\w\W+((?:[A-Z][\w.’'-]*\s)+)$")
_CAPITAL = re.compile(r"^(?:A|An|The)\b")
_INDEFINITE = re.compile(r"^an? ")
_ATTACHED = r" (?:of|in|at|on|for|from|to|by|with|about|after|against|between) "
_CLAUSE = re.compile(r"(?i)[,;:\"“”()\[\]]|\b(?:who|which|that|when|where)\b")
_PLURAL = re.compile(r"[^su'’i]s$|^(?:people|men|women|children|police)$")


@dataclass(frozen=True, slots=True)
class Mention:
    """A phrase as it stands inside a sentence, and the offset where it was found.

    `kind` is that of a name ("person", "place", "organisation", "day", "other"), "" for a common
    noun and for a name of which no parser tells. `role` is "subject", "object", "complement" or "".
    """

    text: str
    kind: str
    role: str
    start: int

    @property
    def named(self) -> bool:
        """True for a name, also for a phrase that holds one."""
        return bool(self.kind) or any(word[0].isupper() for word in self.text.split())

    @property
    def head(self) -> str:
        """The noun that the phrase is about, in small letters."""
        return re.split(_ATTACHED, self.text)[0].split()[-1].casefold()

    @property
    def plural(self) -> bool:
        """True for several, by the form of the head."""
        return " and " in self.text or bool(_PLURAL.search(self.head))


def mentions(text: str, parser: Parser | None, only: int | None = None) -> list[Mention]:
    """What the first `only` sentences speak of, each once, in reading order.

    Without a parser these are the names.
    """
    found: dict[str, Mention] = {}
    for start, end in sentences(text)[:only]:
        sentence = text[start:end]
        if parser and len(sentence) <= MAX_PARSED:
            each = _parsed(parser.parse(sentence))
        else:
            each = (Mention(name, "", "", sentence.find(name)) for name in names_in(sentence))
        for one in each:
            before = sentence[: one.start]
            kind = _place_if_behind(before, one.text, one.kind)
            role = "subject" if _AFTER_AUXILIARY.search(before) else one.role
            phrase = Mention(_inside_a_sentence(one.text), kind, role, start + one.start)
            if _can_stand_for_itself(phrase):
                found.setdefault(phrase.text.casefold(), phrase)
    apart = [one for one in found.values() if not _is_part(one, found)]
    return sorted(apart, key=lambda one: one.start)


def _parsed(sentence: ParsedSentence) -> Iterator[Mention]:
    names = list(_whole_names(sentence))
    kinds = {name.text: name.kind for name in names}
    for relation in sentence.relations:
        for one in (relation.subject, *relation.arguments):
            if one and one.kind not in ("pronoun", "number"):
                role = one.role if one.role in ("subject", "object", "complement") else ""
                start = max(0, sentence.text.find(one.text))
                yield Mention(one.text, kinds.get(one.text, ""), role, start)
    yield from names


def _whole_names(sentence: ParsedSentence) -> Iterator[Mention]:
    """Names with the title before them, and those that the parser cut into two as one."""
    whole: Mention | None = None
    for name in sentence.names:
        if name.kind == "number":
            continue
        if whole and sentence.text[whole.start + len(whole.text) : name.start] == " ":
            whole = Mention(f"{whole.text} {name.text}", "", "", whole.start)
            continue
        if whole:
            yield whole
        title = _TITLE.search(sentence.text[: name.start]) if name.kind == "person" else None
        start = title.start(1) if title else name.start
        whole = Mention(sentence.text[start : name.end], name.kind, "", start)
    if whole:
        yield whole


def _place_if_behind(before: str, name: str, kind: str) -> str:
    """The kind "place" for a name of no sure kind behind "in" or "at"."""
    sure = kind in ("person", "day") or re.match(r"the |.*\d|[^A-Z]", name)
    return "place" if not sure and re.search(r"\b(?:in|at|near) $", before) else kind


def _inside_a_sentence(phrase: str) -> str:
    """A phrase as a sentence holds it: "the crane" for "The crane" and "a crane"."""
    phrase = re.sub(r"['’]s?$", "", phrase.strip(" ,.?!"))
    if _CAPITAL.match(phrase):
        phrase = phrase[0].lower() + phrase[1:]
    return _INDEFINITE.sub("the ", phrase)


def _can_stand_for_itself(mention: Mention) -> bool:
    text = mention.text
    return bool(
        words(text)
        and len(text.split()) <= MAX_WORDS
        and not (_ASKED_FOR.search(text) or _CLAUSE.search(text) or POINTS_BACK.search(text))
        and not all(map(DAY_OR_NUMBER.search, words(text)))
    )


def _is_part(one: Mention, found: dict[str, Mention]) -> bool:
    """Whether a name only says of which kind something is ("the ROK envoy")."""
    if one.role or one.kind in ("person", "place"):
        return False
    attributive = re.compile(rf"(?<!of )(?<!of the ){re.escape(one.text)}(?!['’])(?=\W+\w)")
    return any(one is not other and attributive.search(other.text) for other in found.values())
