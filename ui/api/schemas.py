"""Request bodies, field by field; the descriptions are those of the OpenAPI document."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from assistant.backends.serialization import turn_of
from assistant.backends.wire_models import Exchange
from assistant.core.query import Query
from assistant.core.sanitize import is_web_address
from index.core.filters import Filters
from ui.api.openai_chat import ChatMessage, StreamOptions
from ui.service.clips import Clip

Strict = Annotated[
    float | None, Field(ge=0, le=1, description="how sure an answer has to be; null: the setting")
]
Text = Annotated[str, Field(description="at most 2,000 characters")]


class FilterFields(BaseModel):
    """Which articles may answer."""

    model_config = ConfigDict(extra="forbid")

    as_of: dt.date | None = Field(None, description="what was known then: nothing later")
    since: dt.date | None = Field(None, description="only articles of this day or later")
    until: dt.date | None = Field(None, description="only articles of this day or earlier")
    sources: list[str] = Field([], description="only these papers; none: all")
    articles: list[str] = Field([], description="only these articles, by their ids; none: all")

    @property
    def filters(self) -> Filters:
        """The same as `Filters`."""
        return Filters.from_json(dict(self))


class Draft(FilterFields):
    """A question that is being typed."""

    question: Text
    history: list[Exchange] = Field([], description="the conversation before, oldest first")

    @property
    def query(self) -> Query:
        """The same as a `Query`."""
        history = tuple(turn_of(past.model_dump()) for past in self.history)
        return Query(self.question, history, self.filters)


class Question(Draft):
    """A question as the command line puts it."""

    strict: Strict = None
    stream: bool = Field(False, description="events as they come instead of one object")
    format: Literal["json", "markdown", "csl-json", "bibtex", "docx"] = Field(
        "json",
        description="what the reply is, unless it is streamed; csl-json, bibtex: what is cited",
    )


class Search(FilterFields):
    """A search without an answer."""

    question: Text
    k: int = Field(6, ge=1, le=50, description="how many passages")


class CheckedDraft(FilterFields):
    """A draft whose sentences are checked."""

    text: str = Field(description="at most 200,000 bytes and 2,000 sentences")
    stream: bool = Field(False, description="events as they come instead of one object")


class FollowedText(FilterFields):
    """A question or topic to be followed."""

    question: Text


class Excerpt(FilterFields):
    """An excerpt whose article is looked for."""

    excerpt: str = Field(description="4 words to 20,000 characters")


class Topic(FilterFields):
    """What contradictions are about."""

    topic: str = Field("", description="empty: all articles, the newest first")


class ClippedArticle(BaseModel):
    """An article for the index, from a clipper."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field("", max_length=1000)
    text: str = Field("", description="the article as plain text; or else `html`")
    html: str = Field("", description="the whole page; what it declares itself goes first")
    url: str = Field("", description="http or https, at most 2,000 characters")
    published: dt.date | dt.datetime | None = Field(None, description="its day")
    source: str = Field("", max_length=200, description="the paper")

    @model_validator(mode="after")
    def _is_one_article(self) -> "ClippedArticle":
        if bool(self.text.strip()) == bool(self.html.strip()):
            raise ValueError("give the article as text or as html, one of them")
        if self.url and not is_web_address(self.url):
            raise ValueError("url has to be an address of the web")
        return self

    @property
    def clip(self) -> Clip:
        """The same as a `Clip`."""
        return Clip(**self.model_dump())


class Extra(FilterFields):
    """What OpenAI's chat has no field for; in a request's field `assistant`."""

    strict: Strict = None


class Chat(BaseModel):
    """A request of OpenAI's chat; fields that are not named here change nothing."""

    messages: list[ChatMessage] = Field(
        min_length=1,
        description="the last of the user is the question, those before it the conversation;"
        " system messages change nothing",
    )
    model: str = Field("", description="one of /v1/models; empty: the one there is")
    stream: bool = Field(False, description="chunks as they come instead of one completion")
    stream_options: StreamOptions | None = Field(
        None, description="`include_usage`: a last chunk counts the tokens"
    )
    n: Literal[1] | None = Field(None, description="one answer, never several")
    assistant: Extra = Field(
        Extra(), description="which articles may answer, and how sure it has to be"
    )


class Error(BaseModel):
    """What went wrong, as OpenAI's clients read it."""

    message: str = Field(description="what, and the way out, in one line")
    type: str = Field(
        description="invalid_request_error, authentication_error, rate_limit_error, server_error"
    )
    param: str | None = Field(None, description="the field that is wrong")
    code: str | None = Field(
        None, description="invalid_api_key, model_not_found, queue_full, unavailable, or null"
    )


class ErrorBody(BaseModel):
    """The body of every reply that is no 200."""

    error: Error
