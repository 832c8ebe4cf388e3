"""What an article says the opposite of: by a negation, or by a word that excludes a draft's."""

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from assistant.checking.part_checks import Mark
from index.text.grammar import ParsedSentence
from index.text.words import COMMON, WORD, stem, words

OPPOSITE = "the article says the opposite"
_QUOTED = re.compile(r"[“\"][^”\"]*[”\"]?")
_NEGATORS = frozenset("not never cannot neither nor without hardly nobody".split())
_DENIERS = frozenset(map(stem, "fail refuse deny decline reject unable avoid prevent no".split()))
_PREFIXES = ("un", "in", "im", "dis", "non", "il", "ir")
_DENIED_WITHIN = 4  # words between a negation and what it denies
_NEAR = 4  # words on either side of which one has to be the same
# verbs that say the same with their sides exchanged: what stands before them has to be the same
_CONVERSE = frozenset(
    map(stem, "win won beat defeat lose lost buy bought purchase sell sold".split())
)
_PARTICLES = frozenset("down up off out in".split())
# words of which a thing is only one; a verb with its particle is written with a "+"
_EXCLUSIVE = tuple(
    tuple(frozenset("+".join(map(stem, w.split("+"))) for w in side.split()) for side in sides)
    for sides in (
        group.split(" / ")
        for group in (
            "north northern / south southern / east eastern / west western",
            "increase rise rose grow grew climb gain raise / decrease fall fell drop decline shrink"
            " lose lower reduce cut halve",
            "win won victory beat / lose lost defeat",
            "men man male boy / women woman female girl",
            "before / after",
            "semi quarter / final",
            "approve accept pass adopt back support welcome / reject refuse oppose block veto"
            " decline dismiss turn+down throw+out",
            "admit confess acknowledge / deny",
            "confirm / deny refute",
            "praise applaud / criticise criticize condemn",
            "agree / disagree",
            "succeed success / fail failure",
            "open reopen / close shut",
            "arrive enter come+in / leave left depart",
            "join / leave left quit",
            "hire appoint / dismiss sack fire",
            "release freed / arrest jail detain imprison",
            "buy purchase bought / sell sold",
            "million / billion / thousand / hundred",
            "guilty convict / innocent acquit",
            "alive survive / dead die kill",
            "upper / lower",
            "morning / afternoon / evening / night",
            "more / less fewer",
            "majority / minority",
            "profit / loss",
            "daily / weekly / monthly / annual yearly",
            "major / minor",
            "import / export",
            "public / private",
            "begin began start launch resume continue / end finish stop halt suspend",
            "include contain / exclude lack",
            "allow allowed permit let / forbid forbidden ban bar prohibit close",
            "uphold upheld / overturn quash",
            "strengthen / weaken",
            "minimum / maximum",
            "early / late",
            "old / new",
            "ancient / modern",
        )
    )
)


@dataclass(frozen=True, slots=True)
class _Term:
    """The stem of a word, of a verb that of its lemma, and where it stands."""

    text: str
    word: str
    stem: str
    start: int
    end: int


def opposites(claim: ParsedSentence, proof: ParsedSentence) -> Iterator[Mark]:
    """Words that one side denies and the other states, and stated ones that exclude one another."""
    mine, theirs = _terms(claim), _terms(proof)
    yield from _denials(mine, theirs)
    known, claimed = ({term.stem for term in terms} for terms in (theirs, mine))
    stated = known - _denied(theirs).keys()
    shared = known | _denied(mine).keys()  # "did not rise" excludes no "fell"
    for at, term in enumerate(mine):
        rivals = _rivals_of(term.stem, stated) & stated - claimed
        for rival in rivals if term.stem not in shared else ():
            for other_at, other in enumerate(theirs):
                if other.stem == rival and _beside_same(mine, at, theirs, other_at):
                    reason = f"the article says “{other.text}”, not “{term.text}”"
                    yield Mark(term.start, term.end, reason, differs=True)


def _terms(parsed: ParsedSentence) -> list[_Term]:
    """The words outside quotations; a verb with its particle is one."""
    bare = _QUOTED.sub(lambda quoted: " " * len(quoted[0]), parsed.text)
    lemmas = {relation.start: relation.verb for relation in parsed.relations}
    found: list[_Term] = []
    for token in WORD.finditer(bare):
        word = words(token[0])[0]
        before = found[-1] if found else None
        if before and word in _PARTICLES and _is_phrasal(f"{before.stem}+{stem(word)}"):
            text = bare[before.start : token.end()]
            joined = f"{before.stem}+{stem(word)}"
            found[-1] = _Term(text, before.word, joined, before.start, token.end())
        else:
            base = stem(lemmas.get(token.start(), word))
            found.append(_Term(token[0], word, base, *token.span()))
    return found


def _is_phrasal(term: str) -> bool:
    return any(term in side for group in _EXCLUSIVE for side in group)


def _denials(mine: Sequence[_Term], theirs: Sequence[_Term]) -> Iterator[Mark]:
    denied, others = _denied(mine), _denied(theirs)
    said, claimed = ({term.stem: term for term in terms} for terms in (theirs, mine))
    for word, (start, end) in denied.items():
        if word in said and word not in others and _DENIERS.isdisjoint(said):
            yield Mark(start, end, OPPOSITE, differs=True)
    for word in others.keys() & claimed.keys() - denied.keys():
        if _DENIERS.isdisjoint(claimed):
            yield Mark(claimed[word].start, claimed[word].end, OPPOSITE, differs=True)


def _denied(terms: Sequence[_Term]) -> dict[str, tuple[int, int]]:
    """The stem of the word that each negation denies, with the stretch from the negation to it."""
    found: dict[str, tuple[int, int]] = {}
    for at, term in enumerate(terms):
        written = term.text.lower().replace("’", "'")
        only = at + 1 < len(terms) and terms[at + 1].text.lower() in ("only", "just", "until")
        if only or not (written in _NEGATORS or written.endswith("n't")):
            continue
        for other in terms[at + 1 : at + 1 + _DENIED_WITHIN]:
            if other.word not in COMMON:
                found[other.stem] = (term.start, other.end)
                break
    stated = [term.stem for term in terms]
    return {word: span for word, span in found.items() if stated.count(word) == 1}


def _rivals_of(word: str, known: Set[str]) -> frozenset[str]:
    """Words that exclude a word: by the list, or because one is "un" and the other."""
    opposite = {
        one
        for one in known
        for prefix in _PREFIXES
        if len(min(one, word, key=len)) > 3 and (one == prefix + word or word == prefix + one)
    }
    return frozenset(opposite) | frozenset(
        other
        for group in _EXCLUSIVE
        if any(word in side for side in group)
        for side in group
        if word not in side
        for other in side
    )


def _beside_same(mine: Sequence[_Term], at: int, theirs: Sequence[_Term], other: int) -> bool:
    """Whether a content word beside one word is also beside the other."""
    behind = 0 if mine[at].stem in _CONVERSE else _NEAR
    near = [
        {t.stem for t in terms[max(0, i - _NEAR) : i + behind + 1] if t.word not in COMMON}
        for terms, i in ((mine, at), (theirs, other))
    ]
    return bool(near[0] & near[1])
