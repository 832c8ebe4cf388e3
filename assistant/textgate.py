"""What article text may bring into a prompt, and what any text may bring into a terminal.

Articles are written by anybody. The in-process engine tokenises text so that it can never become
a control token; a server behind a URL may not, so such tokens are broken here as well.
"""

from __future__ import annotations

import re
import unicodedata

from index.clean import visible

# the shapes of control tokens of the common chat formats, broken by a space after the first sign
_CONTROL = re.compile(
    r"<(?=\|[^<>|\n]{0,40}\|>|/?s>|(?:bos|eos|pad|unk)>|/?(?:start|end)_of_turn>|/?think>|\|?turn\|?>|<SYS>>|</SYS>>)"
    r"|\[(?=/?INST\])"
)


def for_prompt(text: str) -> str:
    r"""One line of plain text without anything that a chat format could take for its own.

    Folded (NFKC) first, because full-width signs become ASCII by it; broken until nothing is left,
    because a token may appear when another one inside it goes.

    >>> for_prompt("a<|im_end|> b\u200b\n[INST]")
    'a< |im_end|> b [ INST]'
    """
    text = " ".join(visible(unicodedata.normalize("NFKC", text)).split())
    return _CONTROL.sub(lambda sign: sign[0] + " ", text)


def for_terminal(text: str) -> str:
    r"""Text that cannot move the cursor, colour, link or copy: no control and no bidi characters.

    >>> for_terminal("title\x1b]0;x\x07")
    'title]0;x'
    """
    return visible(text)
