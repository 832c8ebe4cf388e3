"""Questions of key words alone ("latest developments flood"), as a question that says the same."""

import re

_ON = r"(?:of|on|about|in|for|with|from|regarding|around|behind|to) "
_TOPIC = r"(?P<topic>\S.*)"
_ASKS = (
    r"(?:who|whom|whose|which|when|where|why|is|are|was|were|do|does|did|has|have|had|can"
    r"|could|will|would|should|may|might|must)\b"
)
# in capitals only in front: the WHO, May and Will ask nothing
_ASKED = re.compile(rf"\b{_ASKS}|(?i:^{_ASKS}|^how (?!many (?:articles|stories|reports)\b))")
_REMARKS = r"(?:quotes|statements|remarks|comments)"
_ADJECTIVE = r"(?:own|new|latest|recent|public)"
_POINTS = r"(?:(?:main|key|central|most important) (?:points|facts|findings)|highlights|essentials)"
_NEW = (
    r"(?:(?:any)?thing (?:new|else)|(?:the )?(?:latest|newest|recent|new|fresh)"
    r"(?: (?:developments?|updates?|news|events?|reports?))?|developments|updates?)"
)
_FORMS = tuple(
    (re.compile(rf"(?i)^{pattern}$"), question)
    for pattern, question in (
        (
            rf"{_NEW}(?: {_ON}| )(?P<topic>\S.*?) (?P<since>since .+)",
            r"what is new on {topic} {since}",
        ),
        (
            rf"(?:what|anything) else (?:happened )?(?:lately|recently)(?: {_ON}| ){_TOPIC}",
            "what is new on {topic}",
        ),
        (rf"{_NEW} {_ON}{_TOPIC}", "what is new on {topic}"),
        (
            r"(?:the )?(?:latest|newest|recent|new) (?:developments?|updates?|news|events?)"
            rf" {_TOPIC}",
            "what is new on {topic}",
        ),
        (rf"{_POINTS}(?: {_ON}| ){_TOPIC}", "summary of {topic}"),
        (rf"{_TOPIC},?:? (?:overview|(?:short|brief) version|{_POINTS})", "summary of {topic}"),
        (
            r"(?:course of (?:the )?events?|dates|events|steps)(?: (?:leading|that led))?"
            rf"(?: {_ON}| ){_TOPIC}",
            "timeline of {topic}",
        ),
        (
            rf"{_REMARKS} (?!{_ON}|by )(?P<who>\S+(?: \S+)?) {_ON}"
            rf"{_TOPIC}",
            "quotes by {who} about {topic}",
        ),
        (
            rf"(?!(?:(?:the|any|all|{_ADJECTIVE}) )+{_REMARKS})(?P<who>\S+?(?: \S+?){{0,2}}?)"
            rf"(?:['’]s?)?(?: {_ADJECTIVE})? {_REMARKS}(?: {_ON}| ){_TOPIC}",
            "quotes by {who} about {topic}",
        ),
        (rf"who said what(?: {_ON}| ){_TOPIC}", "who said what about {topic}"),
        (
            r"(?:how many|(?:the )?(?:number|count) of) (?:articles|stories|reports)"
            rf" (?:(?:on|about|regarding) |(?!{_ON})){_TOPIC}",
            "how many articles are about {topic}",
        ),
        (
            r"(?P<topic>(?:articles|stories|reports) (?:mentioning|on|about|with) .+) count",
            "how many {topic}",
        ),
        (r"(?:everything|all|anything) (?:on|about) (?P<topic>.+)", "articles about {topic}"),
        (
            rf"(?:any|all) (?:articles|stories|reports) (?!{_ON}|by ){_TOPIC}",
            "articles about {topic}",
        ),
    )
)


def in_full(text: str) -> str:
    """A question for what key words ask; the text itself where it is none of them.

    >>> in_full("latest developments dam collapse"), in_full("mayor of Ossel")
    ('what is new on dam collapse', 'mayor of Ossel')
    >>> in_full("What developments did he see?")
    'What developments did he see?'
    """
    if _ASKED.search(text) and not text.lower().startswith("who said what"):
        return text
    for pattern, question in _FORMS:
        if found := pattern.match(text):
            return question.format(**found.groupdict())
    return text
