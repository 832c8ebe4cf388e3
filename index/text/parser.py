"""The dependency parser of a sentence: the only file that knows spaCy."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

from index.core.errors import DamagedError
from index.text.grammar import (
    SPEECH_VERBS,
    Argument,
    Enumeration,
    Name,
    NameKind,
    ParsedSentence,
    Relation,
    Speech,
)

MAX_ABOVE = 4  # words that govern an enumeration
KNOWN = 2_048  # sentences whose parse is kept, about 2 KB each

_KINDS: dict[str, NameKind] = {
    **{"PERSON": "person", "GPE": "place", "LOC": "place", "ORG": "organisation"},
    **dict.fromkeys(("DATE", "TIME"), "day"),
    **dict.fromkeys(("CARDINAL", "MONEY", "PERCENT", "QUANTITY", "ORDINAL"), "number"),
}
_SUBJECT = {"nsubj", "nsubjpass", "csubj", "csubjpass"}
_CLAUSE = {"relcl", "acl", "advcl", "ccomp", "parataxis"}  # left out of a phrase
_OBJECT = {"dobj": "object", "attr": "complement", "acomp": "complement", "oprd": "complement"}
_CONDITION = {"if", "unless", "whether"}
_NOUNS = {"NOUN", "PROPN"}
_GOVERNS = {"NOUN", "PROPN", "VERB"}
_BEFORE_NOUN = {"compound", "nmod", "amod"}
_QUOTES = {"“", '"'}
_HEDGES = {"allegedly", "reportedly", "supposedly", "possibly", "perhaps", "probably", "likely"}


class SpacyParser:
    """spaCy's `en_core_web_sm`; a sentence takes 2 to 4 ms. Thread-safe."""

    def __init__(self, pipeline: Any) -> None:
        self._pipeline = pipeline
        self._lock = threading.Lock()
        self.parse = lru_cache(KNOWN)(self._parse)

    @classmethod
    def load(cls, folder: Path) -> SpacyParser:
        """Open a pipeline folder; nothing of it is run as code.

        Raises:
            DamagedError: if it cannot be read.
        """
        # thinc imports torch where it finds it: a second and 180 MB for nothing
        hidden = "torch" not in sys.modules
        if hidden:
            sys.modules["torch"] = None  # type: ignore[assignment]
        try:
            import spacy
        finally:
            if hidden:
                del sys.modules["torch"]
        try:
            return cls(spacy.load(folder, exclude=["senter"]))
        except (OSError, ValueError, KeyError) as problem:
            raise DamagedError(
                f"The model in {folder} cannot be read ({' '.join(str(problem).split())[:120]}). "
                "Run 'assistant models verify', then 'assistant models pull'."
            ) from None

    def tokens(self, text: str) -> Any:
        """The sentence as spaCy's own Doc: each token with its tag, dependency and head."""
        with self._lock:  # the vocabulary grows while it reads
            return self._pipeline(text)

    def _parse(self, text: str) -> ParsedSentence:
        doc = self.tokens(text)
        names = (
            Name(e.text, e.start_char, e.end_char, _KINDS.get(e.label_, "other"))
            for e in doc.ents
            if not (e.label_ == "NORP" and e.root.tag_ == "JJ")
        )
        verbs = (token for token in doc if _is_relation(token))
        return ParsedSentence(
            text,
            tuple(names),
            tuple(map(_relation, verbs)),
            tuple(_speeches(doc)),
            tuple(_enumerations(doc)),
        )


def _is_relation(token: Any) -> bool:
    return token.pos_ in ("VERB", "AUX") and token.dep_ not in ("aux", "auxpass", "amod", "prep")


def _relation(verb: Any) -> Relation:
    surface, passive = _surface_subject(verb), _is_passive(verb)
    found = [_argument(surface, "object" if passive else "subject")] if surface is not None else []
    for child in verb.children:
        if child.dep_ == "agent":
            found += [_argument(one, "subject") for one in child.children if one.dep_ == "pobj"]
        elif child.dep_ in _OBJECT:
            found.append(_argument(child, _OBJECT[child.dep_]))
        elif child.dep_ in ("prep", "dative"):
            nouns = [one for one in child.children if one.dep_ == "pobj"]
            if child.dep_ == "dative" and not nouns:  # "gave Kim a book"
                found.append(_argument(child, "to"))
            found += [_argument(one, child.lower_) for one in nouns if one.ent_type_ != "DATE"]
    found += _days(verb)
    return Relation(
        verb=verb.lemma_.lower(),
        start=verb.idx,
        subject=next((one for one in found if one.role == "subject"), None),
        arguments=tuple(one for one in found if one.role != "subject"),
        negated=any(_negates(child) for child in verb.children),
        modality=_modality(verb),
    )


def _negates(child: Any) -> bool:
    none = any(one.lower_ == "no" and one.dep_ == "det" for one in child.children)
    none = none or child.lower_ in ("nobody", "none", "nothing", "neither")
    return child.dep_ == "neg" or (child.dep_ in _SUBJECT | {"dobj"} and none)


def _is_passive(verb: Any) -> bool:
    if any(child.dep_ in ("auxpass", "nsubjpass", "csubjpass") for child in verb.children):
        return True
    if verb.tag_ != "VBN" or any(child.dep_ == "aux" for child in verb.children):
        return False
    return verb.dep_ in ("acl", "advcl") or (verb.dep_ == "conj" and _is_passive(verb.head))


def _surface_subject(verb: Any, depth: int = 0) -> Any:
    """The token before the verb that does it, or to which a passive is done; None if unknown."""
    own = next((child for child in verb.children if child.dep_ in _SUBJECT), None)
    if own is not None and own.tag_ in ("WDT", "WP") and verb.dep_ == "relcl":
        return verb.head  # "King, who was released"
    if own is not None or depth > 4:
        return own
    if verb.dep_ == "acl":
        return verb.head if verb.tag_ in ("VBN", "VBG") else None
    if verb.dep_ in ("conj", "xcomp", "advcl") and verb.head.pos_ in ("VERB", "AUX", "ADJ"):
        dobj = next((child for child in verb.head.children if child.dep_ == "dobj"), None)
        if verb.dep_ == "xcomp" and dobj is not None:  # "urged Kim to leave"
            return dobj
        return _surface_subject(verb.head, depth + 1)
    return None


def _days(verb: Any) -> Iterator[Argument]:
    """The days whose nearest verb this is ("the talks of July 20 ended")."""
    for entity in verb.doc.ents:
        if entity.label_ != "DATE":
            continue
        above = (token for token in entity.root.ancestors if _is_relation(token))
        if next(above, None) == verb:
            yield Argument("when", entity.text, (entity.text,), "day")


def _modality(verb: Any, depth: int = 0) -> str:
    for child in verb.children:
        modal = child.dep_ == "aux" and child.tag_ == "MD"
        if modal or (child.dep_ == "mark" and child.lower_ in _CONDITION):
            return str(child.lower_)
        if child.dep_ == "advmod" and child.lower_ in _HEDGES:
            return str(child.lower_)
    head = verb.head
    if verb.dep_ == "pcomp":  # "accused of stealing"
        return str(head.head.lemma_.lower())
    if verb.dep_ in ("xcomp", "ccomp") and head.lemma_.lower() not in SPEECH_VERBS - {
        "deny",
        "allege",
    }:
        return str(head.lemma_.lower())
    own_subject = any(child.dep_ in _SUBJECT for child in verb.children)
    if verb.dep_ == "conj" and not own_subject and depth < 4:
        return _modality(head, depth + 1)
    return ""


def _argument(head: Any, role: str) -> Argument:
    skipped = {
        inner.i
        for token in head.subtree
        if token.dep_ in _CLAUSE and token != head
        for inner in token.subtree
    }
    kept = [token for token in head.subtree if token.i not in skipped]
    text = head.doc[kept[0].i : kept[-1].i + 1].text if not skipped else _joined(kept)
    heads = [head, *(one for one in kept if one != head and _is_also(one, head))]
    kind = "pronoun" if head.pos_ == "PRON" else next(filter(None, map(_kind, heads)), "")
    return Argument(role, text.strip(" ,"), tuple(map(_compound, heads)), kind)


def _kind(head: Any) -> str:
    return _KINDS.get(head.ent_type_, "other" if head.pos_ == "PROPN" else "")


def _is_also(token: Any, head: Any) -> bool:
    """Whether a token is coordinated with, or in apposition to, the head of a phrase."""
    while token.dep_ in ("conj", "appos"):
        token = token.head
        if token == head:
            return True
    return False


def _compound(head: Any) -> str:
    """A noun with the compounds before it, or the whole name that it ends."""
    parts = [one for one in head.children if one.dep_ in ("compound", "nmod") and one.i < head.i]
    return _joined([*parts, head])


def _enumerations(doc: Any) -> Iterator[Enumeration]:
    """The coordinated nouns of a sentence, those in apposition to one of them left out."""
    for token in doc:
        members = [token, *(one for one in token.conjuncts if one.pos_ in _NOUNS)]
        if token.pos_ in _NOUNS and token.dep_ != "conj" and len(members) > 1:
            inner = _of(members[-1])
            if inner is not None and not any(c.dep_ == "cc" for m in members for c in m.children):
                members += inner.conjuncts  # "fraud, breach of trust and forgery"
            above = (one.lemma_.lower() for one in token.ancestors if one.pos_ in _GOVERNS)
            yield Enumeration(
                tuple(map(_noun_phrase, members)),
                tuple(_KINDS.get(one.ent_type_, "") for one in members),
                tuple(islice(above, MAX_ABOVE)),
            )


def _of(head: Any) -> Any:
    """The noun behind "of" that belongs to a noun; None if there is none."""
    inner = (one for child in head.children if child.lower_ == "of" for one in child.children)
    return next((one for one in inner if one.dep_ == "pobj"), None)


def _noun_phrase(head: Any) -> str:
    """The name that a noun is of, or the noun without articles: "serious breach of trust"."""
    named = next((one for one in head.doc.ents if one.start <= head.i < one.end), None)
    if named is not None:
        return str(named.text)
    before = [one for one in head.children if one.dep_ in _BEFORE_NOUN and one.i < head.i]
    inner = _of(head)
    last = head.i if inner is None else inner.i
    return _joined([*before, *head.doc[head.i : last + 1]])


def _joined(tokens: list[Any]) -> str:
    return "".join(token.text_with_ws for token in tokens).strip()


def _speeches(doc: Any) -> Iterator[Speech]:
    for token in doc:
        if token.lower_ == "according":
            nouns = [one for to in token.children for one in to.children if one.dep_ == "pobj"]
            for noun in nouns:
                yield Speech(_argument(noun, "subject"), "accord", 0, len(doc.text))
        if token.pos_ != "VERB":
            continue
        speaker = _surface_subject(token)
        said = [one for one in token.children if one.dep_ in ("ccomp", "parataxis")]
        if token.dep_ == "parataxis" and not said:  # "Taxes, Kim said, are low"
            said = [token.head]
        if speaker is None or _is_passive(token) or not said:
            continue
        first, last = (sorted(said[0].subtree, key=lambda one: one.i)[at] for at in (0, -1))
        quoted = {one.text for one in doc[max(0, first.i - 1) : first.i + 1]} & _QUOTES
        if token.lemma_.lower() not in SPEECH_VERBS and not quoted:
            continue
        yield Speech(
            _argument(speaker, "subject"), token.lemma_.lower(), first.idx, last.idx + len(last)
        )
