"""The body of a web page: trafilatura on what is displayed, and the photo captions in it."""

from collections.abc import Sequence

from index.core.articles import CAPTION
from index.readers.visible_html import Node, visible_lines


def body_lines(tree: Node) -> list[str]:
    """The paragraphs of the page's article; empty if the page has none.

    To be called when hidden parts are removed. Balanced mode, with tables: on 990 public pages
    favouring precision or recall, leaving tables out and the fast mode were all worse
    (docs/experiments/page-reading.md).
    """
    import trafilatura

    found = trafilatura.bare_extraction(tree, include_comments=False)
    body = getattr(found, "body", None)
    return [] if body is None else visible_lines(body)


def with_captions(body: Sequence[str], lines: Sequence[str]) -> list[str]:
    """The body, with each caption of the page placed above the paragraph that follows it there.

    `lines` are those of the page, captions marked. Put into the page itself as paragraphs, captions
    made trafilatura choose another part of 2 in 181 pages.

    >>> with_captions(["One.", "Seen.", "Two."], ["One.", f"{CAPTION}Seen.", "Two.", f"{CAPTION}X"])
    ['One.', '[Caption] Seen.', 'Two.']
    """
    marked = {line.removeprefix(CAPTION): line for line in lines if line.startswith(CAPTION)}
    places = {line: number for number, line in enumerate(body)}
    above: dict[int, list[str]] = {}
    pending: list[str] = []
    for line in lines:
        bare = line.removeprefix(CAPTION)
        if bare in places:
            above.setdefault(places[bare], pending)
            pending = []
        elif bare != line:
            pending.append(line)
    return [
        line
        for number, one in enumerate(body)
        for line in (*above.get(number, ()), marked.get(one, one))
    ]
