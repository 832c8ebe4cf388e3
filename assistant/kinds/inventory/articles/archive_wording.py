"""How questions ask for articles as such: their number, sources, days, topics and titles."""

import re
from typing import Literal

from assistant.kinds.inventory.articles.article_wording import (
    ABOUT,
    ARCHIVE,
    ARTICLE,
    LISTING,
    MENTION,
    SURE,
)

About = Literal["articles", "topics", "newest", "oldest", "sources", "days"]

_THE = r"(?:(?:the|these|those|my|our|your|all|this|any|of) )*"
_ALL = (
    rf"(?:{_THE}(?:{SURE}|{ARTICLE}|news)(?: (?:in|of) {ARCHIVE})?|{ARCHIVE}"
    r"|they|it|you|here|this)"
)
_END = (
    r"(?: (?:(?:do|have) )?(?:you|we|i|there)(?: (?:have|got|know|hold|cover))?"
    rf"| (?:in|from) {_ALL}| available| indexed| here| there| overall| in total)*"
)
_TOPICS = r"(?:main |major |different |most common )?(?:topics?|subjects?|themes?)"
_OUTLET = (
    r"(?:different |news )*(?:sources|newspapers|(?:media )?outlets|publications|publishers|papers"
    r"|media|agencies|broadcasters|magazines|websites|news organi[sz]ations)"
)
_OUTLETS = rf"{_OUTLET}(?:(?:,|,? and|,? or) (?:the )?{_OUTLET})*"
_PERIOD = (
    r"(?:time )?(?:period|span|frame|timespan|timeframe|range of (?:dates|days)|(?:date )?range"
    r"|dates|years)(?: of time)?"
)
_DATE_OF = r"(?:(?:date|day) of (?:the )?)?"
NEWEST = r"(?:newest|latest|most recent|youngest|last)"
_OLDEST = r"(?:oldest|earliest|first)"
_TITLES = r"(?:(?:titles|headlines) of )?"
_NUMBER = r"(?:\d{1,3}|two|three|five|ten)"

_WHOLE: tuple[tuple[About, tuple[str, ...]], ...] = (
    (
        "topics",
        (
            rf"what (?:are|do|does|is) (?:{_THE}(?:articles|stories|texts|documents|reports)"
            rf"|{ARCHIVE}|they|these)(?: all)? (?:about|cover|deal with|discuss|contain)",
            rf"(?:which|what) (?:(?:are|is) )?{_THE}{_TOPICS}(?: (?:are|is|do|does|get|have"
            rf"|been|{_ALL}|cover(?:ed|s)?|discuss(?:ed)?|there|addressed|dealt with|in|of|about"
            r"|mentioned|include[ds]?|contain))*",
            rf"{LISTING} ?{_THE}{_TOPICS}(?: (?:that are )?(?:covered|discussed|mentioned))?{_END}",
            r"what(?:'s| is) in(?: all)? (?:here|there)",
            rf"what (?:does )?{ARCHIVE} (?:contains?|holds?|has|includes?)(?: all)?",
            rf"what(?:'s| is| do (?:you|i) have| have you got)? (?:there )?in {ARCHIVE}",
            rf"(?:give me |show me )?an? overview of {ARCHIVE}",
            rf"(?:what|which) {_TOPICS} (?:can|could|may|should) (?:i|we)"
            r" (?:ask|search|read|find|look up)(?: (?:you|here))*(?: (?:about|for|on|here))*",
            rf"what (?:can|could) (?:i|we) (?:read|find|learn)(?: about)? (?:here|in {_ALL})",
            r"what (?:do you have|have you got|is indexed|have i (?:indexed|imported|added))",
        ),
    ),
    (
        "days",
        (
            rf"(?:which|what) {_PERIOD} (?:do|does|are|is) {_ALL}"
            r" (?:cover(?:ed)?|span|from|range over)",
            rf"(?:which|what) {_PERIOD} (?:is|are) covered(?: by {_ALL})?{_END}",
            rf"what(?:'s| is) the {_PERIOD} (?:of|covered by) {_ALL}",
            rf"how far back (?:do|does) {_ALL} go",
            rf"(?:from when|when) (?:are|were) {_ALL} (?:from|dated|published|written)",
            rf"(?:from when )?(?:to|until|till) when (?:are|do) {_ALL}.*",
            rf"(?:from|of|in) (?:which|what) {_PERIOD} (?:do|does|are|is) {_ALL}(?: come)?(?:"
            rf" from)?",
            rf"how (?:old|recent|new|up to date|up-to-date|current|fresh) (?:are|is) {_ALL}",
        ),
    ),
    (
        "sources",
        (
            rf"(?:which|what|who) (?:are |is )?{_THE}{_OUTLETS}(?: (?:are|is|do|does|have|has|did"
            rf"|there|available|used|included|covered|represented|indexed|{_ALL}|come|from|use|in"
            r"|of|published|wrote))*",
            rf"{LISTING} ?{_THE}{_OUTLETS}(?: used)?(?: of {_ALL})?{_END}",
            rf"(?:from where|where) (?:do|does|are|is|were) {_ALL} (?:come|taken)?(?: ?from)?",
            rf"who (?:published|wrote|printed) {_THE}(?:articles|news|stories)",
            rf"how many {_OUTLETS}(?: (?:are|is))?{_END}",
        ),
    ),
    (
        "articles",
        (
            rf"(?:how many|what(?:'s| is) the (?:total )?number of|count) {_THE}{SURE}"
            rf"(?: (?:are|is))?{_END}",
            rf"(?:how (?:large|big|extensive) is|what(?:'s| is) the size of) {ARCHIVE}"
            r"(?:,? in (?:number of )?articles)?",
            rf"how (?:many|much) (?:{ARTICLE}|news|material|texts) (?:are|is) (?:there"
            rf" )?in {ARCHIVE}",
            rf"(?:which|what|{LISTING}) ?{_THE}{_TITLES}{_THE}(?:{SURE}|titles|headlines)"
            rf"(?: (?:are|is))?{_END}",
        ),
    ),
)
OVERVIEW = tuple(
    (what, re.compile(rf"(?i)^{pattern}$")) for what, patterns in _WHOLE for pattern in patterns
)
"""Questions about all articles."""

END_OF_TIME = (
    re.compile(
        r"(?i)^(?:(?:which|what|when)(?: one)?(?:'s| is| was| are| were)?|how (?:old|recent) is"
        rf"|{LISTING}) ?{_THE}{_DATE_OF}(?P<count>{_NUMBER} )?(?P<end>{NEWEST}|{_OLDEST}) "
        rf"(?P<count2>{_NUMBER} )?{ARTICLE}(?: (?:that (?:is|are) )?{ABOUT} (?P<topic>.+?))?"
        r"(?: (?:published|written|printed|dated|from|of|added))?"
        rf"(?: (?:from|of|in) {_ALL}| (?P<source>(?:from|by) .+?))?{_END}$"
    ),
    re.compile(
        r"(?i)^(?:which|what)(?: one)? is the "
        rf"(?P<end>{NEWEST}|{_OLDEST})(?: one| published)?(?P<topic>)$"
    ),
    re.compile(
        rf"(?i)^which (?:one )?(?:of )?{_THE}{ARTICLE}(?: {ABOUT} (?P<topic>.+?))? (?:is|was) "
        rf"(?:published )?{_THE}(?P<end>{NEWEST}|{_OLDEST})$"
    ),
)
"""Questions for the newest or oldest articles."""

_ANYTHING = (
    rf"(?:anything|something|everything|much|{ARTICLE}|news|information|coverage|material"
    r"|any (?:more|other))(?: written| at all| else)?"
)
_SOME = r"(?:(?:any|an|a|some|more|other|one|all|the|every|your) )*"
_WITH = rf"(?:that |which )?(?:(?P<mention>{MENTION})|{ABOUT}) (?P<topic>.+)$"
_HAVE = r"(?:do|did|does|can|could) (?:you|we|i|they) (?:have|hold|know of|see|find)"
ON_TOPIC = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?i)^(?:{_HAVE}|have (?:you|we)(?: got)?|(?:is|are) there|got"
        rf"|does {ARCHIVE} (?:have|hold)"
        rf"|what(?: else)?(?: do)? (?:you|we) have|(?:show|find|get|give) (?:me)?) ?{_SOME}"
        rf"{_ANYTHING} (?:on file |in {ARCHIVE} )?{_WITH}",
        r"(?i)^what (?:else )?(?:(?:do|have) (?:you|we|i) (?:have|got)|is there)"
        rf"(?: in {ARCHIVE})? {_WITH}",
        rf"(?i)^{_HAVE} {_SOME}{SURE} (?P<topic>(?:by|from|of) .+)$",
        rf"(?i)^(?:which|what) (?:of the )?{_OUTLETS}(?: (?:have|has|did))? {_WITH}",
        rf"(?i)^(?:any|some|more) (?:{ARTICLE}|coverage|material|texts?)(?: at all)? {_WITH}",
        r"(?i)^any(?:thing)?(?: (?:coverage|reporting))?(?: at all)? (?:of|on|about|regarding)"
        r" (?P<topic>.+)$",
        r"(?i)^any coverage (?:of|on) (?P<topic>.+)$",
        rf"(?i)^(?:what(?:'s| is| are) )?{_THE}(?:titles|headlines) (?:of|on|about)"
        rf" (?:(?:every|each"
        rf"|all) )?{_THE}{ARTICLE} {_WITH}",
        rf"(?i)^(?:in )?(?:which|what|{LISTING}) ?{_THE}(?:other )?{_TITLES}{_THE}{ARTICLE}"
        r"(?: in which)?(?: do (?:you|we|i) have| are there| did you find| is there)?"
        rf"(?: (?:do|does|did))? {_WITH}",
        rf"(?i)^in (?:which|what) {_THE}{ARTICLE} (?:is|are|was|were|does|do|did) (?P<topic>.+?) "
        r"(?P<mention>mentioned|named|quoted|appear|discussed|covered|occur|featured?)$",
        rf"(?i)^(?:which|what|{LISTING}) ?{_THE}{_TITLES}(?:(?:every|each) )?{_THE}{SURE}"
        rf"(?: (?:that|which))? (?P<topic>"
        r"(?:(?:are|were|was|did|do|come|came) )?(?:published|dated|written|printed|from|by)\b.+)$",
        rf"(?i)^(?:(?:do|does|did) (?:any(?: of)? |the |these |your |my )+{ARTICLE}"
        rf"|(?:is|are) there any {ARTICLE}) {_WITH}",
        r"(?i)^(?:is|are|was|were) (?!any |there |.* or )(?P<topic>.+?) (?:ever )?"
        r"(?P<mention>mentioned|named|covered|discussed)"
        rf"(?: (?:anywhere|at all|in {_ALL}|in any {ARTICLE}))*$",
    )
)
"""Questions for the articles on a `topic`; those that `mention` it are told from those about it."""
