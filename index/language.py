"""Which language a text is in, by py3langid: offline, deterministic, its model in the package."""

from __future__ import annotations

from functools import cache
from typing import Any

LETTERS = 40  # fewer tell no language
CERTAIN = 0.9  # of 1; texts of one language in the sample set have 0.99 or more
READ = 4_000  # characters


def language_of(text: str) -> str:
    """The ISO 639-1 code of the language of `text`; "" if it is not certain.

    >>> language_of("The river broke the dike in the night, the rescue service said on Friday.")
    'en'
    >>> language_of("def f(x): return x")
    ''
    """
    text = text[:READ]
    if sum(map(str.isalpha, text)) < LETTERS:
        return ""
    code, certainty = _model().classify(text)
    return str(code) if certainty >= CERTAIN else ""


@cache
def _model() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    model = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    model.set_languages([code for code in model.labels if len(code) == 2])
    return model
