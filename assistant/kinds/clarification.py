"""A question that means one of several: asks back, with each as a question that can be asked.

Asked only where the articles leave it open: of persons with one surname the other words of the
question choose, and so they do of those whom "he" may mean where nothing was said before.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from assistant.core.answer import Answer, Evidence
from assistant.core.query import Query
from assistant.core.sanitize import for_answer, looks_injected
from assistant.kinds.question_kind import Request
from assistant.kinds.same_event import events, sort_of_event
from assistant.kinds.same_name import Person, named_persons, persons_called
from assistant.kinds.scope import as_evidence
from assistant.rewriting.antecedents import Antecedents
from assistant.rewriting.follow_up_detection import (
    AUXILIARY,
    DAY_OR_NUMBER,
    is_small_talk,
    meaningful,
    names_in,
)
from assistant.rewriting.references import EMPTY_IT, resolve
from assistant.verification.full_names import full_names
from index.core.articles import Article
from index.retrieval.reranker import Reranker
from index.text.entities import TITLES, entities
from index.text.grammar import SPEECH_VERBS
from index.text.words import fold, stem, stems, words

MAX_OPTIONS = 5
SEARCHED = 10  # passages in which those are looked for whom "he" may mean
PARSED = 25  # of their sentences, 2 to 4 ms each
AS_WELL = 5.0  # logits below the candidate that fits best
MAX_TOPIC = 4  # stems of a question that may mean anybody; with more it tells whom
MAX_EMPTY = 2  # stems of a question that tells nothing of whom or what it means
READ = 3  # sentences of a candidate that the reranker reads
MAX_TITLE = 80  # characters
MAX_LOWER = 3  # words of a question in small letters that may be names

# what says nothing of whom or what is meant
_SAYS_NOTHING = frozenset(map(stem, SPEECH_VERBS)) | stems(
    "happen speak talk mean name person exactly really please know think thought mention"
)
_WH = r"(?:who|whom|whose|what|which|when|where|why|how)\b"
_PREPOSITION = r"(?:in|at|on|for|from|to|by|with|of|about|until|since|and|so|but) "
_SUBJECT = re.compile(
    rf"(?i)\W*(?:{_PREPOSITION})?(?:{_WH}(?: [a-z]+){{0,3}}? )?{AUXILIARY}(?:n['’]t)? "
    r"(?P<word>he|she|they|it|his|her|their|its)\b"
)
_OBJECT = re.compile(
    rf"(?i)\W*(?:{_WH}(?: {AUXILIARY})?(?: [a-z]+){{1,3}}|tell me (?:more )?about)"
    r" (?P<word>him|her|them|it|that)(?: (?:afterwards?|then|later|next))?\W*"
)
_THERE = re.compile(r"(?i).*\b(?!(?:is|are|was|were|be) )\w+ (?P<word>there)\W*")
_EMPTY = re.compile(
    r"(?i)\bit (?:like|called)\b|\b(?:time|day|date|year|month|far|late) (?:is|was) it\b"
)
_PERSONAL = frozenset("he she his her him".split())
_PLACE = re.compile(r"(?i)\b(?:in|at|near|into|across|the)$")
_QUOTES = re.compile(r"[“”\"]")
_ASKED_BACK = re.compile(r"[^\n]*\bdo you mean\b[^\n]*\?\n- ")
_FILLERS = frozenset(
    "the a i i'm mean meant please one number no option that it ok yes about mr mrs ms dr".split()
)


def asked_back(request: Request, answer: Answer) -> Answer | None:
    """The answer that asks whom or what a question means; None if the articles leave it clear."""
    if _QUOTES.search(request.question):  # a title says which article
        return None
    first = not _talked_before(request)
    pronoun = _pronoun(request.question) if first else ""
    if first and (event := sort_of_event(request.question)):
        asks = f"Which {event} do you mean?"
        options = _about(request.question, events(event, request))
    elif pronoun in _PERSONAL:
        asks, options = f"Whom do you mean by “{pronoun}”?", _by_person(pronoun, request)
    elif pronoun:
        asks, options = f"What do you mean by “{pronoun}”?", _by_article(request)
    else:
        asks, options = _by_surname(request)
    if len(options) < 2:
        return None
    return replace(answer, kind="unclear", remark=asks, options=options[:MAX_OPTIONS])


def with_choice(query: Query) -> Query:
    """The query with the option that a reply chooses ("Sung Kim", "2"), without what it answers.

    Turns that asked back are no part of what a conversation is about.
    """
    last = query.history[-1].answer if query.history else ""
    options = last.split("\n- ")[1:] if _ASKED_BACK.match(last) else []
    history = tuple(turn for turn in query.history if not _ASKED_BACK.match(turn.answer))
    question = _chosen(query.question, options) or query.question
    return replace(query, question=question, history=history)


def _chosen(reply: str, options: Sequence[str]) -> str:
    """The option that a reply names by its place, or by words that no other has; "" if none.

    >>> _chosen("the second", ["Who is Ann Lee?", "Who is Bo Lee?"])
    'Who is Bo Lee?'
    >>> _chosen("Ann", ["Who is Ann Lee?", "Who is Bo Lee?"])
    'Who is Ann Lee?'
    """
    said = [word for word in words(reply) if word not in _FILLERS]
    if re.fullmatch(r"(?:last|[1-9])(?: 1)?", " ".join(said)):  # "the second one"
        place = -1 if said[0] == "last" else int(said[0]) - 1
        return options[place] if place < len(options) else ""
    fitting = [option for option in options if said and set(said) <= set(words(option))]
    return fitting[0] if len(fitting) == 1 else ""


def _talked_before(request: Request) -> bool:
    return not all(is_small_talk(turn.question) for turn in request.history)


def _pronoun(question: str) -> str:
    """The pronoun of a question that has nothing that it could stand for; "" if there is none.

    >>> [_pronoun(text) for text in ("When did he go?", "Why did Kim say it?", "Who did that?")]
    ['he', '', 'that']
    """
    told = _SUBJECT.match(question) or _OBJECT.fullmatch(question)
    found = told or _THERE.fullmatch(question)
    empty = EMPTY_IT.search(question) or _EMPTY.search(question)
    if not found or empty or names_in(question[: found.end()]):
        return ""
    if len(_topic(question)) > MAX_TOPIC:
        return ""
    return found["word"].lower()


def _by_person(pronoun: str, request: Request) -> tuple[str, ...]:
    """The question about each person who may be meant by "he" or "she"."""
    parts = request.parts
    hits = parts.searcher.search(request.question, SEARCHED, filters=request.filters)
    sentences = as_evidence([hit.passage for hit in hits])
    topic = _topic(request.question)
    sentences.sort(key=lambda item: -len(topic & stems(item.text)))
    named = named_persons(sentences[:PARSED], parts.parser())

    def about(name: str) -> str:
        return resolve(request.question, Antecedents.of(f"What did {name} do?", "", None))

    fitting = _fitting(named, topic, about, parts.reranker)
    if len(fitting) > 1 or not _tells_nothing(request.question):
        return fitting
    return tuple(filter(None, (about(one.name) for one in named)))


def _by_surname(request: Request) -> tuple[str, tuple[str, ...]]:
    """What to ask, and the question about each person with a surname of the question."""
    question = request.question
    for name in _single_names(question):
        said = [text for turn in request.history for text in (turn.question, turn.answer)]
        if any(full_names(text, words(name)[0]) for text in said):
            continue

        def about(full: str, name: str = name) -> str:
            return re.sub(rf"\b{re.escape(name)}\b", full, question, count=1)

        topic = _topic(question) - stems(name)
        persons = persons_called(name, request)
        if options := _fitting(persons, topic, about, request.parts.reranker):
            return f"Which {name[0].upper()}{name[1:]} do you mean?", options
    return "", ()


def _by_article(request: Request) -> tuple[str, ...]:
    """The question about each article that may be meant by "it" or "they"."""
    parts, topic = request.parts, _topic(request.question)
    hits = parts.searcher.search(request.question, SEARCHED, filters=request.filters)
    shared: dict[Article, int] = {}
    for hit in hits:
        article = hit.passage.article
        found = len(topic & stems(f"{article.title} {hit.passage.text}"))
        shared[article] = max(found, shared.get(article, 0))
    best = max(shared.values(), default=0)
    fitting = [one for one, found in shared.items() if found == best]
    unclear = len(fitting) == 1 and _tells_nothing(request.question)
    return _about(request.question, list(shared) if unclear else fitting)


def _tells_nothing(question: str) -> bool:
    """Whether a question with a pronoun fits whatever article happens to share its words."""
    return len(_topic(question)) <= MAX_EMPTY and not names_in(question)


def _about(question: str, articles: Sequence[Article]) -> tuple[str, ...]:
    """The question with the title of each article in brackets."""
    asked, titles = question.rstrip(" ?.!"), filter(None, map(_title, articles))
    return tuple(dict.fromkeys(f"{asked} (“{title}”)?" for title in titles))


def _single_names(question: str) -> list[str]:
    """Names of one word that stand alone in a question and name no place, as it is written.

    >>> _single_names("When did Ambassador Kim meet Ann Lee in Seoul?"), _single_names("who is kim")
    (['Kim'], ['kim'])
    """
    if question.islower():
        return [word for word in meaningful(question) if stem(word) not in _SAYS_NOTHING][
            :MAX_LOWER
        ]
    found, whole = [], set[str]()
    for entity in entities(question):
        name = re.sub(r"['’]s?$", "", entity.text).split()
        while len(name) > 1 and fold(name[0]).strip(".") in TITLES:
            name = name[1:]
        before = question[: question.find(entity.text)].rstrip()
        if len(name) > 1 or (len(name[0]) > 1 and name[0].isupper()):  # "NASA" is no surname
            whole.update(words(entity.text))
        elif not (entity.quotation or DAY_OR_NUMBER.search(name[0]) or _PLACE.search(before)):
            found.append(name[0])
    return [
        name
        for name in dict.fromkeys(found)
        if len(words(name)) == 1 and words(name)[0] not in whole
    ]


def _topic(question: str) -> frozenset[str]:
    """The stems of a question that may tell whom or what it means."""
    return stems(question) - _SAYS_NOTHING


def _fitting(
    persons: Sequence[Person],
    topic: frozenset[str],
    about: Callable[[str], str],
    reranker: Reranker,
) -> tuple[str, ...]:
    """The question about each person whom its other words fit as well as any; () if one fits best.

    First those whose sentences share most of its words, of these the ones that the reranker takes
    for as relevant.
    """
    shared = {one.name: max(map(len, _shared(one, topic)), default=0) for one in persons}
    best = max(shared.values(), default=0)
    left = [one for one in persons if shared[one.name] == best and about(one.name)]
    if len(left) > 1 and topic:
        read = [_best(one, topic, about(one.name), reranker) for one in left]
        enough = max(logit for logit, _ in read) - AS_WELL
        left = [one for one, (logit, _) in zip(left, read, strict=True) if logit >= enough]
        if len({item.span for logit, item in read if logit >= enough}) == 1:
            return ()  # one sentence answers, whoever it means
    return tuple(about(one.name) for one in left) if len(left) > 1 else ()


def _shared(one: Person, topic: frozenset[str]) -> Iterator[frozenset[str]]:
    return (topic & stems(f"{item.article.title} {item.text}") for item in one.sentences)


def _best(
    one: Person, topic: frozenset[str], question: str, reranker: Reranker
) -> tuple[float, Evidence]:
    """The most relevant of a person's sentences to the question about that person; its logit."""
    likely = sorted(one.sentences, key=lambda item: -len(topic & stems(item.text)))[:READ]
    logits = reranker.score(question, [item.text for item in likely])
    return max(zip(logits, likely, strict=True), key=lambda pair: pair[0])


def _title(article: Article) -> str:
    """A title as it can stand in a question; "" if none can."""
    title = textwrap.shorten(for_answer(article.title), MAX_TITLE, placeholder=" …")
    return (
        ""
        if looks_injected(article.title, "")
        else title.replace("“", "‘").replace("”", "’").replace('"', "'")
    )
