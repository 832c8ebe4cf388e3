"""A question without the words around it: "Hi, could you please tell me …?", "…, thanks!"."""

import re

MAX_WRAPPERS = 4  # openings one after the other: "Hi! Please, can you tell me …"

_VERBS = (
    r"(?:list|name|enumerate|identify|give|show|tell|get|find|extract|make|provide|write|display"
    r"|print|count|compare|contrast|summari[sz]e|sum|outline|brief|explain|describe|put|order|sort"
    r"|arrange|quote|update|catch|bring|recap|set|walk|draw|create|trace|fill|let|take|recount)"
)
_ASKING = (
    r"(?:(?:in|at|on|by|for|from|to|with|of|about|since|until|under) )?"
    r"(?:who|whom|whose|what|what's|which|when|where|why|how|is|are|if there|whether there)\b"
)
_OPENING = re.compile(
    r"(?i)(?:(?:hi|hello|hey|please|kindly|ok|okay|so|and|well|now|also|thanks|thank you|great"
    r"|sorry|just|excuse me|quick question|one more thing)(?: there| all)?\b[\s,.:!–-]+"
    rf"|(?:can|could|would|will) you (?:(?:please|kindly|maybe|also|just) )?(?={_VERBS}\b)"
    rf"|(?:i(?: would|'d)? (?:want|need|like)|i want|we need) you to (?={_VERBS}\b)"
    r"|(?:(?:tell|remind) (?:me|us)|let me know|(?:do|would) you (?:happen to )?know"
    r"|(?:can|could|would) you (?:please )?say|i wonder|i(?:'m| am) wondering"
    r"|(?:i|we)(?:'d| would)? (?:want|like|love|need|wish) to (?:know|learn|find out)"
    rf"|i (?:do not|don't) know),? (?={_ASKING}))"
)
_WISH = re.compile(
    r"(?i)^(?:(?:i|we)(?: just| really)? (?:need|want|require)|(?:i|we)(?:'d| would) like"
    r"|(?:i(?:'m| am)|we(?:'re| are)) (?:looking|searching) for|(?:can|could|may) (?:i|we)"
    r" (?:please )?(?:have|get|see)|let (?:me|us) (?:have|see))(?: to (?:have|see|get|read))?"
    r" (?!to\b)"
)
_CLOSING = re.compile(
    r"(?i)[\s,.;!?–-]{1,4}(?:please|pls|thanks|thank you(?: very much| in advance)?|thx|if possible"
    r"|if you can|for me|all of them|every one of them|as a list)$"
)
_BRIEF = re.compile(
    r"(?i)[.?!] (?:please )?(?:keep it (?:short|brief)|be brief|short(?:ly)?|briefly)$"
)
# "What happened? With dates."
_FRAGMENT = re.compile(
    r"(?i)[.?!] (?=(?:with|in|by|sorted|ordered|one|oldest|newest|first)\b[^.?!]{0,60}$)"
)
_SETTING = re.compile(r"(?i)^(?:i|i'm|i've|we|my|our)\b[^.?!]*[.!;] ?(?=\w)")


def plain_question(question: str) -> str:
    """A question in one line without greetings, polite words and its mark.

    >>> plain_question("Hi! Could you please tell me which countries are mentioned? Thanks.")
    'which countries are mentioned'
    >>> plain_question("I'm looking for the names of all witnesses, please.")
    'give me the names of all witnesses'
    >>> plain_question("What were the steps to the sale? With dates, please.")
    'What were the steps to the sale, With dates'
    """
    text = " ".join(question.replace("’", "'").split()).rstrip(" ?.!:")
    for _ in range(MAX_WRAPPERS):
        text = _CLOSING.sub("", text)
    for _ in range(MAX_WRAPPERS):
        if not (found := _OPENING.match(text)):
            break
        text = text[found.end() :]
    return _FRAGMENT.sub(", ", _BRIEF.sub(" in brief", _WISH.sub("give me ", text)))


def without_setting(question: str) -> str:
    """A question without the statement on the reader before it.

    >>> without_setting("I have no time. What is the gist of the article")
    'What is the gist of the article'
    """
    return _SETTING.sub("", question)
