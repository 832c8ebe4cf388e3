"""The MCP server, asked by the official client: its tools, its errors, and a clean stdout."""

import json
import os
import sys
from contextlib import closing
from pathlib import Path

import anyio
import pytest
from mcp import Client, StdioServerParameters

from assistant.backends.local import LocalBackend
from assistant.cli.mcp_server import PART, server
from index.core.articles import Article
from tests.fakes import ScriptedModel
from tests.serving import HeldModel, app_of, light_app
from tests.stories import GOOD, TALKS, WHO, file_of

ROOT = Path(__file__).parents[3]


def tools_of(app, talk):
    """Run `talk(client)` against the server of a app."""

    async def conversation():
        async with Client(server(app, lambda: LocalBackend(app))) as client:
            return await talk(client)

    return anyio.run(conversation)


def called(app, name, **arguments):
    async def talk(client):
        reply = await client.call_tool(name, arguments)
        told = reply.structured_content
        return reply.is_error, told.get("result", told) if told else reply.content[0].text

    return tools_of(app, talk)


@pytest.fixture
def light(tmp_path):
    from assistant.core.settings import load

    flags = {"data": str(tmp_path), "cache": str(tmp_path)}
    with closing(light_app(HeldModel(held=False))(load(flags, environ={}))) as app:
        yield app


def test_there_are_five_tools_that_only_read(light):
    async def talk(client):
        return (await client.list_tools()).tools

    tools = {tool.name: tool for tool in tools_of(light, talk)}
    assert tools.keys() == {
        *("search_articles", "ask_articles", "check_text", "read_article", "find_source"),
    }
    assert all(tool.annotations.read_only_hint and tool.description for tool in tools.values())
    assert "2023-07-20" in json.dumps(tools["ask_articles"].input_schema)


def test_a_question_is_answered_with_its_proof(light):
    failed, told = called(light, "ask_articles", question=WHO)
    assert (failed, told["answer"], told["refused"]) == (False, GOOD, False)
    assert told["citations"][0]["quote"] == GOOD


def test_days_and_papers_say_which_articles_may_answer(light):
    for which in ({"as_of": "2020-01-01"}, {"sources": ["Argus"]}):
        assert called(light, "ask_articles", question=WHO, **which)[1]["refused"]
        assert called(light, "search_articles", question=WHO, **which)[1] == []


def test_passages_are_found_without_the_model(light):
    failed, [found] = called(light, "search_articles", question=WHO, passages=3)
    assert (failed, found["rank"], found["title"]) == (False, 1, "Envoys talk in Karuizawa")
    assert light.speaker.shown == []


def test_the_article_of_an_excerpt_is_found(news):
    news.put(talks=file_of(TALKS))
    with closing(app_of(news, ScriptedModel())) as app:
        failed, card = called(app, "find_source", excerpt=GOOD)
        assert (failed, card["match"], card["source"]["title"]) == (False, "verbatim", TALKS.title)
        assert called(app, "find_source", excerpt="two words")[0]


def test_an_article_is_read_by_its_id_and_a_long_one_in_parts(news):
    news.put(talks=file_of(TALKS), long=f"Title: Long\n\n{'Rain fell on Brask again. ' * 1500}\n")
    articles = news.articles()
    with closing(app_of(news, ScriptedModel())) as app:
        failed, told = called(app, "read_article", article=articles["talks.txt"].id[:8])
        assert (failed, told["title"], told["next"]) == (False, "Envoys talk in Karuizawa", None)
        assert told["text"] == articles["talks.txt"].text
        long: Article = articles["long.txt"]
        first = called(app, "read_article", article=long.id)[1]
        assert (len(first["text"]), first["next"]) == (PART, PART)
        rest = called(app, "read_article", article=long.id, start=PART)[1]
        assert first["text"] + rest["text"] == long.text


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("ask_articles", {"question": " "}, "The question is empty."),
        ("ask_articles", {"question": "x" * 2001}, "has 2,001 characters"),
        ("search_articles", {"question": ""}, "The question is empty."),
        ("search_articles", {"question": WHO, "passages": 0}, "greater than or equal to 1"),
        ("ask_articles", {"question": WHO, "as_of": "yesterday"}, "as_of"),
        ("read_article", {"article": "0"}, "Nothing is indexed yet"),
    ],
)
def test_what_is_wrong_is_an_error_in_words(name, arguments, message, light):
    failed, told = called(light, name, **arguments)
    assert failed
    assert message in told and "Traceback" not in told


NOISY = """
import sys
from assistant.cli.entry import main
from tests.serving import HeldModel, light_app

class Noisy(HeldModel):
    def stream(self, messages, limits, cancel=None):
        print("noise from a library")
        yield from super().stream(messages, limits, cancel)

sys.exit(main(["mcp"], light_app(Noisy(held=False))))
"""


@pytest.mark.drill
def test_over_real_stdio_there_is_nothing_but_the_protocol(tmp_path):
    environ = {
        **{k: v for k, v in os.environ.items() if not k.startswith("ASSISTANT_")},
        "ASSISTANT_DATA": str(tmp_path),
        "PYTHONPATH": str(ROOT),
    }
    command = StdioServerParameters(
        command=sys.executable, args=["-c", NOISY], env=environ, cwd=tmp_path
    )

    async def conversation():
        async with Client(command) as client:
            told = await client.call_tool("ask_articles", {"question": WHO})
            again = await client.call_tool("ask_articles", {"question": WHO})
            return told.structured_content, again.structured_content

    told, again = anyio.run(conversation)
    assert told["answer"] == again["answer"] == GOOD


def test_a_text_is_checked_sentence_by_sentence(light):
    failed, told = called(light, "check_text", text=f"{GOOD} Who won?")
    assert not failed
    assert [one["verdict"] for one in told["sentences"]] == ["supported", "no_claim"]
    failed, message = called(light, "check_text", text=" ")
    assert failed
    assert "The draft is empty." in message
