"""What was changed in a corrected article: each old sentence beside the new one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from assistant.core.answer import Answer, Claim, Evidence, Kind, Refusal
from assistant.kinds.comparisons.rows import sentence_row
from assistant.kinds.digest.salience import plain
from assistant.kinds.digest.topics import ARTICLE, without_article
from assistant.kinds.question_kind import Citer, Request, with_claims
from assistant.kinds.scope import as_evidence, in_scope
from index.storage.article_store import Listed
from index.text.relative_dates import format_day
from index.text.words import stems, words

ALIKE = 0.5  # share of the words of the shorter of two sentences that are one sentence, changed
NOTED = 3  # sentences of a notice that say what was wrong

_NEW = r"(?:corrected|revised|updated|amended)"
_OLD = r"(?:old|older|original|first|earlier|previous|uncorrected)"
_TEXT = r"(?:article|report|story|text|notice)"
_OF = (
    rf"(?: {_TEXT}(?: version)?| versions?(?: of (?:the|this|that) {_TEXT})?)"
    r"(?: (?:on|about|regarding) (?P<topic>.+?))?"
)
_DONE = r"(?:changed|corrected|revised|amended|different|wrong)"
_ASKS = tuple(
    re.compile(rf"(?i)^{pattern}\W*$")
    for pattern in (
        rf"what (?:(?:has|had|have) been|was|were|is|did they) {_DONE} in (?:the )?{_NEW}{_OF}",
        rf"what (?:(?:has|had) )?changed in (?:the )?{_NEW}{_OF}",
        rf"what (?:(?:has|have) been|was|were) corrected (?:in|about) (?:the )?"
        rf"{ARTICLE}(?: (?:on|about|of|regarding) (?P<topic>.+?))?",
        r"what (?:did|does) the correction(?: (?:to|of|on|about|in) (?P<topic>.+?))?"
        r" (?:change|correct|say)",
        rf"(?:compare|what (?:is|are) the differences? between|what differs between) (?:the )?"
        rf"{_OLD}(?: version)? (?:and|with) (?:the )?{_NEW}{_OF}",
        r"how (?:was|has) (?:the )?(?P<topic>.+?) (?:article|report|story) (?:been )?"
        r"(?:corrected|revised|amended)",
    )
)
_BESIDE = re.compile(r"(?i),? (?:compared|in comparison) (?:with|to) .*")
_NOTICE = re.compile(r"(?i)^\W*(?:correct(?:ion|ed|s)|clarification|erratum)\b|\(corrected\)")
_WRONG = re.compile(
    r"(?i)\b(?:wrong(?:ly)?|errors?|mistakes?|mistaken(?:ly)?|incorrect(?:ly)?|misstated|instead"
    r"|rather than|in fact|should have|swapped|(?:,|and) not)\b|, not "
)


@dataclass(frozen=True, slots=True)
class Correction:
    """What the corrected article is about, "" for any."""

    kind: ClassVar[Kind] = "comparison"
    topic: str

    @classmethod
    def recognise(cls, question: str) -> Self | None:
        """A question for what a correction changed.

        >>> Correction.recognise("What was changed in the corrected article on the school?")
        Correction(topic='the school')
        >>> Correction.recognise("What was wrong in the report on the flood?")
        """
        bare = " ".join(question.split())
        found = next((found for ask in _ASKS if (found := ask.match(bare))), None)
        if found is None:
            return None
        return cls(_BESIDE.sub("", found["topic"] or "").strip(" ?.,"))

    def answers(self, request: Request, answer: Answer) -> Iterator[Answer]:
        """Rows of old and new sentences, or of what a notice says was wrong."""
        rows = in_scope(without_article(self.topic), request).articles
        claims = tuple(_changes(rows, request)) or tuple(_notices(rows, request))
        if not claims:
            about = f" on {self.topic}" if self.topic else ""
            reason = f"No corrected article{about} is in the archive."
            yield replace(answer, refusal=Refusal("nothing_relevant", reason))
            return
        yield with_claims(answer, claims)


def _changes(rows: Sequence[Listed], request: Request) -> Iterator[Claim]:
    """What differs between the articles that have an earlier version, and that version."""
    cite = Citer()
    for row in rows:
        if before := _earlier(row, request):
            passages = request.parts.searcher.passages_of([row.article.id], request.filters)
            yield from _differences(before, as_evidence(passages), cite)


def _earlier(row: Listed, request: Request) -> list[Evidence]:
    """The sentences of the version before: superseded, or nearly the same text without a note."""
    searcher, filters = request.parts.searcher, request.filters
    passages = searcher.versions_before(row.article.id)
    if not passages and (row.note or _NOTICE.search(row.article.title)):
        older = [
            one.article.id
            for one in searcher.articles_in(filters)
            if one.cluster_id == row.cluster_id and one.article.id != row.article.id
        ]
        passages = searcher.passages_of(older[:1], filters)
    return [
        item
        for item in as_evidence(passages)
        if filters.admits(item.article.id, item.article.published, item.article.source)
    ]


def _differences(
    before: Sequence[Evidence], after: Sequence[Evidence], cite: Citer
) -> Iterator[Claim]:
    """Changed sentences as old → new, then those that only one version has."""
    same = {words(item.text) for item in before} & {words(item.text) for item in after}
    old = [item for item in before if words(item.text) not in same]
    new = [item for item in after if words(item.text) not in same]
    for item in new:
        match = max(old, key=lambda one: _alike(one, item), default=None)
        if match and _alike(match, item) >= ALIKE:
            old.remove(match)
            yield cite.claim(f"{plain(match)} → {plain(item)}", match, item, label="Changed")
        else:
            yield cite.claim(plain(item), item, label="Added")
    for item in old:
        yield cite.claim(plain(item), item, label="Left out")


def _alike(one: Evidence, other: Evidence) -> float:
    left, right = stems(one.text), stems(other.text)
    return len(left & right) / max(1, min(len(left), len(right)))


def _notices(rows: Sequence[Listed], request: Request) -> Iterator[Claim]:
    """What notices of correction say was wrong, each behind the sentence that had it wrong."""
    cite = Citer()
    notices = [row for row in rows if _NOTICE.search(row.article.title) or row.note]
    for row in notices:
        passages = request.parts.searcher.passages_of([row.article.id], request.filters)
        said = [item for item in as_evidence(passages) if _WRONG.search(item.text)][:NOTED]
        earlier = [
            one.article.id
            for one in rows
            if one not in notices
            and str(one.article.published or "") <= str(row.article.published or "")
        ]
        texts = as_evidence(request.parts.searcher.passages_of(earlier, request.filters))
        for item in _wrong(said, texts):
            yield sentence_row("", item, _labelled("Before", item), cite)
        for item in said:
            yield sentence_row("", item, _labelled("Corrected", item), cite)


def _wrong(said: Sequence[Evidence], texts: Sequence[Evidence]) -> list[Evidence]:
    """The sentence that has a number of the notice and shares the most words with it."""
    noted = stems(" ".join(item.text for item in said))
    numbers = {word for word in noted if word[0].isdigit()}
    having = [item for item in texts if numbers & stems(item.text)]
    best = max(having, key=lambda item: len(noted & stems(item.text)), default=None)
    return [best] if best and len(noted & stems(best.text)) > 2 else []


def _labelled(label: str, item: Evidence) -> str:
    day = item.article.stated_day
    return f"{label} ({format_day(day)})" if day else label
