"""The language of an article: what it declares, or else what py3langid detects.

py3langid works offline and is deterministic; its model is in the package.
"""

import re
from functools import cache
from typing import Any

MIN_LETTERS = 40  # fewer are no evidence of a language
CERTAIN = 0.9  # of 1; texts of one language in the sample set have 0.99 or more
LONG = 600  # letters of a text that may contradict its declaration
READ = 4_000  # characters


def settled(declared: str, text: str) -> str:
    """The declared language of a text, or the detected one if none is declared ("").

    A long text that is certainly in another language overrides the declaration: sites leave the
    language of their template on pages in every other one.

    >>> settled("de", "Der Damm brach in der Nacht."), settled("", "x")
    ('de', '')
    """
    code = primary(declared)
    if code and sum(map(str.isalpha, text[:READ])) < LONG:
        return code
    return language_of(text) or code


def primary(declared: str) -> str:
    """The ISO 639-1 code in a declaration; "" if there is none.

    >>> primary("en-US"), primary("pt_BR"), primary("English"), primary("x-default")
    ('en', 'pt', '', '')
    """
    found = re.match(r"([a-z]{2})(?![a-z])", declared.strip().lower())
    return found[1] if found else ""


def language_of(text: str) -> str:
    """The ISO 639-1 code of the language of `text`; "" if it is not certain.

    >>> language_of("The river broke the dike in the night, the rescue service said on Friday.")
    'en'
    >>> language_of("def f(x): return x")
    ''
    """
    text = text[:READ]
    if sum(map(str.isalpha, text)) < MIN_LETTERS:
        return ""
    code, certainty = language_model().classify(text)
    return str(code) if certainty >= CERTAIN else ""


@cache
def language_model() -> Any:
    """py3langid's model, loaded by the first call in 0.6 s."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    model = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    model.set_languages([code for code in model.labels if len(code) == 2])
    return model
