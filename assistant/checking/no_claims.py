"""Sentences of a draft with nothing to prove: questions, opinions, greetings, headings, addresses.

A claim that is taken for none goes unchecked, so a sentence is one unless its form says otherwise;
what is quoted is a claim about who said it.
"""

import re

from assistant.checking.draft import DraftSentence
from assistant.rewriting.follow_up_detection import is_small_talk
from index.text.grammar import SPEECH_VERBS
from index.text.words import stem, words

MAX_HEADING = 14  # words of a line without an end that is a heading

_QUOTED = re.compile(r"[“\"][^”\"]*[”\"]?")
_ENDS = re.compile(r"[.!?…:;,][)\]”’\"'*_]*$")
_GREETING = re.compile(
    r"(?i)^(?:(?:dear|hello|hi|hey|greetings|good (?:morning|afternoon|evening|day)|welcome)\b[^.]*"
    r"|(?:best|kind|warm|with) (?:regards|wishes|best wishes|kind regards)\b.*"
    r"|(?:yours|sincerely|regards|cheers|respectfully)\b.*"
    r"|(?:many )?thank(?:s| you)\b.*|happy (?:reading|holidays|new year)\b.*)$"
)
_ADDRESS = re.compile(
    r"(?i)(?:\bhttps?://\S+|\bwww\.\S+|\b[\w.+-]+@[\w-]+\.\w+|(?:tel|phone|fax|e-?mail|contact"
    r"|address)\b\.?:.*|\+\d[\d ()/-]{6,})"
)
_STREET = re.compile(
    r"(?i)^(?:\d{1,5}[a-z]? [\w .'’-]+|[\w.'’-]+(?:straße|strasse|street|road|avenue|lane|square)"
    r" \d+)(?:, [\w .'’-]+){0,4}\.?$"
)
_FIRST_PERSON = re.compile(
    r"(?i)\b(?:in (?:my|our) (?:opinion|view|eyes)|(?:I|we)(?:['’](?:d|m|re|ve|ll))?(?: \w+)?"
    r" (?:think|thought|believe|hope|feel|felt|guess|suppose|doubt|wish|prefer|love|like|hate|fear"
    r"|expect|recommend|suggest|agree|disagree|wonder|find|need|must|should|ought|want|can|cannot"
    r"|are convinced|am convinced|am sure|are sure)"
    r"|if you ask me|to my mind|as I see it|let us|let['’]s)\b"
)
_JUDGES = re.compile(
    r"(?i)^(?:what an? |how (?!many|much)\w+ |hopefully|sadly|unfortunately|fortunately|luckily"
    r"|thankfully|frankly|honestly|clearly|surely|perhaps (?:it|we|the)|maybe)\b"
    r"|\b(?:it is|it['’]s|this is|that is|that['’]s|it was|this was|that was|there is|there are)"
    r" (?:simply |truly |really |just |such )?(?:high |about )?(?:an? |the |no )?"
    r"(?:very |quite |so |too |most |more )*"
    r"(?:time|shame|shameful|disgrace|disgraceful|scandal|outrage|outrageous|pity|wonderful"
    r"|beautiful|terrible|awful|great|good|bad|sad|tragic|remarkable|impressive|unacceptable"
    r"|inexcusable|important|essential|vital|encouraging|worrying|heartening|hard to|difficult to"
    r"|easy to|impossible to|worth|right|wrong|clear that|obvious|welcome|excellent|brilliant"
    r"|ridiculous|absurd|excuse|reason to|need to|doubt)\b"
    r"|\b(?:deserves?|seems? to (?:me|us)|one can only|nobody can deny|speaks? for itself"
    r"|only time will tell|remains to be seen|(?:most|far more|more) (?:beautiful|wonderful"
    r"|important|impressive|exciting) )\b"
)
_OUGHT = re.compile(r"(?i)\b(?:should|ought to)\b(?! have\b)")
_IRREGULAR = "said told wrote thought according"
_TOLD = frozenset(map(stem, (*SPEECH_VERBS, *_IRREGULAR.split())))
_INSTRUCTION = re.compile(
    r"^(?:Please|Read (?:more|on|also|our|the)|Click|See (?:also|below|above|page|our)|Subscribe"
    r"|Follow us|Follow our|Share (?:this|your)|Sign up|Stay (?:tuned|with|informed)|Imagine"
    r"|Remember|Note that|Watch (?:the|our|this)|Listen to|Contact|Do not (?:miss|forget)|Don['’]t"
    r"|Join us|Send us|Write to us|Tell us|Visit (?:our|us)|Turn to)\b"
)


def no_claim(sentence: DraftSentence) -> str:
    """Why a sentence has nothing to prove: "a question", …; "" if it claims something.

    >>> [no_claim(DraftSentence(text, 0, 0)) for text in (
    ...     "Who won?", "I think they will win.", "Korvin won.", "“I think we won,” said Korvin.")]
    ['a question', 'an opinion', '', '']
    """
    text = sentence.text.strip("*_ ")
    bare = " ".join(_QUOTED.sub(" ", text).split())
    if not words(text):
        return "no words"
    if sentence.alone and (text.startswith("#") or _is_heading(text)):
        return "a heading"
    if re.search(r"\?[)\]”’\"'*_]*$", text) and not _tells(bare):
        return "a question"
    if is_small_talk(text) or _GREETING.match(text):
        return "a greeting"
    if _is_address(text):
        return "an address"
    if _INSTRUCTION.match(text):
        return "an instruction"
    return "an opinion" if _is_opinion(bare) else ""


def _is_heading(text: str) -> bool:
    return not _ENDS.search(text) and len(text.split()) <= MAX_HEADING


def _is_address(text: str) -> bool:
    rest = _ADDRESS.sub(" ", text)
    return bool(_STREET.match(text)) or (rest != text and len(words(rest)) <= 3)


def _tells(text: str) -> bool:
    """Whether a sentence reports what somebody says."""
    return not _TOLD.isdisjoint(map(stem, words(text)))


def _is_opinion(text: str) -> bool:
    if _FIRST_PERSON.search(text):
        return True
    if _tells(text):
        return False
    return bool(_JUDGES.search(text) or _OUGHT.search(text))
