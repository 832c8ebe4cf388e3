"""False edits that keep a sentence's words: who did what to whom, and whether it was done."""

import random
from collections.abc import Iterator

from eval.claims.false_swaps import is_other
from eval.claims.parsed import NAMES, Changed, ParsedArticle, Piece, Sentence, bare
from eval.claims.true_rewrites import is_plural
from eval.claims.word_lists import SAYING, gerund, past

# what two do with each other is as true the other way round
_SYMMETRIC = frozenset(
    "meet marry join play face fight debate border talk resemble equal accompany be become have"
    " include contain remain need".split()
)
_UNNEGATED = frozenset(
    "some any also still already only all both either too yet ever no none nothing nobody never"
    " not n't hardly neither nor most many few little another".split()
)
_INTENDING = {
    "plan": ("to",), "hope": ("to",), "intend": ("to",), "want": ("to",), "try": ("to",),
    "attempt": ("to",), "expect": ("to",), "refuse": ("to",), "fail": ("to",), "decline": ("to",),
    "seek": ("to",), "threaten": ("to",), "promise": ("to",), "offer": ("to",),
}  # fmt: skip
_INTENTIONS = (
    "planned to {lemma}", "refused to {lemma}", "failed to {lemma}", "denied {gerund}",
    "may {lemma}", "threatened to {lemma}", "declined to {lemma}", "hopes to {lemma}",
)  # fmt: skip
_NEGATABLE = ("will", "would", "can", "could", "may", "might", "should", "must")


def regroupings(article: ParsedArticle, number: int, rng: random.Random) -> Iterator[Changed]:
    """False edits of the article's sentence `number`; `rng` chooses among forms."""
    s = article.sentences[number]
    yield from _exchanged(s)
    verb = _stated(s)
    yield from _negated(s, verb)
    yield from _affirmed(s)
    yield from _intended(s, verb, rng)
    yield from _done(s)
    yield from _stitched(article, number, rng)


def _stated(s: Sentence) -> int:
    """The verb of what is said: in "X said that Y won" it is "won"."""
    root = s.root
    told = s.child(root, "ccomp")
    return told if told is not None and s.tokens[root].lemma in SAYING else root


def _named(s: Sentence, noun: int) -> str:
    """The kind of actor that a name is; "" for what is none, or no name."""
    token = s.tokens[noun]
    acts = token.tag in {"NNP", "NNPS"} and token.entity in {"PERSON", "GPE", "ORG"}
    return token.entity if acts else ""


def _exchanged(s: Sentence) -> Iterator[Changed]:
    for i, verb in enumerate(s.tokens):
        subject = s.child(i, "nsubj", "nsubjpass")
        if subject is None or verb.tag[:2] != "VB" or verb.lemma in _SYMMETRIC:
            continue
        for other, kind in _counterparts(s, i):
            one, two = _exchangeable(s, subject), _exchangeable(s, other)
            if one and two and one[1] < two[0] and one[2:] == two[2:]:
                (a, b), (c, d) = one[:2], two[:2]
                yield (
                    kind,
                    s.replaced((a, b, tuple(s.opening(c, d))), (c, d, tuple(s.opening(a, b)))),
                )


def _exchangeable(s: Sentence, noun: int) -> tuple[int, int, bool, bool] | None:
    """First and last token of a name, or of "the" with its noun; whether plural, and a name."""
    if s.child(noun, "conj", "relcl", "acl", "appos") is not None:
        return None
    first, last = _head_name(s, noun)
    if not _named(s, noun):
        first, last = s.edges(noun)
        if s.words(first, first) != ["the"] or last != noun or s.tokens[noun].entity:
            return None
        return first, last, is_plural(s, noun), False
    alone = _stands_alone(s, first, last)
    if alone == "the":
        first = min(first, s.edges(noun)[0])
    if not alone or (alone == "the" and s.words(first, first) != ["the"]):
        return None
    return first, last, is_plural(s, noun), True


def _counterparts(s: Sentence, verb: int) -> Iterator[tuple[int, str]]:
    """Who else takes part: the object, the agent, someone behind a preposition, or spoken about."""
    for thing in s.children(verb, "dobj", "dative"):
        yield thing, "subject and object exchanged"
    for link in s.children(verb, "agent", "prep", "dative"):
        if s.words(link, link)[0] in {"by", "to", "against", "from", "for", "over"}:
            for noun in s.children(link, "pobj"):
                yield noun, "subject and object exchanged"
    if s.tokens[verb].lemma in SAYING:
        for told in s.children(verb, "ccomp"):
            for noun in s.children(told, "nsubj", "nsubjpass"):
                yield noun, "speaker and spoken-about exchanged"


def _stands_alone(s: Sentence, first: int, last: int) -> str:
    """Whether a name has an article before it ("the") or none ("-"); "" if it goes on beyond."""
    before = s.tokens[first - 1] if first else None
    after = s.tokens[last + 1] if last + 1 < len(s.tokens) else None
    beyond = [token for token in (before, after) if token and token.tag.startswith(("NNP", "HYPH"))]
    if beyond or (after and after.text in {"-", "'s", "’s"}):
        return ""
    article = s.tokens[first].text.lower() == "the" or (before is not None and before.tag == "DT")
    return "the" if article else "-"


def _head_name(s: Sentence, noun: int) -> tuple[int, int]:
    """The tokens of the name that a noun belongs to, without what else hangs on it."""
    for name in s.names:
        if name.first <= noun <= name.last:
            possessive = s.tokens[name.last].text in {"'s", "’s"}
            return name.first, name.last - possessive
    return noun, noun


def _clause_words(s: Sentence, verb: int) -> set[str]:
    return set(s.words(*s.edges(verb)))


def _negated(s: Sentence, verb: int) -> Iterator[Changed]:
    token = s.tokens[verb]
    if s.child(verb, "nsubj", "nsubjpass") is None or s.child(verb, "conj", "neg") is not None:
        return
    if _UNNEGATED & _clause_words(s, verb):
        return
    auxiliaries = s.children(verb, "aux", "auxpass")
    if (
        not auxiliaries
        and token.lemma == "be"
        and token.text.lower() in {"is", "are", "was", "were"}
    ):
        yield "negation inserted", s.replaced((verb + 1, verb, ("not ",)))
    elif (
        not auxiliaries
        and token.tag in {"VBD", "VBZ"}
        and token.lemma not in SAYING
        and token.lemma != "be"
    ):
        did = "did" if token.tag == "VBD" else "does"
        yield "negation inserted", s.replaced((verb, verb, (f"{did} not {token.lemma}",)))
    elif auxiliaries and auxiliaries[0] < verb:
        first = auxiliaries[0]
        word = s.tokens[first].text.lower()
        if word in {*_NEGATABLE, "is", "are", "was", "were", "has", "have", "had"}:
            new = "cannot" if word == "can" else f"{word} not"
            yield "negation inserted", s.replaced((first, first, (new,)))


def _affirmed(s: Sentence) -> Iterator[Changed]:
    for i, token in enumerate(s.tokens):
        if token.dep != "neg" or token.text.lower() not in {"not", "n't", "n’t", "never"}:
            continue
        verb = token.head
        before = s.words(max(0, i - 1), i - 1)[0] if i else ""
        words = set(s.words(i, min(len(s.tokens) - 1, i + 25)))
        if {
            "any",
            "yet",
            "until",
            "anyone",
            "anything",
            "either",
            "only",
            "ever",
            "but",
            "nor",
        } & words:
            continue
        if before == "did" and s.tokens[verb].tag == "VB" and verb == i + 1:
            yield "negation removed", s.replaced((i - 1, verb, (past(s.tokens[verb].lemma),)))
        elif (
            before in {"is", "are", "was", "were", "has", "have", "had", *_NEGATABLE}
            and token.text.lower() == "not"
        ):
            yield "negation removed", s.replaced((i, i, ()))
        elif before == "can" and token.text == "not":
            yield "negation removed", s.replaced((i, i, (" ",)))


def _intended(s: Sentence, verb: int, rng: random.Random) -> Iterator[Changed]:
    """From "won" → "failed to win"."""
    token = s.tokens[verb]
    subject = s.child(verb, "nsubj")
    if (
        subject is None
        or token.tag != "VBD"
        or token.lemma in SAYING
        or token.lemma in {"be", "have", "know", "need"}
    ):
        return
    if s.child(
        verb, "aux", "auxpass", "neg", "conj", "xcomp", "expl"
    ) is not None or _UNNEGATED & _clause_words(s, verb):
        return
    acts = s.tokens[subject].entity in NAMES or s.words(subject, subject)[0] in {
        "he",
        "she",
        "they",
    }
    if acts and s.edges(subject)[1] == verb - 1:
        form = rng.choice(_INTENTIONS).format(lemma=token.lemma, gerund=gerund(token.lemma))
        yield "intended for done", s.replaced((verb, verb, (form,)))


def _done(s: Sentence) -> Iterator[Changed]:
    """From "plans to visit" → "visited"."""
    for i, token in enumerate(s.tokens):
        to = s.child(i, "aux")
        head = s.tokens[token.head]
        if (
            token.dep == "xcomp"
            and to == i - 1
            and s.tokens[to].text == "to"
            and token.head == to - 1
        ):
            alone = (
                s.child(token.head, "aux", "auxpass", "neg", "conj") is None and token.lemma != "be"
            )
            if alone and head.lemma in _INTENDING and head.tag in {"VBD", "VBZ", "VBP"}:
                yield "done for intended", s.replaced((token.head, i, (past(token.lemma),)))
        elif (
            token.tag == "VB"
            and to == i - 1
            and s.child(i, "neg", "conj") is None
            and token.lemma != "be"
            and i == _stated(s)
            and _of_one_time(s, i, s.tokens[to].text)
        ):
            yield "done for intended", s.replaced((to, i, (past(token.lemma),)))


def _of_one_time(s: Sentence, verb: int, modal: str) -> bool:
    """Whether a modal speaks of one deed; what "may" happen to all of a kind has no past tense."""
    subject = s.child(verb, "nsubj")
    named = subject is not None and bool(_named(s, subject))
    ahead = {"by", "if", "when", "future", "next", "tomorrow"} & set(s.words(0, len(s.tokens) - 1))
    return not ahead and (modal == "will" or (named and modal in {"may", "might", "would"}))


def _stitched(article: ParsedArticle, number: int, rng: random.Random) -> Iterator[Changed]:
    """This sentence's subject with what another sentence says of somebody else."""
    s = article.sentences[number]
    mine = _subject(s)
    if mine is None:
        return
    found: list[tuple[Piece, ...]] = []
    for other in article.sentences:
        theirs = _subject(other)
        if theirs is None or other is s or not _is_statement(article, other):
            continue
        name, another = _subject_name(article, s, mine), _subject_name(article, other, theirs)
        same_kind = s.tokens[mine].entity == other.tokens[theirs].entity
        alike = other.tokens[other.root].lemma == s.tokens[s.root].lemma
        told = {n.text for n in other.names}
        if (
            same_kind
            and not alike
            and is_other(name, another)
            and all(is_other(name, bare(t)) for t in told)
        ):
            a, b = _head_name(s, mine)
            found.append(
                (s.span(a, b), " ", (other.tokens[other.edges(theirs)[1] + 1].start, other.end))
            )
    if found:
        yield "stitched", rng.choice(found)


def _is_statement(article: ParsedArticle, s: Sentence) -> bool:
    text = article.text[s.start : s.end]
    return len(s.tokens) <= 40 and text.endswith(".") and not set('"“”?|:') & set(text)


def _subject_name(article: ParsedArticle, s: Sentence, noun: int) -> str:
    return article.text[slice(*s.span(*_head_name(s, noun)))]


def _subject(s: Sentence) -> int | None:
    """The subject, if it is one name that opens the sentence before a past tense."""
    subject = s.child(s.root, "nsubj", "nsubjpass")
    if subject is None or not _named(s, subject) or is_plural(s, subject):
        return None
    start, end = s.edges(subject)
    verb = s.tokens[s.root].tag
    if start or end + 1 >= len(s.tokens) or verb not in {"VBD", "VBN"} or end >= s.root:
        return None
    return subject if s.tokens[end].text == "," or s.tokens[end + 1].tag in {"VBD", "VBN"} else None
