"""Checks whether cited sentences say a claim: by its grammar and by the trained verifier.

Both are loaded in a thread while the model reads its prompt, because loading takes seconds.
"""

import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from assistant.core.answer import Evidence
from assistant.verification.relations import disagreements
from assistant.verification.verifier import Verifier
from index.text.grammar import Parser
from index.text.words import stems

# A claim is struck if a word of it that the question has not is said with less than this
# probability: see docs/experiments/trained-models.md.
SAYS_IT = 0.05


# The same where the question could be the answer ("Did he resign?"): no word of it is known then.
SAYS_IT_ALL = 0.6

_YES_OR_NO = re.compile(r"^(?:Yes|No) ?")


class ProofCheck:
    """Checks the claims of one answer. A reader that is missing (None) leaves its check out.

    Of a `closed` question, whose own words could be the answer, every word has to be proved.
    """

    def __init__(
        self,
        question: str,
        parser: Callable[[], Parser | None],
        verifier: Callable[[], Verifier | None],
        *,
        closed: bool = False,
    ) -> None:
        self._question = question
        self._asked = frozenset() if closed else stems(question)
        self._least = SAYS_IT_ALL if closed else SAYS_IT
        beside = ThreadPoolExecutor(1, "proof check")
        self._parser = beside.submit(parser)
        self._verifier = beside.submit(verifier)
        beside.shutdown(wait=False)

    def disagreement(self, claim: str, proofs: Sequence[Evidence]) -> str:
        """What the proofs say otherwise than a claim, in plain words; "" if they do not."""
        if parser := self._parser.result():
            cited = [parser.parse(proof.text) for proof in proofs]
            found = disagreements(parser.parse(self._question), parser.parse(claim), cited)
            if found:
                return found[0]
        if verifier := self._verifier.result():
            verdict = verifier.verify(claim, proofs)
            if verdict.least(self._asked) < self._least:
                unsaid = _YES_OR_NO.sub("", verdict.unsaid) or claim
                return f"the cited sentence does not say “{unsaid}”"
        return ""

    def readers(self) -> tuple[Parser, Verifier] | None:
        """Both readers; None if one is missing. Waits until they are loaded."""
        parser, verifier = self._parser.result(), self._verifier.result()
        return (parser, verifier) if parser and verifier else None
