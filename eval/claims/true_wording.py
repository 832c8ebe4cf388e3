"""A word, number, name or day of a sentence written in another way."""

from collections.abc import Iterator

from eval.claims.parsed import NAMES, Changed, ParsedArticle, Sentence, Token, bare
from eval.claims.word_lists import NUMBERS, SYNONYMS, SYNONYMS_OF
from index.text.relative_dates import days_in


def rewordings(article: ParsedArticle, number: int) -> Iterator[Changed]:
    """Rewrites of the article's sentence `number` in other words: all that it says, no more."""
    s = article.sentences[number]
    yield from _worded(s)
    yield from _named(article, number)
    yield from _dated(article, s)


def _worded(s: Sentence) -> Iterator[Changed]:
    for i, token in enumerate(s.tokens):
        word = token.text
        if token.entity in NAMES or token.tag.startswith("NNP"):
            continue
        if word in SYNONYMS_OF and token.tag in {"VBD", "VBN"} and _takes(s, i, word):
            yield "synonym", s.replaced((i, i, (SYNONYMS_OF[word],)))
        elif word in SYNONYMS and _fits(s, i, word):
            yield "synonym", s.replaced((i, i, (SYNONYMS[word],)))
        yield from _number_written(s, i, token)


def _takes(s: Sentence, i: int, word: str) -> bool:
    if word in {"said", "stated"}:
        told = s.child(i, "ccomp")
        return told is not None and told > i and s.child(i, "prt", "aux", "auxpass") is None
    return s.tokens[i].tag == "VBD"


def _fits(s: Sentence, i: int, word: str) -> bool:
    """Whether a synonym can stand here: after an article it needs no other article."""
    token, new = s.tokens[i], SYNONYMS[word]
    after = s.tokens[i + 1] if i + 1 < len(s.tokens) else token
    if (i and s.tokens[i - 1].text.lower() in {"a", "an", "-"}) or after.text == "-":
        return False
    if word == "over":
        return after.tag == "CD" and after.entity in {"CARDINAL", "MONEY", "PERCENT", "QUANTITY"}
    if word == "however":
        return False
    if new == "about" or word == "approximately":
        return after.tag == "CD"
    if word in {"received", "obtained", "required", "ended", "attempted", "allowed", "permitted"}:
        was = s.child(i, "auxpass", "aux") is not None
        return token.tag == "VBD" and not was and (word != "ended" or after.text == ".")
    if word in {"almost", "nearly"}:
        return after.tag in {"CD", "DT"}
    if word in {"large", "huge", "enormous"}:
        return after.tag in {"NN", "NNS"}
    if word in {"whole", "entire", "several", "numerous", "many"}:
        return after.tag in {"NN", "NNS"} and (not i or s.tokens[i - 1].tag != "RB")
    return True


def _number_written(s: Sentence, i: int, token: Token) -> Iterator[Changed]:
    """2 → two and back, where it counts things."""
    if token.dep != "nummod" or token.entity not in {"CARDINAL", ""} or i + 1 >= len(s.tokens):
        return
    counted = s.tokens[token.head]
    if (
        token.head != i + 1
        or counted.tag != "NNS"
        or counted.entity
        or (i and s.tokens[i - 1].tag in {"CD", "$", "HYPH", "NNP"})
    ):
        return
    word = token.text.lower()
    if word.isdigit() and 2 <= int(word) <= 20:
        yield "number written out", s.replaced((i, i, (NUMBERS[int(word)],)))
    elif word in NUMBERS[2:] and i:
        yield "number in digits", s.replaced((i, i, (str(NUMBERS.index(word)),)))


def _named(article: ParsedArticle, number: int) -> Iterator[Changed]:
    """From "He" → the full name, where the sentence before has one person, as its subject."""
    s = article.sentences[number]
    first = s.tokens[0]
    known = article.people
    if first.text in {"He", "She"} and first.dep == "nsubj" and number:
        before = article.sentences[number - 1]
        near = "\n" not in article.text[before.end : s.start]
        people = [n for n in before.names if n.kind == "PERSON"]
        if near and len(people) == 1 and s.child(s.root, "nsubj") == 0:
            name = bare(people[0].text)
            head = before.child(before.root, "nsubj")
            subject = head is not None and people[0].first <= head <= people[0].last
            full = known.get(name.split()[-1], "")
            if subject and full and not set(n.kind for n in s.names) & {"PERSON"}:
                yield "pronoun named", s.replaced((0, 0, (full,)))
    for person in s.names:
        text = bare(person.text)
        full = known.get(text, "")
        before_it = s.tokens[person.first - 1] if person.first else None
        titled = before_it is not None and (
            before_it.tag.startswith("NNP") or before_it.text.endswith(".")
        )
        free = s.tokens[person.last].dep in {"nsubj", "nsubjpass", "dobj", "pobj", "dative"}
        if person.kind == "PERSON" and person.first == person.last and full and free and not titled:
            yield "full name", s.replaced((person.first, person.last, (full,)))


def _dated(article: ParsedArticle, s: Sentence) -> Iterator[Changed]:
    """From "on Tuesday" → "on Tuesday, 18 July 2023", where the article's day is known."""
    if article.day is None:
        return
    for when in days_in(article.text[s.start : s.end], article.day):
        after = article.text[s.start + when.end :].split(maxsplit=1)
        if after and after[0].strip(",.") in {"morning", "afternoon", "evening", "night", "at"}:
            continue
        if when.first == when.last and when.relative:
            a, b = s.start + when.start, s.start + when.end
            day = f"{when.first.day} {when.first:%B %Y}"
            on = article.text[max(0, a - 3) : a].lower() == "on "
            new = f"{day}" if on else f"on {day}"
            yield "day resolved", ((s.start, a), new, (b, s.end))
