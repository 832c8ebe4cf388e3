"""Turns a question and its answer into a statement, as an assistant would answer.

When did the bridge open? + 1461             The bridge opened in 1461.
Which mall was given awards? + Akmerkez      Akmerkez was given awards.
"""

import re
from typing import Any

_DIGITS_OR_MONTH = re.compile(r"^(?:\d|[A-Z][a-z]+ \d)")
_HAS_PREPOSITION = re.compile(
    r"(?i)^(?:in|on|at|by|from|since|until|after|before|during|near|to|for|through|because|about)\b"
)


def statement(question: Any, answer: str, proof: Any = None) -> str | None:
    """The statement for a parsed question (spaCy's Doc); None where the question is not plain.

    The past tense of a verb is taken from the parsed `proof`, where it stands there.
    """
    tokens = [token for token in question if not token.is_space and token.text != "?"]
    at = next((i for i, one in enumerate(tokens) if one.tag_ in ("WP", "WDT", "WRB", "WP$")), None)
    if at is None or at > 1 or (at == 1 and tokens[0].pos_ != "ADP") or len(tokens) < at + 3:
        return None
    asked = tokens[at]
    end = at + 1
    if asked.lower_ in ("what", "which", "whose", "how"):
        many = asked.head if asked.lower_ == "how" and asked.head.pos_ == "ADJ" else asked
        if asked.tag_ in ("WDT", "WP$") or asked.dep_ == "det" or many is not asked:
            noun = (
                many.head if many.head.i > asked.i and many.head.pos_ in ("NOUN", "PROPN") else many
            )
            end = next((i for i, one in enumerate(tokens) if one.i == noun.i), at) + 1
    counted = " ".join(one.text for one in tokens[at + 2 : end]) if asked.lower_ == "how" else ""
    if counted and counted.lower() not in answer.lower():
        answer = f"{answer} {counted}"
    preposition = f"{tokens[0].lower_} " if at == 1 else _preposition(asked.lower_, answer)
    rest = tokens[end:]
    if not rest or rest[0].pos_ not in ("AUX", "VERB"):
        return None
    first = rest[0]
    subject = next((one for one in rest[1:] if one.dep_ in ("nsubj", "nsubjpass", "expl")), None)
    inverted = subject is not None and (first.pos_ == "AUX" or first.lemma_ == "be")
    if not inverted:  # the question word is the subject
        return _sentence([answer, *(one.text for one in rest)])
    assert subject is not None
    inside = {one.i for one in subject.subtree}
    named = [one for one in rest[1:] if one.i in inside]
    after = [one for one in rest[1:] if one.i not in inside]
    verb = [first.text]
    if first.lemma_ == "do":
        main = next((one for one in after if one.pos_ == "VERB"), None)
        if main is None or any(one.dep_ == "neg" for one in after):
            return None
        verb = []
        form = _inflected(first.lower_, main, proof)
        words = [form if one is main else one.text for one in after]
    else:
        words = [one.text for one in after]
    return _sentence([*(one.text for one in named), *verb, *words, f"{preposition}{answer}"])


def _preposition(asked: str, answer: str) -> str:
    if asked == "when" and _DIGITS_OR_MONTH.match(answer):
        return "in " if re.fullmatch(r"(?:[A-Z][a-z]+ )?\d{4}s?", answer) else "on "
    if asked == "where" and not _HAS_PREPOSITION.match(answer):
        return "in "
    return ""


def _inflected(auxiliary: str, verb: Any, proof: Any) -> str:
    if auxiliary == "do":
        return str(verb.text)
    if auxiliary == "does":
        return f"{verb.text}es" if verb.text.endswith(("s", "sh", "ch", "o")) else f"{verb.text}s"
    if proof is not None:
        for one in proof:
            if one.lemma_ == verb.lemma_ and one.tag_ == "VBD":
                return str(one.text)
    if verb.text.endswith("e"):
        return f"{verb.text}d"
    return f"did {verb.text}" if len(verb.text) < 6 else f"{verb.text}ed"


def _sentence(words: list[str]) -> str:
    text = re.sub(r"\s+([,.;:)%]|['’]s\b|n['’]t\b)", r"\1", " ".join(filter(None, words)))
    text = re.sub(r"([($£])\s+|\s*(-)\s*(?=\w)(?<=\w - )", r"\1\2", text).strip(" .")
    return f"{text[:1].upper()}{text[1:]}."
