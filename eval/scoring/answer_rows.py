"""The rows of an answer: its claims with what they cite, or the lines of a plain text."""

from dataclasses import dataclass
from functools import cached_property

from eval.data.results import AnswerJson, Sentence
from index.text.chunking import sentences


@dataclass(frozen=True)
class GivenRow:
    """A row of an answer: what it is about ("" if it does not say), its text, its citations.

    `alone`: it stands in a line of its own, and not in running text.
    """

    text: str
    label: str = ""
    cited: tuple[Sentence, ...] = ()
    alone: bool = False

    @cached_property
    def quotes(self) -> tuple[str, ...]:
        """The cited sentences."""
        return tuple(citation["quote"] for citation in self.cited)


def rows_of(output: AnswerJson) -> list[GivenRow]:
    """The kept claims; of an answer without claims its lines, or else its sentences."""
    if output.get("refused"):
        return []
    citations = {c["number"]: c for c in output.get("citations") or []}
    claims = [claim for claim in output.get("claims") or [] if claim.get("kept", True)]
    if claims:
        return [
            GivenRow(
                claim["text"],
                claim.get("label") or "",
                tuple(citations[n] for n in claim.get("citations", ()) if n in citations),
                output.get("in_rows", False),
            )
            for claim in claims
        ]
    text = output.get("answer") or ""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > 1:
        return [GivenRow(line, alone=True) for line in lines]
    return [GivenRow(text[start:end]) for start, end in sentences(text)]


def cited_text(citation: Sentence) -> str:
    """A cited sentence with the days it refers to, and the title and day of its article."""
    days = (citation.get("days") or {}).values()
    about = (citation.get("title"), citation.get("published"))
    return "\n".join(str(part) for part in (citation["quote"], *days, *about) if part)
