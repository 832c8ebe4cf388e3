"""Filters proposed questions; each check, the cheapest first, is named as the reason."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from assistant.answering.prompting import prompt
from assistant.core.answer import Evidence
from assistant.llm.language_model import LanguageModel, Limits
from assistant.verification.self_check import self_check
from eval.data.normalize import normalize
from eval.questions.proposals import Proposal
from eval.scoring.case_scores import DEPTH
from eval.scoring.metrics import contains_quote, holds
from index.retrieval.hybrid_search import Searcher
from index.retrieval.reranker import Reranker
from index.text.entities import entities
from index.text.words import COMMON, stem, stems, words

COPY = 0.7  # share of the question's words that may be one run of its sentence
CONTEXT = 3  # content words before and behind an answer
LENGTH = range(6, 33)  # words of a question
ROUND_TRIP = Limits(max_tokens=64, deadline_s=120.0)
# Log odds of "yes" to "do these words state the answer?". Of 44 questions that passed all else,
# three of the ten unsound ones had less, and three of the sound ones.
STATED = 1.7
_QUESTION_WORDS = frozenset("who whom whose what which when where how".split())
_DEICTIC = frozenset(
    "he she it they him her them his its their hers theirs this these those here there i we you"
    " my our your us me himself herself itself themselves yesterday today tomorrow"
    " monday tuesday wednesday thursday friday saturday sunday".split()
)
_PERCENT = re.compile(r"%|per ?cent", re.IGNORECASE)
_SHARE = re.compile(r"%|per ?cent|\b(?:share|part|proportion)\b", re.IGNORECASE)
_RELATIVE = re.compile(
    r"(?i)\b(?:last|past|next|coming|current|recent)\s(?:year|month|week|day|summer|winter|season)s?\b"
    r"|\b(?:ago|now|currently|recently|later|earlier|away|previously)\b"
)
_ABOUT_TEXT = re.compile(
    r"(?i)\b(?:articles?|passages?|texts?|sentences?|stor(?:y|ies)|quiz|quot(?:e|ed|ation)|mentioned"
    r"|speaker|narrator|author of this|interview(?:er|ee)?|above|given)\b"
)
_SAYING = re.compile(
    r"(?i)\b(?:sa(?:id|ys?)|stat(?:ed|es?)|claim(?:ed|s)?|t(?:old|ells?)|add(?:ed|s)|announce[ds]?"
    r"|explain(?:ed|s)?|not(?:ed|es)|report(?:ed|s)|wr(?:ote|ites?)|according)\b"
)
_BEGINS = {
    "person": re.compile(r"(?:By |From |To |With |For )?Who(?:m|se)?\b", re.IGNORECASE),
    "place": re.compile(r"Where\b|In (?:which|what) (?:city|town|country|state|place|village)\b"),
    "day": re.compile(r"When\b|On (?:which|what) (?:day|date)\b"),
    "year": re.compile(r"When\b|In (?:which|what) year\b"),
    "number": re.compile(r"How (?:many|old|long|far|tall|high|large|big|much)\b"),
    "money": re.compile(r"How much\b"),
}


@dataclass(frozen=True, slots=True)
class Accepted:
    """A proposal that passed, and the rank at which its passage was found (from 1)."""

    proposal: Proposal
    rank: int


class QuestionFilter:
    """Checks proposals against the index, the reranker and the model."""

    def __init__(self, searcher: Searcher, reranker: Reranker, model: LanguageModel) -> None:
        self._searcher = searcher
        self._reranker = reranker
        self._model = model
        self._accepted: set[tuple[str, ...]] = set()

    def check(self, proposal: Proposal) -> Accepted | str:
        """The proposal if it passes all checks, or the reason why not."""
        if reason := next((reason for reason, wrong in word_checks(proposal) if wrong), ""):
            return reason
        asked = words(proposal.question)
        if asked in self._accepted:
            return "asked already"
        if not self._fits_sentence_best(proposal):
            return "another sentence fits better"
        rank = self._rank(proposal)
        if rank is None:
            return f"not found among the first {DEPTH}"
        if not self._round_trip(proposal):
            return "the model answers otherwise"
        start, end = proposal.passage.sentences[proposal.number]
        sentence = Evidence(proposal.passage, start, end, 0.0)
        logit, _ = self_check(self._model, proposal.question, [sentence], ROUND_TRIP.deadline_s)
        if logit <= STATED:
            return "its sentence does not state the answer"
        self._accepted.add(asked)
        return Accepted(proposal, rank)

    def _fits_sentence_best(self, proposal: Proposal) -> bool:
        """Whether the reranker, too, finds the question answered by this sentence and no other."""
        article = proposal.passage.article
        texts = [" ".join(article.text[a:b].split()) for a, b in proposal.passage.sentences]
        scores = self._reranker.score(proposal.question, texts)
        return scores[proposal.number] == max(scores) and scores[proposal.number] > 0

    def _rank(self, proposal: Proposal) -> int | None:
        article = proposal.passage.article.id
        for rank, hit in enumerate(self._searcher.search(proposal.question, DEPTH), 1):
            same = hit.passage.article.id == article
            if same and contains_quote(hit.passage.text, proposal.sentence):
                return rank
        return None

    def _round_trip(self, proposal: Proposal) -> bool:
        """Whether the model, shown the passage, gives the answer again."""
        passage = proposal.passage
        shown = [Evidence(passage, start, end, 0.0) for start, end in passage.sentences]
        messages = prompt(proposal.question, (), shown)
        written = "".join(piece.text for piece in self._model.stream(messages, ROUND_TRIP))
        return holds(written, proposal.answer)


def word_checks(proposal: Proposal) -> Iterator[tuple[str, bool]]:
    """Each check of a question's words: its reason, and whether the question fails it."""
    question, named = proposal.question, _entities(proposal.question)
    folded = re.findall(r"[^\W_]+", question.casefold())
    one_mark = question.endswith("?") and question.count("?") == 1
    asks = one_mark and len(folded) in LENGTH and _QUESTION_WORDS.intersection(folded[:3])
    yield "no question", not asks
    content = set(normalize(proposal.answer)) - COMMON
    yield "gives its answer away", bool(content.intersection(normalize(question)))
    needs = _DEICTIC.intersection(folded) or _RELATIVE.search(question)
    yield "needs the article to be understood", bool(needs or _ABOUT_TEXT.search(question))
    yield "names nothing", not any(_is_name(text) for text in named)
    yield "names what the passage does not", not all(_in_passage(t, proposal) for t in named)
    # a share has to be asked for as one
    share = _SHARE.search(question) or not _PERCENT.search(proposal.answer)
    begins = _BEGINS[proposal.type].match(question)
    yield "asks for another type of answer", not (begins and share)
    yield "asks for another part of the sentence", not _is_nearest(proposal)
    yield "confuses the speaker with the person spoken of", _is_about_speaker(proposal)
    asked, sentence = words(question), words(proposal.sentence)
    run = SequenceMatcher(None, asked, sentence, autojunk=False).find_longest_match().size
    yield "copies its sentence", run / len(asked) > COPY


def _entities(text: str) -> list[str]:
    return [found.text for found in entities(text)]


def _is_name(text: str) -> bool:
    return any(part[:1].isupper() for part in text.split())


def _in_passage(text: str, proposal: Proposal) -> bool:
    """Whether passage or heading hold a name or number of the question."""
    article = proposal.passage.article
    day = f"{article.published:%A %d %B %Y}" if article.published else ""
    known = f"{article.title}. {proposal.passage.text} {article.source} {day}"
    return stems(text) <= stems(known) or set(normalize(text)) - COMMON <= set(normalize(known))


def _is_nearest(proposal: Proposal) -> bool:
    """Whether the question shares more words with the context of the answer than of other numbers.

    "It has 277 faults; 39 percent are grave": "How many are grave?" does not ask for 277, and
    what is counted has to be named.
    """
    asked, sentence, answer = stems(proposal.question), proposal.sentence, proposal.answer
    behind = _content_stems(sentence.partition(answer)[2])[:1]
    if proposal.type == "number" and not asked.intersection(behind):
        return False
    others = [
        text
        for text in _entities(sentence)
        if proposal.type not in ("person", "place")
        and text not in answer
        and any(character.isdigit() for character in text)
    ]
    best = max((_shared_context(sentence, other, asked) for other in others), default=0)
    return _shared_context(sentence, answer, asked) > best


def _is_about_speaker(proposal: Proposal) -> bool:
    """Whether the question names the speaker of a statement and not whom it is about.

    "Dorran said Illich left in May": "When did Dorran leave?" is wrong. A question with a verb of
    saying is about the statement itself.
    """
    verb = _SAYING.search(proposal.sentence)
    if not verb or _SAYING.search(proposal.question):
        return False
    statement = proposal.sentence[verb.end() :]
    asked = stems(proposal.question)
    speakers = [stems(t) for t in _entities(proposal.sentence[: verb.start()]) if _is_name(t)]
    subjects = [stems(t) for t in _entities(statement) if _is_name(t) and t != proposal.answer]
    named = any(speaker & asked for speaker in speakers)
    return proposal.answer in statement and named and bool(subjects) and not subjects[0] & asked


def _shared_context(sentence: str, part: str, asked: frozenset[str]) -> int:
    """How many content words beside a part of a sentence are in the question."""
    before, _, after = sentence.partition(part)
    near = [*_content_stems(before)[-CONTEXT:], *_content_stems(after)[:CONTEXT]]
    return len(asked.intersection(near))


def _content_stems(text: str) -> list[str]:
    return [stem(word) for word in words(text) if word not in COMMON]
