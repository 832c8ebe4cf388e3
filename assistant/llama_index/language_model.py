"""A language model of ours as an LLM of LlamaIndex."""

from collections.abc import Sequence
from typing import Any

from llama_index.core import llms
from llama_index.core.base.llms import generic_utils
from llama_index.core.llms.callbacks import llm_chat_callback, llm_completion_callback
from pydantic import Field, PrivateAttr

from assistant.llm.language_model import LanguageModel, Limits, Message, Role

_ROLES: dict[str, Role] = {"system": "system", "developer": "system", "assistant": "assistant"}


class EngineLLM(llms.CustomLLM):
    """A language model of ours, such as `App.model()`.

    With `is_chat_model` False LlamaIndex gives it the prompts of a model for completion.
    """

    max_tokens: int = Field(default=512, gt=0, description="most tokens of an answer")
    deadline_s: float = Field(default=600.0, gt=0, description="seconds until it is cut")
    is_chat_model: bool = True
    _model: LanguageModel = PrivateAttr()

    def __init__(self, model: LanguageModel, **fields: Any) -> None:
        super().__init__(**fields)
        self._model = model

    @property
    def metadata(self) -> llms.LLMMetadata:
        """Context, longest answer, name and kind."""
        return llms.LLMMetadata(
            context_window=self._model.context_tokens,
            num_output=self.max_tokens,
            is_chat_model=self.is_chat_model,
            model_name=self._model.name,
        )

    @llm_chat_callback()
    def chat(self, messages: Sequence[llms.ChatMessage], **kwargs: Any) -> llms.ChatResponse:
        """Answer a conversation."""
        *_, last = self._replies(messages, kwargs)
        return last

    @llm_chat_callback()
    def stream_chat(
        self, messages: Sequence[llms.ChatMessage], **kwargs: Any
    ) -> llms.ChatResponseGen:
        """The same in pieces."""
        return self._replies(messages, kwargs)

    @llm_completion_callback()
    def complete(
        self, prompt: str, formatted: bool = False, **kwargs: Any
    ) -> llms.CompletionResponse:
        """Answer a prompt, which is the user's only message."""
        *_, last = self._replies([llms.ChatMessage(prompt)], kwargs)
        return generic_utils.chat_response_to_completion_response(last)

    @llm_completion_callback()
    def stream_complete(
        self, prompt: str, formatted: bool = False, **kwargs: Any
    ) -> llms.CompletionResponseGen:
        """The same in pieces."""
        replies = self._replies([llms.ChatMessage(prompt)], kwargs)
        return generic_utils.stream_chat_response_to_completion_response(replies)

    def _replies(
        self, messages: Sequence[llms.ChatMessage], options: dict[str, Any]
    ) -> llms.ChatResponseGen:
        """Ever longer replies; the last one has the numbers of tokens."""
        read = [Message(_ROLES.get(one.role, "user"), one.content or "") for one in messages]
        most, stop = options.get("max_tokens") or self.max_tokens, options.get("stop") or ()
        text, tokens = "", dict[str, int]()
        for piece in self._model.stream(read, Limits(most, self.deadline_s, tuple(stop))):
            text += piece.text
            if used := piece.usage:
                tokens = {"prompt_tokens": used.prompt_tokens}
                tokens["completion_tokens"] = used.completion_tokens
                tokens["total_tokens"] = used.prompt_tokens + used.completion_tokens
            message = llms.ChatMessage(text, role=llms.MessageRole.ASSISTANT)
            yield llms.ChatResponse(message=message, delta=piece.text, additional_kwargs=tokens)
