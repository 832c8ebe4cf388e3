"""Which names fulfil the condition of a list, each with the sentence that says so."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from assistant.core.answer import Evidence
from assistant.kinds.digest.salience import plain
from assistant.kinds.inventory.names.article_names import Named
from assistant.kinds.inventory.names.asked_things import AskedNoun
from assistant.kinds.inventory.names.coordinated_names import (
    Written,
    coordinated,
    listed,
    names_written,
)
from assistant.kinds.inventory.names.list_conditions import Condition
from assistant.kinds.inventory.names.name_signs import (
    ROLES,
    is_personal,
    kind_of_words,
    role_of,
)
from index.text.grammar import Argument, ParsedSentence, Parser, Relation
from index.text.states import is_state
from index.text.words import stem, stems, words

LEAD = 600  # characters that open an article
_CUE = (
    r"(?:,? (?:(?:is|was|are|were) (?:named|identified)(?: on \w+)? as"
    r"|(?:(?:which|who) )?(?:including|such as|namely|among them|included?s?|are|were"
    r"|comprised?s?|consists? of|consisted of|(?:is|was|are|were) (?:made up|composed) of))|:) "
)
_FROM = re.compile(
    r"\b(?:officials?|envoys?|ministers?|representatives?|leaders?|delegat\w+|diplomats?|teams?"
    r"|athletes?|experts?|negotiators?|counterparts?|presidents?) (?:from|of) "
    r"(?P<names>(?:(?:the )?[A-Z][\w.]*(?: [A-Z][\w.]*)*(?:, (?:and )?| and )?)+)"
)
_AHEAD = re.compile(r"\b(?:will|would|to (?:host|receive|meet|attend)|plans?|planned)\b")
_AT_TALKS = re.compile(
    r"\b(?:before|at|during|after|prior to|ahead of) (?:the|their|a) (?:\w+ ){0,2}"
    r"(?:talks|meeting|summit|negotiations)\b"
)
_PAST = re.compile(r"(?i)\b(?:last|previous|former|ex|predecessor|then|outgoing|past|late)\b")
_BELONGS = re.compile(r"\b(?:in|at|on|near|of|for|from|to|with|about|against|than) (?:the )?$")
_DEAD = r"(?:dead|victims?)"
_ITS = re.compile(r"(?i)^(?:its|their|(?:the|this) \w+['’]s?) ")


@dataclass(frozen=True, slots=True)
class Fulfilment:
    """Reads sentences for the names of `noun` for which a condition holds.

    `known` are the names of all kinds in the `chosen` of the `sentences` of the articles, which are
    in reading order.
    """

    condition: Condition
    noun: AskedNoun
    known: Sequence[Named]
    chosen: Sequence[Evidence]
    sentences: Sequence[Evidence]
    parser: Parser

    def rows(self) -> list[tuple[Named, Evidence]]:
        """The names in reading order, each with every sentence that says it."""
        texts = tuple(item.text for item in self.sentences)
        found: dict[tuple[str, ...], tuple[Named, Evidence]] = {}
        before = dict(zip((one.span for one in self.sentences[1:]), texts, strict=False))
        for item in self.chosen:
            previous = before.get(item.span, "")
            if self._is_read(item, previous):
                for name in self._in_sentence(item, previous, texts):
                    found.setdefault((*words(name.name), *map(str, item.span)), (name, item))
        return list(found.values())

    def _is_read(self, item: Evidence, before: str) -> bool:
        """Whether a sentence may say it, in a place that is on what is asked."""
        condition = self.condition
        told = condition.may_say(item.text) or condition.may_say(before)
        if not told and not condition.of_group and not condition.of_meeting:
            return False
        text, (start, end) = item.article.text, (item.start, item.end)
        opened, closed = text.rfind("\n\n", 0, start), text.find("\n\n", end)
        paragraph = text[max(0, opened) : closed if closed >= 0 else len(text)]
        near = f"{item.article.title} {text[:LEAD]} {paragraph}"
        if not all(set(name) <= set(words(near)) for name in self.condition.names):
            return False
        return not self.condition.about or not self.condition.about.isdisjoint(stems(near))

    def _in_sentence(self, item: Evidence, before: str, texts: tuple[str, ...]) -> Iterator[Named]:
        parsed = self.parser.parse(plain(item))
        groups = [*self._of_relations(parsed), *self._listed(parsed)]
        for written, sure in groups:
            names = [(one, self._fits(one, item, texts)) for one in written]
            good = sure or self.noun.by_deed or any(fit for _, fit in names)
            for one, fit in names:
                if fit or (fit is None and (good or self._is_nobody_else(one))):
                    yield self._named(one, item)
        for name in self.known:
            if item in name.sentences and self._by_role(name, item, before, texts):
                yield name

    def _is_nobody_else(self, name: str) -> bool:
        """Whether a name may be a person's, although no title or parser says so."""
        known = self._known(name)
        return self.noun.kind == "person" and not (known and known.kind == "organisation")

    def _of_relations(self, parsed: ParsedSentence) -> Iterator[tuple[list[str], bool]]:
        """The names in what the verbs of a sentence say the condition of, coordinated ones too."""
        verbs = {relation.start for relation in parsed.relations}
        for relation in parsed.relations:
            for argument in self.condition.roles(relation, parsed.text):
                names = self._of_argument(argument, parsed, verbs, relation)
                yield names + (self._with_numbers(parsed.text) if names else []), False
                if any(stem(self.noun.singular) in stems(head) for head in argument.heads):
                    yield self._behind_noun(parsed.text, verbs, relation.start), True
            told = self.condition.is_told(relation, parsed.text)
            if told and f"{relation.verb}:object" in self.condition.said:
                yield self._behind_verb(relation, parsed.text, verbs), False

    def _of_argument(
        self, argument: Argument, parsed: ParsedSentence, verbs: set[int], relation: Relation
    ) -> list[str]:
        found: list[Written] = []
        runs = names_written(parsed.text)
        last = {head.split()[-1] for head in argument.heads if head}
        for one in runs:
            group = [one, *coordinated(parsed.text, one.end, verbs, relation.start)]
            free = not _BELONGS.search(parsed.text[: one.start])
            meant = [other for other in group if other.name.split()[-1] in last]
            if one in meant or (meant and free):
                found += group
        for name in parsed.names:
            if name.kind == "person" == self.noun.kind and name.text in argument.text:
                if any(one.start < name.start and name.end <= one.end for one in runs):
                    continue
                own = not _BELONGS.search(parsed.text[: name.start])
                if own and not parsed.text[name.end :].startswith(("'s", "’s")):
                    found.append(Written(name.text, name.start, name.end))
        return [one.name for one in found]

    def _with_numbers(self, text: str) -> list[str]:
        """Those whose verb is left out: "A took 38 seats, B 27 and C 14"."""
        if not self.noun.by_deed:
            return []
        found = re.finditer(r"(?:,|,? and) (?=[^,;]+? \d[\d.]*(?:,| and|[.;]))", text)
        return [one.name for cue in found for one in islice(listed(text, cue.end(), ()), 1)]

    def _behind_noun(self, text: str, verbs: set[int], own: int) -> list[str]:
        return [
            one.name
            for cue in re.finditer(rf"(?i)\b{self.noun.written}(?: of| named| called|,|:)? ", text)
            for one in listed(text, cue.end(), verbs, own)
        ]

    def _behind_verb(self, relation: Relation, text: str, verbs: set[int]) -> list[str]:
        """What an active verb is followed by, where the parser has not seen its object."""
        verb = re.match(r"\w+ ", text[relation.start :])
        passive = re.search(r"\b(?:is|are|was|were|been|being) (?:\w+ )?$", text[: relation.start])
        if not verb or passive:
            return []
        return [one.name for one in listed(text, relation.start + verb.end(), verbs)]

    def _listed(self, parsed: ParsedSentence) -> Iterator[tuple[list[str], bool]]:
        """The names behind "the members are", "candidates elected were" and the like."""
        text, condition = parsed.text, self.condition
        verbs = {relation.start for relation in parsed.relations}
        groups = [self.noun.written]
        if "die:subject" in condition.said:
            groups.append(_DEAD)
        if condition.of_group and condition.topic:
            groups.append(re.escape(re.split(r" (?:of|in|at|on) ", condition.topic)[0].split()[-1]))
        for group in groups:
            for cue in re.finditer(rf"(?i)\b{group}\b([^.;:]{{0,60}}?){_CUE}", text):
                told = condition.of_group or condition.verb in stems(cue[1]) or group == _DEAD
                if told and condition.verb not in ("be", ""):
                    yield [one.name for one in listed(text, cue.end(), verbs)], True
        met = condition.of_meeting and _AT_TALKS.search(text)
        if met and self.noun.kind == "person" and not parsed.speeches:
            before = text[: met.start()]
            rows = [[one, *coordinated(before, one.end, ())] for one in names_written(before)]
            yield [one.name for one in max(rows, key=len, default=[])], False

    def _fits(self, name: str, item: Evidence, texts: tuple[str, ...]) -> bool | None:
        """Whether a name is of the asked kind; None if nothing tells."""
        if words(name) in self.condition.names:
            return False
        known = self._known(name)
        role = role_of(item.text, name)
        if self.noun.kind == "person":
            return self._is_person(name, known, role, texts)
        if role or (known and known.kind == "person" and known.role):
            return False
        if known and self.noun.admits(known, texts):
            return True
        other = kind_of_words(words(name))
        return False if other and not other[self.noun.kind] else self.noun.may_be(name, texts)

    def _is_person(
        self, name: str, known: Named | None, role: str, texts: tuple[str, ...]
    ) -> bool | None:
        last = {part for part in words(name)[-1:] if part in ROLES}
        if last or is_state(name) or kind_of_words(words(name)) or not is_personal(name):
            return False
        if not self.condition.is_implied and not self.noun.is_general:
            told = replace(known, role=role or known.role) if known else None
            return bool(told and self.noun.admits(told, texts))
        if role or (known and known.kind == "person"):
            return True
        return None if len(words(name)) > 1 else False

    def _known(self, name: str) -> Named | None:
        """The known name that is written so, or whose surname it is."""
        own = words(name)
        exact = next((one for one in self.known if words(one.name) == own), None)
        surname = [
            one
            for one in self.known
            if one.kind == "person" and len(own) == 1 and words(one.name)[-1:] == own
        ]
        if len(surname) > 1:
            return None
        return exact if exact and exact.kind == self.noun.kind else next(iter(surname), exact)

    def _named(self, name: str, item: Evidence) -> Named:
        known = self._known(name)
        if known and (known.kind == self.noun.kind or len(words(name)) == 1):
            return known
        role = role_of(item.text, name, self.noun.kind)
        return Named(name, self.noun.kind, role, item, (item,))

    def _by_role(self, name: Named, item: Evidence, before: str, texts: tuple[str, ...]) -> bool:
        """Whether what a person is said to be fulfils it: "the club's coach, Ann Lee"."""
        condition = self.condition
        if name.kind == "place" == self.noun.kind:
            fits = condition.of_meeting and self.noun.admits(name, texts)
            return fits and self._sent(name, item)
        if name.kind != "person" or self.noun.kind != "person":
            return False
        role = role_of(item.text, name.name)
        if not role or (_PAST.search(role) and not _PAST.search(condition.text)):
            return False
        if condition.office:
            meant = _ITS.match(role) and condition.names_all(before)
            return condition.names_all(role) or bool(meant)
        told = not self.noun.is_general and self.noun.admits(replace(name, role=role), texts)
        if not condition.of_group or not told:
            return False
        of = re.search(r"\b(?:of|for|at) (?:the )?([A-Z].*)|^([A-Z]\w+)['’]s ", role)
        named = words(of[1] or of[2]) if of else ()
        return not named or not set(map(stem, named)).isdisjoint(condition.about)

    def _sent(self, name: Named, item: Evidence) -> bool:
        """Whether a sentence on the meeting, or that opens its article, has envoys of a state."""
        sent = _FROM.search(item.text)
        about = stems(item.text) & (stems(self.condition.topic) | stems("meeting talks"))
        near = bool(about) or item.start < LEAD
        if not sent or not near or _AHEAD.search(item.text):
            return False
        told = re.split(r",? and |, ", sent["names"])
        return words(name.name) in {words(one.removeprefix("the ")) for one in told}
