"""What a list asks of its names: "attended the talks", "of the jury", "who work for Tern Air"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant.kinds.inventory.names.asked_things import AskedNoun
from index.text.entities import entities
from index.text.grammar import Argument, Parser, Relation
from index.text.words import COMMON, stem, stems, words

# "verb:role": the names in that role of the verb. With "@" another argument has to speak of what is
# asked for, with "@word" the words behind the verb have to hold that one.
_MET = (
    "attend:subject join:subject participate:subject meet:subject meet:object meet:with"
    " host:subject convene:subject represent:subject"
)
_AT_MEETING = (
    f"{_MET} accompany:subject accompany:object send:object come:subject@for"
    " head:subject@delegation lead:subject@delegation take:subject@part be:subject@there"
    " be:subject@present be:complement@host be:subject@table fly:subject"
    " arrive:subject travel:subject@"
)
_DIED = "kill:object murder:object die:subject drown:subject drown:object perish:subject"
_HURT = "injure:object wound:object hurt:object"
_HELD = "arrest:object detain:object jail:object imprison:object"
_FIRED = "launch:object fire:object test:object shoot:object"
_SEATED = (
    "hold:subject@ win:subject@ take:subject@ gain:subject@ get:subject@ secure:subject@"
    " receive:subject@ go:to@ keep:subject@ retain:subject@"
)
_WON = (
    "win:subject receive:subject@ share:subject@ take:subject@ collect:subject@ award:to"
    " award:object go:to@ give:to@ honour:object honor:object"
)
# the relations that say the same as an asked verb
_SAME = {
    stem(verb): said.split()
    for verbs, said in (
        ("attend participate join present part met meet", _AT_MEETING),
        ("killed died dead drowned perished", _DIED),
        ("injured wounded hurt", _HURT),
        ("arrested detained jailed imprisoned", _HELD),
        ("launched fired tested", _FIRED),
        ("hold", _SEATED),
        ("win receive", _WON),
        ("elected", "elect:object"),
    )
    for verb in verbs.split()
}
_MEMBER = (
    "sit:subject serve:subject belong:subject join:subject@ chair:subject preside:subject"
    " head:subject@ lead:subject@ include:object@ comprise:object@ consist:of@ appoint:object@"
    " elect:object@ be:subject@side go:to@seat have:subject@seat"
)
_OF_NOUN = {
    noun: said.split()
    for nouns, said in (
        ("member", _MEMBER),
        ("participant attendee guest delegate", _AT_MEETING),
        (
            "author writer",
            "write:subject author:subject compile:subject draft:subject prepare:subject"
            " draw:subject@ produce:subject@ publish:subject@",
        ),
        ("winner champion", _WON),
        ("victim", _DIED),
        ("suspect", _HELD),
        ("survivor", "survive:subject rescue:object save:object"),
        ("founder", "found:subject establish:subject create:subject@ start:subject@"),
        ("owner", "own:subject buy:subject@"),
        ("speaker", "speak:subject address:subject talk:subject@"),
        ("candidate nominee", "run:subject@ stand:subject@ seek:subject@ nominate:object"),
    )
    for noun in nouns.split()
}
"""What those do who are the members, winners or victims of something."""
_IS = ["be:subject@", "be:complement@"]
_ALSO_MEANT = {
    stem("winner"): stems("prize award medal title trophy race final contest election"),
    stem("member"): stems("panel body"),
}
_MEETINGS = stems("talks meeting summit conference negotiations congress")
_LIGHT = ("submit", "make", "file", "enter", "place", "launch", "stage", "give")  # "a bid"
_PAST = dict(
    pair.split(":")
    for pair in (
        "won:win took:take taken:take came:come led:lead met:meet sat:sit held:hold gave:give"
        " given:give went:go gone:go wrote:write written:write drew:draw drawn:draw sent:send"
        " ran:run stood:stand sought:seek spoke:speak got:get lost:lose kept:keep shot:shoot"
    ).split()
)
_PREPOSITION = re.compile(r"(?i)^(?:of|in|at|on|for|from|behind|with|within)\b ")
_RELATIVE = re.compile(r"(?i)^(?:that|which|who) ")
_PRESENT = re.compile(r"(?i)^(?:took part|take part|(?:was|were) (?:present|represented|at))\b ?")
_PASSIVE = re.compile(r"(?i)^(?:that |which |who )?(?:were|was|are|is|have been|has been|got) ")
_OFFICE = re.compile(
    r"(?i)^(?:(?:work|speak|spoke|play|act|serve|fly|drive)s?(?:ed)? (?:for|at|with|on behalf of)"
    r"|represent|belong to|(?:are|is|were|was) (?:employed by|part of|with))\b"
)
_POINTS = frozenset("it they them which that this these".split())
AFTER = 45  # characters behind a verb
_BY_THEM = r"(?=(?:the|his|her|their|this|that|(?-i:[A-Z])\S*) )"
INVERTED = re.compile(
    rf"(?i)^(?:(?:did|does|do) (?!not\b)|(?:has|have|had) {_BY_THEM}|(?:where|in which|to which) "
    rf"|(?:that|which|whom) {_BY_THEM}|(?=(?:the|his|her|their) ))"
    r"(?P<deed>[\w'’-]+(?: [\w'’-]+){1,6})$"
)
"""What others did to those who are asked for: "did the court summon"."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What the names of an asked noun (singular) have to fulfil, in the words of the question.

    >>> Condition("were launched").passive, Condition("attended the talks").passive
    (True, False)
    """

    text: str
    noun: str = ""
    lemma: str = ""

    @classmethod
    def read(cls, text: str, noun: AskedNoun, parser: Parser) -> Condition:
        """A condition whose irregular verb ("won") the parser knows."""
        plain = _PRESENT.sub("attended ", _RELATIVE.sub("", text))
        relations = parser.parse(f"They {plain}.").relations
        return cls(text, noun.singular, relations[0].verb if relations else "")

    @property
    def of_group(self) -> bool:
        """Whether it tells a group by a noun: "(members) of the jury"."""
        return bool(_PREPOSITION.match(self.text)) and not re.search(
            r"(?i) (?:that|which|who|(?:was|were) \w+(?:ed|en)\b)", self.text
        )

    @property
    def office(self) -> bool:
        """Whether it asks who works for somebody."""
        return bool(_OFFICE.match(_RELATIVE.sub("", self.text)))

    @property
    def passive(self) -> bool:
        """Whether it was done to those who are asked for."""
        first = _PASSIVE.sub("", self.text).split()[:1]
        bare = bool(first) and first[0].endswith("ed") and " by " in f"{self.text} "
        reduced = len(self.text.split()) == 1 or bool(re.match(r"\w+ed (?:in|at|on) ", self.text))
        return bool(_PASSIVE.match(self.text)) or bare or (bool(first) and reduced)

    @property
    def topic(self) -> str:
        """What it speaks of behind its verb: "the talks"; "" if nothing."""
        rest = _PASSIVE.sub("", _RELATIVE.sub("", self.text))
        if inside := re.search(r"(?i)^(?:in|of) (.+?) (?:that|which|who) ", rest):
            return inside[1]
        if not _PREPOSITION.match(rest):
            rest = re.sub(r"(?i)^(?:tak(?:e|es|ing)|took) part\b ?|^[\w'’-]+\b ?", "", rest)
        rest = re.sub(r"(?i)^(?:up|off|down|out)\b ?", "", rest)
        return re.sub(r"(?i)^(?:in|at|by|on|of|to|with|during|from|for|behind)\b ?", "", rest)

    @property
    def names(self) -> list[tuple[str, ...]]:
        """The names in it, by their comparable words."""
        return [one.words for one in entities(self.text) if not one.text[0].isdigit()]

    @property
    def verb(self) -> str:
        """The stem of its verb."""
        if self.lemma:
            return stem(self.lemma)
        plain = _PRESENT.sub("attended ", _RELATIVE.sub("", self.text))
        first = _PASSIVE.sub("", plain).split()[:1]
        return stem(words(first[0])[0]) if first and words(first[0]) else ""

    @property
    def said(self) -> list[str]:
        """The relations that say it, as "verb:role", with what else they have to hold."""
        if self.of_group:
            met = not stems(self.topic).isdisjoint(_MEETINGS)
            return [*_OF_NOUN.get(self.noun, _AT_MEETING.split() if met else []), *_IS]
        if clause := re.search(r"(?i)(?:that|which|who) (?:were|was) (\w+)", self.text):
            return [f"{stem(words(clause[1])[0])}:object"]
        if same := _SAME.get(self.verb):
            return same
        if self.passive:
            return [f"{self.verb}:object"]
        return [f"{self.verb}:subject", *(f"{verb}:subject@{self.verb}" for verb in _LIGHT)]

    @property
    def is_implied(self) -> bool:
        """Whether who fulfils it is one of the asked noun: a winner, who has won."""
        return self.noun in _OF_NOUN

    @property
    def of_meeting(self) -> bool:
        """Whether it asks who was at a meeting."""
        return "attend:subject" in self.said

    @property
    def about(self) -> frozenset[str]:
        """Stems of what it speaks of, and of what that is also called."""
        also = _ALSO_MEANT.get(stem(self.noun), frozenset()) if self.of_group else frozenset()
        return stems(self.topic) | also | (stems(self.noun) if self.of_group else frozenset())

    def may_say(self, text: str) -> bool:
        """Whether a sentence is worth reading for it."""
        named = any(set(name) <= set(words(text)) for name in self.names)
        about = not self.about.isdisjoint(stems(text))
        return self.is_said_in(text) or about or (self.office and named)

    def is_said_in(self, text: str) -> bool:
        """Whether a sentence has its verb, or one that says the same."""
        said = {self.verb, *(stem(one.split(":")[0]) for one in self.said)} - {"be", ""}
        return any(said & {one, _PAST.get(one, "")} for one in stems(text))

    def roles(self, relation: Relation, text: str) -> list[Argument]:
        """The arguments of a relation of which it says the condition."""
        if not self.is_told(relation, text):
            return []
        found: list[Argument] = []
        everyone = [one for one in (relation.subject, *relation.arguments) if one]
        for said in self.said:
            verb, _, role = said.partition(":")
            role, needs, word = role.partition("@")
            behind = text[relation.start : relation.start + AFTER]
            others = [one for one in everyone if one.role != role]
            holds = self._speaks(others, word, behind) if needs else True
            if holds and stem(relation.verb) == stem(verb):
                found += [one for one in everyone if one.role == role]
        if self.office:
            named = [one for one in everyone if one.role in ("for", "at", "with", "on")]
            if any(self.names_all(one.text) for one in named) and relation.subject:
                found.append(relation.subject)
        return found

    def is_told(self, relation: Relation, text: str) -> bool:
        """Whether a sentence tells a relation as a fact, or as a plan where one is asked for."""
        planned = self.of_group or "will " in self.text
        ahead = relation.modality == "will" and planned
        infinitive = text[: relation.start].endswith(" to ") and not planned
        denied = relation.negated or re.match(r"\w+ not\b", text[relation.start :])
        return not infinitive and not denied and (not relation.modality or ahead)

    def _speaks(self, arguments: list[Argument], word: str, behind: str) -> bool:
        """Whether what else a verb has, or the text `behind` it, holds a word, or what is asked."""
        if word:
            return word in words(behind) or any(stem(word) in stems(a.text) for a in arguments)
        told = {word for one in arguments for word in words(one.text)}
        return not self.about.isdisjoint(map(stem, told - COMMON)) or not _POINTS.isdisjoint(told)

    def names_all(self, text: str) -> bool:
        """Whether a text has one of its names, where it has any."""
        inside = set(words(text))
        return any(set(name) <= inside for name in self.names)
