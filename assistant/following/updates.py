"""What new articles say about a standing question that the archive did not say before.

Copies and repeats are no news: a sentence is new if no earlier one has its names, numbers and most
of its words.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Protocol

from assistant.backends.serialization import to_json
from assistant.core.answer import Citation, Claim, Evidence
from assistant.core.sanitize import for_prompt
from assistant.following.standing_questions import (
    Followed,
    StandingQuestion,
    Update,
    UpdateKind,
)
from assistant.kinds.scope import as_evidence
from assistant.verification.contradictions import contradictions
from assistant.verification.verifier import Verifier
from index.core.articles import CAPTION, fingerprint
from index.core.filters import NO_FILTERS
from index.retrieval.hybrid_search import Searcher
from index.retrieval.ranking import reranker_text
from index.retrieval.reranker import Reranker
from index.storage.article_store import ArticleStore, Listed
from index.text.chunking import sentences
from index.text.entities import entities
from index.text.question import analyse
from index.text.words import stems, words

ABOUT = -4.0  # logits of a passage that is somehow about the question
FAR_BELOW = 8.0  # logits below the best sentence of its article: it is about something else
MOST = 3  # updates of one article about one question
KNOWN_PASSAGES = 20  # earlier passages that a new sentence is compared with, for each search
SHARED = 0.6  # of a sentence's stems that an earlier one has which says the same
# Mean probability of a sentence's words by the verifier. Of a made stream (seed 7) 100 % of 240
# restated facts had more with the sentence that they restate, and no new fact with another.
SAME = 0.5
COMPARED = 5  # earlier sentences that the verifier reads for a new one, 14 ms each
MIN_STEMS = 4  # a shorter sentence says nothing by itself


class Archive(Searcher, Protocol):
    """A searcher that gives the articles of the generation it searches."""

    @property
    def library(self) -> ArticleStore | None:
        """Articles and passages; None before the first ingest."""

    def listed(self) -> list[Listed]:
        """Every article, newest first."""


@dataclass(frozen=True, slots=True)
class _NewArticle:
    """An article that was not looked at before.

    `corrects` are texts of its earlier versions, `copies` the ids of older near copies: a story is
    often sent again with one new sentence.
    """

    row: Listed
    text: str
    corrects: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()

    @property
    def is_correction(self) -> bool:
        return bool(self.row.note or self.corrects)


def look(
    followed: Followed,
    archive: Archive,
    reranker: Reranker,
    verifier: Verifier,
    today: dt.date,
) -> tuple[Followed, list[Update]]:
    """What to remember after a look, and all that is new since the last, oldest article first."""
    listed = {row.article.id: row for row in archive.listed()}
    digests = archive.library.digests() if archive.library else {}
    new = _new_articles(listed, digests, followed.seen, archive.library)
    unseen = {one for one, digest in digests.items() if followed.seen.get(one) != digest}
    updates: list[Update] = []
    questions = []
    for question in followed.questions:
        known, told = set(question.known), list[Evidence]()
        for article in new:
            if question.filters.admits(article.row.article.published, article.row.article.source):
                updates += _of_article(
                    question, article, known, told, archive, reranker, verifier, unseen
                )
        questions.append(replace(question, known=frozenset(known)))
    updates = [replace(update, found=today.isoformat()) for update in updates]
    after = replace(
        followed,
        questions=tuple(questions),
        seen=digests,
        updates=(*reversed(updates), *followed.updates),
    )
    return after, updates


def baseline(question: StandingQuestion, archive: Archive) -> StandingQuestion:
    """The question with what the archive says about it now, which is no news."""
    hits = archive.search(question.text, KNOWN_PASSAGES, filters=question.filters)
    passages = [hit.passage for hit in hits if hit.relevance >= ABOUT]
    known = {_print(p.article.text[a:b]) for p in passages for a, b in p.sentences}
    return replace(question, known=frozenset(known))


def _new_articles(
    listed: Mapping[str, Listed],
    digests: Mapping[str, str],
    seen: Mapping[str, str],
    library: ArticleStore | None,
) -> list[_NewArticle]:
    """Articles that were not seen, oldest first, then by path."""
    rows = sorted(
        listed.values(), key=lambda r: (str(r.article.published or "9999"), r.article.path)
    )
    found: list[_NewArticle] = []
    clusters: dict[str, list[str]] = {}
    for row in rows:
        article, digest = row.article, digests.get(row.article.id)
        if digest is not None and seen.get(article.id) == digest:
            clusters.setdefault(row.cluster_id, []).append(article.id)
    for row in rows:
        article, digest = row.article, digests.get(row.article.id)
        if digest is None or row.superseded_by or seen.get(article.id) == digest or not library:
            continue
        whole = library.article(article.id)
        older = [library.article(one.id) for one in library.duplicate_info(article.id).corrects]
        copies = clusters.setdefault(row.cluster_id, [])
        text = f"{article.title}\n{whole.text if whole else ''}"
        corrects = tuple(one.text for one in older if one)
        found.append(_NewArticle(row, text, corrects, tuple(copies)))
        copies.append(article.id)
    return found


def _of_article(
    question: StandingQuestion,
    article: _NewArticle,
    known: set[str],
    told: list[Evidence],
    archive: Archive,
    reranker: Reranker,
    verifier: Verifier,
    unseen: Set[str],
) -> list[Update]:
    """The updates of one article.

    Adds the sentences that are about the question to `known`, those that are new to `told`.
    """
    candidates = _about(question, article, archive, reranker)
    fresh = [item for item in candidates if _print(item.text) not in known]
    known |= {_print(item.text) for item in candidates}
    if not fresh:
        return []
    earlier = [*told, *_earlier(question, article, archive, unseen)]
    updates = []
    for item in fresh:
        old = _in_older_versions(item.text, article)
        if old != item.text and not _is_said(item, earlier, verifier):
            updates.append(_update(question, item, article, old, earlier))
            earlier.append(item)
            told.append(item)
    return sorted(updates, key=lambda update: update.kind == "new")[:MOST]


def _about(
    question: StandingQuestion, article: _NewArticle, archive: Archive, reranker: Reranker
) -> list[Evidence]:
    """Sentences of an article that are about the question, best first.

    An article that lacks a name of the question is about another of its kind.
    """
    if _lacks_a_name(question, article):
        return []
    passages = archive.passages_of([article.row.article.id], question.filters)
    scores = reranker.score(question.text, [reranker_text(passage) for passage in passages])
    near = [p for p, score in zip(passages, scores, strict=True) if score >= ABOUT]
    spans = {
        (a, b): p for p in near for a, b in p.sentences if _says_something(p.article.text[a:b])
    }
    title = for_prompt(article.row.article.title)
    texts = [f"{title}. {for_prompt(p.article.text[a:b])}" for (a, b), p in spans.items()]
    logits = reranker.score(question.text, texts)
    found = [
        Evidence(passage, start, end, logit)
        for ((start, end), passage), logit in zip(spans.items(), logits, strict=True)
    ]
    best = max(logits, default=0.0)
    kept = [item for item in found if item.relevance >= best - FAR_BELOW]
    return sorted(kept, key=lambda item: (-item.relevance, item.start))


def _lacks_a_name(question: StandingQuestion, article: _NewArticle) -> bool:
    asked = analyse(question.text)
    known = set(words(article.text))
    names = (name for name in asked.names if not asked.time_words.issuperset(name.words))
    return any(not known.issuperset(name.words) for name in names)


def _says_something(text: str) -> bool:
    return len(stems(text)) >= MIN_STEMS and not text.startswith(CAPTION)


def _earlier(
    question: StandingQuestion, article: _NewArticle, archive: Archive, unseen: Set[str]
) -> list[Evidence]:
    """Sentences of other articles that may say the same, but not of later new ones."""
    day = article.row.article.published
    asked = (question.text, article.row.article.title or question.text)
    copied = archive.passages_of(article.copies, NO_FILTERS)
    found = {item.span: item for item in as_evidence(copied)}
    for text in dict.fromkeys(asked):
        for hit in archive.search(text, KNOWN_PASSAGES):
            other = hit.passage.article
            if other.id == article.row.article.id:
                continue
            if other.id in unseen and not (day and other.published and other.published < day):
                continue
            for start, end in hit.passage.sentences:
                item = Evidence(hit.passage, start, end, hit.relevance)
                found.setdefault(item.span, item)
    return list(found.values())


def _is_said(item: Evidence, earlier: Sequence[Evidence], verifier: Verifier) -> bool:
    """Whether an earlier sentence says the same, word for word or, with its numbers, in others."""
    if any(_covers(other, item) for other in earlier):
        return True
    own, numbers = stems(item.text), {word for word in words(item.text) if word.isdigit()}
    near = [one for one in earlier if numbers <= set(words(one.text)) and own & stems(one.text)]
    near.sort(key=lambda one: -len(own & stems(one.text)))
    return any(verifier.verify(item.text, [one]).mean >= SAME for one in near[:COMPARED])


def _covers(earlier: Evidence, item: Evidence) -> bool:
    """Whether an earlier sentence has the names and numbers of another and most of its words."""
    has = set(words(f"{earlier.article.title} {earlier.text}"))
    needed = {word for entity in entities(item.text) for word in entity.words}
    named = {word for word in words(item.article.title) if not word.isdigit()}
    own = stems(item.text)
    shared = len(own & stems(f"{earlier.article.title} {earlier.text}"))
    return needed - named <= has and shared >= SHARED * len(own)


def _in_older_versions(text: str, article: _NewArticle) -> str:
    """The sentence that stands for this one in an earlier version of its article; "" if none."""
    own = stems(text)
    older = [version[a:b] for version in article.corrects for a, b in sentences(version)]
    best = max(older, key=lambda other: len(own & stems(other)), default="")
    return best if len(own & stems(best)) >= SHARED * len(own) else ""


def _update(
    question: StandingQuestion,
    item: Evidence,
    article: _NewArticle,
    old: str,
    earlier: Sequence[Evidence],
) -> Update:
    citation = Citation(1, item, 1.0)
    kind: UpdateKind = "new"
    was = now = ""
    if article.is_correction and (old or item.text == article.row.note or not article.corrects):
        kind, was = "corrected", old
    else:
        asked = analyse(question.text)
        values = contradictions(asked, Claim(item.text, (citation,)), [item, *earlier])
        before = [one for one in values if one.evidence.article.id != item.article.id]
        mine = [one for one in values if one.evidence.article.id == item.article.id]
        if before and mine and before[-1].value != mine[0].value:
            kind, was, now = "changed", before[-1].value, mine[0].value
    return Update(question.id, kind, item.text, to_json(citation), was, now)


def _print(text: str) -> str:
    return fingerprint(" ".join(words(text)))[:12]
