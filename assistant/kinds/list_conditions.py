"""Which names a condition holds for: "attended the talks", "were killed", by their sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.core.answer import Evidence
from assistant.kinds.article_names import Named
from index.retrieval.reranker import Reranker
from index.text.grammar import Argument, Parser, Relation
from index.text.words import stem, stems, words

SCORED = 20  # sentences that the reranker reads, about 15 ms each
NEAR = 3.0  # logits below the best

_MET = (
    "attend:subject join:subject participate:subject meet:subject meet:object meet:with"
    " host:subject gather:subject convene:subject represent:subject come:subject take:subject"
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
_PASSIVE = re.compile(r"(?i)^(?:that |which |who )?(?:were|was|are|is|have been|has been|got) ")


@dataclass(frozen=True, slots=True)
class Condition:
    """What a name is asked to have done, in the words of the question.

    >>> Condition("were launched").passive, Condition("attended the talks").passive
    (True, False)
    """

    text: str

    @property
    def passive(self) -> bool:
        """Whether it was done to those who are asked for."""
        first = _PASSIVE.sub("", self.text).split()[:1]
        bare = bool(first) and first[0].endswith("ed") and " by " in f"{self.text} "
        return bool(_PASSIVE.match(self.text)) or bare

    @property
    def topic(self) -> str:
        """What it speaks of behind its verb: "the talks"; "" if nothing."""
        rest = _PASSIVE.sub("", re.sub(r"(?i)^(?:that|which|who) ", "", self.text))
        rest = re.sub(r"(?i)^(?:took part|(?:were )?present|[\w'’-]+)\b ?", "", rest)
        return re.sub(r"(?i)^(?:in|at|by|on|to|with|during|from|for)\b ?", "", rest)

    @property
    def verb(self) -> str:
        """The stem of its verb."""
        plain = re.sub(r"(?i)^(?:that|which|who) ", "", self.text)
        first = _PASSIVE.sub("", plain).split()[:1]
        return stem(words(first[0])[0]) if first and words(first[0]) else ""

    @property
    def said(self) -> list[str]:
        """The relations that say it, as "verb:role"."""
        return _SAME.get(self.verb) or [f"{self.verb}:{'object' if self.passive else 'subject'}"]

    def is_said_in(self, text: str) -> bool:
        """Whether a sentence has its verb, or one that says the same."""
        return not stems(text).isdisjoint({self.verb, *(one.split(":")[0] for one in self.said)})

    def holds(self, name: Named, parser: Parser) -> Evidence | None:
        """The sentence that says it of a name."""
        for item in name.sentences:
            relations = parser.parse(item.text).relations
            if any(self._says(relation, name) for relation in relations):
                return item
            sent = self.said == _MET.split() and _FROM.search(item.text)
            if sent and name.name.removeprefix("the ") in sent["names"]:
                return item
        return None

    def _says(self, relation: Relation, name: Named) -> bool:
        if relation.negated or relation.modality:
            return False
        for said in self.said:
            verb, _, role = said.partition(":")
            if stem(relation.verb) != stem(verb):
                continue
            arguments = [relation.subject] if role == "subject" else relation.arguments
            if any(_is_head(name, one, role) for one in arguments if one):
                return True
        return False


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
    enough = max(logits.values(), default=0.0) - NEAR
    found = []
    for name in names:
        near = [item for item in name.sentences if logits.get(item.span, enough - 1) >= enough]
        found += [(name, near[0])] if near else []
    return found


def _is_head(name: Named, argument: Argument, role: str) -> bool:
    if argument.role not in (role, "subject"):
        return False
    own = words(name.name)
    heads = [words(head) for head in argument.heads]
    return any(head and (set(own) <= set(head) or head[-1] == own[-1]) for head in heads)
