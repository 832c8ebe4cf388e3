"""Cited answers, evidence, proofs and the engine as components of LlamaIndex."""

from assistant.llama_index.engines import CitedChatEngine, CitedQueryEngine
from assistant.llama_index.evidence import ProofEvaluator, SentenceEvidence
from assistant.llama_index.language_model import EngineLLM

__all__ = [
    "CitedChatEngine",
    "CitedQueryEngine",
    "EngineLLM",
    "ProofEvaluator",
    "SentenceEvidence",
]
