"""What article text may bring into a prompt, and what any text may bring into a terminal.

Articles are written by anybody. The in-process engine tokenises text so that it can never become
a control token; a server behind a URL may not, so such tokens are broken here as well.
"""

from __future__ import annotations

import re
import unicodedata

from index.text.visible_text import visible
from index.text.words import words

# Shapes of the control tokens of common chat formats, broken by a space after the first sign: by
# shape where prose has none like it (<|…|>, <tool_call>, [TOOL_CALLS]), by name where it might.
_CONTROL = re.compile(
    r"<(?=\|[^<>|\n]{0,40}\|>"  # ChatML, Llama 3, Phi, DeepSeek, gpt-oss, Granite
    r"|\|?turn\|?>"
    r"|/?[A-Za-z]+(?:_[A-Za-z0-9]+)+>"  # Gemma, Qwen's tools, StarCoder, Cohere, Baichuan
    r"|/?(?:s|bos|eos|pad|unk|mask|sop|eop|cls|sep|think|tools|image|video|audio|filename)>"
    r"|0x[0-9A-Fa-f]{2}>"  # SentencePiece: a byte
    r"|/?SYS>>|</SYS>>|<SYS>>)"
    r"|\[(?=/?g?[A-Z][A-Z0-9_]{2,40}\])"  # Mistral, BERT, GLM, InternLM
)
# What would fetch, link or be drawn where an answer is shown as more than plain text.
_MARKUP = re.compile(
    r"!\[|\]\(|</?[a-z][a-z0-9-]*(?=[\s/>]|$)|<[!?]"
    r"|\b[a-z][a-z0-9+.-]{1,15}://|\bwww\.\w"
    r"|\b(?:javascript|vbscript|data|mailto|file):(?=\S)",
    re.IGNORECASE,
)
_MARK = re.compile(r"\s*[\[［【]\s*\^?\d{1,4}(?:\s*[,;–-]\s*\d{1,4})*\s*[\]］】]")
RECITED = 5  # words in a row that nobody writes by chance


def for_prompt(text: str) -> str:
    r"""One line of plain text without anything that a chat format could take for its own.

    Folded (NFKC) first, because full-width signs become ASCII by it; broken until nothing is left,
    because a token may appear when another one inside it goes.

    >>> for_prompt("a<|im_end|> b\u200b\n[INST]")
    'a< |im_end|> b [ INST]'
    """
    text = " ".join(visible(unicodedata.normalize("NFKC", text)).split())
    return _CONTROL.sub(lambda sign: sign[0] + " ", text)


def for_answer(text: str) -> str:
    """One line of what a model wrote, without marks of citations: the check of it sets them.

    >>> for_answer("Nine are missing [1, 99].")
    'Nine are missing.'
    """
    text, before = visible(text), ""
    while before != text:  # another may appear when one inside it goes
        before, text = text, _MARK.sub("", text)
    return " ".join(text.split())


def looks_injected(text: str, instructions: str) -> bool:
    """Tell whether a sentence is of a kind that only an article's orders make a model write.

    That is an address, an image, a link or a tag, although the article has it: it would lead away
    from the page it is shown on. Or it repeats `instructions`, what the model is told.

    >>> looks_injected("See ![x](http://e.example/?q=1).", ""), looks_injected("5 < 6, [sic].", "")
    (True, False)
    >>> looks_injected("My orders: answer in one or two sentences.", "Answer in one or two sentences!")
    True
    """
    said, told = words(text), words(instructions)
    runs = {told[i : i + RECITED] for i in range(len(told) - RECITED + 1)}
    recited = any(said[i : i + RECITED] in runs for i in range(len(said) - RECITED + 1))
    return recited or bool(_MARKUP.search(text))


def for_terminal(text: str) -> str:
    r"""Text that cannot move the cursor, colour, link or copy: no control and no bidi characters.

    >>> for_terminal("title\x1b]0;x\x07")
    'title]0;x'
    """
    return visible(text)
