"""Disagreements of grammar between a claim and the sentences that are cited for it.

A claim may share every word with its proof and still say something else: another subject of the
same verb, subject and object exchanged, a plan for a deed, a day that belongs to another verb, or
a name in the place of another in an otherwise equal sentence. Only what is compared on both sides
counts: a pronoun, another verb or a missing part is silence, because a shortened or rewritten
sentence must pass.
"""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from index.text.calendar_terms import CALENDAR_NAMES, MONTH_NUMBERS
from index.text.grammar import (
    SPEECH_VERBS,
    Argument,
    Name,
    ParsedSentence,
    Relation,
)
from index.text.words import COMMON, fold, stem, stems, words

OPPOSITE = "the cited sentence says the opposite"  # one of the two is negated
SPELLING = 0.8  # similarity of two spellings of one name
NEAR = 0.7  # of a claim's words that its sentence has in the same order
SAME_WORDS = 0.6  # of a speech's stems that another must have to be the same words

# what stands before a deed that was not, or not yet, done
_NOT_DONE = frozenset(
    "plan want intend hope aim may might try attempt refuse fail decline deny allege allegedly"
    " reportedly supposedly accuse suspect charge threaten promise vow if unless whether consider"
    " expect possibly perhaps propose urge ask likely unlikely".split()
)
# what a careful rewrite may add to a plain fact
_HEDGES = frozenset("allegedly reportedly supposedly possibly perhaps likely if whether".split())
# what one alone does: that another did it is a denial
_DONE_BY_ONE = frozenset("win host chair lead head found invent discover write direct own".split())
_BOUND = re.compile(r"(?i)\b(?:at least|at most|more|over|up to|nearly|almost|about|some|least)\b")
_ASKED = re.compile(
    r"(?i)^(?:\w+ )?(?:which|what)(?: (?:is|was) the name of the)? "
    r"(hotel|stadium|hospital|school|university|museum|church|airport|prison)\b"
)


def disagreements(
    question: ParsedSentence, claim: ParsedSentence, cited: Sequence[ParsedSentence]
) -> list[str]:
    """What the cited sentences say otherwise, in plain words; empty if they do not."""
    found = [*_kind(question, claim), *_twice(claim), *_of_an_answer(claim, cited)]
    found += [*_speakers(claim, cited), *_days(claim, cited)]
    near = [sentence for sentence in cited if _aligned(claim, sentence) >= NEAR]
    swaps = [next(_swaps(claim, sentence), "") for sentence in near]
    if swaps and all(swaps):
        found.append(swaps[0])
    for mine in claim.relations:
        theirs = [
            other
            for sentence in cited
            for other in sentence.relations
            if stem(other.verb) == stem(mine.verb)
        ]
        reasons = [_conflict(question, mine, other) for other in theirs]
        if reasons and None not in reasons:
            found.append(next(filter(None, reasons), ""))
    return list(dict.fromkeys(filter(None, found)))


def contradicts(claim: ParsedSentence, sentence: ParsedSentence) -> bool:
    """Whether a sentence certainly says that a claim is false.

    It denies the same deed, or gives another number, another exact day or, of what one alone does,
    another doer. That something else was done denies nothing.
    """
    return any(
        stem(mine.verb) == stem(other.verb) and mine.verb != "be" and _denies(mine, other)
        for mine in claim.relations
        for other in sentence.relations
    )


def _denies(mine: Relation, other: Relation) -> bool:
    if {mine.modality, other.modality} & _NOT_DONE or not _same_event(mine, other):
        return False
    object_, others = _object(mine), _object(other)
    one_thing = bool(object_ and others and _content(object_) & _content(others))
    if mine.verb in _DONE_BY_ONE and one_thing and _other_doer(mine.subject, other.subject):
        return not (mine.negated or other.negated)
    if _differ(mine.subject, other.subject):
        return False
    if mine.negated != other.negated:
        return one_thing or not (object_ or others)
    rivals = [(one, a) for one in mine.arguments for a in other.arguments if a.role == one.role]
    return not mine.negated and any(_other_value(one, rival) for one, rival in rivals)


def _other_doer(one: Argument | None, other: Argument | None) -> bool:
    """Whether two named subjects have no word in common."""
    if one is None or other is None or "pronoun" in (one.kind, other.kind):
        return False
    return bool(one.kind and other.kind) and _content(one).isdisjoint(_content(other))


def _other_value(one: Argument, other: Argument) -> bool:
    """Whether two arguments count the same and have other numbers, or are other exact days."""
    if one.kind == other.kind == "day" and (_exact(one.text) or _exact(other.text)):
        return _differ(one, other)
    numbers = [{word for word in words(a.text) if word[0].isdigit()} for a in (one, other)]
    counted = [stem(words(a.heads[0])[-1]) for a in (one, other)]
    same = counted[0] == counted[1] and not counted[0].isdigit()
    return (
        same
        and not _BOUND.search(f"{one.text} {other.text}")
        and all(numbers)
        and numbers[0].isdisjoint(numbers[1])
    )


def _conflict(question: ParsedSentence, mine: Relation, other: Relation) -> str | None:
    """Why a relation says something else than another of the same verb.

    None if it says the same; "" if it is about something else.
    """
    if _exchanged(mine, other):
        return _of(other.subject, mine.subject)
    if not _same_event(mine, other):
        return ""
    if any(mine.subject and _same(mine.subject, a) for a in other.arguments if a.role == "with"):
        return None  # who met whom is the same the other way round
    if _differ(mine.subject, other.subject) and mine.verb not in SPEECH_VERBS:
        return _of(other.subject, mine.subject)
    for one in mine.arguments:
        rivals = [a for a in other.arguments if a.role == one.role]
        if rivals and all(_differ(one, rival) for rival in rivals):
            return f"the cited sentence says {rivals[0].text}, not {one.text}"
    if mine.modality in _NOT_DONE - _HEDGES and not other.modality and not other.negated:
        return f"the cited sentence says that it happened, not “{mine.modality} … {mine.verb}”"
    if mine.negated != other.negated and not {mine.modality, other.modality} & _NOT_DONE:
        return OPPOSITE
    weak = other.modality if other.modality in _NOT_DONE else ""
    if weak and not mine.modality and not mine.negated and stem(weak) not in stems(question.text):
        return f"the cited sentence does not say that it happened (“{weak} … {other.verb}”)"
    return None


def _of(theirs: Argument | None, mine: Argument | None) -> str:
    assert theirs
    assert mine
    return f"the cited sentence says it of {theirs.text}, not of {mine.text}"


def _object(one: Relation) -> Argument | None:
    return next((a for a in one.arguments if a.role in ("object", "complement")), None)


def _exchanged(mine: Relation, other: Relation) -> bool:
    object_, their_object = _object(mine), _object(other)
    if not (mine.subject and other.subject and object_ and their_object) or mine.verb == "be":
        return False
    return (
        _same(mine.subject, their_object)
        and _same(object_, other.subject)
        and not _same(mine.subject, other.subject)
    )


def _same_event(mine: Relation, other: Relation) -> bool:
    """Whether two relations of one verb share what is told beside the subject."""
    object_, their_object = _object(mine), _object(other)
    if object_ and their_object and not _differ(object_, their_object):
        return bool(_content(object_) & _content(their_object))
    same_subject = bool(
        mine.subject and other.subject and _content(mine.subject) & _content(other.subject)
    )
    if (object_ and their_object and mine.subject) or (same_subject and not object_):
        return same_subject and mine.verb not in SPEECH_VERBS  # Korvin beat Roon, beat Lenz
    told, theirs = (
        frozenset().union(*(_content(a) for a in one.arguments if a.role != "object"))
        for one in (mine, other)
    )
    return not told or bool(told & theirs)


def _content(argument: Argument) -> frozenset[str]:
    return stems(argument.text)


def _same(one: Argument, other: Argument) -> bool:
    return any(
        set(words(a)) - COMMON & set(words(b)) - COMMON for a in one.heads for b in other.heads
    )


def _differ(one: Argument | None, other: Argument | None) -> bool:
    """Whether two arguments are certainly not the same: other names, numbers or days."""
    if one is None or other is None:
        return False
    if one.kind == other.kind == "day":
        return _exact(one.text) and _exact(other.text) and not _same_day(one.text, other.text)
    numbers = [{w for w in words(a.text) if w[0].isdigit()} for a in (one, other)]
    if all(numbers) and stem(fold(one.heads[0])) == stem(fold(other.heads[0])):
        return not numbers[0] & numbers[1]
    if not {one.kind, other.kind} <= {"person", "organisation", "other"}:
        return False
    named = [[head for head in a.heads if head[0].isupper()] for a in (one, other)]
    return all(named) and all(other_name(a, b) for a in named[0] for b in named[1])


def other_name(one: str, other: str) -> bool:
    """Whether two names are of two; "Kim Gunn" and "Sung Kim" are, "Kim" and "Kim Gunn" not."""
    first, second = words(one), words(other)
    if set(first) <= set(second) or set(second) <= set(first) or _initials(one, other):
        return False
    if first[-1] == second[-1]:
        return len(first) == len(second) == 2 and first[0][0] != second[0][0]
    if set(first) & set(second):
        return first[0] == second[-1] or second[0] == first[-1]
    return SequenceMatcher(None, fold(one), fold(other)).ratio() < SPELLING


def _initials(one: str, other: str) -> bool:
    """Whether one is made of the other's capitals ("World Health Organization", "WHO")."""
    long, short = sorted((one, other), key=len, reverse=True)
    return "".join(c for c in long if c.isupper()) == short.replace(".", "")


def _matcher(claim: ParsedSentence, sentence: ParsedSentence) -> SequenceMatcher[str]:
    return SequenceMatcher(None, words(claim.text), words(sentence.text), autojunk=False)


def _aligned(claim: ParsedSentence, sentence: ParsedSentence) -> float:
    same = sum(block.size for block in _matcher(claim, sentence).get_matching_blocks())
    return same / max(1, len(words(claim.text)))


def _swaps(claim: ParsedSentence, sentence: ParsedSentence) -> Iterator[str]:
    """Names, numbers and days that stand in the place of another in an otherwise equal sentence."""
    mine, theirs = words(claim.text), words(sentence.text)
    for change, a, b, c, d in _matcher(claim, sentence).get_opcodes():
        if change == "replace":
            one, other = _name_of(claim, mine[a:b]), _name_of(sentence, theirs[c:d])
            if one and other and _swapped(one, other) and not set(words(one.text)) <= set(theirs):
                yield f"the cited sentence says {other.text}, not {one.text}"


def _name_of(sentence: ParsedSentence, part: Sequence[str]) -> Name | None:
    """The name that a stretch of comparable words belongs to, or is ("Japanese")."""
    kept = set(part) - COMMON
    for name in sentence.names:
        if kept and kept <= set(words(name.text)):
            return name
    word = re.search(rf"\b{re.escape(' '.join(part))}\b", sentence.text, re.IGNORECASE)
    if kept and word and word.start() and word[0][0].isupper():
        return Name(word[0], *word.span(), "other")
    return None


def _swapped(one: Name, other: Name) -> bool:
    if one.kind == other.kind == "day":
        return _parts_of_day(one.text) == _parts_of_day(other.text)
    if "number" in (one.kind, other.kind) or "day" in (one.kind, other.kind):
        digits = ({w for w in words(n.text) if w[0].isdigit()} for n in (one, other))
        return one.kind == other.kind and all(digits)
    return other_name(one.text, other.text)


def _speakers(claim: ParsedSentence, cited: Sequence[ParsedSentence]) -> Iterator[str]:
    for mine in claim.speeches:
        said = stems(claim.text[mine.start : mine.end])
        same = [
            other
            for sentence in cited
            for other in sentence.speeches
            if said
            and len(said & stems(sentence.text[other.start : other.end])) >= SAME_WORDS * len(said)
        ]
        if same and all(_differ(mine.speaker, other.speaker) for other in same):
            yield f"{same[0].speaker.text} said it, not {mine.speaker.text}"


def _days(claim: ParsedSentence, cited: Sequence[ParsedSentence]) -> Iterator[str]:
    """A day of the claim that the cited sentences give for other verbs only."""
    relations = [(other, sentence) for sentence in cited for other in sentence.relations]
    for mine in claim.relations:
        for day in _when(mine):
            given = [(o, s) for o, s in relations if any(_same_day(day, d) for d in _when(o))]
            if not given or any(stem(o.verb) == stem(mine.verb) for o, _ in given):
                continue
            apart = [o for o, _ in relations if stem(o.verb) == stem(mine.verb)]
            dated = any(_exact(d) for o in apart for d in _when(o))
            if dated or all(_elsewhere(mine, sentence) for _, sentence in given):
                verb = given[0][0].verb
                yield f"the cited sentence gives {day} for “{verb}”, not “{mine.verb}”"


def _when(one: Relation) -> list[str]:
    return [a.text for a in one.arguments if a.role == "when"]


def _exact(day: str) -> bool:
    """Whether a month and its day are named."""
    parts = words(day)
    return any(p in MONTH_NUMBERS for p in parts) and any(p.isdigit() for p in parts)


def _same_day(one: str, other: str) -> bool:
    first, second = set(words(one)), set(words(other))
    return _exact(one) and _exact(other) and (first <= second or second <= first)


def _parts_of_day(day: str) -> list[str]:
    """What a day is told by: "month", "weekday", "number" (a year too) or other words."""
    names = dict.fromkeys(CALENDAR_NAMES, "weekday") | dict.fromkeys(MONTH_NUMBERS, "month")
    return ["number" if part.isdigit() else names.get(part, part) for part in words(day)]


def _elsewhere(mine: Relation, sentence: ParsedSentence) -> bool:
    """Whether both name places, and no place of one is named by the other."""
    places = [a for a in mine.arguments if a.kind == "place"]
    named = [words(name.text) for name in sentence.names if name.kind == "place"]
    known = {word for name in named for word in name} - COMMON
    return bool(places and named) and not any(set(words(p.text)) & known for p in places)


def _kind(question: ParsedSentence, claim: ParsedSentence) -> Iterator[str]:
    """A claim that names only places that the question has named, where a building is asked for."""
    asked = _ASKED.match(question.text)
    if not asked or re.search(rf"\b{asked[1].capitalize()}\b", claim.text):
        return
    known = set(words(question.text))
    if claim.names and all(known.issuperset(words(name.text)) for name in claim.names):
        yield f"it names no {asked[1].lower()}"


def _of_an_answer(claim: ParsedSentence, cited: Sequence[ParsedSentence]) -> Iterator[str]:
    """Sentences that only tell what "the answer" is, to whatever was asked where they stand."""
    told = {one.text: next(filter(None, map(_answer_told, one.relations)), "") for one in cited}
    telling = [text for text, answer in told.items() if answer]
    if not telling or any(map(_answer_told, claim.relations)):
        return
    said = {word for text, answer in told.items() if not answer for word in words(text)}
    new = {word for word in words(claim.text) if word not in said | COMMON}
    if new & set(words(" ".join(telling))):
        yield f"the cited sentence says it of “{told[telling[0]]}”"


def _answer_told(relation: Relation) -> str:
    """The subject of a relation if it is an answer, "" if not."""
    subject = relation.subject
    heads = subject.heads if subject and relation.verb == "be" else ()
    return subject.text if subject and any(h.lower() == "answer" for h in heads) else ""


def _twice(claim: ParsedSentence) -> Iterator[str]:
    """A full name in two places of one sentence ("Kim Gunn met Kim Gunn"): a small model's slip."""
    names = [one.text for one in claim.names if one.kind == "person" and " " in one.text]
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            yield f"it has {name} in two places"
