"""Rewrites of a sentence that say less, or the same in other words: what the sentence supports."""

from collections.abc import Iterator

from eval.claims.parsed import Changed, Piece, Sentence
from eval.claims.word_lists import PARTICIPLE, PAST, SAYING

# where a part cannot be left out without saying something else
_BOUND = frozenset(
    "no not n't never only first last most least all every each any none neither nor unless if"
    " without except hardly few little rarely until than".split()
)
_SETTING = frozenset("in on at during after before following despite amid alongside".split())
_CONTENTLESS = frozenset("be take live lie sit stand occur happen remain go come last".split())
_NOT_PASSIVE = frozenset(
    "have be become say cost weigh resemble lack take get want let include mean equal contain"
    " make do need like love enter join leave reach suit fit see spend hope suffer feel think know"
    " believe tell ask find".split()
)
_OBJECTIVE = {"he": "him", "she": "her", "they": "them", "we": "us", "i": "me", "it": "it"}


def rearrangements(sentence: Sentence) -> Iterator[Changed]:
    """Rewrites that leave something out, or put the same words in another order."""
    for rewrite in (_shortened, _one_clause, _apposition_said, _voice, _reported):
        yield from rewrite(sentence)


def _shortened(s: Sentence) -> Iterator[Changed]:
    last = len(s.tokens) - 1
    for i, token in enumerate(s.tokens):
        first, end = s.edges(i)
        before = s.tokens[first - 1].text if first else ""
        after = s.tokens[end + 1].text if end < last else "."
        closed = before == "," and after in ",.;" and s.tokens[end].text != ","
        if closed and token.dep == "relcl" and _has_who(s, first):
            yield "relative clause dropped", s.replaced((first - 1, _closing(s, end), ()))
        elif closed and token.dep == "appos" and s.words(0, 0) != ["if"] and _is_apposition(s, i):
            yield "apposition dropped", s.replaced((first - 1, _closing(s, end), ()))
        elif token.text == "(" and ")" in s.words(i, last):
            close = next(j for j in range(i, last + 1) if s.tokens[j].text == ")")
            if close - i > 1 and (close < last or i > 2):
                yield "parenthesis dropped", s.replaced((i, close, ()))
    yield from _without_setting(s)


def _closing(s: Sentence, end: int) -> int:
    """The last token to go: the comma behind, unless something else closes the sentence."""
    return end + 1 if end + 1 < len(s.tokens) and s.tokens[end + 1].text == "," else end


def _has_who(s: Sentence, first: int) -> bool:
    return bool({"who", "which", "whose", "where", "whom"} & set(s.words(first, first + 2)))


def _is_apposition(s: Sentence, i: int) -> bool:
    """Whether token `i` names its head anew, and does not go on with a list."""
    token, head = s.tokens[i], s.tokens[i].head
    first, end = s.edges(i)
    listed = {"conj", "cc"} & {s.tokens[j].dep for j in (*s.children(i), *s.children(head))}
    follows = s.words(end + 1, end + 2)
    return (
        not listed
        and token.tag[:2] == "NN"
        and head < first
        and "and" not in follows
        and "or" not in follows
        and end - first >= 1
        and not any(t.entity in {"DATE", "CARDINAL"} for t in s.tokens[first : end + 1])
        and not (token.entity and token.entity == s.tokens[head].entity)
    )


def _without_setting(s: Sentence) -> Iterator[Changed]:
    root, last = s.root, len(s.tokens) - 1
    if _BOUND & set(s.words(0, last)) or s.child(root, "neg"):
        return
    weighty = s.child(root, "dobj", "attr", "acomp", "ccomp", "xcomp", "agent") is not None
    if s.tokens[root].lemma in _CONTENTLESS or (not weighty and s.child(root, "prep") is None):
        return
    for i in s.children(root, "prep", "npadvmod", "advcl", "advmod"):
        first, end = s.edges(i)
        if not _is_setting(s, i):
            continue
        if first == 0 and end + 1 < root and s.tokens[end + 1].text == ",":
            yield "leading adverbial dropped", ((s.tokens[end + 2].start, s.end),)
        elif root < first and end == last - 1 and weighty and first > root + 2:
            cut = first - 1 if s.tokens[first - 1].text == "," else first
            yield "trailing adverbial dropped", s.replaced((cut, end, ()))


def _is_setting(s: Sentence, i: int) -> bool:
    token = s.tokens[i]
    first, end = s.edges(i)
    kinds = {t.entity for t in s.tokens[first : end + 1]}
    if token.dep == "advcl":
        return bool(
            {"after", "before", "while", "because", "although", "though"}
            & {s.words(first, first)[0]}
        )
    if token.dep == "prep":
        return token.text.lower() in _SETTING and bool(
            kinds & {"DATE", "TIME", "GPE", "LOC", "FAC"}
        )
    return token.dep == "npadvmod" and "DATE" in kinds


def _one_clause(s: Sentence) -> Iterator[Changed]:
    root = s.root
    if s.tokens[root].tag not in {"VBD", "VBZ"}:
        return
    second = s.child(root, "conj")
    if second is None or s.tokens[second].tag != s.tokens[root].tag or s.child(second, "conj"):
        return
    joint = next((j for j in s.children(root, "cc") if j < second), None)
    subject = s.child(root, "nsubj")
    if joint is None or subject is None or s.words(joint, joint)[0] not in {"and", "but"}:
        return
    own = s.child(second, "nsubj", "nsubjpass", "expl")
    own_auxiliary = s.child(second, "aux", "auxpass")
    cut = joint - 1 if s.tokens[joint - 1].text == "," else joint
    if cut - 1 > root:  # "lived and worked in Dublin" shares what follows
        yield "first clause", ((s.tokens[0].start, s.tokens[cut - 1].end),)
    start = s.edges(second)[0]
    if own is not None:
        if s.tokens[own].tag != "PRP" and start == joint + 1:
            yield "second clause", ((s.tokens[start].start, s.end),)
    elif own_auxiliary is None and start == joint + 1 and s.edges(subject)[1] < root:
        yield "second clause", (s.span(*s.edges(subject)), " ", (s.tokens[start].start, s.end))


def _apposition_said(s: Sentence) -> Iterator[Changed]:
    """From "Runa Feld, the mayor of Tavrin, said …" → "Runa Feld is the mayor of Tavrin."."""
    for i, token in enumerate(s.tokens):
        if token.dep != "appos" or token.tag not in {"NN", "NNP"}:
            continue
        head, (first, end) = token.head, s.edges(i)
        if s.tokens[first - 1].text != "," or head >= first or not _is_apposition(s, i):
            continue
        lead = s.words(first, first)[0]
        named = [n for n in s.names if n.first <= head <= n.last]
        if lead in {"the", "a", "an"} and named and named[0].kind in {"PERSON", "ORG"}:
            clean = [j for j in range(first, end + 1) if s.tokens[j].text in ",;:"]
            stop = clean[0] - 1 if clean else end
            name = s.span(named[0].first, named[0].last)
            if named[0].last + 1 == first - 1 and stop > first:
                yield "apposition as a clause", (name, " is ", s.span(first, stop), ".")


def _voice(s: Sentence) -> Iterator[Changed]:
    root, last = s.root, len(s.tokens) - 1
    verb = s.tokens[root]
    if s.child(root, "aux", "neg", "conj", "prt", "dative", "cc") is not None or "“" in s.words(
        0, last
    ):
        return
    if verb.tag == "VBD" and verb.lemma not in _NOT_PASSIVE | SAYING:
        yield from _passive(s, root)
    if verb.tag == "VBN":
        yield from _active(s, root)


def _passive(s: Sentence, root: int) -> Iterator[Changed]:
    subject, thing = s.child(root, "nsubj"), s.child(root, "dobj")
    if subject is None or thing is None:
        return
    (a, b), (c, d) = s.edges(subject), s.edges(thing)
    if a or b + 1 != root or root + 1 != c or s.tokens[subject].tag in {"WDT", "WP", "EX", "DT"}:
        return
    words = set(s.words(c, d))
    if words & {
        "its",
        "his",
        "her",
        "their",
        "himself",
        "herself",
        "itself",
        "themselves",
        "each",
        ",",
    }:
        return
    if s.tokens[thing].entity in {"DATE", "TIME", "PERCENT", "MONEY"} or not s.tokens[
        thing
    ].tag.startswith("NN"):
        return
    verb = s.tokens[root]
    done = PARTICIPLE.get(verb.lemma, verb.text)
    were = " were " if is_plural(s, thing) else " was "
    agent: list[Piece] = list(s.opening(a, b))
    if b == a and s.tokens[a].text.lower() in _OBJECTIVE:
        agent = [_OBJECTIVE[s.tokens[a].text.lower()]]
    rest = (s.tokens[d].end, s.end)
    yield "active to passive", (s.span(c, d), f"{were}{done} by ", *agent, rest)


def _active(s: Sentence, root: int) -> Iterator[Changed]:
    subject, agent, was = (s.child(root, dep) for dep in ("nsubjpass", "agent", "auxpass"))
    if (
        subject is None
        or agent is None
        or was is None
        or s.words(was, was)[0] not in {"was", "were"}
    ):
        return
    doer = s.child(agent, "pobj")
    (a, b), verb = s.edges(subject), s.tokens[root]
    if doer is None or a or b + 1 != was or was + 1 != root or root + 1 != agent:
        return
    c, d = s.edges(doer)
    if (
        c != agent + 1
        or s.tokens[doer].tag[:2] != "NN"
        or s.tokens[a].tag in {"PRP", "EX", "DT"}
        or "," in s.words(c, d)
    ):
        return
    did = PAST.get(verb.lemma, verb.text)
    yield (
        "passive to active",
        (s.span(c, d), f" {did} ", *s.opening(a, b), (s.tokens[d].end, s.end)),
    )


def is_plural(s: Sentence, noun: int) -> bool:
    """Whether a noun, or a list of nouns, takes a verb in the plural."""
    return s.tokens[noun].tag in {"NNS", "NNPS"} or bool(s.children(noun, "conj"))


def _reported(s: Sentence) -> Iterator[Changed]:
    """From "X said that Y" ↔ "According to X, Y", without quotations."""
    root, last = s.root, len(s.tokens) - 1
    if set("\"“”'‘") & set(s.words(0, last)) or {"i", "we", "my", "our"} & set(s.words(0, last)):
        return
    subject, told = s.child(root, "nsubj"), s.child(root, "ccomp")
    if (
        s.tokens[root].text in {"said", "stated", "says"}
        and subject is not None
        and told is not None
    ):
        (a, b), (c, d) = s.edges(subject), s.edges(told)
        pronoun = s.tokens[subject].tag[:2] != "NN"
        if (
            pronoun
            or s.children(root, "conj", "aux", "advcl", "dobj")
            or {"which", "who"} & set(s.words(a, b))
        ):
            return
        if a == 0 and b + 1 == root and c == root + 1 and d == last - 1:
            start = c + 1 if s.words(c, c)[0] == "that" else c
            yield (
                "said to according to",
                ("According to ", *s.opening(a, b), ", ", *s.opening(start, d), "."),
            )
        elif c == 0 and s.tokens[d + 1].text == "," and d + 2 == a and b + 1 == root == last - 1:
            yield (
                "said to according to",
                ("According to ", s.span(a, b), ", ", *s.opening(c, d), "."),
            )
            if s.tokens[root].tag == "VBD":
                yield "speaker put first", (*s.opening(a, b), " said that ", *s.opening(c, d), ".")
    if s.words(0, 1) == ["according", "to"]:
        source = next((j for j in s.children(1, "pobj")), None)
        if source is None:
            return
        c, d = s.edges(source)
        if c == 2 and d < last - 3 and s.tokens[d + 1].text == "," and "," not in s.words(c, d):
            yield (
                "according to to said",
                (s.span(c, d), " said that ", (s.tokens[d + 2].start, s.end)),
            )
