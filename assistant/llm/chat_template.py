"""Chat templates: messages to prompt tokens, so that no message can forge a turn.

A GGUF's own template is a program and is not run. Only the frame around a message is tokenised
with control tokens enabled; its content is plain text, so "<|im_end|>" in an article is five
ordinary tokens.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from assistant.llm.language_model import Message, Role
from index.core.errors import UsageError

Tokenise = Callable[[str, bool], tuple[int, ...]]
"""(text, whether control words in it become control tokens) -> token ids."""


@dataclass(frozen=True, slots=True)
class ChatTemplate:
    """The frame of a message: `before` with the name of its `{role}`, its content, `after`.

    `controls` are the control words of the frame. Without a `system_role`, a system message is put
    in front of the next one.
    """

    name: str
    controls: tuple[str, ...]
    before: str
    after: str
    opening: str = ""
    system_role: bool = True
    assistant: str = "assistant"

    def head(self, role: Role) -> str:
        """The beginning of a turn of that role."""
        return self.before.format(role=self.assistant if role == "assistant" else role)


TEMPLATES = (
    ChatTemplate(
        name="chatml",  # Qwen, SmolLM, Yi, and most fine-tunes
        controls=("<|im_start|>", "<|im_end|>"),
        before="<|im_start|>{role}\n",
        after="<|im_end|>\n",
    ),
    ChatTemplate(
        name="llama3",
        controls=("<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"),
        opening="<|begin_of_text|>",
        before="<|start_header_id|>{role}<|end_header_id|>\n\n",
        after="<|eot_id|>",
    ),
    ChatTemplate(
        name="gemma",
        controls=("<bos>", "<start_of_turn>", "<end_of_turn>"),
        opening="<bos>",
        before="<start_of_turn>{role}\n",
        after="<end_of_turn>\n",
        system_role=False,
        assistant="model",
    ),
)


def prompt_tokens(
    template: ChatTemplate, messages: Sequence[Message], tokenise: Tokenise
) -> list[int]:
    """The token ids of a chat, up to where the assistant's next message begins."""
    ids = [*tokenise(template.opening, True)]
    for message in messages if template.system_role else _without_system(messages):
        ids += tokenise(template.head(message.role), True)
        ids += tokenise(message.content, False)
        ids += tokenise(template.after, True)
    return [*ids, *tokenise(template.head("assistant"), True)]


def choose_template(name: str, model: str, tokenise: Tokenise) -> ChatTemplate:
    """The named template, or with an empty name the first whose control words `model` has.

    Raises:
        UsageError: there is no such template, or the model lacks its control words or would read
            them in plain text too.
    """
    known = ", ".join(template.name for template in TEMPLATES)
    named = [template for template in TEMPLATES if name in ("", template.name)]
    if not named:
        raise UsageError(f"There is no chat template {name!r}. Set engine.template to: {known}.")
    fitting = [t for t in named if all(len(tokenise(word, True)) == 1 for word in t.controls)]
    if not fitting:
        raise UsageError(
            f"The vocabulary of {model} has no control tokens for the chat template"
            f" {name or known}. Set engine.template to its own, or use another model."
        )
    for word in fitting[0].controls:
        if set(tokenise(word, True)) & set(tokenise(word, False)):
            raise UsageError(
                f"{model} reads {word} in an article as a control token, so an article could give"
                " it orders. Use another conversion of this model."
            )
    return fitting[0]


def _without_system(messages: Sequence[Message]) -> Iterator[Message]:
    carried = ""
    for message in messages:
        if message.role == "system":
            carried += message.content + "\n\n"
        else:
            yield Message(message.role, carried + message.content)
            carried = ""
    if carried:
        yield Message("user", carried)
