"""A word swapped for another of its kind: names, speakers, numbers, days, offices, opposites."""

import random
import re
from collections.abc import Iterator

from eval.claims.parsed import (
    NAMES,
    Changed,
    ParsedArticle,
    Piece,
    Sentence,
    article_for,
    bare,
)
from eval.claims.word_lists import DAYS, MONTHS, NUMBERS, OFFICES, PAIRS, SAYING

_MORE = frozenset("least more over nearly almost minimum exceeding exceeded beyond".split())
_PLACE = re.compile(
    r"\b(?:Road|Street|Avenue|Park|Day|War|Cup|Act|v|vs)\b"
)  # often taken for people
_NO_OFFICE = frozenset("general state - 's house prime vice lord fund".split())  # beside an office
_LESS = frozenset("most less fewer under below within up".split())


def swaps(article: ParsedArticle, s: Sentence, rng: random.Random) -> Iterator[Changed]:
    """False edits of a sentence of the article; `rng` chooses what is put in."""
    yield from _names(article, s, rng)
    yield from _speakers(article, s, rng)
    yield from _numbers(s, rng)
    yield from _days(s, rng)
    yield from _offices(s, rng)
    yield from _excluded(s)


def _key(name: str) -> set[str]:
    return {word.lower() for word in re.findall(r"\w+", name)} - {"the", "of", "and"}


def is_other(name: str, other: str) -> bool:
    """Whether two names share no word, and none is the other's initials.

    >>> is_other("North Korea", "South Korea"), is_other("UN", "United Nations")
    (True, False)
    >>> is_other("Kim", "Kim Gunn"), is_other("Russian", "Russia")
    (False, False)
    """
    a, b = _key(name), _key(other)
    if {"north", "south", "east", "west"} & (a ^ b) and len(a) == len(b) > 1:
        return True
    near = any(x[:4] == y[:4] for x in a for y in b)
    initials = {"".join(word[0] for word in re.findall(r"\w+", n)).lower() for n in (name, other)}
    letters = {re.sub(r"\W", "", n).lower() for n in (name, other)}
    return bool(a and b) and not near and not initials & letters


def _plain(name: str) -> bool:
    return not _PLACE.search(name) and bool(
        re.fullmatch(r"[A-Z][\w.'’-]*(?: (?:of |the |de |van |al-)?[A-Z][\w.'’-]*){0,4}", name)
    )


def others(article: ParsedArticle, s: Sentence, kind: str, name: str) -> list[str]:
    """Names of the same kind and shape that the article has and the sentence has not."""
    here = [bare(n.text) for n in s.names] + [name]
    many = " " in name
    found = [
        other
        for other in article.names.get(kind, ())
        if _plain(other)
        and all(is_other(other, known) for known in here)
        and article.kinds[other] == {kind}
    ]
    if kind == "PERSON":
        full = [article.people.get(other, other) for other in found]
        found = [n for n in full if " " in n] if many else [n.split()[-1] for n in full]
        found = [n for n in found if all(is_other(n, known) for known in here)]
    if kind == "NORP":
        found = [
            n for n in found if n.endswith("s") == name.endswith("s") and n[-3:-1] == name[-3:-1]
        ]
    return list(dict.fromkeys(found))


def _names(article: ParsedArticle, s: Sentence, rng: random.Random) -> Iterator[Changed]:
    for name in s.names:
        text = bare(name.text)
        if name.kind not in NAMES or not _plain(text):
            continue
        first, last = name.first, name.last
        the = s.tokens[first].text.lower() in {"the", "a", "an"}
        first += the
        last -= s.tokens[last].text in {"'s", "’s", "'", "’"}
        inside = s.tokens[last]
        bound = inside.dep in {"compound"} and name.kind in {"PERSON", "ORG", "FAC"}
        hyphen = any(t.text == "-" for t in s.tokens[max(0, first - 1) : last + 2])
        if bound or hyphen or last < first or (first and s.tokens[first - 1].tag.startswith("NNP")):
            continue
        if last + 1 < len(s.tokens) and s.tokens[last + 1].tag.startswith("NNP"):
            continue
        determined = the or (first > 0 and s.tokens[first - 1].tag in {"DT", "JJ", "PRP$"})
        found = [
            other
            for other in others(article, s, name.kind, text)
            if name.kind == "NORP" or (other in article.with_the) == determined
        ]
        if found:
            other = rng.choice(found)
            yield f"{_KIND[name.kind]} swapped", s.replaced(_put(s, first, last, other))


_KIND = {
    "PERSON": "person",
    "GPE": "place",
    "LOC": "place",
    "FAC": "place",
    "ORG": "organisation",
    "NORP": "people",
}


def _put(s: Sentence, first: int, last: int, new: str) -> tuple[int, int, tuple[Piece, ...]]:
    """A change, together with an "a" or "an" before it."""
    before = s.tokens[first - 1].text if first else ""
    if before.lower() in {"a", "an"}:
        needed = article_for(new)
        return first - 1, last, (f"{needed if before.islower() else needed.capitalize()} {new}",)
    return first, last, (new,)


def _numbers(s: Sentence, rng: random.Random) -> Iterator[Changed]:
    for i, token in enumerate(s.tokens):
        if token.tag != "CD" or token.entity not in {"CARDINAL", "MONEY", "PERCENT", "QUANTITY"}:
            continue
        near = s.tokens[max(0, i - 1) : i + 2]
        if any(
            t.text in {"-", "/", "–", "to", "and", "of"} or (t is not token and t.tag == "CD")
            for t in near
        ):
            continue
        before = set(s.words(max(0, i - 3), i - 1)) if i else set()
        new = _other_number(
            token.text, bool(before & _MORE), not before & _MORE and bool(before & _LESS), rng
        )
        if new:
            yield "number", s.replaced(_put(s, i, i, new))


def _other_number(text: str, more: bool, less: bool, rng: random.Random) -> str:
    """A number a third or more away from this one, written like it; "" if there is none."""
    word = text.lower()
    if word in NUMBERS[2:]:
        known = NUMBERS.index(word)
        fitting = [n for n in range(2, 20) if abs(n - known) >= max(1, known / 3)]
        fitting = [n for n in fitting if not (more and n < known) and not (less and n > known)]
        new = NUMBERS[rng.choice(fitting)] if fitting else ""
        return new.capitalize() if text[0].isupper() else new
    plain = text.replace(",", "")
    if not re.fullmatch(r"\d+(?:\.\d+)?", plain) or float(plain) < 2:
        return ""
    factor = rng.choice([1.5, 2, 3] if more else [0.3, 0.5] if less else [0.4, 0.6, 1.5, 2, 3])
    decimals = len(plain.partition(".")[2])
    value = float(plain) * factor
    digits = len(plain.partition(".")[0])
    if not decimals and digits > 2:  # 1,200 becomes no 1,837
        zeros = len(plain) - len(plain.rstrip("0"))
        value = round(value, -min(zeros, digits - 1)) or float(plain) * 2
        value += 0 if zeros else rng.randrange(1, 9)
    new = (
        f"{value:,.{decimals}f}"
        if "," in text or (value >= 10_000 and not decimals)
        else f"{value:.{decimals}f}"
    )
    return new if new != text and float(new.replace(",", "")) > 1 else ""


def _days(s: Sentence, rng: random.Random) -> Iterator[Changed]:
    for i, token in enumerate(s.tokens):
        if token.entity != "DATE":
            continue
        if token.text in DAYS:
            other = rng.choice([d for d in DAYS if d != token.text])
            yield "day", s.replaced((i, i, (other,)))
        elif token.text in MONTHS:
            other = rng.choice([m for m in MONTHS if m != token.text])
            yield "day", s.replaced((i, i, (other,)))
        elif re.fullmatch(r"1[5-9]\d\d|20[0-2]\d", token.text):
            other = str(int(token.text) + rng.choice([-11, -7, -4, -3, -2, -1]))
            yield "day", s.replaced((i, i, (other,)))
        elif re.fullmatch(r"[1-9]|[12]\d|3[01]", token.text) and _beside_month(s, i):
            other = str(rng.choice([d for d in range(1, 29) if d != int(token.text)]))
            yield "day", s.replaced((i, i, (other,)))
        elif token.text.lower() in {"yesterday", "today"} and s.tokens[token.head].tag == "VBD":
            yield "day", s.replaced((i, i, (f"last {rng.choice(DAYS)}",)))


def _beside_month(s: Sentence, i: int) -> bool:
    return any(t.text in MONTHS for t in s.tokens[max(0, i - 1) : i + 2])


def _offices(s: Sentence, rng: random.Random) -> Iterator[Changed]:
    for i, token in enumerate(s.tokens):
        word = token.text.lower()
        group = next((group for group in OFFICES if word in group), None)
        if group is None or token.tag not in {"NN", "NNP"} or token.entity in {"ORG", "GPE"}:
            continue
        near = s.words(max(0, i - 1), min(i + 2, len(s.tokens) - 1))
        is_name = token.tag == "NNP" and token.entity == "PERSON"  # "Travis King"
        if is_name or _NO_OFFICE & set(near) - {word}:
            continue
        other = rng.choice([office for office in group if office != word and office not in near])
        new = other.capitalize() if token.text[0].isupper() else other
        yield "office", s.replaced(_put(s, i, i, new))


def _excluded(s: Sentence) -> Iterator[Changed]:
    """A word for one that excludes it: "final" → "semi-final"."""
    for i, token in enumerate(s.tokens):
        new = PAIRS.get(token.text.lower())
        if (
            new is None
            or token.entity in {*NAMES, "EVENT", "WORK_OF_ART", "LAW"}
            or token.tag.startswith("NNP")
        ):
            continue
        if "-" in {t.text for t in s.tokens[max(0, i - 1) : i + 2]} or not _excludes_here(s, i):
            continue
        yield (
            "exclusive word",
            s.replaced(_put(s, i, i, new.capitalize() if token.text[0].isupper() else new)),
        )


def _excludes_here(s: Sentence, i: int) -> bool:
    """Whether the word has the meaning of the pair: "more than 12", "left the town"."""
    token, word = s.tokens[i], s.tokens[i].text.lower()
    after = s.tokens[i + 1].text.lower() if i + 1 < len(s.tokens) else ""
    if word in {"more", "less", "fewer", "most", "least"}:
        return after == "than" and i + 2 < len(s.tokens) and s.tokens[i + 2].tag == "CD"
    if word in {"failed", "fail", "agreed", "agree", "refused", "refuse", "passed", "pass"}:
        return token.tag in {"VBD", "VB"} and after in {".", ",", "in", "on"}
    if word in {"before", "after"}:
        return token.dep in {"prep", "mark"} and token.head == s.root
    if word in {
        "left",
        "open",
        "start",
        "end",
        "support",
        "attack",
        "cause",
        "pass",
        "fall",
        "spring",
        "fast",
    }:
        return token.tag.startswith("VB") and s.child(i, "prt", "prep") is None
    if word in {"last", "first", "next"}:
        return (
            token.tag == "JJ"
            and after not in {"year", "week", "month", "night", "decade", "century", "two", "few"}
            and (after not in DAYS)
        )
    if word in {
        "early",
        "late",
        "light",
        "heavy",
        "right",
        "back",
        "front",
        "lie",
        "deep",
        "cool",
        "sooner",
        "later",
    }:
        return token.dep == "amod"
    if word == "second":
        return token.tag == "JJ"
    if word in {"light", "male", "female"}:
        return token.tag == "JJ"
    return True


def _speakers(article: ParsedArticle, s: Sentence, rng: random.Random) -> Iterator[Changed]:
    """The words of one person given to another."""
    for i, token in enumerate(s.tokens):
        subject = s.child(i, "nsubj")
        if token.lemma not in SAYING or token.tag != "VBD" or subject is None:
            continue
        (a, b), tag = s.edges(subject), s.tokens[subject].tag
        noun = tag in {"NNP", "NN", "NNS", "NNPS"} or s.words(subject, subject)[0] in {"he", "she"}
        told = s.child(i, "ccomp") is not None or '"' in s.words(0, len(s.tokens) - 1)
        if not noun or not told or {"who", "which"} & set(s.words(a, b)):
            continue
        found = others(article, s, "PERSON", bare(article.text[slice(*s.span(a, b))]))
        full = [
            name
            for name in dict.fromkeys(article.people.get(n.split()[-1], n) for n in found)
            if " " in name
        ]
        if full:
            yield "speaker", s.replaced((a, b, (rng.choice(full),)))
