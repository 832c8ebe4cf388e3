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
    SURE,
    bare,
    scope_of,
)
from assistant.kinds.inventory.list_wording import (
    ANY,
    BY_ARTICLE,
    CALLED,
    COMMAND,
    FACT,
    LIST,
    MENTIONED,
    NUMBERS,
    OF_ARTICLES,
    OTHERS,
    REST,
    WHAT_ARE,
    WHICH,
    WHO,
    WHO_DID,
)
from assistant.kinds.inventory.names.article_names import (
    PARSED,
    Named,
    names_in_sentences,
    worth_parsing,
)
from assistant.kinds.inventory.names.asked_things import AskedNoun, in_plural
from assistant.kinds.inventory.names.enumerated import Sought, enumerated
from assistant.kinds.inventory.names.fulfilment import Fulfilment
from assistant.kinds.inventory.names.list_conditions import INVERTED, Condition
from assistant.kinds.inventory.names.rows import of_one_event, things
from assistant.kinds.question_kind import Citer, Request, with_claims
from assistant.kinds.scope import Scope, in_scope, is_all, sentences_in
from assistant.kinds.several_parts import SeveralParts
from index.text.grammar import Parser
from index.text.words import stems, words

MOST = 50  # rows
LOOKED_THROUGH = 60  # articles
FEW = 2  # rows: with less, an enumeration says more
LONGEST = 8  # words of a condition that is read by rules


@dataclass(frozen=True, slots=True)
class Listing:
    """The names found, each with the sentence that proves it, and what a reader should know."""

    rows: tuple[tuple[Named, Evidence], ...]
    articles: int
    caveats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EntityList:
    """A question for all names of one kind, in some articles, for which a condition holds.

    `sought`: no rule reads the condition, but a sentence may enumerate what is asked for.
    """

    kind: ClassVar[Kind] = "list"
    noun: str
    topic: str = ""
    condition: str = ""
    called: str = ""
    sought: Sought | None = field(default=None, repr=False)

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
        if found := WHO.match(asked):
            return cls._of("people", found["rest"])
        if (found := ANY.match(asked)) and (found["in"] or re.search(MENTIONED, found["rest"])):
            return cls(found["noun"].lower(), scope_of(found["in"] or ""))
        for pattern in (WHAT_ARE, WHICH, LIST):
            found = pattern.match(asked)
            if not found:
                continue
            mentioned = REST.match(found["rest"])
            if pattern is LIST and not (
                re.match(rf"(?i){COMMAND}", asked) or (mentioned and mentioned["mentioned"])
            ):
                return None
            # "What drove residents …": the word between might be a verb
            free = pattern is not WHICH or not found["between"]
            told = pattern is not WHICH
            if plain := cls._of(found["noun"].lower(), found["rest"], told, free):
                return plain
            break
        several = SeveralParts.recognise(question)
        if several and several.number == 1:
            return None
        if found := WHO_DID.match(asked):
            return cls._of("people", found["rest"], told=False)
        return cls._in_any_form(asked)

    @classmethod
    def _in_any_form(cls, asked: str) -> Self | None:
        """By a noun in the plural with what is said of it; "name two" asks for any two."""
        found = OTHERS.match(asked)
        if not found or (found["number"] and re.match(rf"(?i){COMMAND}\b", asked)):
            return None
        told = found["rest"].strip()
        if not told and not found["names"] and "'s " not in found["between"]:
            return None
        noun, number = found["noun"].lower(), (found["number"] or "0").lower()
        known = AskedNoun.of(noun).kind if AskedNoun.is_known(noun) else None
        sought = Sought(
            "person" if found["personal"] else known,
            named=bool(found["names"]) or asked.lower().startswith("who "),
            number=NUMBERS.get(number) or int(number),
        )
        return cls(noun, condition=told, sought=sought)

    @classmethod
    def _of(cls, noun: str, rest: str, told: bool = True, free: bool = True) -> Self | None:
        """From the noun and what follows it.

        `told`: it is sure that a list is asked for. `free`: there may be any condition.
        """
        if whole := (REST.match(rest) or BY_ARTICLE.match(rest)):
            named = whole.groupdict()
            asks = told or named.get("mentioned", "") is not None
            if asks and _tells_group(noun, named):
                return cls(noun, condition=rest.strip())
            return cls(noun, scope_of(named["topic"] or "")) if asks else None
        if not free:
            return None
        topic, condition = "", rest.strip()
        if inside := OF_ARTICLES.match(condition):
            condition, topic = inside[1].strip(), scope_of(inside[2])
        if called := CALLED.match(condition):
            return cls(noun, topic, called=called["name"])
        if (
            not told
            and not INVERTED.match(condition)
            and (FACT.match(condition) or len(condition.split()) > LONGEST)
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
        if self.sought:
            unsaid = self._none(self._unsaid("the articles"))
            return self._enumerated(self.sought, request, parser) or unsaid
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
        if condition and len(rows) < FEW:
            told = self._enumerated(Sought(noun.kind), request, parser)
            if told:
                return told
        if not rows:
            return self._none(self._unsaid(number_of(last, "article")))
        caveats = list(copies_note(scope.copies))
        if last < len(scope.articles):
            caveats.append(
                f"Only the newest {number_of(last, 'article')} of {len(scope.articles)} were looked"
                " through: name a topic, or a period, for a complete list."
            )
        return Listing(tuple(rows), last, tuple(caveats))

    def _enumerated(self, sought: Sought, request: Request, parser: Parser) -> Listing | None:
        """What the sentence that answers the question tells in one breath."""
        rows = enumerated(sought, request, parser)
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
        code = "unsupported" if self.condition or self.sought else "nothing_relevant"
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
