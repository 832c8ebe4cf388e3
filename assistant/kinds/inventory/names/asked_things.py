"""The nouns of "Which countries …?": what kind of name they ask for, and which of those."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from assistant.kinds.inventory.names.article_names import Named
from assistant.kinds.inventory.names.coordinated_names import listed
from assistant.kinds.inventory.names.name_signs import ROLES, kind_of_words
from index.text.grammar import NameKind
from index.text.states import is_state
from index.text.words import stem, stems, words

MAX_ABBREVIATED = 3  # letters of a title such as "Pvt"
_POLITICAL = (
    "president minister premier mayor senator leader governor chancellor secretary lawmaker"
    " congressman congresswoman councillor candidate nominee parliamentarian king queen"
)
_OFFICIAL = (
    f"{_POLITICAL} official director representative envoy ambassador spokesman spokeswoman"
    " spokesperson head chief commissioner general adviser coroner"
)
_ENVOY = "envoy diplomat representative ambassador negotiator"
# what stands in the role of a person of that kind; the others have the noun itself there
_WIDER = {
    "politician": _POLITICAL,
    "leader": f"{_POLITICAL} head chief chairman",
    "official": _OFFICIAL,
    "envoy": _ENVOY,
    "diplomat": _ENVOY,
    "scientist": "scientist researcher professor biologist physicist chemist geologist ecologist"
    " astronomer entomologist",
    "athlete": "athlete player runner swimmer striker midfielder defender goalkeeper captain",
    "player": "player striker midfielder defender goalkeeper captain forward",
}
_OTHER_ROLES = (
    "suspect defendant hostage passenger patient finalist medallist medalist nominee scorer bidder"
    " donor sponsor investor climber sailor swimmer referee musician dancer activist lawmaker"
    " parliamentarian whistleblower applicant laureate prisoner refugee"
)
_GENERAL: dict[NameKind, str] = {
    "person": "people person individual everyone everybody character personality"
    " participant attendee guest speaker human being man woman men women",
    "place": "place location locality",
    "organisation": "organisation organization institution body group entity",
}
_SPECIAL: dict[NameKind, str] = {
    "place": "country nation city town village river island lake mountain sea region province"
    " street county district municipality state airport port harbour park stadium prefecture",
    "organisation": "company firm business corporation agency party team club university bank"
    " newspaper ministry school museum court union foundation committee council ngo hospital"
    " broadcaster airline charity hotel church channel magazine brand retailer manufacturer",
}
_THINGS = {
    "missile": r"missiles?|ICBMs?|SLBMs?",
    "weapon": r"weapons?|missiles?|ICBMs?|bombs?|guns?|rifles?|torpedo(?:es)?|rockets?",
    "rocket": r"rockets?",
    "ship": r"(?:war)?ships?|vessels?|boats?|ferr(?:y|ies)|barges?|frigates?|submarines?|trawlers?",
    "vessel": r"(?:war)?ships?|vessels?|boats?|ferr(?:y|ies)|barges?|frigates?|submarines?",
    "boat": r"\w*boats?|ferr(?:y|ies)|barges?|dinghy|dinghies",
    "aircraft": r"aircraft|(?:air)?planes?|jets?|helicopters?|bombers?|drones?|airliners?",
    "plane": r"(?:air)?planes?|jets?|bombers?|airliners?",
    "satellite": r"satellites?",
    "spacecraft": r"spacecraft|probes?|shuttles?|orbiters?|landers?",
    "storm": r"storms?|cyclones?|hurricanes?|typhoons?",
    "bridge": r"(?:foot)?bridges?",
    "award": r"awards?|prizes?|medals?",
    "treaty": r"treat(?:y|ies)|accords?|pacts?",
    "agreement": r"agreements?|accords?|pacts?|treat(?:y|ies)|deals?",
    "prize": r"prizes?|awards?|medals?",
    "medal": r"medals?",
    "charge": r"charges?|counts?",
    "book": r"books?|novels?|memoirs?",
    "film": r"films?|movies?",
    "song": r"songs?|singles?",
    "painting": r"paintings?|portraits?",
    "earthquake": r"(?:earth)?quakes?|tremors?",
    "attack": r"attacks?|bombings?|raids?",
    "vehicle": r"vehicles?|cars?|trucks?|lorr(?:y|ies)|bus(?:es)?|vans?",
    "offer": r"offers?|bids?",
    "demand": r"demands?",
}
_WIDE = frozenset(
    "europe asia africa america antarctica antarctic arctic middle oceania peninsula atlantic"
    " pacific koreas coast".split()
)
_US_STATES = frozenset(
    "Alabama|Alaska|Arizona|Arkansas|California|Colorado|Connecticut|Delaware|Florida|Hawaii|Idaho"
    "|Illinois|Indiana|Iowa|Kansas|Kentucky|Louisiana|Maine|Maryland|Massachusetts|Michigan"
    "|Minnesota|Mississippi|Missouri|Montana|Nebraska|Nevada|New Hampshire|New Jersey|New Mexico"
    "|North Carolina|North Dakota|Ohio|Oklahoma|Oregon|Pennsylvania|Rhode Island|South Carolina"
    "|South Dakota|Tennessee|Texas|Utah|Vermont|Virginia|West Virginia|Wisconsin|Wyoming".split("|")
)
_GOVERNS = (
    r"(?:government|parliament|president|prime minister|ministry|foreign minister|army|navy"
    r"|king|queen|constitution|foreign ministry|borders?|central bank|\w+ ministry)"
)

_IN_GROUP = frozenset("participant attendee guest speaker".split())
_BY_DEED = frozenset("party team club union group company firm".split())
_OTHER_SETTLEMENT = {"village": ("town", "city"), "town": ("village",), "city": ("village",)}
_SAME_IN_PLURAL = ("people", "everyone", "everybody", "men", "women", "aircraft", "spacecraft")
_NO_NOUNS = frozenset("special prime chief general mr mrs ms dr sir prof people ngo".split())


def _plural(noun: str) -> str:
    if noun in _SAME_IN_PLURAL:
        return noun
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return f"{noun[:-1]}ies"
    if noun.endswith("man"):
        return f"{noun[:-3]}men"
    return f"{noun}es" if noun.endswith(("s", "x", "ch", "sh")) else f"{noun}s"


def _nouns() -> dict[str, str]:
    """Every plural that can be asked for, with its singular."""
    known = " ".join(
        (*_GENERAL.values(), *_SPECIAL.values(), *_WIDER, _OTHER_ROLES, *_THINGS)
    ).split()
    roles = (role for role in ROLES if len(role) > MAX_ABBREVIATED and role not in _NO_NOUNS)
    return {_plural(noun): noun for noun in (*known, *roles)} | {"ngos": "ngo", "people": "people"}


_SINGULAR = _nouns()
NOUN = "(?:" + "|".join(sorted(_SINGULAR, key=len, reverse=True)) + ")"
"""A regular expression for any noun that can be asked for, in the plural."""
_PLURAL = {one: many for many, one in _SINGULAR.items()}
_EVERY = re.compile(rf"(?i)\b(?:every|each)(?: single)? (?P<one>{'|'.join(_PLURAL)})\b")


# "the names of the injured"
_THOSE = re.compile(
    r"(?i)\b(?P<of>names of|list|name|identify) (?:all )?(?:of )?the (?P<what>dead|killed|injured"
    r"|wounded|arrested|accused|detained|rescued|missing)(?= (?:in|of|from|by|during|at|on"
    r"|after)\b|$)"
)


def in_plural(question: str) -> str:
    """A question for "every witness", or for "the injured", as one for all of them.

    >>> in_plural("Name every witness in the trial")
    'Name all witnesses in the trial'
    """
    question = _THOSE.sub(_as_people, question)
    return _EVERY.sub(lambda found: f"all {_PLURAL[found['one'].lower()]}", question)


def _as_people(found: re.Match[str]) -> str:
    what = "killed" if found["what"].lower() == "dead" else found["what"]
    return f"{found['of']} all people who were {what}"


@dataclass(frozen=True, slots=True)
class AskedNoun:
    """What is asked for, by its noun in the singular."""

    singular: str

    @classmethod
    def of(cls, written: str) -> AskedNoun:
        """From the plural of a question.

        >>> AskedNoun.of("Countries"), AskedNoun.of("officials")
        (AskedNoun(singular='country'), AskedNoun(singular='official'))
        """
        return cls(_SINGULAR.get(written.lower(), re.sub(r"(?<!s)s$", "", written.lower())))

    @classmethod
    def is_known(cls, written: str) -> bool:
        """Whether it is sure what a noun in the plural asks for."""
        return written.lower() in _SINGULAR

    @property
    def kind(self) -> NameKind:
        """The kind of name it means; "other" for a thing."""
        for table in (_GENERAL, _SPECIAL):
            for kind, nouns in table.items():
                if self.singular in nouns.split():
                    return kind
        return "other" if self.singular in _THINGS else "person"

    @property
    def is_general(self) -> bool:
        """Whether it is any name of its kind: people, places, organisations."""
        return self.singular in _GENERAL.get(self.kind, "").split()

    @property
    def in_group(self) -> bool:
        """Whether it is somebody only in relation to something: a participant of talks."""
        return self.singular in _IN_GROUP

    @property
    def by_deed(self) -> bool:
        """Whether only what it does tells such a body from others: a party, a team."""
        return self.singular in _BY_DEED

    @property
    def written(self) -> str:
        """A regular expression for the noun in singular or plural."""
        return rf"(?:{re.escape(_plural(self.singular))}|{re.escape(self.singular)})"

    def may_be(self, name: str, texts: tuple[str, ...]) -> bool | None:
        """False if a text calls a name something else; None if nothing tells."""
        others = _OTHER_SETTLEMENT.get(self.singular, ())
        own = words(name) in _called(self.singular, texts)
        return (
            None if own or not any(words(name) in _called(one, texts) for one in others) else False
        )

    @property
    def pattern(self) -> str:
        """A regular expression for the thing that is asked for."""
        return _THINGS[self.singular]

    def admits(self, name: Named, texts: Iterable[str]) -> bool:
        """Whether a name is one of what is asked for, as `texts` of its articles show it."""
        if name.kind != self.kind:
            return False
        if self.is_general:
            return True
        if self.kind == "person":
            wanted = stems(_WIDER.get(self.singular, self.singular))
            return not wanted.isdisjoint(stems(name.role.replace("-", " ")))
        return self._is_such(name, tuple(texts))

    def _is_such(self, name: Named, texts: tuple[str, ...]) -> bool:
        """Whether a place or an organisation is of the kind that the noun names."""
        country = is_state(name.name) or _is_country(name.name, texts)
        if self.singular in ("country", "nation"):
            return country
        if self.singular in ("city", "town", "village", "municipality"):
            return self.may_be(name.name, texts) is not False and (
                not country
                and not kind_of_words(words(name.name))
                and not _is_wide(name.name, texts)
            )
        if self.singular in ("company", "firm", "business", "corporation"):
            return _is_company(name, texts)
        noun = re.escape(self.singular)
        named = re.escape(name.name)
        beside = rf"\b{noun} {named}\b|\b{named},? (?:an? |the )?{noun}\b"
        in_name = stem(self.singular) in stems(f"{name.name} {name.role}")
        called = words(name.name) in _called(self.singular, texts)
        return in_name or called or any(re.search(beside, text, re.IGNORECASE) for text in texts)


@lru_cache(maxsize=8)
def _called(noun: str, texts: tuple[str, ...]) -> frozenset[tuple[str, ...]]:
    """The names that texts tell as such in a row: "the islands of Hest and Lomma"."""
    cue = re.compile(
        rf"(?i)\b(?:{re.escape(noun)}|{re.escape(_plural(noun))})"
        r"(?:,? (?:of|such as|including|like|named|called))?:? "
    )
    return frozenset(
        words(one.name)
        for text in texts
        for found in cue.finditer(text)
        for one in listed(text, found.end(), ())
    )


def _is_wide(name: str, texts: Iterable[str]) -> bool:
    """Whether a place is a region, an island, a sea or a part of the earth."""
    if not _WIDE.isdisjoint(words(name)) or name in _US_STATES:
        return True
    named = re.escape(name)
    region = r"(?:island|state|province|region|prefecture|peninsula|river|county|sea|valley)"
    told = re.compile(rf"\b{region} (?:of )?{named}\b|\b{named} {region}\b", re.IGNORECASE)
    return any(told.search(text) for text in texts)


def _is_country(name: str, texts: Iterable[str]) -> bool:
    """Whether a text tells that a place is a country: a government, or a dateline with a city."""
    named = re.escape(name)
    told = re.compile(
        rf"\b{named}['’]s? (?:\w+ )?{_GOVERNS}\b"
        rf"|\b(?:capital|government|president|king) of {named}\b"
        rf"|^[A-Z][A-Z ]+, {named} (?:-|–|—|\()"
    )
    return any(told.search(text) for text in texts)


_COMPANY = re.compile(
    r"(?i)\b(?:compan(?:y|ies)|firm|maker|manufacturer|retailer|carmaker|startup|start-up|giant"
    r"|airline|supplier|publisher|developer|operator|shares|shareholders|ceo|chief executive"
    r"|products?|investors?|acquisition|merger|sales)\b"
)
_FORM = re.compile(
    r"\b(?:Inc|Corp|Corporation|Ltd|Limited|plc|PLC|AG|GmbH|LLC|Motors|Industries)\b"
)
_PUBLIC = frozenset(
    "academy agency assembly association board bureau cabinet commission committee congress"
    " council court department federation foundation force forces government house institute"
    " league ministry museum navy army office organisation organization parliament party police"
    " school senate society team union university nations".split()
)


def _is_company(name: Named, texts: tuple[str, ...]) -> bool:
    if _FORM.search(name.name):
        return True
    public = not _PUBLIC.isdisjoint(words(name.name))
    near = (text for text in texts if name.name in text)
    return not public and any(_COMPANY.search(text) for text in near)
