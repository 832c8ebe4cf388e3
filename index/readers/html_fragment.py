"""HTML fragments to text: what feeds, newsletters and exports have in a field."""

import re
from html import unescape

from index.readers.visible_html import drop_hidden, mark_captions, parse_html, visible_lines

_TAG = re.compile(r"</?(?:p|br|div|span|a|b|i|em|strong|h[1-6]|ul|ol|li|table|img)\b[^<>]*>", re.I)
_ENTITY = re.compile(r"&(?:#\d{2,6}|#x[\da-f]{2,5}|[a-z]{2,8});", re.IGNORECASE)


def visible_text(markup: str) -> str:
    r"""The displayed text of a fragment, one paragraph for each line of it.

    >>> visible_text("<p>Rain <b>fell</b>.</p><p hidden>No.</p><script>x</script>It was cold.")
    'Rain fell.\n\nIt was cold.'
    """
    tree = parse_html(markup)
    if tree is None:
        return ""
    drop_hidden(tree)
    mark_captions(tree)
    return "\n\n".join(visible_lines(tree))


def as_text(field: str) -> str:
    """The field itself, or its visible text if it is HTML; entities are decoded.

    >>> as_text("Ann &amp; Bo"), as_text("&lt;p&gt;Rain.&lt;/p&gt;")
    ('Ann & Bo', 'Rain.')
    >>> as_text("Rain fell for 3 < 4 days, <sic> they say.")
    'Rain fell for 3 < 4 days, <sic> they say.'
    """
    if not _TAG.search(field) and _ENTITY.search(field):
        field = unescape(field)
    return visible_text(field) if _TAG.search(field) else field
