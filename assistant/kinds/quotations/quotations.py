"""Who said what: all that somebody says in the articles, word for word, newest first."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import ClassVar, Self

from assistant.core.answer import Answer, Claim, Evidence, Kind, Refusal
from assistant.kinds.on_topic import about
from assistant.kinds.question_kind import Citer, Request, with_claims
from assistant.kinds.quotations.speakers import person_words
from assistant.kinds.quotations.statements import (
    Statement,
    is_announced,
    may_speak,
    statements_in,
)
from assistant.kinds.scope import as_evidence, in_scope
from index.storage.article_store import Listed
from index.text.query_dates import overlap, time_words
from index.text.relative_dates import Period, format_day
from index.text.words import stems, words

MAX_ROWS = 30
MAX_ARTICLES = 60  # the newest that name the speaker
MAX_READ = 160  # sentences that are parsed: 2 to 4 ms each
MAX_SCORED = 24  # statements that the reranker reads: 5 to 15 ms each
MAX_PROOFS = 4
RELEVANT = 0.0  # logits of a statement that is about the topic in other words
# the same for "Kim on the talks": on topics of others' statements 1.2 at most, on their own 3.5
SPOKEN_ON = 2.5
MAX_QUESTION = 300  # characters; the forms below take time in proportion to their square

_ASK = (
    r"(?:(?:please|can you|could you|would you)[ ,]+)?"
    r"(?:(?:tell|show|give|list|find|read|get) (?:me |us )?"
    r"|i(?: want|['’]d like| would like| need) to know |do you know )?"
)
_ON = r"(?:about|on|regarding|concerning|as to|with regard to|in regard to|of)"
_IF_ON = rf"(?: {_ON} (?P<topic>.+))?"
_IF_ABOUT = r"(?: (?:about|on|regarding|concerning) (?P<topic>.+))?"
_TO = r"(?: to (?:the )?(?:\S+ ){0,2}?\S+?)?"
_CASE = (  # of which somebody speaks, or in which
    r"(?:\S+ ){0,4}?(?:case|trial|affair|hearings?|inquiry|scandal|dispute|debate|talks|matter|row"
    r"|campaign|crisis|strike|controversy|investigation|press conference|interview|match|game|final"
    r"|race|meeting|summit|conference|verdict|ruling|vote|election|attack|flood|fire|crash|accident"
    r"|collapse|explosion|earthquake|storm|launch|decision|defeat|victory|win)\b"
    r"(?: (?:of|on|about|against|with|over|in|for|around) .+)?"
)
_AUDIENCE = (
    r"(?:(?:the )?(?:\S+ )?(?:reporters?|journalists?|press|media|newspapers?|court|judges?|jury"
    r"|inquiry|parliament|council|committee|commission|police|investigators|senate|congress|crowd"
    r"|supporters|fans|assembly|agency|conference|radio|television|tribunal|public|nation)"
    r"|(?:the )?(?-i:[A-Z])\S*(?: (?-i:[A-Z])\S*)*)"
)
_AS_SAID = (
    r"(?:quoted|cited|reported|recorded|on record|on the record)(?: (?:as (?:saying|having said)"
    r"|with|saying|to have said|for))?"
)
_WORDS = r"(?:quotes?|quotations?|statements?|remarks?|comments?)"
_FORMS = tuple(
    re.compile(rf"(?i)^{form}$")
    for form in (
        rf"{_ASK}what (?:is|are|was|were|has been|have been) (?P<who>.+?) {_AS_SAID}{_IF_ON}",
        rf"what (?:do|does|did) (?:the |these |any )?(?:articles?|reports?|stor(?:y|ies)"
        rf"|papers?) quote"
        rf" (?P<who>.+?) as (?:saying|having said){_IF_ON}",
        rf"{_ASK}(?:everything|all|anything)(?: that)? (?P<who>.+?) (?:is|are|was|were|has been)"
        rf" {_AS_SAID}{_IF_ON}",
        rf"who (?:has |have )?(?:said|says|say) what(?: (?:{_ON}|in|at|during) (?P<topic>.+))?",
        r"what (?:did|does|do|has|have|had|were|was|is|are) (?:everyone|everybody|people"
        rf"|(?:all|both) sides|each of them) (?:say|said|saying) {_ON} (?P<topic>.+)",
        rf"what (?:was|were|is|has been|is being) said {_ON} (?P<topic>.+?),? and by whom",
        rf"what (?:was|has been) said {_ON} (?P<topic>.+) by (?P<who>.+)",
        rf"what (?:was|has been) said by (?P<who>.+?){_IF_ON}",
        rf"{_ASK}what (?:else )?(?:did|does|do|has|have|had) (?P<who>.+?) (?:also )?"
        r"(?:say|said|have to say|had to say|comment|commented|remark|remarked)(?: publicly)?"
        rf"{_TO}{_IF_ON}",
        rf"{_ASK}what (?:did|does|do|has|have) (?P<who>.+?) (?:tell|told) (?:the )?"
        r"(?:\S+ ){0,2}?\S+ (?:about|regarding|concerning) (?P<topic>.+)",
        rf"{_ASK}what (?:has|have|is|are|was|were) (?P<who>.+?) (?:been )?saying{_IF_ON}",
        rf"{_ASK}what (?P<who>.+?) (?:has |have |had )?(?:said|says|had to say){_IF_ON}",
        r"(?:did|has|have|does|do) (?P<who>.+?) (?:say|said|says) (?:anything|something)"
        rf" {_ON} (?P<topic>.+)",
        rf"{_ASK}what (?:did|does|do|has|have) (?P<who>.+?) (?:tell|told) {_AUDIENCE}{_IF_ON}",
        rf"{_ASK}what (?:else )?(?:did|does|has|have) (?P<who>.+?) (?:say|said|tell|told)"
        rf"(?: publicly)? (?:in|at|during|after|before) (?P<topic>{_CASE})",
        rf"(?:which|what) (?:\w+ )?{_WORDS} (?:by|of|from) (?P<who>.+?){_IF_ABOUT}"
        r" (?:are|is|were|do (?:you|we) have|can be found|appear|exist)(?: (?:on (?:the"
        r" )?record|there"
        r"|known|quoted|reported|recorded|available|in (?:the|these) articles))?",
        r"what words (?:did|does|has) (?P<who>.+?) (?:use|used|find|choose) (?:about|on|for|of)"
        r" (?P<topic>.+)",
        rf"{_ASK}(?:(?:all|any|the|own) )*words (?:of|by) (?P<who>.+?) (?:about|on|regarding)"
        r" (?P<topic>.+)",
        rf"{_ASK}(?:what (?:are|were) )?(?P<who>\S+(?: \S+){{0,4}}?)['’]s? (?:own |exact"
        rf" )?words(?: (?:on|about) (?P<topic>.+))?",
        rf"{_ASK}(?:(?:all|any|the) )*(?:statements|remarks|comments) of (?P<who>.+?){_IF_ABOUT}",
        r"how (?:did|does|has|have) (?P<who>.+?) comment(?:ed)? on (?P<topic>.+)",
        rf"(?:what|which) {_WORDS} (?:did|has|have|does) (?P<who>.+?) (?:make|made|give"
        rf"|given){_IF_ON}",
        rf"{_ASK}(?:what (?:are|were) )?(?:(?:all|any|some|the|direct|of|every|me|a|list) )*"
        rf"{_WORDS}(?: (?:made|given|said))? (?:by|from) (?P<who>.+?){_IF_ABOUT}",
        rf"{_ASK}(?:what (?:are|were) )?(?:all )?(?:of )?(?P<who>\S+(?: \S+){{0,4}}?)['’]s? "
        rf"(?:own )?(?:direct )?{_WORDS}{_IF_ABOUT}",
        rf"{_ASK}(?:(?:all|any|some|the|direct) )*quot(?:es|ations)"
        r" (?:about|on|regarding) (?P<topic>.+)",
        rf"{_ASK}(?:everything|all|anything)(?: that)? (?P<who>.+?) (?:has |have |had )?(?:ever )?"
        rf"(?:said|says|say|told){_IF_ON}",
        rf"{_ASK}(?:(?:all|any|some|the|direct) )*quot(?:es|ations) of (?P<who>.+?){_IF_ABOUT}",
        rf"quote (?P<who>.+?){_IF_ABOUT}",
    )
)
_SPEECH = re.compile(
    r"(?i)\b(?:sa(?:y|id|ys|ying)|tell|told|quot\w+|statements?|remark|comment|record|words)"
)
_NOBODY = re.compile(
    r"(?i)^(?:i|you|we|he|she|they|it|this|that|these|those|him|her|them|there|who|what|which|one|someone|anyone)$"
    r"|\b(?:articles?|report|reports|story|stories|text|passage|document|paper|study|law|bill|treaty"
    r"|constitution|book|bible|letter|email|sign|poll|survey|news|papers|press|media|verdict|ruling|order|message|note|data|agreement|contract|results?"
    r"|title|headline|website|page|each)$"
    r"|^(?:can|could|would|should|will|do|did|does|is|are|was|were|if|to|not)\b"
    r"|\b(?:say|said|that|which|what|when|where|if|did|does)\b"
)
_NO_TOPIC = re.compile(r"(?i)^(?:that|this|it|him|her|them)$")


@dataclass(frozen=True, slots=True)
class Quotations:
    """What `speaker` ("" for everybody) says about `topic` ("" for anything)."""

    kind: ClassVar[Kind] = "quotes"
    speaker: str
    topic: str = ""

    @classmethod
    def recognise(cls, question: str) -> Self | None:
        """A question for all that somebody says, and not for one fact.

        >>> Quotations.recognise("What did Sung Kim say about North Korea?")
        Quotations(speaker='Sung Kim', topic='North Korea')
        >>> Quotations.recognise("What did the mayor say the dam would cost?") is None
        True
        """
        bare = " ".join(question.strip(" ?.!").split())
        if not _SPEECH.search(bare) or len(bare) > MAX_QUESTION:
            return None
        for form in _FORMS:
            if found := form.match(bare):
                parts = found.groupdict()
                who, topic = parts.get("who") or "", parts.get("topic") or ""
                if _NOBODY.search(who) or _NO_TOPIC.match(topic) or topic in time_words(topic):
                    return None
                return cls(who.strip(" ,"), topic.strip(" ,")) if who or topic else None
        return None

    def answers(self, request: Request, answer: Answer) -> Iterator[Answer]:
        """Rows, or why there are none."""
        if request.parts.parser() is None:
            why = "Quotations need the parser. Run 'assistant models pull'."
            yield replace(answer, refusal=Refusal("unsupported", why))
            return
        rows, copies = self._articles(request)
        said = self._said(rows, request)
        chosen = self._on_topic(said, request)
        if not chosen:
            evidence = tuple(one.sentences[0] for one in said[:3])
            yield replace(answer, evidence=evidence, refusal=self._refusal(said))
            return
        groups = _told_once(_newest_first(chosen))
        citer = Citer()
        claims = tuple(_claim(group, citer) for group in groups[:MAX_ROWS])
        caveats = []
        if len(groups) > MAX_ROWS:
            caveats.append(f"The newest {MAX_ROWS} of {len(groups)} statements.")
        if copies:
            caveats.append(f"Near copies of {copies} article{'s' * (copies > 1)} are counted once.")
        yield with_claims(replace(answer, caveats=tuple(caveats)), claims)

    def _articles(self, request: Request) -> tuple[list[Listed], int]:
        """The articles to read, newest first, and the number of near copies left out."""
        if not self.speaker:
            scope = in_scope(self.topic, request)
            return list(scope.articles[:MAX_ARTICLES]), scope.copies
        found: set[str] = set()
        for one in self._speakers():
            called = list(person_words(one)) or sorted(stems(one))
            passages = request.parts.searcher.passages_with(called, request.filters)
            found |= {passage.article.id for passage in passages}
        listed = request.parts.searcher.articles_in(request.filters)
        rows = [row for row in listed if row.article.id in found]
        first: dict[str, Listed] = {}
        for row in rows:
            first.setdefault(row.cluster_id, row)
        return list(first.values())[:MAX_ARTICLES], len(rows) - len(first)

    def _speakers(self) -> list[str]:
        return re.split(r",? and |, ", self.speaker) if self.speaker else []

    def _said(self, rows: Sequence[Listed], request: Request) -> list[Statement]:
        """All that the speaker says in some articles."""
        parser = request.parts.parser()
        ids = [row.article.id for row in rows]
        sentences = as_evidence(request.parts.searcher.passages_of(ids, request.filters))
        asked, left = self._speakers(), MAX_READ
        found: list[Statement] = []
        for _, each in groupby(sentences, key=lambda one: one.article.id):
            article = list(each)
            before = ("", *(one.text for one in article))
            wanted = [
                one
                for previous, one in zip(before, article, strict=False)
                if self._may_be_wanted(one.text, previous)
            ][:left]
            left -= len(wanted)
            if wanted and parser:
                found += statements_in(article, wanted, parser)
        return [
            one for one in found if not asked or any(one.speaker.is_called(who) for who in asked)
        ]

    def _may_be_wanted(self, text: str, previous: str) -> bool:
        """Whether a sentence may be what the speaker says: it names the person, or "he".

        A quotation alone is of whom the `previous` sentence names.
        """
        announced = is_announced(previous, text)
        if not (announced or may_speak(text)):
            return False
        known = set(words(f"{previous} {text}" if announced else text))
        called = [set(person_words(one)) for one in self._speakers()]
        if not called or not all(called):
            return True
        return bool(known & {"he", "she"}) or any(name & known for name in called)

    def _on_topic(self, said: Sequence[Statement], request: Request) -> list[Statement]:
        """Those about the topic, and of the time that the question names."""
        asked = request.parts.searcher.periods(request.question, request.filters)
        said = [one for one in said if _of_time(one, asked)]
        if not self.topic:
            return said
        ids = list(dict.fromkeys(one.sentences[0].article.id for one in said))
        passages = request.parts.searcher.passages_of(ids, request.filters)
        near = {item.span for item in about(self.topic, as_evidence(passages))}
        rest = [one for one in said if one.sentences[0].span not in near][:MAX_SCORED]
        texts = [
            f"{one.sentences[0].article.title}. {one.speaker.name}: {one.text}" for one in rest
        ]
        query = f"{self.speaker} on {self.topic}" if self.speaker else self.topic
        least = SPOKEN_ON if self.speaker else RELEVANT
        scores = request.parts.reranker.score(query, texts)
        sure = [one for one, score in zip(rest, scores, strict=True) if score >= least]
        return [one for one in said if one.sentences[0].span in near or one in sure]

    def _refusal(self, said: Sequence[Statement]) -> Refusal:
        who = self.speaker or "anybody"
        if said:
            why = f"they quote {who}, but not about {self.topic or 'that time'}."
        elif self.speaker:
            why = f"they do not say what {who} said."
        else:
            why = "they do not say who said what about this."
        return Refusal("nothing_relevant", f"Not in these articles: {why}")


def _of_time(one: Statement, asked: Sequence[Period]) -> bool:
    sentence = one.sentences[0]
    return not asked or any(
        overlap(period, sentence.text, sentence.article.stated_day) > 0 for period in asked
    )


def _newest_first(said: Sequence[Statement]) -> list[Statement]:
    return sorted(
        said,
        key=lambda one: (
            -(_day(one) or dt.date.min).toordinal(),
            one.sentences[0].article.id,
            one.sentences[0].start,
        ),
    )


def _day(one: Statement) -> dt.date | None:
    return one.sentences[0].article.stated_day


def _told_once(said: Sequence[Statement]) -> list[list[Statement]]:
    """The statements, those of one wording by one speaker together."""
    groups: dict[tuple[str, tuple[str, ...]], list[Statement]] = {}
    for one in said:
        groups.setdefault((one.speaker.name, words(one.text)), []).append(one)
    return list(groups.values())


def _claim(group: Sequence[Statement], citer: Citer) -> Claim:
    first = group[0]
    day = _day(first)
    label = f"{first.speaker.label}, {format_day(day)}" if day else first.speaker.label
    proofs: dict[tuple[str, int, int], Evidence] = {
        proof.span: proof for one in group for proof in one.proofs
    }
    return citer.claim(first.text, *list(proofs.values())[:MAX_PROOFS], label=label)
