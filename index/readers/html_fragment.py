"""HTML that is a text and no page: what feeds, newsletters and exports carry in a field.

Nothing in it is taken for furniture by its place, because there is no page around it.
"""

from __future__ import annotations

import re
from html import unescape

_TAG = re.compile(r"</?(?:p|br|div|span|a|b|i|em|strong|h[1-6]|ul|ol|li|table|img)\b[^<>]*>", re.I)

_ENTITY = re.compile(r"&(?:#\d{2,6}|#x[\da-f]{2,5}|[a-z]{2,8});", re.IGNORECASE)


def is_markup(text: str) -> bool:
    """Tell whether a field holds HTML and no plain text.

    >>> is_markup("<p>Rain fell.</p>"), is_markup("Rain fell for 3 < 4 days, <sic> they say.")
    (True, False)
    """
    return bool(_TAG.search(text))


def visible_text(markup: str) -> str:
    r"""The text of a fragment as a reader sees it, paragraphs set apart by empty lines.

    >>> visible_text("<p>Rain <b>fell</b>.</p><p hidden>No.</p><script>x</script>It was cold.")
    'Rain fell.\n\nIt was cold.'
    """
    from lxml import etree, html

    from index.readers.visible_html import blocks_of, drop_unseen, text_of

    try:
        # lxml refuses an encoding declaration inside a str, and NUL anywhere
        plain = re.sub(r"^\s*<\?xml[^>]*\?>", "", markup.replace("\x00", ""), count=1)
        tree = html.document_fromstring(plain)
    except (etree.ParserError, ValueError):
        return ""
    drop_unseen(tree)
    return text_of(blocks_of(tree))


def as_text(field: str) -> str:
    """The field itself, or its visible text if it is HTML; entities are what they stand for.

    >>> as_text("Ann &amp; Bo"), as_text("&lt;p&gt;Rain.&lt;/p&gt;")
    ('Ann & Bo', 'Rain.')
    """
    if not is_markup(field) and _ENTITY.search(field):
        field = unescape(field)
    return visible_text(field) if is_markup(field) else field
