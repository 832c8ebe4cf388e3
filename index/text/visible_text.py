"""Characters that a reader does not see, removed from any text."""

import re
import unicodedata

# Cc but tab and newline, Cf (zero-width, bidi, tags), private use, surrogates, variation selectors,
# and U+FFFE and U+FFFF, which XML cannot hold
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    r"\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    r"\ud800-\udfff\ue000-\uf8ff\U000e0000-\U000e0fff\U000f0000-\U0010ffff]"
)
_SPACES = re.compile(r"[^\S\n]+")


def visible(text: str) -> str:
    r"""Normalise (NFC) and remove invisible characters: controls, zero-width, bidi, tags.

    >>> visible("a\u200bb\u00a0 c\x1b[1m")
    'ab c[1m'
    """
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = re.sub("[\u2028\u2029\x0b\x0c\x85]", "\n", text)
    return _SPACES.sub(" ", _INVISIBLE.sub("", text))


def one_line(text: str) -> str:
    """Visible text with every run of white space as one space."""
    return " ".join(visible(text).split())
