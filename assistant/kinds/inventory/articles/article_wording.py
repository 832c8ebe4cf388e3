"""How questions speak of articles, and of what stands in them; in verbose regular expressions."""

import re

SURE = r"(?:news )?(?:articles?|news (?:items?|stor(?:y|ies)|reports?)|newspaper articles?)"
ARTICLE = rf"(?:{SURE}|stor(?:y|ies)|reports?|texts?|documents?|pieces?|items?|files?)"
"""`SURE` is an article in any question; a "story" or "report" only beside a word of reading."""
ARCHIVE = (
    r"(?:(?:my|the|your|this|our) (?:news )?(?:archive|collection|index|library|database|corpus))"
)
MENTION = (
    r"(?:mention(?:s|ed|ing)?|name[sd]?|refer(?:s|red|ring)? to|contain(?:s|ing)?|include[sd]?"
    r"|quot(?:e[sd]?|ing)|cit(?:e[sd]?|ing)|feature[sd]?|featuring"
    r"|(?:say|says|have|has) (?:anything|something) (?:about|on|of))"
)
ABOUT = (
    r"(?:(?:(?:are|is|were|was|that are|which are) )?(?:all )?(?:about|on|regarding|concerning"
    r"|related to|to do with|devoted to)"
    r"|cover(?:s|ed|ing)?|deal(?:s|t|ing)? with|discuss(?:es|ed|ing)?"
    r"|report(?:s|ed|ing)? (?:on|about)|relat(?:e|es|ing) to|describ(?:e[sd]?|ing)"
    r"|(?:talk|speak|write|wrote)(?:s|ed|ing)? (?:of|about))"
)
LISTING = (
    r"(?:(?:(?:can|could|would) you (?:please )?|i (?:want|need|would like)(?: you)? ?(?:to )?)?"
    r"(?:list|name|enumerate|identify|give|show|tell|get|find|extract|see|make|provide|write"
    r"|display|print)?(?: (?:me|us|out|down|up))?(?: (?:a|the) (?:full |complete )?list of)?)"
)

_TAIL = re.compile(
    r"(?i)[ ,]*(?:\b(?:are there|is there|do (?:you|we|i) have|have (?:you|we|i)(?: got)?"
    r"|in total|altogether|at all|anywhere|please|in here|by name)"
    rf"|\b(?:in|from|within|across) (?:{ARCHIVE}|all|here"
    r"|(?:any of )?(?:the|these|those|your|my|our|any|all)(?: the| these)?"
    rf" (?:{SURE}|news|archives?)))$"
)
_DETERMINER = re.compile(r"(?i)^(?:(?:the|a|an|any|some|all|this|that|both)\b ?)+")
_OF_ARTICLE = re.compile(
    rf"(?i)^(?:(?:the|that|this|those|these|any|all|an|both|my|your) )*{ARTICLE}"
    rf"(?: (?:that|which))? (?:{ABOUT}|of|titled|called|entitled|headed|{MENTION}) (?P<topic>.+)$"
)


def bare(question: str) -> str:
    """A question without polite words and its mark, in one line.

    >>> bare("Please, how many articles are there?  ")
    'how many articles are there'
    """
    question = " ".join(question.replace("’", "'").split()).strip(" ?.!:")
    return re.sub(r"(?i)^(?:please|ok|okay|so|and|well|now)\b,? ", "", question)


def topic_of(words: str) -> str:
    """A topic without quotation marks and "in the archive".

    >>> topic_of("the flood in the articles"), topic_of("“Kim Gunn” in my archive")
    ('the flood', 'Kim Gunn')
    """
    before = ""
    while before != words:
        before, words = words, _TAIL.sub("", words.strip(" ,.?!\"“”'"))
    return words


def phrase_of(topic: str) -> str:
    """A topic as it is searched for: without determiners too.

    >>> phrase_of("the flood in the articles")
    'flood'
    """
    topic = topic_of(topic)
    return _DETERMINER.sub("", topic).strip(" ,.?!\"“”'") or topic


def scope_of(words: str) -> str:
    """What `in_scope` is to look for, from "the article about the flood" or "this article".

    >>> scope_of("the article about the flood"), scope_of("these articles")
    ('the flood', 'these articles')
    """
    words = words.strip(' ,?.!"“”')
    found = _OF_ARTICLE.match(words)
    return found["topic"].strip(' "“”') if found else words
