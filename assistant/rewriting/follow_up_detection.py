"""Whether a question is understood only with the turns before it."""

import re

from index.text.calendar_terms import MONTH_PATTERN
from index.text.entities import entities
from index.text.words import COMMON, opening_word, words

MIN_WORDS = 3  # meaningful words; a question with fewer and no name cannot stand alone
MAX_FRAGMENT = 3  # words of "Endeavour?", which asks the same of something else

AUXILIARY = (
    r"(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|might|must)\b"
)
# "that" alone mostly refers to nothing ("the law that …"), nor does "there" inside a sentence
POINTS_BACK = re.compile(
    r"(?i)\b(?:he|him|his|she|her|hers|they|them|their|theirs|it|its|those|these"
    r"|this(?! (?:morning|afternoon|evening|week|weekend|month|year|season)\b)"
    r"|that (?:day|month|year|time|one)"
    r"|(?:about|after|at|before|during|for|from|in|of|on|with) that"
    r"|(?:the|that|which|every|first|second|third|last|new|old|\w+er|\w+est) ones?(?! of)"
    r"|then|same|former|latter|(?:any|some|who|what|where)(?:one|thing)? else"
    r"|others(?! than)|the other)\b"
    r"|\b(?:there|here)(?=\W*$)|\byou (?:just )?(?:said|mentioned|named|listed|meant)\b"
)
# what means a name that the question has before: not "him", "them" and the "it" of its own clause
_OF_A_NAME = re.compile(
    r"(?i)\b(?:its|their|they|his|he|she|(?:than|that|when|before|after|because) it)$|\bher(?= \w)"
)
# "Which Labour veteran"
_ASKED_NOUN = re.compile(rf"(?i)^(?:which|what)(?: (?!{AUXILIARY})[\w'’-]+){{1,3}} ")
CONTINUES = re.compile(r"^(?:and|but|or|so|also|then|what about|how about|why not)\b", re.I)
CORRECTS = re.compile(
    r"^(?:(?:no|oh|sorry|well|actually)\W+)*(?:i|we) (?:meant?|was asking)(?: for)?\b", re.I
)
# "Who wrote the screenplay?", "When is the city's turn?": of a thing mentioned before
_DEFINITE = re.compile(r"\b(?:the|both) [a-z]+(?:['’]s\b|(?=\W*$))")
_NEW_SUBJECT = re.compile(
    r"(?i)\b(?:another|a different|a new|change of|change the|changing the)"
    r" (?:subject|topic|matter|question)\b"
)
_ASKS = re.compile(
    r"(?i)\b(?:who|whom|whose|what|which|when|where|why|how|is|are|am|was|were|be|been|do|does|did|has"
    r"|have|had|can|could|will|would|shall|should|may|might|must|tell|name|list|give|show|describe"
    r"|explain|compare|find|summari[sz]e)\b"
)
# words of asking and of politeness, which are no part of the subject
_POLITE = frozenset(
    "explain give i'm know list mean meant me ok please say show tell thank thanks think well"
    " want".split()
)
# words of an exchange that asks nothing
_SMALL_TALK = _POLITE | frozenset(
    "afternoon alright bye cool day evening fine good goodbye great hello hey hi i it morning much"
    " nice no okay right see so sorry sure that that's there very welcome wow yes you".split()
)
_SAYS = re.compile(r"^(?:i|i'm|i’m|we|you|thanks|thank)\b", re.I)
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
DAY_OR_NUMBER = re.compile(rf"\d|^(?:\w+day|{MONTH_PATTERN})$")
_AROUND_A_NAME = re.compile(r"^(?:\d[\d.,:]*(?:st|nd|rd|th)?\s+)+|(?:\s+\d[\d.,:]*)+$|['’]s?$")


def depends_on_history(question: str) -> bool:
    """True if a question cannot be understood without the turns before it.

    >>> [depends_on_history(text) for text in ("Why?", "And him?", "Hi", "Who is Kim Gunn?")]
    [True, True, False, False]
    """
    bare = question.strip()
    if stands_apart(bare):
        return False
    # leaves out what is asked: "And in 2006?", "Why?", "Its price"
    if refers_back(bare):
        return True
    named = names_in(question)
    if not _ASKS.search(bare):
        instead = len(words(bare)) <= MAX_FRAGMENT and bare.endswith("?")
        named = [name for name in named if name != opening_word(bare)]
        return instead or not (named or _SAYS.search(bare))
    short = len(meaningful(question)) < MIN_WORDS or _DEFINITE.search(question)
    return bool(short) and not named


def refers_back(question: str) -> bool:
    """True if a question holds a word that means something said before.

    "His", and "it" in a clause of its own, mean a name that the question itself has before.

    >>> refers_back("Who is his rival?"), refers_back("Where did Kim Gunn meet his rival?")
    (True, False)
    """
    if CONTINUES.search(question) or CORRECTS.search(question):
        return True
    asked = _ASKED_NOUN.match(question)
    begin = asked.end() if asked else 0
    return any(
        not (
            _OF_A_NAME.search(question, 0, found.end() + len(" w") * (found[0].lower() == "her"))
            and names_in(f"Of {question[begin : found.start()]}")
        )
        for found in POINTS_BACK.finditer(question)
    )


def stands_apart(question: str) -> bool:
    """True if a text has nothing to do with the turns before: a new subject, a greeting, thanks.

    What has no Latin letters is not understood by these rules and is left alone.
    """
    return bool(
        _NEW_SUBJECT.search(question) or not _LATIN.search(question) or is_small_talk(question)
    )


def is_small_talk(text: str) -> bool:
    """True for a greeting or thanks.

    >>> is_small_talk("Thank you very much!"), is_small_talk("Why?")
    (True, False)
    """
    return _SMALL_TALK.issuperset(words(text))


def meaningful(text: str) -> list[str]:
    """The comparable words that say what a text is about."""
    return [word for word in words(text) if word not in COMMON and word not in _POLITE]


def names_in(text: str, only: int | None = None) -> list[str]:
    """Names in the first `only` sentences, without days, numbers and quotations."""
    from index.text.chunking import sentences

    found: list[str] = []
    for start, end in sentences(text)[:only]:
        sentence = text[start:end]
        opening = opening_word(sentence)
        for entity in entities(sentence):
            name = _AROUND_A_NAME.sub("", entity.text)
            # a capital at the beginning of a long sentence does not make a name
            by_place = entity.text == opening and len(entity.words) == 1 and len(sentence) >= 40
            if not (
                entity.quotation
                or by_place
                or DAY_OR_NUMBER.search(name)
                or all(len(word) == 1 or word.isdigit() for word in words(name))
                or _POLITE.issuperset(words(name))
            ):
                found.append(name)
    return found
