"""The boxes of a web page that hold no article: menus, share bars, teasers, comments.

Told by their element, role, name or heading, and by how much of the page's text they hold.
"""

from __future__ import annotations

import re

from index.readers.visible_html import HEADINGS, Node, one_line

_FURNITURE_TAGS = {
    *("nav", "aside", "footer", "form", "button", "input", "select", "textarea", "dialog", "menu"),
    *("label", "amp-sidebar", "amp-ad", "amp-consent", "amp-social-share"),
}
_FURNITURE_ROLES = {"navigation", "dialog", "banner", "contentinfo", "complementary", "search"}
# whole words of a class or an id; words that articles' own elements are called by are not in it
_FURNITURE_NAME = re.compile(
    r"(?:^|[\s_-])(?:"
    r"nav|navbar|navigation|menu|breadcrumbs?|crumbs|masthead|toolbar|pager|pagination|sidebar"
    r"|share\w*|sharing|social|related\w*|recirc\w*|recommend\w*|outbrain|taboola|trending"
    r"|read-?(?:next|more|also)|promos?|newsletters?|newsletter-\w+|sign-?up|regi|gateway"
    r"|ads?|adverts?|advert[a-z]+|sponsor\w*|promoted|ad-?block\w*"
    r"|cookies?|consent|gdpr|comments?|disqus\w*|reactions|respond"
    r"|polls?|quiz|follow|next|up-?next|cta"
    r"|tags|labels|author-bio|about-author|bio|widgets?|toc|feedback"
    r")(?=$|[\s_-])",
    re.IGNORECASE,
)
_COMMENTS = re.compile(r"(?:^|[\s_-])(?:comments?|disqus\w*)(?=$|[\s_-])", re.IGNORECASE)
# a box with such a heading is furniture, whatever it is called
_LABEL = re.compile(
    r"(?:sign up (?:to|for) .*|subscribe(?: .*)?|(?:our )?newsletters?|follow us(?: .*)?"
    r"|(?:related|recommended)(?: (?:articles|stories|posts|content|links|news|topics|videos))?"
    r"|trending(?: .*)?|most (?:read|viewed|popular|shared)(?: .*)?|you (?:may|might) also .*"
    r"|more (?:from|on|by) .*|share this(?: .*)?|(?:\d+ )?comments?(?: \(?\d+\)?)?):?",
    re.IGNORECASE,
)
MOST = 0.4  # of a page's text: what holds more is not furniture, whatever it is called
_MOST_COMMENTS = 0.85  # readers can write more than the author


def drop_furniture(tree: Node) -> None:
    """Take away what is furniture by tag, role or name and does not hold the article."""
    mass = _masses(tree)
    headings = [h for h in tree.iter(*HEADINGS) if _LABEL.fullmatch(one_line(h.text_content()))]
    labelled = {heading.getparent() for heading in headings}
    for node in list(tree.iter()):
        if node.tag in ("body", "main") or not isinstance(node.tag, str):
            continue
        name = f"{node.get('class', '')} {node.get('id', '')}"
        furniture = (
            node in labelled
            or node.tag in _FURNITURE_TAGS
            or node.get("role") in _FURNITURE_ROLES
            or _FURNITURE_NAME.search(name)
            or _floats(node)
        )
        talk = is_talk(node) and node.tag != "article"
        small = mass.get(node, 0) <= mass[tree] * (_MOST_COMMENTS if talk else MOST)
        if furniture and small and node.getparent() is not None and not _holds_h1(node):
            node.drop_tree()


def is_talk(node: Node) -> bool:
    """Tell whether a box holds what readers have written, by its name."""
    return bool(_COMMENTS.search(f"{node.get('class', '')} {node.get('id', '')}"))


def _floats(node: Node) -> bool:
    """Tell a table that the text flows around, as before style sheets, from one with a photo."""
    aside = node.tag == "table" and (node.get("align") or "").lower() in ("left", "right")
    return aside and next(node.iter("img"), None) is None


def _holds_h1(node: Node) -> bool:
    return next(node.iter("h1"), None) is not None


def _masses(tree: Node) -> dict[Node, int]:
    """Count the characters in each element that are no links, all in one pass."""
    from lxml import etree

    mass: dict[Node, int] = {}
    for _, node in etree.iterwalk(tree, events=("end",)):
        if not isinstance(node.tag, str):
            continue
        own = 0 if node.tag == "a" else len((node.text or "").strip())
        for child in node:
            own += len((child.tail or "").strip())
            own += 0 if node.tag == "a" else mass.get(child, 0)
        mass[node] = own
    return mass
