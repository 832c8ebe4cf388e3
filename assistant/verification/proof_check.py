"""Checks whether cited sentences say a claim: by its grammar and by the trained verifier.

Both are loaded in a thread while the model writes, because loading takes seconds of a processor;
beside the reading of the prompt, which uses all cores, it would put off the first word.
"""

import re
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property

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
        self._parser = parser
        self._verifier = verifier

    def load(self) -> None:
        """Begin to load both, if that was not begun; returns at once."""
        _ = self._loading

    @cached_property
    def _loading(self) -> tuple[Future[Parser | None], Future[Verifier | None]]:
        beside = ThreadPoolExecutor(1, "proof check")
        loading = beside.submit(self._parser), beside.submit(self._verifier)
        beside.shutdown(wait=False)
        return loading

    def disagreement(self, claim: str, proofs: Sequence[Evidence]) -> str:
        """What the proofs say otherwise than a claim, in plain words; "" if they do not."""
        parsing, verifying = self._loading
        if parser := parsing.result():
            cited = [parser.parse(proof.text) for proof in proofs]
            found = disagreements(parser.parse(self._question), parser.parse(claim), cited)
            if found:
                return found[0]
        if verifier := verifying.result():
            verdict = verifier.verify(claim, proofs)
            if verdict.least(self._asked) < self._least:
                unsaid = _YES_OR_NO.sub("", verdict.unsaid) or claim
                return f"the cited sentence does not say “{unsaid}”"
        return ""

    def readers(self) -> tuple[Parser, Verifier] | None:
        """Both readers; None if one is missing. Waits until they are loaded."""
        parsing, verifying = self._loading
        parser, verifier = parsing.result(), verifying.result()
        return (parser, verifier) if parser and verifier else None
