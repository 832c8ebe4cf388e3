"""Who speaks: the full name and the role of a speaker, as the article itself tells them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from assistant.core.answer import Evidence
from assistant.kinds.quotations.pronouns import agrees
from assistant.verification.full_names import full_names
from index.text.entities import TITLES
from index.text.grammar import Argument
from index.text.words import fold, stems, words

MAX_ROLE = 90  # characters
MAX_NAME = 3  # words of a name that stands behind an office

_WORD = r"(?:[A-Z]\.)+|(?:[aAeE]l-)?[^\W\d_a-z][\w.’'-]*[^\W_.’'-]"
_NAME = re.compile(rf"(?:{_WORD})(?: (?:(?:al|bin|de|der|van|von|el|la|di|da) )?(?:{_WORD}))*")
_OFFICE_FIRST = re.compile(
    rf"(?:the|The|[A-Z][\w.]+['’]s) (?:[a-z-]+ )*?(?:{'|'.join(sorted(TITLES))})\b[^,]*, (?P<name>"
    rf"(?:{_WORD}) (?:{_WORD})(?: (?:{_WORD}))?)$"
)
_POSSESSIVE = re.compile(r"['’]s? ")
_NOT_A_ROLE = re.compile(
    r"(?i)^(?:who|whom|whose|which|that|and|or|but|in|on|at|from|after|before|when|while|where|said"
    r"|was|is|has|had|as|with|for|because|if|\w+ing|\w+ed|\d+|he|she|it|they|we|i|there|so|then|to"
    r"|by|of|not|\w+ly)\b"
)
_AFTER_PREPOSITION = re.compile(r"(?i)\b(?:after|before|at|in|during|of|following|on|for|with)\s$")
_OWN_WORDS = re.compile(
    r"(?P<who>.+?)['’]s? (?:\w+ )?(?:statement|letter|speech|message|tweet|post|remarks)"
)
_PRONOUN = frozenset("he she".split())


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who said something.

    `name` is the full name as the article has it, or the words that the sentence has for somebody
    without a name ("the mayor"). `several`: the article names several persons of that surname.
    `introduced` is the sentence that tells the full name or the role, if it is another one.
    """

    name: str
    role: str = ""
    several: bool = False
    introduced: Evidence | None = None

    @property
    def label(self) -> str:
        """Name and role."""
        named = f"{self.name} (the article names several)" if self.several else self.name
        return f"{named}, {self.role}" if self.role else named

    def is_called(self, asked: str) -> bool:
        """Whether somebody asked for by this name or office is meant.

        >>> speaker = Speaker("Pavo Lenz", "the mayor of Tavrin")
        >>> [speaker.is_called(asked) for asked in ("Lenz", "Mayor Lenz", "the mayor", "Ann Lenz")]
        [True, True, True, False]
        >>> [Speaker(name).is_called("Lenz") for name in ("a neighbour of Lenz", "Lenz's aide")]
        [False, False]
        """
        wanted = person_words(_head(asked))
        own = words(_head(_POSSESSIVE.split(self.name)[-1]))
        if self.several and wanted:
            return own[-1] in wanted
        if wanted and set(wanted) <= set(own):
            return own[-1] in wanted or own[0] in wanted
        is_office = not wanted or fold(_head(asked).split()[-1]) in _TITLED
        office, told = stems(asked), stems(f"{self.name} {self.role}")
        held = stems(_head(self.role or self.name))
        return is_office and bool(office & held) and office <= told


Persons = Callable[[], Iterable[Speaker]]
"""Persons of whom a text speaks before a place in it, looked for only where they are needed."""


def person_words(asked: str) -> tuple[str, ...]:
    """The comparable words of a person's name, without titles and what precedes a possessive.

    >>> person_words("President Yoon Suk Yeol"), person_words("the mayor")
    (('yoon', 'suk', 'yeol'), ())
    """
    own = _POSSESSIVE.split(asked)[-1]
    return tuple(
        word
        for part in own.split()
        if part[0].isupper() and fold(part).strip(".,") not in _TITLED
        for word in words(part)
    )


def speaker_of(
    said: Argument, sentence: Evidence, article: Sequence[Evidence], before: Persons
) -> Speaker | None:
    """The speaker that a subject names; None for "they" and whom nobody can tell.

    Args:
        said: The subject of the verb of speech.
        sentence: Where it stands.
        article: All sentences of the article.
        before: The persons who may be "he" or "she", the likeliest first.
    """
    text = said.text.strip(' ,“”"')
    if owner := _OWN_WORDS.fullmatch(text):  # "Lee's statement" is what Lee says
        text = owner["who"]
        said = replace(said, text=text, heads=(text,), kind="person")
    if said.kind == "pronoun":
        pronoun = text.casefold()
        if pronoun not in _PRONOUN:
            return None
        return next((one for one in before() if agrees(pronoun, one.name, article)), None)
    name = _written_name(said, article)
    if not name:
        return Speaker(text) if text and len(text) <= MAX_ROLE + 30 else None
    role = _role_beside(text, name)
    if role and _AFTER_PREPOSITION.search(sentence.text.partition(text)[0]):
        role = ""  # "After the talks, Kim said" is read as "the talks, Kim" at times
    if len(name.split()) == 1:
        return _surname(name, text, role, sentence, article, before)
    if role:
        return Speaker(name, role)
    role, introduced = _role_in(article, name)
    return Speaker(name, role, introduced=introduced)


def _surname(
    name: str,
    text: str,
    role: str,
    sentence: Evidence,
    article: Sequence[Evidence],
    before: Persons,
) -> Speaker:
    """A speaker of whom only a surname stands here."""
    known = _introduced(name, article, sentence)
    nation = _POSSESSIVE.split(text)[0] if _POSSESSIVE.search(text) else ""
    if len(known) > 1 and nation:
        of = re.compile(rf"{re.escape(nation)}['’]s? [^.;]*$")
        of_nation = {n: one for n, one in known.items() if of.search(one.text.partition(n)[0])}
        known = of_nation or known
    elif len(known) > 1:
        last = next(iter(before()), None)
        known = {last.name: known[last.name]} if last and last.name in known else known
    if len(known) != 1:
        return Speaker(text if known else name, role, several=bool(known))
    full, introduced = next(iter(known.items()))
    if fold(role) in _TITLED | {""}:  # "Professor" tells less than what he is professor of
        told, elsewhere = _role_in(article, full)
        role, introduced = told or role, elsewhere or introduced
    return Speaker(full, role, introduced=introduced if introduced != sentence else None)


def _introduced(
    surname: str, article: Sequence[Evidence], sentence: Evidence
) -> dict[str, Evidence]:
    """Full names with a surname, each with its first sentence: those before, or else any.

    Not those of the sentence itself: who speaks of another by a full name is not that person.
    """
    found: dict[str, Evidence] = {}
    for one in article:
        if surname in one.text and one.span != sentence.span:
            for name in full_names(one.text, words(surname)[0]):
                found.setdefault(name, one)
    own = {words(name) for name in full_names(sentence.text, words(surname)[0])}
    found = {name: one for name, one in found.items() if words(name) not in own}
    before = {name: one for name, one in found.items() if one.start < sentence.start}
    each = before or found
    return {
        name: one
        for name, one in each.items()
        if not any(set(words(other)) < set(words(name)) for other in each)
    }


def _written_name(said: Argument, article: Sequence[Evidence]) -> str:
    """The name in a subject, without titles: "Pavo Lenz" of "Mayor Pavo Lenz, a lawyer"."""
    heads = [*_at_the_end(said), *sorted(said.heads, key=_capitals, reverse=True)]
    for head in heads:
        found = _NAME.search(head)
        name = _without_titles(found[0]) if found else ""
        last = fold(name.split()[-1]).strip(".") if name else ""
        if not name or name not in said.text or last in _TITLED or _BODY & set(words(name)):
            continue
        if said.kind == "person" or " " in name:
            return name
        if any(_has_full_name(one, name) for one in article):
            return name
    return ""


def _capitals(head: str) -> int:
    return sum(word[0].isupper() for word in head.split())


def _at_the_end(said: Argument) -> list[str]:
    """The name that ends a subject, behind an office: "CEO of the council Enver Solomon"."""
    apposition = _OFFICE_FIRST.match(said.text)
    if apposition:
        return [apposition["name"]]
    *before, last = said.text.split()
    name = [last]
    while before and len(name) < MAX_NAME and _is_part_of_a_name(before[-1]):
        name.insert(0, before.pop())
    if len(name) == MAX_NAME and before and before[-1] in ("of", "for", "in", "to"):
        before.append(name.pop(0))  # "governor of Washington Chris Gregoire"
    office = _TITLED & {fold(part).strip(".") for word in before for part in word.split("-")}
    head = any(last in one.split() for one in said.heads)
    return [" ".join(name)] if len(name) > 1 and office and head else []


def _is_part_of_a_name(word: str) -> bool:
    bare = fold(word).strip(".,")
    return word[0].isupper() and word[-1].isalnum() and bare not in _TITLED | _BODY


def _has_full_name(sentence: Evidence, name: str) -> bool:
    """Whether a sentence has a full name that ends with or begins with `name`."""
    return name in sentence.text and bool(full_names(sentence.text, words(name)[0]))


def _without_titles(name: str) -> str:
    parts = name.split()
    while parts and fold(parts[0]).strip(".") in _TITLED:
        parts = parts[1:]
    return " ".join(parts)


def _role_beside(text: str, name: str) -> str:
    """What stands beside a name in a subject: "the envoy" of "the envoy, Sung Kim"."""
    at = text.find(name)
    before, after = text[:at].strip(" ,"), text[at + len(name) :].strip(" ,")
    role = after if after and not _NOT_A_ROLE.match(after) else before
    bare = fold(role).strip(".")
    is_role = len(role) <= MAX_ROLE and bare not in _FORMS and not re.search(r"['’]s?$", role)
    return role if is_role else ""


def _role_in(article: Sequence[Evidence], name: str) -> tuple[str, Evidence | None]:
    """The role that an article gives a name in apposition, and the sentence."""
    own = re.escape(name)
    after = re.compile(rf"{own}, (?P<role>[^,;:.“”\"()–—]{{3,{MAX_ROLE}}})[,.]")
    before = re.compile(
        rf"\b(?P<role>(?:[Tt]he|[A-Z][\w.]+['’]s) [^,;:“”\"()–—]{{3,{MAX_ROLE}}}), {own}\b"
    )
    for one in article:
        for found in filter(None, (form.search(one.text) for form in (after, before))):
            if not _NOT_A_ROLE.match(found["role"]) and _is_role(found["role"]):
                return found["role"], one
    titled = re.compile(rf"((?:[A-Z][\w.-]+ ){{1,5}}){own}\b")
    for one in article:
        title = titled.search(one.text)
        if title and fold(title[1].split()[-1]).strip(".") in _TITLED - _FORMS:
            return title[1].strip(), one
    return "", None


def _is_role(text: str) -> bool:
    """Whether an apposition is an office or a trade, not a place ("Paris") or another person."""
    return any(part[0].islower() for part in text.split()) and not re.search(
        r"\b(?:was|were|is|are|said|has|had)\b", text
    )


def _head(phrase: str) -> str:
    """The part of a role before its first preposition: "mayor" of "mayor of Lower Brask"."""
    return re.split(r" (?:of|in|for|at|from|on|to|who|with|,) ?", phrase)[0]


_TITLED = TITLES | frozenset(
    "pvt sgt lt capt col gen adm sen rep gov rev hon lord lady dame senior deputy vice former first"
    " sheriff officer detective inspector doctor mp msp congressman congresswoman the a an us u.s"
    " home foreign defence defense finance interior spokesman spokeswoman spokesperson attorney"
    " ceo chairwoman founder undersecretary coauthor coach captain"
    " commander major colonel lieutenant sergeant private pope bishop"
    " archbishop cardinal imam rabbi father sister administrator analyst lawyer author".split()
)
_FORMS = frozenset("mr mrs ms the a an dr".split())
_BODY = frozenset(
    "ministry council court police party office agency department association committee university"
    " company union group house bank times post news press board commission institute team club"
    " service authority court government white parliament congress senate corporation inc ltd"
    " society church army navy force forces media center centre foundation herald gazette"
    " magazine telegraph guardian tribune journal daily reuters agencies states nations"
    " standards".split()
)
