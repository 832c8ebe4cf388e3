"""Which proposed question is worth asking: each check names what it found wrong.

The checks are cheap first: the words of the question, then the search, then the model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from assistant.answering.prompting import prompt
from assistant.core.answer import Evidence
from assistant.llm.language_model import LanguageModel, Limits
from assistant.verification.self_check import self_check
from eval.data.normalize import normalize
from eval.questions.proposals import Proposal
from eval.scoring.metrics import holds, quote_stands
from eval.scoring.scores import DEPTH
from index.retrieval.hybrid_search import Searcher
from index.retrieval.reranker import Reranker
from index.text.entities import entities
from index.text.words import COMMON, stem, stems, words

COPY = 0.7  # share of the question's words that may stand in its sentence in one run
BESIDE = 3  # telling words before and behind an answer
ASKED = range(6, 33)  # words of a question
ROUND_TRIP = Limits(max_tokens=64, deadline_s=120.0)
# Log odds of "yes" to "do these words state the answer?". Of 44 questions that passed all else,
# three of the ten unsound ones had less, and three of the sound ones.
STATED = 1.7
_ASKS = frozenset("who whom whose what which when where how".split())
_LEANS = frozenset(
    "he she it they him her them his its their hers theirs this these those here there i we you"
    " my our your us me himself herself itself themselves yesterday today tomorrow"
    " monday tuesday wednesday thursday friday saturday sunday".split()
)
_SHARE = re.compile(r"%|per ?cent|\b(?:share|part|proportion)\b", re.IGNORECASE)
_RELATIVE = re.compile(
    r"\b(?:last|past|next|coming|current|recent)\s(?:year|month|week|day|summer|winter|season)s?\b"
    r"|\b(?:ago|now|currently|recently|later|earlier|away|previously)\b",
    re.IGNORECASE,
)
_ABOUT_TEXT = re.compile(
    r"\b(?:articles?|passages?|texts?|sentences?|stor(?:y|ies)|quiz|quot(?:e|ed|ation)|mentioned"
    r"|speaker|narrator|author of this|interview(?:er|ee)?|above|given)\b",
    re.IGNORECASE,
)
_SAYING = re.compile(
    r"\b(?:sa(?:id|ys?)|stat(?:ed|es?)|claim(?:ed|s)?|t(?:old|ells?)|add(?:ed|s)|announce[ds]?"
    r"|explain(?:ed|s)?|not(?:ed|es)|report(?:ed|s)|wr(?:ote|ites?)|according)\b",
    re.IGNORECASE,
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
class Kept:
    """A proposal that passed, and the rank at which its passage was found (from 1)."""

    proposal: Proposal
    rank: int


class Sieve:
    """Checks proposals against the index, the reranker and the model; `seen` are those kept."""

    def __init__(self, searcher: Searcher, reranker: Reranker, model: LanguageModel) -> None:
        self._searcher = searcher
        self._reranker = reranker
        self._model = model
        self._seen: set[tuple[str, ...]] = set()

    def check(self, proposal: Proposal) -> Kept | str:
        """The proposal as it is kept, or why it is not, in a few words."""
        for reason, wrong in wordings(proposal):
            if wrong:
                return reason
        asked = words(proposal.question)
        if asked in self._seen:
            return "asked already"
        if not self._about_sentence(proposal):
            return "another sentence fits better"
        rank = self._rank(proposal)
        if rank is None:
            return f"not found among the first {DEPTH}"
        if not self._round_trip(proposal):
            return "the model answers otherwise"
        if not self._stated(proposal):
            return "its sentence hardly states the answer"
        self._seen.add(asked)
        return Kept(proposal, rank)

    def _about_sentence(self, proposal: Proposal) -> bool:
        """Whether the reranker, too, finds the question answered by this sentence and no other."""
        article = proposal.passage.article
        texts = [" ".join(article.text[a:b].split()) for a, b in proposal.passage.sentences]
        scores = self._reranker.score(proposal.question, texts)
        return scores[proposal.place] == max(scores) and scores[proposal.place] > 0

    def _rank(self, proposal: Proposal) -> int | None:
        article = proposal.passage.article.id
        for rank, hit in enumerate(self._searcher.search(proposal.question, DEPTH), 1):
            same = hit.passage.article.id == article
            if same and quote_stands(proposal.sentence, hit.passage.text):
                return rank
        return None

    def _round_trip(self, proposal: Proposal) -> bool:
        """Whether the model, shown the passage, gives the answer again."""
        passage = proposal.passage
        shown = [Evidence(passage, start, end, 0.0) for start, end in passage.sentences]
        messages = prompt(proposal.question, (), shown)
        said = "".join(piece.text for piece in self._model.stream(messages, ROUND_TRIP))
        return holds(said, proposal.answer)

    def _stated(self, proposal: Proposal) -> bool:
        """Whether the model, shown the sentence alone, says that it states the answer."""
        start, end = proposal.passage.sentences[proposal.place]
        sentence = Evidence(proposal.passage, start, end, 0.0)
        told, _ = self_check(self._model, proposal.question, [sentence], ROUND_TRIP.deadline_s)
        return told > STATED


def wordings(proposal: Proposal) -> Iterator[tuple[str, bool]]:
    """Each check of a question's words: its reason, and whether it was found wrong."""
    question = proposal.question
    yield "no question", not _is_question(question)
    yield "gives its answer away", _gives_away(question, proposal.answer)
    yield "leans on the article", _leans(question)
    yield "names nothing", not any(_is_name(text) for text in _named(question))
    yield "names what the passage does not", bool(_strange(proposal))
    yield "asks for another kind of answer", not _fits(proposal)
    yield "asks for another part of the sentence", not _nearest(proposal)
    yield "takes who speaks for who is spoken of", _of_speaker(proposal)
    yield "copies its sentence", _copied(question, proposal.sentence) > COPY


def _is_question(question: str) -> bool:
    said = _lower(question)
    return (
        question.endswith("?")
        and question.count("?") == 1
        and len(said) in ASKED
        and bool(_ASKS & set(said[:3]))
    )


def _leans(question: str) -> bool:
    """Whether it can be understood only by who has the article, or the calendar of its day."""
    leans = _LEANS & set(_lower(question)) or _RELATIVE.search(question)
    return bool(leans or _ABOUT_TEXT.search(question))


def _gives_away(question: str, answer: str) -> bool:
    """Whether any word of the answer stands in the question already."""
    return bool((set(normalize(answer)) - COMMON) & set(normalize(question)))


def _named(question: str) -> list[str]:
    return [found.text for found in entities(question)]


def _is_name(text: str) -> bool:
    return any(part[:1].isupper() for part in text.split())


def _strange(proposal: Proposal) -> list[str]:
    """Names and numbers of the question that neither passage nor heading holds."""
    article = proposal.passage.article
    day = f"{article.published:%A %d %B %Y}" if article.published else ""
    told = f"{article.title}. {proposal.passage.text} {article.source} {day}"
    known, known_words = stems(told), set(normalize(told))
    return [
        text
        for text in _named(proposal.question)
        if not (stems(text) <= known or set(normalize(text)) - COMMON <= known_words)
    ]


def _fits(proposal: Proposal) -> bool:
    """Whether the question begins as one for an answer of this kind does; a share is named."""
    share = re.search(r"%|per ?cent", proposal.answer, re.IGNORECASE)
    named = re.search(
        r"%|per ?cent|\b(?:share|part|proportion)\b", proposal.question, re.IGNORECASE
    )
    return bool(_BEGINS[proposal.kind].match(proposal.question)) and bool(named or not share)


def _nearest(proposal: Proposal) -> bool:
    """Whether what stands beside the answer is asked about, more than beside others of its kind.

    "It has 277 faults; 39 percent are grave": "How many are grave?" does not ask for 277, and
    what is counted has to be named.
    """
    asked = stems(proposal.question)
    behind = _telling(proposal.sentence.partition(proposal.answer)[2])[:1]
    if proposal.kind == "number" and not asked.intersection(behind):
        return False
    beside = _beside(proposal.sentence, proposal.answer, asked)
    countable = proposal.kind not in ("person", "place")
    others = [
        part.text
        for part in entities(proposal.sentence)
        if countable
        and part.text not in proposal.answer
        and any(sign.isdigit() for sign in part.text)
    ]
    return beside > max((_beside(proposal.sentence, one, asked) for one in others), default=0)


def _of_speaker(proposal: Proposal) -> bool:
    """Whether it names who tells it and not who did it.

    "Dorran said Illich left in May": "When did Dorran leave?" is wrong. A question that has a word
    of saying itself is about what was said.
    """
    said = _SAYING.search(proposal.sentence)
    if not said or _SAYING.search(proposal.question):
        return False
    told = proposal.sentence[said.end() :]
    asked = stems(proposal.question)
    speaking = [stems(name) for name in _named(proposal.sentence[: said.start()]) if _is_name(name)]
    spoken_of = [stems(name) for name in _named(told) if _is_name(name) and name != proposal.answer]
    named = any(name & asked for name in speaking)
    return proposal.answer in told and named and bool(spoken_of) and not spoken_of[0] & asked


def _beside(sentence: str, part: str, asked: frozenset[str]) -> int:
    """How many of the `BESIDE` words before and behind a part of a sentence are asked about."""
    before, _, after = sentence.partition(part)
    near = [*_telling(before)[-BESIDE:], *_telling(after)[:BESIDE]]
    return len(asked.intersection(near))


def _telling(text: str) -> list[str]:
    return [stem(word) for word in words(text) if word not in COMMON]


def _copied(question: str, sentence: str) -> float:
    """Share of the question's words that stand in the sentence in one run."""
    asked, told = words(question), words(sentence)
    run = SequenceMatcher(None, asked, told, autojunk=False).find_longest_match().size
    return run / len(asked)


def _lower(text: str) -> Sequence[str]:
    return re.findall(r"[^\W_]+", text.casefold())
