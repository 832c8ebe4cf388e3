"""Makes text safe for a prompt, an answer, a terminal and Markdown; detects injected instructions.

Articles are written by anybody. The engine of this process never takes text for a control token; a
server behind a URL might, so such tokens are broken here as well.
"""

import re
import unicodedata
from urllib.parse import urlsplit

from index.text.visible_text import one_line, visible
from index.text.words import words

# Control tokens of common chat formats, which are broken by a space after their first character:
# by shape where prose has none like it (<|…|>, <tool_call>, [TOOL_CALLS]), else by name.
_CONTROL = re.compile(
    r"<(?=\|[^<>|\n]{0,40}\|>"  # ChatML, Llama 3, Phi, DeepSeek, gpt-oss, Granite
    r"|\|?turn\|?>"
    r"|/?[A-Za-z]+(?:_[A-Za-z0-9]+)+>"  # Gemma, Qwen's tools, StarCoder, Cohere, Baichuan
    r"|/?(?:s|bos|eos|pad|unk|mask|sop|eop|cls|sep|think|tools|image|video|audio|filename)>"
    r"|0x[0-9A-Fa-f]{2}>"  # SentencePiece: a byte
    r"|/?SYS>>|</SYS>>|<SYS>>)"
    r"|\[(?=/?g?[A-Z][A-Z0-9_]{2,40}\])"  # Mistral, BERT, GLM, InternLM
)
# What would be loaded, linked or rendered where an answer is shown as more than plain text.
_MARKUP = re.compile(
    r"(?i)!\[|\]\(|</?[a-z][a-z0-9-]*(?=[\s/>]|$)|<[!?]"
    r"|\b[a-z][a-z0-9+.-]{1,15}://|\bwww\.\w"
    r"|\b(?:javascript|vbscript|data|mailto|file):(?=\S)"
)
_MARK = re.compile(r"\s*[\[［【]\s*\^?\d{1,4}(?:\s*[,;–-]\s*\d{1,4})*\s*[\]］】]")
_LEAD_IN = re.compile(
    r"(?i)^(?:according to|based on|as (?:stated|mentioned|reported) in) (?:the|this|these)"
    r" (?:given |provided |news )?(?:news|articles?|evidence|texts?|sentences?),\s*"
)
# What Markdown reads anywhere in a line, with the extensions that editors have: tags, math,
# highlights, comments, bare addresses. Then what begins a block.
_MARKDOWN = re.compile(
    r"[\\`*_\[\]{}<>|~$&#^]|==|%%|!(?=\[)|(?<=www)\.|:(?=//)|^[-+=]|(?<=^\d)[.)]", re.I
)
_ORDERED = re.compile(r"^(\d{2,9})(?=[.)])")
RECITED = 5  # words in a row that are no chance
MAX_LINK = 2_000  # characters


def for_prompt(text: str) -> str:
    r"""One line of plain text without control tokens of chat formats.

    NFKC comes first, because it turns full-width characters into ASCII.

    >>> for_prompt("a<|im_end|> b\u200b\n[INST]")
    'a< |im_end|> b [ INST]'
    """
    text = one_line(unicodedata.normalize("NFKC", text))
    return _CONTROL.sub(lambda sign: sign[0] + " ", text)


def for_answer(text: str) -> str:
    """One line of generated text without citation marks: attribution sets them.

    Nor with "According to the article": that is what an attribution says.

    >>> for_answer("Nine are missing [1, 99]."), for_answer("According to the news, nine died.")
    ('Nine are missing.', 'Nine died.')
    """
    text, before = visible(text), ""
    while before != text:  # another may appear when one inside it goes
        before, text = text, _MARK.sub("", text)
    text = " ".join(text.split())
    rest = _LEAD_IN.sub("", text)
    return text if rest == text else rest[:1].upper() + rest[1:]


def looks_injected(text: str, instructions: str) -> bool:
    """True for a sentence that only instructions inside an article make a model write.

    It holds an address, an image, a link or a tag, which would lead away from the page, or repeats
    five words in a row of `instructions`, the model's own.

    >>> looks_injected("See ![x](http://e.example/?q=1).", ""), looks_injected("5 < 6, [sic].", "")
    (True, False)
    >>> looks_injected("Orders: answer in one or two sentences.", "Answer in one or two sentences!")
    True
    """
    recited = _runs(words(text)) & _runs(words(instructions))
    return bool(recited or _MARKUP.search(text))


def _runs(of: tuple[str, ...]) -> set[tuple[str, ...]]:
    return {of[i : i + RECITED] for i in range(len(of) - RECITED + 1)}


def for_terminal(text: str) -> str:
    r"""Text that cannot move the cursor, colour, link or copy: no control and no bidi characters.

    >>> for_terminal("title\x1b]0;x\x07")
    'title]0;x'
    """
    return visible(text)


def for_markdown(text: str) -> str:
    r"""One line of Markdown that shows exactly this text.

    >>> for_markdown("*a* [b](http://x.example)")
    '\\*a\\* \\[b\\](http\\://x.example)'
    >>> for_markdown("1986. A year"), for_markdown("twenty-one")
    ('1986\\. A year', 'twenty-one')
    """
    escaped = _MARKDOWN.sub(r"\\\g<0>", one_line(text))
    return _ORDERED.sub(r"\1\\", escaped)


def is_web_address(address: str) -> bool:
    """True for http(s) with a host, without credentials, spaces or invisible characters.

    >>> [is_web_address(a) for a in ("https://a.example/x", "//a", "https://u:p@a", "java script:")]
    [True, False, False, False]
    """
    if len(address) > MAX_LINK or visible(address) != address or re.search(r"[\s\\]", address):
        return False
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
