"""Who did what: the names and relations of a sentence, as a parser found them."""

from dataclasses import dataclass
from typing import Literal, Protocol

NameKind = Literal["person", "place", "organisation", "day", "number", "other"]

SPEECH_VERBS = frozenset(
    "say tell add announce claim report write explain note argue insist warn state confirm declare"
    " comment remark believe think admit acknowledge deny allege suggest predict reply answer"
    " stress emphasize quip joke tweet conclude reveal".split()
)
"""Lemmas of verbs whose clause is what somebody says."""


@dataclass(frozen=True, slots=True)
class Name:
    """A named thing ("Japan", not "Japanese"): characters `start`..`end` of its sentence."""

    text: str
    start: int
    end: int
    kind: NameKind


@dataclass(frozen=True, slots=True)
class Argument:
    """A subject, an object or what a preposition adds to a verb.

    `role` is "subject", "object", "complement" (what a subject is said to be), "when", or the
    preposition. `text` is the phrase without its clauses; `heads` are its main words with their
    compounds, those of coordinations and appositions too ("Sung Kim, the envoy": two). `kind` is
    that of the first that is a name, "" if none is, "pronoun" for "he" or "who".
    """

    role: str
    text: str
    heads: tuple[str, ...]
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Relation:
    """One verb (its lemma) with its arguments, passives turned round: the agent is the subject.

    `modality` is what stands between subject and deed: a modal verb, an adverb ("allegedly"), "if",
    or the lemma of the governing verb ("plan" to leave, "deny" having left); "" for a plain fact.
    `start` is the offset of the verb.
    """

    verb: str
    start: int
    subject: Argument | None
    arguments: tuple[Argument, ...] = ()
    negated: bool = False
    modality: str = ""

    @property
    def object(self) -> Argument | None:
        """What it is done to; None where the sentence does not say."""
        return next((one for one in self.arguments if one.role == "object"), None)


@dataclass(frozen=True, slots=True)
class Speech:
    """What someone said, quoted or reported: the characters `start`..`end` of the sentence.

    `verb` is one of `SPEECH_VERBS`, "accord", or any whose clause begins with a quotation mark.
    """

    speaker: Argument
    verb: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Enumeration:
    """Nouns that are told in one breath: "wheat, rice and maize", two or more.

    `kinds` has for each member that of its name, "" if it is none. `above` are the lemmas of the
    words that govern them, the nearest first.
    """

    members: tuple[str, ...]
    kinds: tuple[str, ...]
    above: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ParsedSentence:
    """A sentence with what its grammar tells; all offsets are characters of `text`."""

    text: str
    names: tuple[Name, ...] = ()
    relations: tuple[Relation, ...] = ()
    speeches: tuple[Speech, ...] = ()
    enumerations: tuple[Enumeration, ...] = ()


class Parser(Protocol):
    """Reads the grammar of sentences."""

    def parse(self, text: str) -> ParsedSentence:
        """The names and relations of one sentence."""
