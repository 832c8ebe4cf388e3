"""Vectors from a server with OpenAI's embeddings API: vLLM, Ollama, llama-server, TEI."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from index.core.addresses import without_secrets
from index.core.articles import fingerprint
from index.core.errors import UserError
from index.core.openai_api import explain, http_options
from index.embedding.embedders import Vectors

if TYPE_CHECKING:
    import openai

BATCH = 64  # texts in one request; vLLM and TEI batch further themselves
TIMEOUT_S = 120.0
CONNECT_S = 5.0
RETRIES = 3  # by the client, with growing pauses: a busy server, a dropped connection


class OpenAIEmbedder:
    """One `model` of the server whose API is at `url` ("http://127.0.0.1:8000/v1").

    The dimension is learned from one vector, when first needed. Tokens are estimated, since the API
    cannot count them.

    Raises:
        UsageError: not an http or https address.
    """

    def __init__(
        self, url: str, model: str, *, api_key: str = "", question_prefix: str = ""
    ) -> None:
        self._http_options = http_options(url, "embedder")
        self.name = model
        self._url = url.rstrip("/")
        self._api_key = api_key
        self._prefix = question_prefix

    @cached_property
    def identity(self) -> str:
        """Hash of server, model, prefix and dimension: the weights cannot be known."""
        return fingerprint(self._url, self.name, self._prefix, str(self.dimension))

    @cached_property
    def dimension(self) -> int:
        """Length of a vector."""
        return len(self._request(["dimension"])[0])

    @staticmethod
    def tokenize(text: str) -> list[int]:
        """One number for every four bytes of a word: a little more than a tokenizer makes."""
        return [0 for word in text.split() for _ in range(0, len(word.encode()), 4)]

    def question(self, text: str) -> Vectors:
        """The (1, dimension) vector of a question."""
        return self.passages([self._prefix + text])

    def passages(self, texts: Sequence[str]) -> Vectors:
        """The (n, dimension) unit vectors of `texts`; UserError if the server failed."""
        rows: list[Sequence[float]] = []
        for start in range(0, len(texts), BATCH):
            rows.extend(self._request(texts[start : start + BATCH]))
        try:
            vectors = np.asarray(rows, np.float32).reshape(len(rows), self.dimension)
        except (ValueError, TypeError):
            raise self._no_embeddings("vectors of different lengths or not of numbers") from None
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not (np.isfinite(lengths).all() and (lengths > 0).all()):
            raise self._no_embeddings("a vector without length")
        unit: Vectors = vectors / lengths
        return unit

    def _request(self, texts: Sequence[str]) -> list[Sequence[float]]:
        import openai

        try:
            # explicitly floats: by default the client asks for base64, which not all servers know
            reply = self._client.embeddings.create(
                model=self.name, input=list(texts), encoding_format="float"
            )
            rows: list[Any] = sorted(reply.data, key=lambda row: row.index)
            vectors: list[Sequence[float]] = [row.embedding for row in rows]
            complete = [row.index for row in rows] == list(range(len(texts)))
            if not complete or not all(isinstance(vector, list) and vector for vector in vectors):
                raise self._no_embeddings(f"{len(vectors)} vectors for {len(texts)} texts")
        except openai.NotFoundError:
            raise UserError(
                f"{without_secrets(self._url)} has no embedding model {self.name!r}. "
                "Check embedder.model and embedder.url (it often ends with /v1)."
            ) from None
        except openai.OpenAIError as error:
            raise UserError(explain(error, self._url, "embedder")) from None
        except (ValueError, TypeError, AttributeError):
            # the client builds its objects from whatever JSON came, unchecked
            raise self._no_embeddings("something else") from None
        return vectors

    @cached_property
    def _client(self) -> openai.OpenAI:
        import openai

        return openai.OpenAI(
            base_url=self._url,
            api_key=self._api_key or "none",
            max_retries=RETRIES,
            timeout=openai.Timeout(TIMEOUT_S, connect=CONNECT_S),
            http_client=openai.DefaultHttpxClient(**self._http_options),
        )

    def _no_embeddings(self, what: str) -> UserError:
        return UserError(
            f"The server at {without_secrets(self._url)} sent {what}, not embeddings. Check "
            f"embedder.url (it often ends with /v1) and that {self.name!r} is an embedding model."
        )
