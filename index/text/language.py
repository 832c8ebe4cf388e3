"""The language of an article, as declared or else detected by py3langid, and that of a question.

py3langid works offline and is deterministic; its model is in the package.
"""

import re
import unicodedata
from functools import cache
from typing import Any

MIN_LETTERS = 40  # fewer are no evidence of a language
CERTAIN = 0.9  # of 1; texts of one language in the sample set have 0.99 or more
LONG = 600  # letters of a text that may contradict its declaration
READ = 4_000  # characters

# English as a question in it has to be much likelier in another language: of 785 public questions
# in English none is taken for another one, of 46 short ones in 18 languages all are
FOREIGN = 0.5  # of 1, for the likeliest language
UNLIKE_ENGLISH = 15.0  # times likelier than English
_ASKED_IN = ("en", *"cs da de es fi fr hu id it nl no pl pt ro sv tr vi".split())
# no question in another language begins so
_OPENS_IN_ENGLISH = re.compile(
    r"(?i)\W*(?:who|whom|whose|what|which|when|where|why|how|did|does|is|are|were|has|have|had|can"
    r"|could|would|should|tell|list|give|show|find|summari[sz]e|compare|the|any|and)\b"
)
_ENGLISH_WORD = re.compile(r"\b(?:the|who|what|which|when|where|why|how|does|did|were|and|with)\b")
_SMALL_WORD = re.compile(r"\b[^\W\d_A-Z][^\W\d_]*\b")
_NAME = re.compile(r"(?<=\s)[A-Z][\w’'-]*")
_SCRIPTS = {
    **{"HANGUL": "ko", "HIRAGANA": "ja", "KATAKANA": "ja", "CJK": "zh", "ARABIC": "ar"},
    **{"HEBREW": "he", "GREEK": "el", "THAI": "th", "DEVANAGARI": "hi"},
}
_NAMES = {
    **{"ar": "Arabic", "cs": "Czech", "da": "Danish", "de": "German", "el": "Greek"},
    **{"en": "English", "es": "Spanish", "fi": "Finnish", "fr": "French", "he": "Hebrew"},
    **{"hi": "Hindi", "hu": "Hungarian", "id": "Indonesian", "it": "Italian", "ja": "Japanese"},
    **{"ko": "Korean", "nl": "Dutch", "no": "Norwegian", "pl": "Polish", "pt": "Portuguese"},
    **{"ro": "Romanian", "ru": "Russian", "sv": "Swedish", "th": "Thai", "tr": "Turkish"},
    **{"uk": "Ukrainian", "vi": "Vietnamese", "zh": "Chinese"},
}


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


def language_of_question(question: str) -> str:
    """The ISO 639-1 code of a question's language: "en" unless it is surely another one.

    "" is another language than English of which it is not certain which. Names alone ("Pyongyang?")
    are English.

    >>> [language_of_question(text) for text in ("Who is Kim?", "김건은 누구인가?", "Wer ist Kim?")]
    ['en', 'ko', 'de']
    """
    scripts = [unicodedata.name(c, "").split(" ")[0] for c in question[:READ] if c.isalpha()]
    latin = sum(script in ("LATIN", "FULLWIDTH") for script in scripts)
    if 2 * latin < len(scripts):
        known = [_SCRIPTS[script] for script in scripts if script in _SCRIPTS]
        return "ja" if "ja" in known else known[0] if known else ""
    text = question[:READ]
    if _OPENS_IN_ENGLISH.match(text) or _ENGLISH_WORD.search(text) or not _SMALL_WORD.search(text):
        return "en"
    without = _NAME.sub("", text)
    text = without if len(_SMALL_WORD.findall(without)) > 1 else text
    ranked = _question_model().rank(text)
    code, certainty = ranked[0]
    if certainty < FOREIGN or certainty < UNLIKE_ENGLISH * dict(ranked)["en"]:
        return "en"
    return str(code) if certainty >= CERTAIN else ""


def name_of(code: str) -> str:
    """A language's name in English; "another language" for one that is not known.

    >>> name_of("es"), name_of("xx")
    ('Spanish', 'another language')
    """
    return _NAMES.get(code, "another language")


@cache
def language_model() -> Any:
    """py3langid's model, loaded by the first call in 0.6 s."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    model = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    model.set_languages([code for code in model.labels if len(code) == 2])
    return model


@cache
def _question_model() -> Any:
    """The same for short texts, which it only tells apart among few languages."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    model = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    model.set_languages(list(_ASKED_IN))
    return model
