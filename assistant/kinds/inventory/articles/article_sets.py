"""The articles that mention something, are about it, or are of a day or source: all of them."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.core.answer import Claim, Evidence
from assistant.core.sanitize import for_answer, looks_injected
from assistant.kinds.inventory.articles.article_wording import phrase_of
from assistant.kinds.inventory.names.name_signs import ROLES, context
from assistant.kinds.question_kind import Citer, Request
from assistant.kinds.scope import SEARCHED, as_evidence, title_of
from index.core.articles import CAPTION, Article, Passage
from index.storage.article_store import Listed
from index.text.entities import entities
from index.text.relative_dates import Period, format_day
from index.text.words import COMMON, fold, stem, stems, words

SEVERAL = 2  # sentences
ABOUT = -2.0  # logits of a passage that is about a topic without naming it
NEAR = -4.0  # logits of one that names it
MAX_TITLE = 140  # characters

_PUBLISHED = (
    r"(?:(?:that |which )?(?:(?:do |did |were |was |are |is )?(?:published|dated|written|printed"
    r"|taken|comes?|came|coming) ?)?)"
)
_OUTLET = r"(?:the )?(?:(?:news)?paper |magazine |agency |website )?(?:the )?"
_OTHER_NAMES = tuple(
    names.split("|")
    for names in (
        "United States|U.S.|US|USA|United States of America",
        "United Kingdom|U.K.|UK|Britain|Great Britain",
        "United Nations|U.N.|UN",
        "European Union|E.U.|EU",
        "North Korea|DPRK|Democratic People's Republic of Korea|North Korean|North Koreans",
        "South Korea|ROK|Republic of Korea|South Korean|South Koreans",
    )
)
"""Names by which the index is searched; `words` holds them for equal."""
_STATES = frozenset(words(names[0]) for names in _OTHER_NAMES)


@dataclass(frozen=True, slots=True)
class Found:
    """Articles, newest first, each with the sentence or title that proves why it was found.

    Near copies count once; `copies` are left out. `searched` articles were looked through.
    """

    proofs: tuple[Evidence, ...]
    searched: int
    copies: int
    sources: tuple[str, ...]

    @property
    def articles(self) -> tuple[Article, ...]:
        """The articles found."""
        return tuple(proof.article for proof in self.proofs)


def select(topic: str, about: bool, request: Request) -> Found:
    """The articles that mention `topic`, or are `about` it; of the days and source it names."""
    rows, topic = _narrowed(request.parts.searcher.articles_in(request.filters), topic, request)
    searched = len(rows)
    if topic:
        proofs = dict(_about(topic, request) if about else _mentioning(topic, request))
    else:
        proofs = {row.article.id: title_of(row.article) for row in rows}
    rows = [row for row in rows if row.article.id in proofs]
    first: dict[str, Listed] = {}
    for row in rows:
        first.setdefault(row.cluster_id, row)
    sources = dict.fromkeys(row.article.source for row in rows if row.article.source)
    return Found(
        tuple(proofs[row.article.id] for row in first.values()),
        searched,
        len(rows) - len(first),
        tuple(sources),
    )


def _narrowed(rows: list[Listed], topic: str, request: Request) -> tuple[list[Listed], str]:
    """The articles of the days and the source that a topic names, and the rest of the topic."""
    for source in {row.article.source for row in rows if row.article.source}:
        name = re.escape(re.sub(r"(?i)^the ", "", source))
        named = re.compile(
            rf"(?i)\b{_PUBLISHED}(?:are |is )?(?:from|by|in|of) {_OUTLET}{name}(?: newspaper)?$"
        )
        if named.search(topic):
            topic = named.sub("", topic)
            rows = [row for row in rows if row.article.source == source]
    periods = request.parts.searcher.periods(topic, request.filters)
    for period in periods:
        before = rf"(?i){_PUBLISHED}(?:are )?(?:(?:in|on|since|during|from|of|for) )?(?:the )?"
        topic = re.sub(before + re.escape(period.phrase), "", topic)
    if periods:
        rows = [row for row in rows if _is_in(row.article, periods)]
    return rows, phrase_of(topic)


def _is_in(article: Article, periods: Sequence[Period]) -> bool:
    day = article.stated_day
    return day is not None and any(period.contains(day, day) for period in periods)


def _mentioning(topic: str, request: Request) -> dict[str, Evidence]:
    """By article id the first sentence, or the title, with all names of a topic."""
    if found := _with_phrase(topic, request):
        return found
    either = re.split(r"(?i),? or (?:the )?", topic)
    if len(either) > 1:
        return {k: v for part in either for k, v in _with_phrase(phrase_of(part), request).items()}
    parts = [phrase_of(one) for one in re.split(r"(?i)(?:,|\band\b)(?: the)?", topic)]
    each = [_with_phrase(part, request) for part in parts if part]
    if len(each) < 2:
        return {}
    return {key: proof for key, proof in each[0].items() if all(key in one for one in each)}


def _with_phrase(phrase: str, request: Request) -> dict[str, Evidence]:
    found: dict[str, Evidence] = {}
    for form in _forms(phrase):
        for passage in request.parts.searcher.passages_with([form], request.filters):
            if proof := _proof(passage, form):
                known = found.setdefault(passage.article.id, proof)
                found[passage.article.id] = _rather(known, proof)
    return {**_by_surname(phrase, request), **found} if found else {}


def _by_surname(name: str, request: Request) -> dict[str, Evidence]:
    """Articles with a person's surname alone ("Minister Quist"), unless others bear it too."""
    *first, last = name.split()
    if not first or not all(part[0].isupper() for part in (*first, last)):
        return {}
    passages = request.parts.searcher.passages_with([last], request.filters)
    plain = re.escape(last)
    for passage in passages:
        before = re.findall(rf"([A-Z][\w-]+)\.? {plain}\b", passage.text)
        if any(fold(one) not in ROLES | COMMON and one not in first for one in before):
            return {}
    found: dict[str, Evidence] = {}
    for passage in passages:
        if (proof := _proof(passage, last)) and _is_person_in(proof.text, plain):
            found.setdefault(passage.article.id, proof)
    return found


def _is_person_in(text: str, surname: str) -> bool:
    named = re.finditer(rf"\b{surname}\b", text)
    return any(context(text, one.start(), one.end(), one[0])["person"] for one in named)


def _forms(phrase: str) -> Iterator[str]:
    """The ways in which a name is written: with its first name last, and by initials."""
    yield phrase
    parts = phrase.split()
    if len(parts) == 2 and all(part[0].isupper() for part in parts):
        yield f"{parts[1]} {parts[0]}"
    asked = words(phrase)
    for names in _OTHER_NAMES:
        if asked in {words(name) for name in names}:
            yield from (name for name in names if name != phrase)


def _proof(passage: Passage, form: str) -> Evidence | None:
    """The sentence with a name or phrase, else the caption, else the title."""
    whole = [Evidence(passage, start, end, 0.0) for start, end in passage.sentences]
    whole.sort(key=_is_caption)
    return next((e for e in (*whole, title_of(passage.article)) if times_in(e.text, form)), None)


def _is_caption(item: Evidence) -> bool:
    return item.text.startswith(CAPTION)


def _rather(known: Evidence, other: Evidence) -> Evidence:
    """A sentence of the text, where the proof that is known is a caption."""
    return other if _is_caption(known) and not (_is_caption(other) or other.is_title) else known


def said_in_text(name: str, proof: Evidence, request: Request) -> Evidence:
    """The proof; where it is a caption, a sentence of its article with the same name instead."""
    if _is_caption(proof):
        for passage in request.parts.searcher.passages_with([name], request.filters):
            found = _proof(passage, name) if passage.article.id == proof.article.id else None
            proof = _rather(proof, found) if found else proof
    return proof


def times_in(text: str, form: str) -> int:
    """How many times a name or phrase stands in a text, by its stems; "US" is not "us".

    >>> times_in("The dikes: a dike gave way.", "dike"), times_in("It told us of the US.", "US")
    (2, 1)
    """
    if form.isupper() or words(form) in _STATES:
        return len(re.findall(rf"(?<!\w){re.escape(form)}(?!\w)", text))
    run, written = tuple(map(stem, words(form))), tuple(map(stem, words(text)))
    return sum(written[at : at + len(run)] == run for at in range(len(written)))


def _about(topic: str, request: Request) -> dict[str, Evidence]:
    """The articles that mention a name; those on another topic, by search and by their leads."""
    if is_name(topic):
        return _mentioning(topic, request)
    searcher, filters, asked = request.parts.searcher, request.filters, stems(topic)
    found = {}
    for hit in searcher.search(topic, SEARCHED, filters=filters):
        named = asked <= stems(hit.passage.article.title)
        if hit.relevance >= (NEAR if named else ABOUT):
            found[hit.passage.article.id] = title_of(hit.passage.article)
    for passage in searcher.passages_with(sorted(asked), filters):
        if _is_about(passage, asked):
            found.setdefault(passage.article.id, title_of(passage.article))
    return found


def _is_about(passage: Passage, asked: frozenset[str]) -> bool:
    """Whether a title has the words of a topic, or several sentences that open the article."""
    if asked <= stems(passage.article.title):
        return True
    texts = (passage.article.text[start:end] for start, end in passage.sentences)
    return passage.start == 0 and sum(asked <= stems(text) for text in texts) >= SEVERAL


def is_name(topic: str) -> bool:
    """Whether a topic is nothing but names.

    >>> [is_name(topic) for topic in ("Kim Gunn", "Kim Gunn and Seoul", "the Ossel flood")]
    [True, True, False]
    """
    named = {word for one in entities(topic) for word in one.words}
    return bool(named) and all(word in named or word in COMMON for word in words(topic))


def title_row(citer: Citer, proof: Evidence) -> Claim:
    """A row with day, title and source of an article."""
    article = proof.article
    day = format_day(article.stated_day) if article.stated_day else "No date"
    source = f" ({for_answer(article.source)})" if article.source else ""
    proofs = (title_of(article),) if proof.is_title else (title_of(article), proof)
    return citer.claim(f"{titled(article)}{source}", *proofs, label=day)


def titled(article: Article) -> str:
    """The title of an article as an answer shows it: without addresses and markup, shortened."""
    if not article.title or looks_injected(article.title, ""):
        return "An article without a title that can be shown"
    return f"“{textwrap.shorten(for_answer(article.title), MAX_TITLE, placeholder=' …')}”"


def copies_note(copies: int) -> tuple[str, ...]:
    """That near copies were left out; nothing if there are none."""
    if not copies:
        return ()
    more = "One more is a near copy" if copies == 1 else f"{copies} more are near copies"
    return (f"{more} and not counted: near copies count once.",)


def number_of(count: int, noun: str) -> str:
    """A count with its noun, which is given in the singular.

    >>> number_of(1, "article"), number_of(3, "country"), number_of(0, "person")
    ('1 article', '3 countries', '0 people')
    """
    plural = {"person": "people", "country": "countries", "company": "companies", "city": "cities"}
    return f"{count} {noun if count == 1 else plural.get(noun, noun + 's')}"


def occurrences(topic: str, found: Found, request: Request) -> tuple[int, tuple[Evidence, ...]]:
    """How many times a topic stands in the text of the articles found, and in which sentences."""
    times, proofs = 0, []
    ids = [article.id for article in found.articles]
    for item in as_evidence(request.parts.searcher.passages_of(ids, request.filters)):
        here = sum(times_in(item.text, form) for form in _forms(topic))
        times += here
        proofs += [item] if here else []
    return times, tuple(proofs)
