"""What somebody says in an article: quotations and reported speech, word for word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice

from assistant.core.answer import Evidence
from assistant.kinds.quotations.pronouns import is_surname, may_be_one
from assistant.kinds.quotations.speakers import Persons, Speaker, speaker_of
from assistant.kinds.timelines.event_days import is_prose, without_dateline
from index.text.grammar import SPEECH_VERBS, Argument, ParsedSentence, Parser

MAX_PARSED = 700  # characters of a sentence that is parsed
MAX_LONG = 12  # sentences of one quotation
MAX_OUTSIDE = 30  # words beside a quotation that only tell who says it
MAX_BACK = 6  # sentences before "he said" in which the person may stand

SAYS = (SPEECH_VERBS - {"believe", "think", "predict", "suggest", "tweet", "reveal"}) | frozenset(
    "reiterate promise vow pledge caution complain recall urge argue".split()
)
_WITH_CLAUSE = SPEECH_VERBS  # "added a goal" is none: these need what is said
_QUOTED = re.compile(r"“[^“”]*”|\"[^\"]*\"")
_WHOLE = re.compile(r".*\w.*[,.?!…—–-][”\"]|.*(?:\S+\s+){4}.*", re.S)
_SPEAKS = re.compile(
    r"(?i)\b(?:sa(?:id|ys?|ying)|t(?:old|ells?)|add(?:ed|s|ing)|according to|announc\w+|claim\w*"
    r"|not(?:ed|es|ing)"
    r"|argu\w+|insist\w*|warn\w*|stat(?:ed|es|ing)|confirm\w*|declar\w+|comment\w*|remark\w*|admit\w*"
    r"|acknowledg\w+|den(?:ied|ies|y)|alleg\w+|repl(?:ied|ies)|answer\w*|stress\w*|emphasi\w+|quip\w*"
    r"|jok(?:ed|es)|conclud\w+|report(?:ed|s)|wrote|writes|explain\w*|reiterat\w+|promis\w+|vow\w*|pledg\w+"
    r"|caution\w*|complain\w*|recall\w*|urg(?:ed|es|ing))\b"
)
_REPORTS = re.compile(r"\b(?:that|adding|saying|how|why|whether)\b")
_STATEMENT = re.compile(r"(?i)\b(?:statement|remarks|letter|message|post|speech|tweet(?:ed)?)\b")
_PARTICIPLE = re.compile(r"\w+ing\b")  # "a conference announcing that" says nothing
_MARKS = " .,“”\"'"
_STANDS_FOR = "This is so"


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that a speaker said: `text` is word for word what stands in `sentences`."""

    speaker: Speaker
    text: str
    sentences: tuple[Evidence, ...]

    @property
    def proofs(self) -> tuple[Evidence, ...]:
        """What is said, and the sentence that says who the speaker is."""
        introduced = self.speaker.introduced
        return tuple(dict.fromkeys((*self.sentences, *((introduced,) if introduced else ()))))


def may_speak(text: str) -> bool:
    """Whether a sentence is worth parsing: prose with a verb of speech, or beside a quotation.

    >>> [may_speak(text) for text in ("Kim said so.", "By Ann Lee", "It rained.")]
    [True, False, False]
    """
    outside = _QUOTED.sub(" ", text)
    bare = _skeleton(text)
    speaks = bool(_SPEAKS.search(outside)) or (bare != text and bool(outside.strip(_MARKS)))
    return speaks and len(bare) <= MAX_PARSED and is_prose(bare)


def statements_in(
    article: Sequence[Evidence], wanted: Sequence[Evidence], parser: Parser
) -> list[Statement]:
    """What is said in the `wanted` sentences of an article, in reading order."""
    chosen = {one.span for one in wanted}
    found: list[Statement] = []
    last: tuple[int, Speaker] | None = None
    for at, one in enumerate(article):
        alone = at > 0 and is_announced(article[at - 1].text, one.text)
        if one.span not in chosen or not (alone or may_speak(one.text)):
            continue
        before = partial(_persons_before, article, at, last, parser)
        if alone and found and one.span in {item.span for item in found[-1].sentences}:
            continue
        said = list(islice(before(), 1)) if alone else []
        said = said or list(_said(one, article, before, parser))
        for speaker in _apart(said, one.text):
            found.append(_whole_statement(speaker, article, at))
        if said:
            speaks = found[-1].speaker
            last = (at + len(found[-1].sentences) - 1, speaks) if may_be_one(speaks.name) else None
    return found


def is_announced(before: str, text: str) -> bool:
    """Whether a sentence is a quotation alone, and the one before it announces what is said.

    >>> is_announced("Lee issued a statement on it.", '"We lost it all."')
    True
    """
    rest = _QUOTED.sub("", text).strip(_MARKS)
    alone = text.startswith(("“", '"')) and (not rest or rest == text.strip(_MARKS))
    return alone and (before.endswith(":") or bool(_STATEMENT.search(_QUOTED.sub("", before))))


def _apart(said: Sequence[Speaker], text: str) -> list[Speaker]:
    """The speakers, without an office that stands before the name of another ("curator Ann")."""
    return [
        one
        for one in said
        if not any(f"{one.name} {other.name}" in text for other in said if other != one)
    ]


def _said(
    one: Evidence, article: Sequence[Evidence], before: Persons, parser: Parser
) -> Iterator[Speaker]:
    """The speakers of a sentence."""
    text = without_dateline(one.text)
    bare = _skeleton(text)
    parsed = parser.parse(bare)
    named: set[str] = set()
    for subject, start in _subjects(parsed, quoted=bare != text):
        nearest = partial(_nearest, parsed, one, article, start, before)
        speaker = speaker_of(subject, one, article, nearest)
        if speaker and speaker.name not in named:
            named.add(speaker.name)
            yield speaker


def _skeleton(text: str) -> str:
    """A sentence with a few plain words for each whole quotation: easier to parse.

    >>> _skeleton('“We lost it all, and nobody came,” said Ada Venn.')
    '“This is so,” said Ada Venn.'
    """

    def shorter(quoted: re.Match[str]) -> str:
        end = "," if text[quoted.end() :].strip(_MARKS) else "."  # "?" would end the sentence
        whole = _WHOLE.fullmatch(quoted[0])
        return f"{quoted[0][0]}{_STANDS_FOR}{end}{quoted[0][-1]}" if whole else quoted[0]

    return _QUOTED.sub(shorter, text)


def _subjects(parsed: ParsedSentence, *, quoted: bool) -> Iterator[tuple[Argument, int]]:
    """The subjects of the verbs of speech that have something said, the outermost only.

    With the character at which the verb begins.
    """
    said = [
        speech
        for speech in parsed.speeches
        if speech.verb in SAYS | {"accord"} or _STANDS_FOR in parsed.text[speech.start : speech.end]
    ]
    spans = [speech for speech in said if speech.verb != "accord"]
    for speech in said:
        if speech.verb == "accord":
            yield speech.speaker, 0
    for relation in parsed.relations:
        subject = relation.subject
        if subject is None or relation.negated or relation.modality:
            continue
        own = (subject, relation.verb)
        inside = (one for one in spans if one.start <= relation.start < one.end)
        if any((one.speaker, one.verb) != own for one in inside):
            continue
        clauses = {one.verb for one in said if one.speaker == subject}
        says = relation.verb in SAYS and (clauses or quoted or relation.verb not in _WITH_CLAUSE)
        thing = not subject.kind and _PARTICIPLE.match(parsed.text, relation.start)
        if (says or relation.verb in clauses) and not thing:
            yield subject, relation.start


def _persons_before(
    article: Sequence[Evidence],
    at: int,
    last: tuple[int, Speaker] | None,
    parser: Parser,
) -> Iterator[Speaker]:
    """The persons of whom the sentences before speak, the nearest sentence first.

    It ends where another person is named who does nothing.
    """
    for back in range(at - 1, max(-1, at - 1 - MAX_BACK), -1):
        if last and back == last[0]:
            yield last[1]
        text = without_dateline(article[back].text)
        bare = _skeleton(text)
        if not is_prose(bare) or len(bare) > MAX_PARSED:
            return
        parsed = parser.parse(bare)
        yield from _acting(parsed, article[back], article, len(bare))
        begins = min(parsed.relations, key=lambda one: one.start, default=None)
        pronoun = begins and begins.subject and begins.subject.kind == "pronoun"
        if any(name.kind == "person" for name in parsed.names) and not pronoun:
            return


def _nearest(
    parsed: ParsedSentence,
    sentence: Evidence,
    article: Sequence[Evidence],
    end: int,
    before: Persons,
) -> Iterator[Speaker]:
    """The persons of whom a sentence speaks before its character `end`, then those `before` it."""
    yield from _acting(parsed, sentence, article, end)
    yield from before()


def _acting(
    parsed: ParsedSentence, sentence: Evidence, article: Sequence[Evidence], end: int
) -> Iterator[Speaker]:
    """The persons who do something in a sentence before its character `end`."""
    for relation in sorted(parsed.relations, key=lambda one: one.start):
        subject = relation.subject
        if subject is None or subject.kind in ("", "pronoun") or relation.start >= end:
            continue
        if 0 <= parsed.text.find(subject.text) < relation.start:  # and no "by Ada Venn"
            speaker = speaker_of(subject, sentence, article, tuple)
            if speaker and (subject.kind == "person" or is_surname(subject.text, speaker.name)):
                yield speaker


def _whole_statement(speaker: Speaker, article: Sequence[Evidence], at: int) -> Statement:
    """What was said in a sentence, and in the quotations that go on behind it."""
    sentences = [article[at]]
    for following in article[at + 1 : at + MAX_LONG]:
        said = following.article.text[sentences[0].start : sentences[-1].end]
        gap = following.article.text[sentences[-1].end : following.start]
        if not _goes_on(said, following.text, "\n" in gap):
            break
        sentences.append(following)
    return Statement(speaker, _verbatim(sentences), tuple(sentences))


def _goes_on(said: str, text: str, new_line: bool) -> bool:
    """Whether a sentence goes on with the quotation that stands before it."""
    quotes = text.startswith(("“", '"'))
    if _is_open(said):
        return not new_line or quotes
    return quotes and not _QUOTED.sub("", text).strip() and (not new_line or said.endswith(":"))


def _is_open(text: str) -> bool:
    """Whether a quotation begins that does not end; each of its paragraphs may open anew."""
    rest = _QUOTED.sub("", text)
    return "“" in rest or rest.count('"') % 2 == 1


def _verbatim(sentences: Sequence[Evidence]) -> str:
    """The quotation where there is nothing else beside its speaker; else all as it stands."""
    first = sentences[0].text
    opening = _QUOTED.match(first)
    outside = _QUOTED.sub("", first)
    direct = opening is not None and _WHOLE.fullmatch(opening[0])
    told = without_dateline(sentences[0].article.text[sentences[0].start : sentences[-1].end])
    if not direct or len(outside.split()) > MAX_OUTSIDE or _REPORTS.search(outside):
        return told
    pieces = [match[0] for one in sentences for match in _QUOTED.finditer(one.text)]
    return pieces[0] if len(pieces) == 1 else told
