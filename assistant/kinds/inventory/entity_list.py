"""Lists: the people, places, bodies or things that the articles name, each with its sentence."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal, Self

from assistant.core.answer import Answer, Evidence, Kind, Refusal
from assistant.kinds.inventory.articles.article_sets import copies_note, number_of
from assistant.kinds.inventory.articles.article_wording import (
    ARTICLE,
    LISTING,
    SURE,
    bare,
    scope_of,
)
from assistant.kinds.inventory.names.article_names import (
    PARSED,
    Named,
    names_in_sentences,
    worth_parsing,
)
from assistant.kinds.inventory.names.asked_things import NOUN, AskedNoun, in_plural
from assistant.kinds.inventory.names.enumerated import enumerated
from assistant.kinds.inventory.names.fulfilment import Fulfilment
from assistant.kinds.inventory.names.list_conditions import INVERTED, Condition
from assistant.kinds.inventory.names.rows import of_one_event, things
from assistant.kinds.question_kind import Citer, Request, with_claims
from assistant.kinds.scope import Scope, in_scope, is_all, sentences_in
from assistant.kinds.several_parts import SeveralParts
from index.text.grammar import NameKind, Parser
from index.text.words import stems, words

MOST = 50  # rows
LOOKED_THROUGH = 60  # articles
LONGEST = 8  # words of a condition that is read by rules

_MENTIONED = (
    r"(?:(?:(?:do|does) )?(?:mentioned|mention|named?|listed?|quoted?|cited?|featured?|discussed"
    r"|covered|referred to|identified|talked about|written about|appear(?:s|ing)?|occur(?:s|ring)?"
    r"|feature|come up|play a role|involved|found|present|contained|included))"
)
_DOES = (
    r"(?:(?:that|which|who) )?(?:(?:is|are|was|were|get|gets|have been|has been|being) )?(?:all )?"
)
_IN = r"(?:in|within|from|of|across|throughout|by)"
_ALL = r"(?:(?:all|every|each|any|the|of|those|these|different|various|other|named?|names) )*"
_OTHER_WORDS = r"(?!one |two |three |four |five |\d|best |most |\w+est |first |main |more )"
_COMMAND = (
    r"(?:list|name|names of|the names|enumerate|identify|give|show|tell|get|find|extract|can you"
    r"|could you|would you|i want|i need|i would like|make|provide|write|display|print|all )"
)
_LIST = re.compile(
    rf"(?i)^{LISTING} ?{_ALL}(?P<between>(?:{_OTHER_WORDS}[\w'-]+ ){{0,2}}?)"
    rf"(?P<noun>{NOUN})\b(?P<rest>.*)$"
)
_WHAT_ARE = re.compile(
    r"(?i)^(?:who|what|which) (?:are|were) (?:(?:the|all|names of|of|those|different|various) )+"
    rf"(?P<between>(?:{_OTHER_WORDS}[\w'-]+ )?)(?P<noun>{NOUN})\b(?P<rest>.*)$"
)
_WHICH = re.compile(
    r"(?i)^(?:which|what) (?:(?:other|different|all|named) )?(?P<between>(?:[\w'-]+ )?)"
    rf"(?P<noun>{NOUN})\b(?P<rest>.*)$"
)
# nouns of which it is not known what they name: "Which crops …?", "List the gods that …";
# "Which school employs Lee?" has a verb, behind which no other stands
_OTHERS = re.compile(
    rf"(?i)^(?:which (?!of\b)|(?={_COMMAND}\b){LISTING} ?){_ALL}"
    rf"(?P<between>(?:{_OTHER_WORDS}[\w'-]+ ){{0,3}}?)"
    rf"(?P<noun>(?!(?:does|has|is|was|comes|goes|makes|takes|gives|says|means|leads|belongs|works"
    rf"|lives|plays|refers|applies)\b)[a-z]{{3,}}(?<![suio])s|{NOUN})\b"
    r"(?P<rest> (?:do|does|did|have|has|had|are|were|will|can|could|may|might|would|should|must|of"
    r"|in|at|on|from|for|with|by|to|who|that|which|whose|where|get|took|won|came|went|lost|met|got"
    r"|gave|made|held|sent|said|spoke|saw|wrote|led|ran|sat|stood|told|found|left|paid|built|bought"
    r"|sold|began|[a-z]+ed)\b.*)$"
)
_WHO = re.compile(
    r"(?i)^who(?: all)? (?:(?:is|are|was|were|gets|has been|have been|does|do) )?(?:all )?"
    r"(?:the (?:article|story|text|report)s? )?"
    r"(?P<rest>(?:mentioned|mention|named|listed|quoted|cited|featured|appears?|referred to)\b.*)$"
)
_ANY = re.compile(
    r"(?i)^(?:(?:are|were) (?:there )?any|(?:do|does) (?P<in>.+?) (?:mention|name|contain) any)"
    rf" (?:[\w'-]+ ){{0,1}}?(?P<noun>{NOUN})\b(?P<rest>.*)$"
)
_REST = re.compile(
    rf"(?i)^ ?(?:{_DOES}(?P<mentioned>{_MENTIONED})\b)?(?: by name)? ?"
    rf"(?:{_IN} (?P<topic>.+)|(?P<this>here|anywhere))?$"
)
_BY_ARTICLE = re.compile(
    rf"(?i)^ ?(?:that |which |who )?(?:do |does |did )?(?P<topic>(?:the|this|that|these|those|both)"
    rf" (?:\w+ )?{ARTICLE}\b.*?) (?:mention|name|list|quote|cite|talk about|refer to|contain)s?$"
)
_OF_ARTICLES = re.compile(
    rf"(?i)^(.*?) ?\b(?:in|from|of|according to) ((?:\w+ ){{0,3}}{ARTICLE}\b.*)$"
)
_CALLED = re.compile(
    r"(?i)^(?:(?:that|which|who) )?(?:(?:is|are|was|were) )?(?:called|named|with the"
    r" (?:(?:sur|first |last |family )?name)) (?P<name>(?!(?:in|by|as|on|for|after)\b)[\w'’-]+"
    r"(?: (?-i:[A-Z])[\w'’-]*)?)(?: (?:are|were|is) there)?(?: (?:appear|mentioned|named|come"
    r" up))?$"
)
_FACT = re.compile(
    r"(?i)^ ?(?:(?:that|which|who) )?(?:have|has|had|do|does|did|can|could|will|would|should|may"
    r"|is|are|was|were)(?: not| n't)? (?!\w+e[dn]\b|born\b|held\b|hit\b|sent\b|hurt\b|present\b"
    r"|from\b|at\b|in\b|built\b|shot\b|lost\b|sunk\b|won\b|found\b|gone\b|given\b|taken\b|fallen\b"
    r"|left\b|become\b|begun\b|broken\b|made\b|met\b|seen\b|set\b|shown\b|known\b|driven\b)"
)


@dataclass(frozen=True, slots=True)
class Listing:
    """The names found, each with the sentence that proves it, and what a reader should know."""

    rows: tuple[tuple[Named, Evidence], ...]
    articles: int
    caveats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EntityList:
    """A question for all names of one kind, in some articles, for which a condition holds.

    `in_any_form`: the condition is read by no rule; what a sentence enumerates may answer it.
    """

    kind: ClassVar[Kind] = "list"
    noun: str
    topic: str = ""
    condition: str = ""
    called: str = ""
    in_any_form: bool = field(default=False, repr=False)

    @classmethod
    def recognise(cls, question: str) -> Self | None:
        """What asks for names in the plural; None for a question for a fact.

        >>> EntityList.recognise("List all people mentioned in the article about the flood")
        EntityList(noun='people', topic='the flood', condition='', called='')
        >>> EntityList.recognise("Which countries attended the talks?")
        EntityList(noun='countries', topic='', condition='attended the talks', called='')
        >>> EntityList.recognise("Which country attended the talks?")
        """
        asked = in_plural(bare(question))
        if found := _WHO.match(asked):
            return cls._of("people", found["rest"])
        if (found := _ANY.match(asked)) and (found["in"] or re.search(_MENTIONED, found["rest"])):
            return cls(found["noun"].lower(), scope_of(found["in"] or ""))
        for pattern in (_WHAT_ARE, _WHICH, _LIST):
            found = pattern.match(asked)
            if not found:
                continue
            mentioned = _REST.match(found["rest"])
            if pattern is _LIST and not (
                re.match(rf"(?i){_COMMAND}", asked) or (mentioned and mentioned["mentioned"])
            ):
                return None
            # "What drove residents …": the word between might be a verb
            free = pattern is not _WHICH or not found["between"]
            told = pattern is not _WHICH
            if plain := cls._of(found["noun"].lower(), found["rest"], told, free):
                return plain
            break
        if (found := _OTHERS.match(asked)) and not SeveralParts.recognise(question):
            return cls(found["noun"].lower(), condition=found["rest"].strip(), in_any_form=True)
        return None

    @classmethod
    def _of(cls, noun: str, rest: str, told: bool = True, free: bool = True) -> Self | None:
        """From the noun and what follows it.

        `told`: it is sure that a list is asked for. `free`: there may be any condition.
        """
        if whole := (_REST.match(rest) or _BY_ARTICLE.match(rest)):
            named = whole.groupdict()
            asks = told or named.get("mentioned", "") is not None
            if asks and _tells_group(noun, named):
                return cls(noun, condition=rest.strip())
            return cls(noun, scope_of(named["topic"] or "")) if asks else None
        if not free:
            return None
        topic, condition = "", rest.strip()
        if inside := _OF_ARTICLES.match(condition):
            condition, topic = inside[1].strip(), scope_of(inside[2])
        if called := _CALLED.match(condition):
            return cls(noun, topic, called=called["name"])
        if (
            not told
            and not INVERTED.match(condition)
            and (_FACT.match(condition) or len(condition.split()) > LONGEST)
        ):
            return None
        if not condition or not re.match(r"[\w'-]+", condition) or "," in condition:
            return None
        return cls(noun, topic, condition)

    def answers(self, request: Request, answer: Answer) -> Iterator[Answer]:
        """A row for each name, with what the article says it is."""
        found = self.listing(request)
        if isinstance(found, Refusal):
            yield replace(answer, refusal=found)
            return
        citer = Citer()
        claims = tuple(
            citer.claim(_row(name), *dict.fromkeys((proof, name.proof) if name.role else (proof,)))
            for name, proof in found.rows[:MOST]
        )
        more = len(found.rows) - MOST
        cut = (f"The {MOST} mentioned most; {more} more are not shown.",) if more > 0 else ()
        where = number_of(found.articles, "article")
        count = f"{counted(self.noun, len(found.rows))} in {where}."
        yield replace(with_claims(answer, claims), caveats=(count, *cut, *found.caveats))

    def _unsaid(self, where: str) -> str:
        noun = _noun(self.noun)
        if not self.condition:
            called = f" called {self.called}" if self.called else ""
            return f"no {noun}{called} are named in {where}"
        return (
            f"no sentence of {where} says “{self.condition}” of {noun} by name. Ask for all {noun}"
            " mentioned to see which there are"
        )

    def listing(self, request: Request) -> Listing | Refusal:
        """All that is asked for; or why there is nothing."""
        parser = request.parts.parser()
        if parser is None:
            return Refusal(
                "unsupported",
                "Names are found by the parser, whose model is not on this machine. "
                "Run 'assistant models pull'.",
            )
        noun = AskedNoun.of(self.noun)
        if self.in_any_form:
            kind = noun.kind if AskedNoun.is_known(self.noun) else None
            unsaid = self._none(self._unsaid("the articles"))
            return self._enumerated(kind, request, parser) or unsaid
        condition = Condition.read(self.condition, noun, parser) if self.condition else None
        scope = self._scope(condition, request)
        if not scope.articles:
            return self._none(
                f"none of the {scope.searched} is about “{self.topic or self.condition}”"
            )
        looked = Scope(scope.articles[:LOOKED_THROUGH], scope.searched, scope.copies)
        sentences = sentences_in(looked, request)
        chosen, complete = worth_parsing(sentences, *_wanted(condition, sentences))
        last = len(looked.articles)
        if not complete:
            last = max(1, len({item.article.id for item in chosen}) - 1)
        rows = self._rows(noun, condition, chosen, sentences, request, parser)
        if not rows and condition and (found := self._enumerated(noun.kind, request, parser)):
            return found
        if not rows:
            return self._none(self._unsaid(number_of(last, "article")))
        caveats = list(copies_note(scope.copies))
        if last < len(scope.articles):
            caveats.append(
                f"Only the newest {number_of(last, 'article')} of {len(scope.articles)} were looked"
                " through: name a topic, or a period, for a complete list."
            )
        return Listing(tuple(rows), last, tuple(caveats))

    def _enumerated(
        self, kind: NameKind | None, request: Request, parser: Parser
    ) -> Listing | None:
        """What the sentences that answer the question tell in one breath."""
        rows = enumerated(kind, request, parser)
        return Listing(tuple(rows), len({item.article.id for _, item in rows})) if rows else None

    def _scope(self, condition: Condition | None, request: Request) -> Scope:
        """The articles that are looked through."""
        topic = self.topic or self.called or (condition.topic if condition else "")
        scope = in_scope(topic, request)
        if scope.articles or not condition:
            return scope
        # in passing: a protest in an article on a treaty
        spoken = request.parts.searcher.passages_with(
            [condition.verb, *sorted(stems(condition.topic))], request.filters
        )
        ids = {passage.article.id for passage in spoken}
        listed = request.parts.searcher.articles_in(request.filters)
        return Scope(tuple(row for row in listed if row.article.id in ids), scope.searched)

    def _rows(
        self,
        noun: AskedNoun,
        condition: Condition | None,
        chosen: list[Evidence],
        sentences: list[Evidence],
        request: Request,
        parser: Parser,
    ) -> list[tuple[Named, Evidence]]:
        """The names among the `chosen` of some sentences, each with what proves it."""
        if noun.kind == "other":
            return things(chosen, noun, condition, parser)
        known = names_in_sentences(chosen, parser)
        if condition:
            found = Fulfilment(condition, noun, known, chosen, sentences, parser).rows()
            return of_one_event(found, request)
        texts, called = tuple(item.text for item in sentences), set(words(self.called))
        return [
            (one, one.proof)
            for one in known
            if noun.admits(one, texts) and called <= set(words(one.name))
        ]

    def _none(self, why: str) -> Refusal:
        """Nothing found: of a condition it is not sure that no article says it in other words."""
        code: Literal["unsupported", "nothing_relevant"]
        code = "unsupported" if self.condition else "nothing_relevant"
        return Refusal(code, f"Not in these articles: {why}.")


def _tells_group(noun: str, named: dict[str, str | None]) -> bool:
    """Whether what stands behind a noun is no topic, but tells who: "members of the jury"."""
    topic = named["topic"] or ""
    if named.get("mentioned") or not topic or named.keys() == {"topic"}:
        return False
    if re.search(r"(?i)\S (?:that|which|who) ", topic):
        return True
    asked = AskedNoun.of(noun)
    read = SURE if asked.singular in ("author", "writer") else ARTICLE
    article = rf"(?i)(?:(?:all|both|of|the|this|that|these|those|my|our|any) )*(?:\w+ )?{read}\b.*"
    of_articles = is_all(topic) or re.fullmatch(article, topic)
    return asked.kind == "person" and (asked.in_group or not asked.is_general) and not of_articles


def _wanted(
    condition: Condition | None, sentences: list[Evidence]
) -> tuple[Callable[[str], bool], ...]:
    """What tells the sentences to parse for a condition: all, where they are few."""
    if condition is None:
        return ()
    return (condition.may_say if len(sentences) > PARSED else lambda _: True,)


def _row(name: Named) -> str:
    return f"{name.name}, {name.role}" if name.role else name.name


def _noun(noun: str) -> str:
    return "people" if noun in ("everyone", "everybody") else noun


def counted(noun: str, count: int) -> str:
    """A count with an asked noun, which is given in the plural.

    >>> counted("countries", 1), counted("everyone", 2)
    ('1 country', '2 people')
    """
    singular = "person" if _noun(noun) == "people" else AskedNoun.of(noun).singular
    return f"{count} {_noun(noun) if count != 1 else singular}"
