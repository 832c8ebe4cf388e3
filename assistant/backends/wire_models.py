"""Pydantic models of the conversation that programs, the page and receipts send back.

Their keys are those of `assistant.backends.serialization`, which reads the validated values. Not
imported by the server client: pydantic would cost `ask` half of its time.
"""

from pydantic import BaseModel, ConfigDict, Field


class _Sent(BaseModel):
    model_config = ConfigDict(frozen=True)


class Place(_Sent):
    """Where a sentence stands."""

    article: str = Field(description="its id")
    start: int = Field(description="offset in the article's text")
    end: int = Field(description="the same")


class Read(_Sent):
    """The sentences that the model was shown for a past question, as in its answer's `read`."""

    generation: str = Field(description="of the index")
    sentences: list[Place] = Field(description="in the order they were shown")
    goes_on: bool = Field(False, description="the prompt continued that of the exchange before")


class Exchange(_Sent):
    """One past question with its answer."""

    question: str = Field(description="as it was asked")
    answer: str = Field("", description="what was answered, without marks")
    articles: list[str] = Field([], description="ids of the articles that it cited")
    read: Read | None = Field(
        None, description="the answer's `read`: with it a follow-up reads only what is new"
    )
