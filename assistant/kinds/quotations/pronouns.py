"""Whether "he" or "she" may be a person, by what the article itself calls that person."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.core.answer import Evidence
from index.text.words import words

_HE = frozenset("he his himself mr mr. sir".split())
_SHE = frozenset("she her hers herself mrs mrs. ms ms. miss".split())
_ONE = re.compile(r"(?i)(?:an?|the|one|another|this|his|her|their|\S+['’]s) ")
_QUOTED = re.compile(r"“[^“”]*”|\"[^\"]*\"")


def agrees(pronoun: str, name: str, article: Sequence[Evidence]) -> bool:
    """Whether an article does not oftener call a person by the pronouns of the other sex.

    Counted are titles before the surname, and the first pronoun behind it in its sentence if no
    other name stands between.
    """
    surname = re.escape(name.split()[-1])
    called = re.compile(
        rf"\b(?P<title>Mrs?\.?|Ms\.?|Miss|Sir) (?:[A-Z]\S* )*{surname}\b"
        rf"|\b{surname}\b[^A-Z.;:]*?\b(?P<pronoun>he|his|himself|she|hers?|herself)\b"
    )
    text = " ".join(_QUOTED.sub(" ", one.text) for one in article)
    found = [(match["title"] or match["pronoun"]).lower() for match in called.finditer(text)]
    he, she = (sum(word in those for word in found) for those in (_HE, _SHE))
    return he >= she if pronoun in _HE else she >= he


def is_surname(text: str, name: str) -> bool:
    """Whether a text is the last word of a longer name, titles before it left out.

    >>> is_surname("Mr. Venn", "Ada Venn"), is_surname("Venn", "Venn")
    (True, False)
    """
    return " " in name and words(text)[-1:] == words(name)[-1:] and len(text.split()) <= 2


def may_be_one(name: str) -> bool:
    """Whether a speaker may be one person: a name or "a farmer", not "some farmers".

    >>> [may_be_one(name) for name in ("Ada Venn", "a farmer", "officials")]
    [True, True, False]
    """
    return name[:1].isupper() or bool(_ONE.match(name))
