"""Counts by code over the index: articles, sources, mentions, and the names that are listed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, Self

from assistant.core.answer import Answer, Evidence, Kind, Refusal
from assistant.kinds.inventory.articles.article_sets import (
    Found,
    copies_note,
    is_name,
    number_of,
    occurrences,
    said_in_text,
    select,
)
from assistant.kinds.inventory.articles.article_wording import (
    ABOUT,
    ARCHIVE,
    ARTICLE,
    MENTION,
    SURE,
    bare,
    topic_of,
)
from assistant.kinds.inventory.entity_list import EntityList, counted
from assistant.kinds.question_kind import Citer, Request, with_claims

CITED = 50  # articles or sentences

_MANY = (
    r"(?:in )?(?:(?:exactly )?how many|(?:(?:tell|give) (?:me|us) )?(?:what(?:'s| is| was)"
    r" )?(?:the )?"
    r"(?:total |exact )?number of|what number of|count(?: how many)?)"
    r"(?: (?:of|all|the|these|those|my|our|different|other|separate|news))*"
)
_OUTLET = (
    r"(?:(?:news )?sources?|newspapers?|(?:news |media )?outlets?|publications?|publishers?"
    r"|news (?:agencies|organi[sz]ations)|agencies|papers?)"
)
_HAVE = rf"(?:{MENTION}|(?:talk|speak|write)s? (?:of|about))"
_ARTICLES = re.compile(
    rf"(?i)^{_MANY} (?:(?P<sure>{SURE})|{ARTICLE}|(?P<outlet>{_OUTLET}))"
    r"(?: (?:(?:do|can) )?(?:you|we|i|there)(?: (?:have|hold|are|find))?(?= \w))?"
    r"(?: (?:that|which|who|in which|where))?(?P<rest>(?: .*)?)$"
)
_IN_WHICH = re.compile(
    r"(?i)^ (?:(?:is|are|was|were|does|do|did|has|have) (?P<topic>.+?)|(?P<told>.+?)"
    r"(?: (?:is|are|was|were|gets?|has been|have been))?) "
    r"(?:mentioned|named|quoted|cited|appears?|features?|featured|occurs?|comes? up|discussed"
    r"|covered|is spoken of)(?: in)?$"
)
_TOPIC = re.compile(
    r"(?i)^ (?:(?:actually|also) )?(?:(?:do|does|did|have|has|had) )?"
    rf"(?:(?P<mention>{MENTION})|(?P<about>{ABOUT})) (?P<topic>.+)$"
)
_DATED = re.compile(
    r"(?i)^ (?P<topic>(?:(?:are|were|was|is|do|does|did|have|has) )?(?:(?:you|we|i|there) )?"
    rf"(?:have )?(?:{ARCHIVE} )?"
    r"(?:published|written|dated|printed|come|came|from|by|in|of|since)\b.*)$"
)
_BY = re.compile(
    r"(?i)^ (?:did|has|have|does) (?P<source>.+?) (?:publish(?:ed)?|print(?:ed)?|run|write|written)"
    r"(?: (?:about|on|regarding) (?P<topic>.+))?$"
)
_TIMES = re.compile(
    r"(?i)^(?:count )?(?:how often|how many times|how frequently|(?:what(?:'s| is) )?(?:the"
    r" )?number of"
    r" times)(?: (?:is|are|was|were|does|do|did))? (?P<topic>.+?) "
    r"(?:(?:is |are |was |were )?(?:mentioned|named|referred to)|appears?|occurs?|comes?"
    r" up)(?P<in>(?: (?:in|across) .*)?)$"
    r"|^how many (?:mentions|occurrences) (?:of|are there of) (?P<of>.+?)(?: (?:are|were) there)?$"
)
_SINGULAR = {"are": "is", "were": "was", "have": "has", "do": "does"}
_LISTED = re.compile(
    r"(?i)^(?P<many>(?:exactly )?how many|(?:what(?:'s| is) the )?(?:total )?number of|count)"
    r"(?P<rest> .+)$"
)


@dataclass(frozen=True, slots=True)
class Count:
    """A question for the number of articles, sources, mentions or names."""

    kind: ClassVar[Kind] = "count"
    of: Literal["articles", "sources", "mentions", "names", "dated"]
    topic: str
    about: bool = False
    names: EntityList | None = None

    @classmethod
    def recognise(cls, question: str) -> Self | None:
        """What is counted over the articles; None for a number that stands in one.

        >>> Count.recognise("How many articles mention Kim Gunn?")
        Count(of='articles', topic='Kim Gunn', about=False, names=None)
        >>> Count.recognise("How many people died?"), Count.recognise("How many seats are there?")
        (None, None)
        """
        asked = bare(question)
        if found := _TIMES.match(asked):
            return cls("mentions", topic_of(found["topic"] or found["of"]))
        if found := _ARTICLES.match(asked):
            return cls._of_articles(found["rest"], bool(found["sure"]), bool(found["outlet"]))
        if (found := _LISTED.match(asked)) and re.search(
            r"(?i)\b(?:mentioned|named|called|listed|quoted|cited|appear|featured|come up|occur"
            r"|(?:are|is) (?:there )?in (?:the|these|all|both) (?:news|articles|stories"
            r"|reports))\b",
            found["rest"],
        ):
            names = EntityList.recognise(f"List all{found['rest']}")
            return cls("names", "", names=names) if names and not names.condition else None
        return None

    @classmethod
    def _of_articles(cls, rest: str, sure: bool, outlets: bool) -> Self | None:
        what: Literal["articles", "sources"] = "sources" if outlets else "articles"
        if found := _IN_WHICH.match(rest):
            return cls(what, topic_of(found["topic"] or found["told"]))
        if found := _TOPIC.match(rest):
            topic = re.sub(rf"(?i)^(?:or|and) {MENTION} ", "", found["topic"])
            about = bool(found["about"]) and topic == found["topic"]
            return cls(what, topic_of(topic), about=about)
        if (found := _BY.match(rest)) and sure:
            if found["topic"]:
                return cls(what, f"{topic_of(found['topic'])} by {found['source']}", about=True)
            return cls("dated", f"are by {found['source']}", about=True)
        found = _DATED.match(rest)
        return cls("dated", found["topic"], about=True) if found and sure else None

    def answers(self, request: Request, answer: Answer) -> Iterator[Answer]:
        """The number, with the articles or sentences that were counted."""
        if self.names:
            yield self._names(self.names, request, answer)
        elif self.of == "mentions":
            yield self._mentions(request, answer)
        else:
            yield self._articles(select(self.topic, self.about, request), answer)

    def _articles(self, found: Found, answer: Answer) -> Answer:
        if not found.proofs:
            none = "is about" if self.about else "mentions"
            why = f"none of the {number_of(found.searched, 'article')} {none} “{self.topic}”"
            return _nothing(answer, f"none {self.topic}" if self.of == "dated" else why)
        count = len(found.sources) if self.of == "sources" else len(found.proofs)
        noun = "source" if self.of == "sources" else "article"
        text = f"{number_of(count, noun)} {self._do(count == 1)}"
        if self.of == "sources":
            text += f": {', '.join(found.sources)}"
        claim = Citer().claim(f"{text}.", *found.proofs[:CITED], computed=str(count))
        caveats = (*copies_note(found.copies), *_cited(len(found.proofs), "articles"))
        return replace(with_claims(answer, (claim,)), caveats=caveats)

    def _do(self, one: bool) -> str:
        """What the counted do, in the singular or in the plural."""
        if self.of == "dated":
            verb = _SINGULAR.get(self.topic.split()[0].lower(), "") if one else ""
            return f"{verb} {self.topic.partition(' ')[2]}" if verb else self.topic
        if not self.about:
            return f"mention{'s' * one} {self.topic}"
        if self.of == "sources":
            return f"report{'s' * one} on {self.topic}"
        also = f" or mention{'s' * one} it" if is_name(self.topic) else ""
        return f"{'is' if one else 'are'} about {self.topic}{also}"

    def _mentions(self, request: Request, answer: Answer) -> Answer:
        found = select(self.topic, False, request)
        if not found.proofs:
            why = f"none of the {number_of(found.searched, 'article')} mentions “{self.topic}”"
            return _nothing(answer, why)
        times, proofs = occurrences(self.topic, found, request)
        where = number_of(len(found.proofs), "article")
        text = f"“{self.topic}” stands {number_of(times, 'time')} in the text of {where}."
        claim = Citer().claim(text, *(proofs or found.proofs)[:CITED], computed=str(times))
        caveats = (*copies_note(found.copies), *_cited(len(proofs), "sentences"))
        return replace(with_claims(answer, (claim,)), caveats=caveats)

    def _names(self, names: EntityList, request: Request, answer: Answer) -> Answer:
        found = names.listing(request)
        if isinstance(found, Refusal):
            return replace(answer, refusal=found)
        count, where = len(found.rows), number_of(found.articles, "article")
        shown = found.rows[:CITED]
        listed = ", ".join(name.name for name, _ in shown)
        is_or_are = "is" if count == 1 else "are"
        text = f"{counted(names.noun, count)} {is_or_are} named in {where}: {listed}."
        proofs = [said_in_text(name.name, proof, request) for name, proof in shown]
        claim = Citer().claim(text, *_once(proofs), computed=str(count))
        caveats = (*found.caveats, *_cited(count, names.noun))
        return replace(with_claims(answer, (claim,)), caveats=caveats)


def _once(proofs: list[Evidence]) -> list[Evidence]:
    return list({proof.span: proof for proof in proofs}.values())


def _cited(count: int, what: str) -> tuple[str, ...]:
    return (f"The first {CITED} of the {count} {what} are cited.",) if count > CITED else ()


def _nothing(answer: Answer, why: str) -> Answer:
    return replace(answer, refusal=Refusal("nothing_relevant", f"Not in these articles: {why}."))
