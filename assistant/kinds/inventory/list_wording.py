"""How lists are asked for, in regular expressions."""

import re

from assistant.kinds.inventory.articles.article_wording import ARTICLE, LISTING
from assistant.kinds.inventory.names.asked_things import NOUN

MENTIONED = (
    r"(?:(?:(?:do|does) )?(?:mentioned|mention|named?|listed?|quoted?|cited?|featured?|discussed"
    r"|covered|referred to|identified|talked about|written about|appear(?:s|ing)?|occur(?:s|ring)?"
    r"|feature|come up|play a role|involved|found|present|contained|included))"
)
_DOES = (
    r"(?:(?:that|which|who) )?(?:(?:is|are|was|were|get|gets|have been|has been|being) )?(?:all )?"
)
_IN = r"(?:in|within|from|of|across|throughout|by)"
_ALL = r"(?:(?:all|every|each|any|the|of|those|these|different|various|other|named?|names) )*"
_AUXILIARY = (
    r"(?:do|does|did|have|has|had|are|were|is|was|will|can|could|may|might|would|should|must)"
)
NUMBERS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8}
_OTHER_WORDS = r"(?!one |two |three |four |five |\d|best |most |\w+est |first |main |more )"
COMMAND = (
    r"(?:list|name|names of|the names|enumerate|identify|give|show|tell|get|find|extract|can you"
    r"|could you|would you|i want|i need|i would like|make|provide|write|display|print|all )"
)
LIST = re.compile(
    rf"(?i)^{LISTING} ?{_ALL}(?P<between>(?:{_OTHER_WORDS}[\w'-]+ ){{0,2}}?)"
    rf"(?P<noun>{NOUN})\b(?P<rest>.*)$"
)
WHAT_ARE = re.compile(
    r"(?i)^(?:who|what|which) (?:are|were) (?:(?:the|all|(?:\w+ )?names of|of|those|different"
    r"|various) )+"
    rf"(?P<between>(?:{_OTHER_WORDS}[\w'-]+ )?)(?P<noun>{NOUN})\b(?P<rest>.*)$"
)
WHICH = re.compile(
    r"(?i)^(?:which|what) (?:(?:other|different|all|named) )?(?P<between>(?:[\w'-]+ )?)"
    rf"(?P<noun>{NOUN})\b(?P<rest>.*)$"
)
# nouns of which it is not known what they name: "Which crops …?", "List the gods that …";
# "Which school employs Lee?" has a verb, behind which no other stands
OTHERS = re.compile(
    rf"(?i)^(?:which (?!of\b)|what (?=[^?]*? (?:{_AUXILIARY}|[a-z]+ed)\b)(?!{_AUXILIARY}\b)"
    rf"|(?:who|what|which) (?:are|were) |(?={COMMAND}\b){LISTING} ?)"
    r"(?:the )?(?:(?:(?P<personal>first|last|full) |\w+ )?(?:(?P<names>names|titles)|types|kinds"
    rf"|sorts) of )?{_ALL}"
    rf"(?:(?P<number>{'|'.join(NUMBERS)}|\d) {_ALL})?"
    rf"(?P<between>(?:{_OTHER_WORDS}(?!of\b|[a-z]+ed\b)[\w'-]+ ){{0,3}}?)"
    rf"(?P<noun>(?!(?:does|has|is|was|comes|goes|makes|takes|gives|says|means|leads|belongs|works"
    rf"|lives|plays|refers|applies|happens|his|its|words|news|species|series)\b)[a-z]{{3,}}(?<![suio])s"
    rf"|children|{NOUN})\b"
    rf"(?P<rest> (?:{_AUXILIARY}|of|in|at|on|from|for|with|by|to|who|that|which|whose|where|get"
    r"|took|won|came|went|lost|met|got|gave|made|held|sent|said|spoke|saw|wrote|led|ran|sat|stood"
    r"|told|found|left|paid|built|bought|sold|began|[a-z]+ed)\b.*|)$"
)
WHO_DID = re.compile(
    r"(?i)^who(?: all)? (?P<rest>(?:(?:are|were) (?:all )?(?:[a-z]+(?:ed|ing)|hurt|shot|held"
    r"|chosen|present)|attend(?:s|ed)?|t(?:ake|ook) part|participated?|joined|signed|testified"
    r"|spoke|scored|competed|died)\b.*)$"
)
WHO = re.compile(
    r"(?i)^who(?: all)? (?:(?:is|are|was|were|gets|has been|have been|does|do) )?(?:all )?"
    r"(?:the (?:article|story|text|report)s? )?"
    r"(?P<rest>(?:mentioned|mention|named|listed|quoted|cited|featured|appears?|referred to)\b.*)$"
)
ANY = re.compile(
    r"(?i)^(?:(?:are|were) (?:there )?any|(?:do|does) (?P<in>.+?) (?:mention|name|contain) any)"
    rf" (?:[\w'-]+ ){{0,1}}?(?P<noun>{NOUN})\b(?P<rest>.*)$"
)
REST = re.compile(
    rf"(?i)^ ?(?:{_DOES}(?P<mentioned>{MENTIONED})\b)?(?: by name)? ?"
    rf"(?:{_IN} (?P<topic>.+)|(?P<this>here|anywhere))?$"
)
BY_ARTICLE = re.compile(
    rf"(?i)^ ?(?:that |which |who )?(?:do |does |did )?(?P<topic>(?:the|this|that|these|those|both)"
    rf" (?:\w+ )?{ARTICLE}\b.*?) (?:mention|name|list|quote|cite|talk about|refer to|contain)s?$"
)
OF_ARTICLES = re.compile(
    rf"(?i)^(.*?) ?\b(?:in|from|of|according to) ((?:\w+ ){{0,3}}{ARTICLE}\b.*)$"
)
CALLED = re.compile(
    r"(?i)^(?:(?:that|which|who) )?(?:(?:is|are|was|were) )?(?:called|named|with the"
    r" (?:(?:sur|first |last |family )?name)) (?P<name>(?!(?:in|by|as|on|for|after)\b)[\w'’-]+"
    r"(?: (?-i:[A-Z])[\w'’-]*)?)(?: (?:are|were|is) there)?(?: (?:appear|mentioned|named|come"
    r" up))?$"
)
FACT = re.compile(
    rf"(?i)^ ?(?:(?:that|which|who) )?{_AUXILIARY}(?: not| n't)?"
    r" (?!\w+e[dn]\b|born\b|held\b|hit\b|sent\b|hurt\b|present\b"
    r"|from\b|at\b|in\b|built\b|shot\b|lost\b|sunk\b|won\b|found\b|gone\b|given\b|taken\b|fallen\b"
    r"|left\b|become\b|begun\b|broken\b|made\b|met\b|seen\b|set\b|shown\b|known\b|driven\b)"
)
