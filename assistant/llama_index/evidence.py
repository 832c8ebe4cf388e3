"""Sentences as evidence and as proof, from the nodes of any LlamaIndex retriever."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from llama_index.core.base.response import schema as responses
from llama_index.core.evaluation import BaseEvaluator, EvaluationResult
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import BaseNode, NodeRelationship, NodeWithScore, QueryBundle, TextNode
from pydantic import Field, PrivateAttr

from assistant.answering.sentence_selection import select_sentences, sentences_of
from assistant.core.answer import Claim
from assistant.verification.attribution import Attributor, says_nothing
from assistant.verification.proof_check import ProofCheck
from assistant.verification.verifier import Verifier
from index.core.articles import Passage, fingerprint
from index.llama_index import article_of
from index.retrieval.ranking import ScoredPassage, reranker_text
from index.retrieval.reranker import Reranker
from index.retrieval.selector import Selector
from index.text.chunking import sentences
from index.text.grammar import Parser
from index.text.question import analyse


class SentenceEvidence(BaseNodePostprocessor):
    """The sentences of any retriever's nodes that answer the question, a node each.

    They cost about `evidence_tokens` in all and come in reading order, with the reranker's logit as
    `score`. Only the first of a document shows a model the metadata of its node.
    """

    evidence_tokens: int = Field(default=280, gt=0, description="tokens of all sentences, about")
    _reranker: Reranker = PrivateAttr()
    _selector: Selector | None = PrivateAttr()

    def __init__(self, reranker: Reranker, selector: Selector | None = None, **fields: Any) -> None:
        super().__init__(**fields)
        self._reranker, self._selector = reranker, selector

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        question, reranker = query_bundle.query_str if query_bundle else "", self._reranker
        read = passages_of(nodes)
        logits = reranker.score(question, [reranker_text(passage) for passage, _ in read])
        found = [
            ScoredPassage(passage, None, None, None, None, 0.0, logit)
            for (passage, _), logit in zip(read, logits, strict=True)
        ]
        chosen = select_sentences(
            question, found, reranker, reranker.count, self.evidence_tokens, (), self._selector
        )
        origins = {passage.id: node for passage, node in read}
        shown: set[str] = set()
        kept = []
        for item in chosen:
            node = origins[item.passage.id]
            hidden = list(node.metadata) if item.article.id in shown else []
            shown.add(item.article.id)
            source = node.source_node or node.as_related_node_info()
            sentence = TextNode(
                id_=fingerprint(*map(str, item.span)),
                text=item.text,
                start_char_idx=item.start,
                end_char_idx=item.end,
                metadata=node.metadata,
                excluded_llm_metadata_keys=[*node.excluded_llm_metadata_keys, *hidden],
                excluded_embed_metadata_keys=node.excluded_embed_metadata_keys,
                relationships={NodeRelationship.SOURCE: source},
            )
            kept.append(NodeWithScore(node=sentence, score=item.relevance))
        return kept


class ProofEvaluator(BaseEvaluator):
    """Faithfulness without a judge model: the share (0..1) of sentences that the contexts prove.

    It passes if that is all of them; `feedback` has a line for each other one. A response that
    claims nothing, or without contexts, as a refusal, is an invalid result.
    """

    def __init__(
        self,
        parser: Callable[[], Parser | None] = lambda: None,
        verifier: Callable[[], Verifier | None] = lambda: None,
    ) -> None:
        self._parser, self._verifier = parser, verifier

    def _get_prompts(self) -> dict[str, Any]:
        return {}

    def _update_prompts(self, prompts_dict: dict[str, Any]) -> None:
        return

    async def aevaluate(
        self,
        query: str | None = None,
        response: str | None = None,
        contexts: Sequence[str] | None = None,
        nodes: Sequence[NodeWithScore] = (),
        **kwargs: Any,
    ) -> EvaluationResult:
        """Judge a response by its contexts, or by `nodes`, whose metadata have title and day."""
        nodes = nodes or [NodeWithScore(node=TextNode(text=text)) for text in contexts or ()]
        claims = await asyncio.to_thread(self._claims, query or "", response or "", nodes)
        result = EvaluationResult(query=query, response=response, contexts=contexts)
        if not claims:
            why = "The response claims nothing, or has no contexts."
            return result.model_copy(update={"invalid_result": True, "invalid_reason": why})
        wrong = [claim for claim in claims if not claim.supported]
        lines = (f"{claim.text} ({claim.disagreement or 'not proved'})" for claim in wrong)
        score, feedback = 1 - len(wrong) / len(claims), "\n".join(lines)
        found = {"passing": not wrong, "score": score, "feedback": feedback}
        return result.model_copy(update=found)

    def evaluate_response(
        self, query: str | None = None, response: responses.Response | None = None, **kwargs: Any
    ) -> EvaluationResult:
        """Judge a response by its source nodes."""
        kwargs["nodes"] = response.source_nodes if response else ()
        return super().evaluate_response(query, response, **kwargs)

    async def aevaluate_response(
        self, query: str | None = None, response: responses.Response | None = None, **kwargs: Any
    ) -> EvaluationResult:
        """Judge a response by its source nodes."""
        kwargs["nodes"] = response.source_nodes if response else ()
        return await super().aevaluate_response(query, response, **kwargs)

    def _claims(self, query: str, response: str, nodes: Sequence[NodeWithScore]) -> list[Claim]:
        evidence = sentences_of(passage for passage, _ in passages_of(nodes))
        check = ProofCheck(query, self._parser, self._verifier)
        attributor = Attributor(analyse(query), evidence, check.disagreement)
        said = [response[start:end] for start, end in sentences(response)] if evidence else []
        return [attributor.check(sentence) for sentence in said if not says_nothing(sentence)]


def passages_of(nodes: Sequence[NodeWithScore]) -> list[tuple[Passage, BaseNode]]:
    """The nodes that have text, each as a passage of its document.

    Nodes of one document that say where they stand have its offsets, and share the sentences in
    which they overlap; any other node is a document of its own.
    """
    texts: dict[str, str] = {}
    placed = []
    for node in (one.node for one in nodes):
        text, name, start = node.get_content(), node.node_id, 0
        at, until = getattr(node, "start_char_idx", None), getattr(node, "end_char_idx", None)
        if node.ref_doc_id and at is not None and until == at + len(text):
            name, start = node.ref_doc_id, at
        known = texts.get(name, "").ljust(start, "\n")  # what lies between is not known
        texts[name] = known[:start] + text + known[start + len(text) :]
        spans = tuple((start + a, start + b) for a, b in sentences(text))
        placed += [(node, name, spans)] if spans else []
    return [
        (Passage(replace(article_of(node), path=name, text=texts[name]), spans), node)
        for node, name, spans in placed
    ]
