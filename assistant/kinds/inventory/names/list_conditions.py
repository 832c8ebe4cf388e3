"""Which names a condition holds for: "attended the talks", "were killed", by their sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.core.answer import Evidence
from assistant.kinds.inventory.names.article_names import Named
from index.retrieval.reranker import Reranker
from index.text.grammar import Argument, Parser, Relation
from index.text.words import stem, stems, words

SCORED = 20  # sentences that the reranker reads, about 15 ms each
RELEVANT = 0.0  # logits
NEAR = 3.0  # logits below the best

_MET = (
    "attend:subject join:subject participate:subject meet:subject meet:object meet:with"
    " host:subject convene:subject represent:subject"
)
_DIED = "kill:object murder:object die:subject drown:subject drown:object perish:subject"
_HURT = "injure:object wound:object hurt:object"
_HELD = "arrest:object detain:object jail:object imprison:object charge:object"
_FIRED = "launch:object fire:object test:object shoot:object"
# the relations that say the same as an asked verb
_SAME = {
    stem(verb): said.split()
    for verbs, said in (
        ("attend participate join present part met meet participant attendee", _MET),
        ("killed died dead drowned perished victim", _DIED),
        ("injured wounded hurt", _HURT),
        ("arrested detained jailed imprisoned", _HELD),
        ("launched fired tested", _FIRED),
    )
    for verb in verbs.split()
}
_FROM = re.compile(
    r"\b(?:officials?|envoys?|ministers?|representatives?|leaders?|delegat\w+|diplomats?|teams?"
    r"|athletes?|experts?|negotiators?|counterparts?|presidents?) (?:from|of) "
    r"(?P<names>(?:(?:the )?[A-Z][\w.]*(?: [A-Z][\w.]*)*(?:, (?:and )?| and )?)+)"
)
_AHEAD = re.compile(r"\b(?:will|would|to (?:host|receive|meet|attend)|plans?|planned)\b")
ENOUGH = 2  # of the stems of a deed: a sentence that may tell of it
LEAD = 600  # characters that open an article
_PRESENT = re.compile(r"(?i)^(?:took part|(?:was|were) (?:present|represented|at))\b ?")
_PASSIVE = re.compile(r"(?i)^(?:that |which |who )?(?:were|was|are|is|have been|has been|got) ")
_BY_THEM = r"(?=(?:the|his|her|their|this|that|(?-i:[A-Z])\S*) )"
INVERTED = re.compile(
    rf"(?i)^(?:(?:did|does|do) (?!not\b)|(?:has|have|had) {_BY_THEM}|(?:where|in which|to which) "
    rf"|(?:that|which|whom) {_BY_THEM}|(?=(?:the|his|her|their) ))"
    r"(?P<deed>[\w'’-]+(?: [\w'’-]+){1,6})$"
)
"""What others did to those who are asked for: "did the court summon"."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What a name is asked to have done, in the words of the question.

    >>> Condition("were launched").passive, Condition("attended the talks").passive
    (True, False)
    """

    text: str
    lemma: str = ""
    by_others: frozenset[str] = frozenset()  # stems of who did it and what

    @classmethod
    def read(cls, text: str, parser: Parser) -> Condition:
        """A condition whose irregular verb ("won") the parser knows."""
        if inverted := INVERTED.match(text):
            return cls(text, by_others=stems(inverted["deed"]))
        plain = _PRESENT.sub("attended ", re.sub(r"(?i)^(?:that|which|who) ", "", text))
        relations = parser.parse(f"They {plain}.").relations
        return cls(text, relations[0].verb if relations else "")

    @property
    def passive(self) -> bool:
        """Whether it was done to those who are asked for."""
        first = _PASSIVE.sub("", self.text).split()[:1]
        bare = bool(first) and first[0].endswith("ed") and " by " in f"{self.text} "
        return bool(_PASSIVE.match(self.text)) or bare

    @property
    def topic(self) -> str:
        """What it speaks of behind its verb: "the talks"; "" if nothing."""
        if inverted := INVERTED.match(self.text):
            return inverted["deed"]
        rest = _PASSIVE.sub("", re.sub(r"(?i)^(?:that|which|who) ", "", self.text))
        rest = re.sub(r"(?i)^(?:took part|(?:were )?present|[\w'’-]+)\b ?", "", rest)
        return re.sub(r"(?i)^(?:in|at|by|on|to|with|during|from|for)\b ?", "", rest)

    @property
    def verb(self) -> str:
        """The stem of its verb."""
        if self.lemma:
            return stem(self.lemma)
        plain = re.sub(r"(?i)^(?:that|which|who) ", "", self.text)
        plain = _PRESENT.sub("attended ", plain)
        first = _PASSIVE.sub("", plain).split()[:1]
        return stem(words(first[0])[0]) if first and words(first[0]) else ""

    @property
    def said(self) -> list[str]:
        """The relations that say it, as "verb:role"."""
        return _SAME.get(self.verb) or [f"{self.verb}:{'object' if self.passive else 'subject'}"]

    @property
    def of_meeting(self) -> bool:
        """Whether it asks who was at a meeting."""
        return self.said == _MET.split()

    def may_say(self, text: str) -> bool:
        """Whether a sentence is worth reading for it."""
        return self.is_said_in(text) or (self.of_meeting and bool(_FROM.search(text)))

    def is_said_in(self, text: str) -> bool:
        """Whether a sentence has its verb, or one that says the same."""
        if self.by_others:
            return len(stems(text) & self.by_others) >= min(ENOUGH, len(self.by_others))
        return not stems(text).isdisjoint({self.verb, *(one.split(":")[0] for one in self.said)})

    def holds(self, name: Named, parser: Parser) -> Evidence | None:
        """The sentence that says it of a name."""
        for item in name.sentences:
            relations = parser.parse(item.text).relations
            if any(self._says(relation, name) for relation in relations):
                return item
            if self.of_meeting and name.kind == "place" and self._sent(name, item):
                return item
        return None

    def _sent(self, name: Named, item: Evidence) -> bool:
        """Whether a sentence on the meeting, or that opens its article, has envoys of a state."""
        sent = _FROM.search(item.text)
        about = stems(item.text) & (stems(self.topic) | stems("meeting talks"))
        near = bool(about) or item.start < LEAD
        ahead = _AHEAD.search(item.text)
        if not sent or not near or ahead:
            return False
        listed = re.split(r",? and |, ", sent["names"])
        return words(name.name) in {words(one.removeprefix("the ")) for one in listed}

    def _says(self, relation: Relation, name: Named) -> bool:
        if relation.negated or relation.modality:
            return False
        if self.by_others:
            return self._is_done_to(relation, name)
        for said in self.said:
            verb, _, role = said.partition(":")
            if stem(relation.verb) != stem(verb):
                continue
            met = self.of_meeting and name.kind == "person"
            arguments = [relation.subject] if role == "subject" and not met else []
            arguments += relation.arguments if role != "subject" or met else []
            arguments += [relation.subject] if met else []
            if any(_is_among(name, one, "" if met else role) for one in arguments if one):
                return True
        return False

    def _is_done_to(self, relation: Relation, name: Named) -> bool:
        """Whether those of whom the condition speaks did it to a name."""
        who = relation.subject
        by_them = who and (who.kind == "pronoun" or stems(who.text) & self.by_others)
        return (
            bool(by_them)
            and stem(relation.verb) in self.by_others
            and any(_is_among(name, one, "") for one in relation.arguments)
        )


def nearest(
    names: Sequence[Named], condition: Condition, reranker: Reranker
) -> list[tuple[Named, Evidence]]:
    """The names in the sentences that come nearest to a condition, which no sentence states."""
    items = {item.span: item for name in names for item in name.sentences}
    asked = stems(condition.text)
    best = sorted(items.values(), key=lambda item: -len(asked & stems(item.text)))[:SCORED]
    logits = dict(
        zip(
            (item.span for item in best),
            reranker.score(condition.text, [item.text for item in best]),
            strict=True,
        )
    )
    enough = max(RELEVANT, max(logits.values(), default=RELEVANT) - NEAR)
    found = []
    for name in names:
        near = [item for item in name.sentences if logits.get(item.span, enough - 1) >= enough]
        found += [(name, near[0])] if near else []
    return found


def _is_among(name: Named, argument: Argument, role: str) -> bool:
    """Whether a name is what an argument in a role ("" for any) speaks of, and not a part of it."""
    if role and argument.role != role:
        return False
    own = words(name.name)
    if name.kind == "person" and set(own) <= set(words(argument.text)):
        return not re.search(rf"{re.escape(name.name.split()[-1])}['’]s ", argument.text)
    heads = [words(head) for head in argument.heads]
    return any(head and (set(own) <= set(head) or head[-1] == own[-1]) for head in heads)
