"""What the words around a name, and in it, tell: a person or a place, and what it is said to be."""

from __future__ import annotations

import re
from collections import Counter

from index.text.entities import TITLES
from index.text.grammar import SPEECH_VERBS, Name, NameKind
from index.text.words import fold

MAX_ROLE = 90  # characters

ROLES = TITLES | frozenset(
    "activist actor actress adviser advisor analyst archbishop artist astronaut athlete attorney"
    " banker bishop boss broker candidate ceo champion chair chairwoman chairperson chef cleric"
    " colonel commander composer congressman congresswoman coroner correspondent counterpart"
    " critic daughter dean deputy designer diplomat doctor driver economist editor engineer"
    " executive expert farmer father founder fisherman guard guide head historian husband"
    " inspector journalist judge keeper lawmaker lawyer leader lecturer lieutenant major manager"
    " master member mother musician negotiator novelist nurse officer official organiser"
    " organizer owner painter parliamentarian pastor photographer physicist pilot player poet"
    " pope priest principal producer prosecutor publisher rabbi ranger reporter researcher"
    " resident rival runner scientist sen sergeant sheriff singer skipper soldier son"
    " spokesman spokesperson spokeswoman student superintendent surgeon survivor teacher trainer"
    " treasurer veteran victim volunteer warden wife winner witness writer gov rep pvt sgt lt col"
    " gen rev lord lady dame biologist chemist geologist astronomer ecologist archaeologist"
    " meteorologist forward midfielder defender goalkeeper striker captain coach".split()
)
# words with which a name of that kind ends, and which are hardly ever surnames
_ENDS: dict[NameKind, frozenset[str]] = {
    "other": frozenset(
        "accord act agreement anniversary award awards championship championships constitution"
        " cup cyclone declaration festival games hurricane operation olympics paralympics"
        " prize protocol shuttle summit tournament treaty trophy typhoon war".split()
    ),
    "organisation": frozenset(
        "academy administration agency airlines airways alliance army assembly association"
        " athletic authority bank board bureau cabinet club college commission committee company"
        " confederation congress consortium corp corporation council court department directorate"
        " fc federation force forces foundation fund gallery government group guard house inc"
        " industries initiative institute institution labs laboratory league limited ltd ministry"
        " motors movement museum navy network newspaper office orchestra organisation organization"
        " parliament partnership party plc police press rovers school secretariat senate services"
        " society studios syndicate team trust tribunal union university wanderers".split()
    ),
    "place": frozenset(
        "airport avenue beach boulevard bridge canal city coast county desert district hospital"
        " island islands mountains ocean peninsula point port province region river sea square"
        " stadium station strait street town township valley village".split()
    ),
}
# with these it begins
_BEGINS: dict[NameKind, frozenset[str]] = {
    "other": frozenset("cyclone hurricane operation space storm typhoon".split()),
    "organisation": frozenset("bank department ministry museum university".split()),
    "place": frozenset("camp cape fort gulf lake mount port river".split()),
}
_OF_WORDS = 3  # votes

_SURNAMES = frozenset("king prince judge bishop pope dean major farmer coach page".split())
_NO_FIRST_NAMES = frozenset(
    "saudi thai dutch french greek danish czech jordanian us crown federal district supreme trial"
    " high county late former current new future assistant national head".split()
)
_LEADING = re.compile(
    r"(?i)^(?:(?:the|a|an|its|their|our|his|her|this|that|both|and|former|mr|mrs|ms|dr|prof"
    r"|sir|magician)\b\.? ?)+"
)
_TRAILING = re.compile(r"(?:['’]s?|[\s,.;:/|–-]+)$")
_INITIALS = re.compile(r"(?:^|\s)(?!U\.|D\.C)[A-Z]\.[ A-Z]")  # "K.C. Maurer"
_DEMONYM = re.compile(r"(?:ish|ese|ian|lympic)s?$")
_OPENS_NAME = re.compile(r"\b[A-Z]\w+ (?:of|for) (?:the )?$")
_PHOTO = r"(?:[Pp]hoto(?:graph)?s?|[Ii]mages?|[Pp]ictures?|[Cc]redit)"
_CREDITED = re.compile(rf"\b{_PHOTO}(?: (?:by|courtesy of))?:? (?:[A-Z]\w* ?/ ?)?$|\b{_PHOTO} by $")
_CREDIT = re.compile(rf" ?/ ?(?:[A-Z]|{_PHOTO})|,? (?:via (?:AP|Reuters|Getty)|{_PHOTO}\))")
_RANK = re.compile(
    r"\b(?:Pvt|Pfc|Spc|Cpl|Sgt|Maj|Capt|Lt|Col|Gen|Adm|Cmdr|Brig|Dr|Prof|Mr|Mrs|Ms|Sen|Rep|Gov|Rev)"
    r"\.? $"
)
_INITIALISM = re.compile(r"(?:[A-Z]\.){2,}$")
_BRACKETS = re.compile(r"[\[\](){}\"“”]|/.*$")
_PERSONAL = re.compile(
    r"[A-ZÀ-ÖØ-Þ][\w'’.-]*(?: (?:[A-ZÀ-ÖØ-Þ][\w'’.-]*|de|da|di|del|della|der|den|van|von|bin|ibn|al"
    r"|el|la|le|dos|du|ter)){0,4}"
)
_SAID = (
    r"(?:" + "|".join(sorted(SPEECH_VERBS | {"said", "told", "spoke", "wrote"})) + r")(?:e?s|e?d)?"
)
_SPEAKS = re.compile(rf"['’]?(?: (?:also|later|then))? (?:{_SAID})\b|, (?:who|whose|\d\d)\b")
_IS_QUOTED = re.compile(rf"[\"”,] (?:{_SAID}) (?:[\w.-]+ ){{0,2}}$|\baccording to $")
_IS_AREA = re.compile(r" (?:prefecture|province|county|state|region|district|city|island)\b")
_LOCATED = re.compile(r"\b(?:in|near|outside|across|northern|southern|eastern|western) (?:the )?$")
_HAS_A = (
    r"(?:[Aa]n?|[Tt]he|[Hh]is|[Hh]er|[Ii]ts|[Tt]heir|former|deputy|acting"
    r"|[A-Z][\w-]+(?: [A-Z][\w-]+)?['’]s?)"
)


def tidy(name: str) -> str:
    """A name without article, courtesy title, possessive and brackets; "" if none is left.

    >>> [tidy(name) for name in ("the U.S.", "Mr. Kim’s", "George W.] Bush", "its")]
    ['U.S.', 'Kim', 'George W. Bush', '']
    """
    name, before = " ".join(_BRACKETS.sub("", name).split()), ""
    while name != before:
        before, name = name, _LEADING.sub("", name).strip()
        if not _INITIALISM.search(name):
            name = _TRAILING.sub("", name)
    words = name.split()
    titles = [at for at, word in enumerate(words) if fold(word).strip(".") in TITLES]
    if titles and titles[-1] < len(words) - 1 and titles[-1] == len(titles) - 1:
        words = words[titles[-1] + 1 :]  # "President Joe Biden"
    name = " ".join(words)
    last = fold(words[-1]) if words else ""
    a_role = len(words) > 1 and last.removesuffix("s") in ROLES and not _is_surname(words)
    return name if name[:1].isupper() and len(name) > 1 and not a_role else ""


def _is_surname(words: list[str]) -> bool:
    """Whether the title with which a name ends is a surname: "Travis King", not "Saudi King"."""
    before = fold(words[-2])
    return fold(words[-1]) in _SURNAMES and not (
        _DEMONYM.search(before) or before in ROLES or before in _NO_FIRST_NAMES
    )


def is_personal(name: str) -> bool:
    """Whether a name could be a person's: up to five capitalised words without digits.

    >>> [is_personal(name) for name in ("Ludwig van Beethoven", "USI", "STS-1", "vehicle miles")]
    [True, False, False, False]
    """
    letters = not any(map(str.isdigit, name)) and not (name.isupper() and len(name) < 6)
    return letters and bool(_PERSONAL.fullmatch(name))


def is_general(word: str) -> bool:
    """Whether one word names no single thing: a demonym, by its ending, or a kind of body.

    >>> [is_general(word) for word in ("english", "court", "japan")]
    [True, True, False]
    """
    return bool(_DEMONYM.search(word)) or any(word in ends for ends in _ENDS.values())


def is_credit(sentence: str, start: int, end: int) -> bool:
    """Whether a name at `start`..`end` is that of who took the picture above.

    >>> text = "The boat, left. (Ann Lee/Pool Photo via AP)"
    >>> is_credit(text, 17, 24), is_credit("Photo: Bo Rask", 7, 14), is_credit(text, 4, 8)
    (True, True, False)
    """
    bracket = sentence[:start].endswith("(") or start == 0
    by_name = _CREDITED.search(sentence[:start])
    return bool(by_name or (bracket and _CREDIT.match(sentence, end)))


def is_ranked(sentence: str, start: int) -> bool:
    """Whether a rank or a courtesy title stands, shortened, before `start`.

    >>> is_ranked("Pvt. Ed Moe", 5), is_ranked("Soldier Ed Moe", 8)
    (True, False)
    """
    return bool(_RANK.search(sentence[:start]))


def is_part(sentence: str, name: Name) -> bool:
    """Whether a body's name is the end of a longer one ("Foundation for the Visual Arts").

    >>> is_part("The Secretary of State came.", Name("State", 17, 22, "organisation"))
    True
    """
    fragment = name.text.endswith("Affairs") and " of " not in name.text
    opened = _OPENS_NAME.search(sentence[: name.start]) and not name.text.isupper()
    return fragment or bool(opened)


def kind_of_words(name: tuple[str, ...]) -> Counter[NameKind]:
    """Votes of the words of a name.

    >>> kind_of_words(("nuclear", "consultative", "group")), kind_of_words(("camp", "david"))
    (Counter({'organisation': 3}), Counter({'place': 3}))
    """
    votes: Counter[NameKind] = Counter()
    for kind in _ENDS:
        if name[-1] in _ENDS[kind] or (len(name) > 1 and name[0] in _BEGINS[kind]):
            votes[kind] += _OF_WORDS
    return votes


def context(sentence: str, start: int, end: int, name: str) -> Counter[NameKind]:
    """Votes of what stands around a name at `start`..`end` (characters) of a sentence."""
    votes: Counter[NameKind] = Counter()
    before, after = sentence[:start], sentence[end:]
    around = f"{before} {sentence[start:end]}"
    titled = re.search(rf"([\w-]+)\.? {re.escape(name)}\W*$", around)
    if is_personal(name):
        votes["person"] += 2 * bool(titled and fold(titled[1]) in ROLES)
        votes["person"] += bool(_SPEAKS.match(after) or _IS_QUOTED.search(before))
        votes["person"] += 2 * bool(_INITIALS.search(name))
    votes["place"] += 3 * bool(_IS_AREA.match(after))
    votes["place"] += 2 * bool(_LOCATED.search(before) and not after.startswith(("’", "'")))
    return votes


def role_of(sentence: str, name: str, kind: NameKind = "person") -> str:
    """What a sentence says a name is: an apposition or the title before it; "" if nothing.

    >>> role_of("They met Runa Feld, the mayor of Lower Brask, on Monday.", "Runa Feld")
    'the mayor of Lower Brask'
    >>> role_of("Prime Minister Hanne Oriel came.", "Hanne Oriel")
    'Prime Minister'
    >>> role_of("It struck Pellow Bridge, a market town downstream.", "Pellow Bridge", "place")
    'a market town downstream'
    """
    named = re.escape(name)
    if kind != "person":
        found = re.search(rf"{named}, (an? [a-z][^,.;:()“”\"]+)(?=[,.;])", sentence)
        return found[1] if found and len(found[1]) <= MAX_ROLE else ""
    for pattern in (
        rf"{named}, ((?:{_HAS_A} )?[^,.;:()“”\"]+)(?=[,.;]| who )",
        rf"(?:^|[,;:] |\b(?:said|by|to|with|and|for) )({_HAS_A} [^,.;:()“”\"]+), {named}\b",
        rf"\b((?:its|their|his|her|[A-Z][\w-]+['’]s) (?:[a-z][\w-]* ){{0,5}}[a-z]+), {named}\b",
        rf"((?:(?:[A-Z][\w.-]*(?:['’]s)?|for|of|and|the|to) )*[\w-]+\.?) {named}\b",
    ):
        found = re.search(pattern, sentence)
        role = _after_other_person(found[1].strip()) if found else ""
        if _is_role(role):
            return role
    return ""


def _after_other_person(role: str) -> str:
    """Without the person before "and" ("Prime Minister Fumio Kishida and President")."""
    _, _, last = role.rpartition(" and ")
    titled = not ROLES.isdisjoint(_plain(last)[-1:])
    role = last if titled else role
    *_, last = role.rpartition(" of ")
    role = last if last in ROLES else role  # "Polaroids of actor"
    return re.sub(r"^(?:(?:and|of|for|to) )+", "", role)


def _is_role(text: str) -> bool:
    plain = _plain(text)
    named = not ROLES.isdisjoint(plain[:6])
    other = re.search(r"\b([a-z]+) [A-Z][\w-]+ [A-Z]", text)  # "the critic Raul Menk"
    of_other = bool(other and other[1] in ROLES)
    return named and len(text) <= MAX_ROLE and plain[0] not in _NO_ROLE and not of_other


def _plain(text: str) -> list[str]:
    return [fold(part).strip(".") for word in text.split() for part in word.split("-")]


_NO_ROLE = frozenset("who whose which where when while and but or as in on at by said with".split())
