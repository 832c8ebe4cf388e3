"""What new articles say about a standing question that the archive did not say before.

Copies and repeats are no news: a sentence is new if the verifier finds what it says, with its names
and numbers, in no earlier one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence, Set
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
from assistant.verification.contradictions import contradictions
from assistant.verification.verifier import Verifier
from index.core.articles import CAPTION, Passage, fingerprint
from index.core.filters import NO_FILTERS
from index.retrieval.hybrid_search import Searcher
from index.retrieval.ranking import reranker_text
from index.retrieval.reranker import Reranker
from index.storage.article_store import ArticleStore, Listed
from index.text.chunking import sentences
from index.text.entities import entities
from index.text.question import analyse
from index.text.words import COMMON, fold, stems, words

ABOUT = -4.0  # logits of a passage that is somehow about the question
FAR_BELOW = 8.0  # logits below the best sentence of its article: it is about something else
MOST = 10  # updates of one article about one question
KNOWN_PASSAGES = 20  # earlier passages that a new sentence is compared with, for each search
EARLIER = 200  # passages that have the question's names, the newest, and updates, likewise
SHARED = 0.6  # of a sentence's stems that the one in its place in an earlier version has
# Mean probability, by the verifier, of a sentence's words that are neither common nor the
# question's. Of a made stream (seed 11) 60 of 60 restated facts had 0.43 or more with the sentence
# that they restate, and 1 of 55 new facts with one before; by all words it is 60 and 4 (at 0.5).
SAME = 0.4
SAID = 0.5  # of a name that is in the earlier sentence by another word
COMPARED = 5  # earlier sentences that the verifier reads for a new one, 14 ms each
MIN_STEMS = 4  # a shorter sentence says nothing by itself


class Archive(Searcher, Protocol):
    """A searcher that gives the articles of the generation it searches."""

    @property
    def library(self) -> ArticleStore | None:
        """Articles and passages; None before the first ingest."""

    def listed(self) -> Sequence[Listed]:
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


@dataclass(frozen=True, slots=True)
class _Tools:
    """What a look reads with; `unseen` are the ids of the articles that were not looked at."""

    archive: Archive
    reranker: Reranker
    verifier: Verifier
    unseen: Set[str]


def look(
    followed: Followed,
    archive: Archive,
    reranker: Reranker,
    verifier: Verifier,
    today: dt.date,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[Followed, list[Update]]:
    """What to remember after a look, and all that is new since the last, oldest article first.

    `progress` is told before each question and article; what it raises ends the look.
    """
    listed = {row.article.id: row for row in archive.listed()}
    digests = archive.library.digests() if archive.library else {}
    new = _new_articles(listed, digests, followed.seen, archive.library)
    unseen = {one for one, digest in digests.items() if followed.seen.get(one) != digest}
    tools = _Tools(archive, reranker, verifier, unseen)
    updates: list[Update] = []
    questions = []
    for done, question in enumerate(followed.questions):
        known, told = set(question.known), list[Evidence]()
        before = _told_of(followed.about(question), question, archive) if new else ()
        for number, article in enumerate(new):
            progress(done * len(new) + number, len(followed.questions) * len(new))
            about = article.row.article
            if question.filters.admits(about.id, about.published, about.source):
                updates += _of_article(question, article, known, told, before, tools)
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
    before: Sequence[Passage],
    tools: _Tools,
) -> list[Update]:
    """The updates of one article.

    Adds the sentences that are about the question to `known`, those that are new to `told`.
    """
    candidates = _about(question, article, tools)
    fresh = [item for item in candidates if _print(item.text) not in known]
    known |= {_print(item.text) for item in candidates}
    if not fresh:
        return []
    earlier = [*told, *_earlier(question, article, before, tools)]
    updates = []
    for item in fresh:
        old = _in_older_versions(item.text, article)
        if old != item.text and not _is_said(item, earlier, question, tools.verifier):
            updates.append(_update(question, item, article, old, earlier))
            earlier.append(item)
            told.append(item)
    return sorted(updates, key=lambda update: update.kind == "new")[:MOST]


def _about(question: StandingQuestion, article: _NewArticle, tools: _Tools) -> list[Evidence]:
    """Sentences of an article that are about the question, best first.

    An article that lacks a name of the question is about another of its kind.
    """
    if _lacks_a_name(question, article):
        return []
    passages = tools.archive.passages_of([article.row.article.id], question.filters)
    scores = tools.reranker.score(question.text, [reranker_text(passage) for passage in passages])
    near = [p for p, score in zip(passages, scores, strict=True) if score >= ABOUT]
    spans = {
        (a, b): p for p in near for a, b in p.sentences if _says_something(p.article.text[a:b])
    }
    title = for_prompt(article.row.article.title)
    texts = [f"{title}. {for_prompt(p.article.text[a:b])}" for (a, b), p in spans.items()]
    logits = tools.reranker.score(question.text, texts)
    found = [
        Evidence(passage, start, end, logit)
        for ((start, end), passage), logit in zip(spans.items(), logits, strict=True)
    ]
    best = max(logits, default=0.0)
    kept = [item for item in found if item.relevance >= best - FAR_BELOW]
    return sorted(kept, key=lambda item: (-item.relevance, item.start))


def _lacks_a_name(question: StandingQuestion, article: _NewArticle) -> bool:
    known = set(words(article.text))
    return any(not known.issuperset(name) for name in _names(question))


def _names(question: StandingQuestion) -> list[tuple[str, ...]]:
    """The words of its names, without those of a time."""
    asked = analyse(question.text)
    return [name.words for name in asked.names if not asked.time_words.issuperset(name.words)]


def _says_something(text: str) -> bool:
    return len(stems(text)) >= MIN_STEMS and not text.startswith(CAPTION)


def _told_of(
    updates: Sequence[Update], question: StandingQuestion, archive: Archive
) -> list[Passage]:
    """The sentences that were told, and the passages of articles with the question's names.

    A search leaves out near copies, which the articles of one story often are, and versions that
    were corrected.
    """
    told = list[Passage]()
    for update in updates[:EARLIER]:
        place = update.citation["start"], update.citation["end"]
        article = archive.library and archive.library.article(update.citation["article"])
        if article and article.text[slice(*place)] == update.text:
            told.append(Passage(article, (place,)))
    named = list[Passage]()
    if names := _names(question):
        named = archive.passages_with([" ".join(name) for name in names], NO_FILTERS)
        named.sort(key=lambda passage: str(passage.article.published or ""), reverse=True)
    return [*told, *named[:EARLIER]]


def _earlier(
    question: StandingQuestion,
    article: _NewArticle,
    before: Sequence[Passage],
    tools: _Tools,
) -> list[Evidence]:
    """Sentences of other articles that may say the same, each once, but not of later new ones."""
    asked = dict.fromkeys((question.text, article.row.article.title or question.text))
    hits = [hit.passage for text in asked for hit in tools.archive.search(text, KNOWN_PASSAGES)]
    copied = tools.archive.passages_of(article.copies, NO_FILTERS)
    new, found = article.row.article, dict[str, Evidence]()
    for passage in (*hits, *copied, *before):
        other = passage.article
        later = not (new.published and other.published and other.published < new.published)
        if other.id == new.id or (
            other.id in tools.unseen and later and other.id not in article.copies
        ):
            continue
        for start, end in passage.sentences:
            item = Evidence(passage, start, end, passage.score)
            found.setdefault(_print(item.text), item)
    return list(found.values())


def _is_said(
    item: Evidence, earlier: Sequence[Evidence], question: StandingQuestion, verifier: Verifier
) -> bool:
    """Whether an earlier sentence says the same, in its words or others."""
    asked = stems(question.text)
    own, numbers = stems(item.text) - asked or asked, _numbers(item.text)
    shared = {one.span: len(own & stems(one.text)) for one in earlier}
    near = [one for one in earlier if shared[one.span] and numbers <= _numbers(one.text)]
    near.sort(key=lambda one: -shared[one.span])
    return any(_restates(item, one, asked, verifier) for one in near[:COMPARED])


def _restates(item: Evidence, other: Evidence, asked: Set[str], verifier: Verifier) -> bool:
    # alone, for the verifier is shown the sentence before, which may be the one that is restated
    alone = replace(other, passage=Passage(other.article, ((other.start, other.end),)))
    verdict = verifier.verify(item.text, [alone])
    said = {word.text: word.said for word in verdict.words if fold(word.text) not in COMMON}
    own = [share for word, share in said.items() if not stems(word) <= asked]
    # the mean hides a single word, which is all that another person or place needs
    others = _names_in(item.text) - set(words(f"{other.article.title} {other.text}"))
    if any(share < SAID for word, share in said.items() if others.intersection(words(word))):
        return False
    return sum(own) >= SAME * len(own)


def _names_in(text: str) -> set[str]:
    """The words of its names; a single word at its beginning is not taken for one."""
    first = tuple(words(text)[:1])
    return {word for name in entities(text) if name.words != first for word in name.words}


def _numbers(text: str) -> set[str]:
    """Its numbers; "one" is seldom a number."""
    return {word for word in words(text) if word.isdigit() and word != "1"}


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
