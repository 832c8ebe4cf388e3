"""Our components in LlamaIndex's own uses, each unchanged; no weights, no network."""

import asyncio
import datetime as dt
import json

import pytest
from llama_index.core import Document, VectorStoreIndex
from llama_index.core.agent.workflow import AgentWorkflow, ReActAgent
from llama_index.core.callbacks import CallbackManager, CBEventType, LlamaDebugHandler
from llama_index.core.llms import ChatMessage, MockLLM
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.query_engine import (
    RetrieverQueryEngine,
    RouterQueryEngine,
    SubQuestionQueryEngine,
)
from llama_index.core.question_gen import LLMQuestionGenerator
from llama_index.core.response_synthesizers import get_response_synthesizer
from llama_index.core.schema import MetadataMode, NodeWithScore, TextNode
from llama_index.core.selectors import LLMSingleSelector
from llama_index.core.tools import QueryEngineTool
from llama_index.core.vector_stores import MetadataFilters

from assistant.answering.pipeline import Assistant
from assistant.llama_index import (
    CitedQueryEngine,
    EngineLLM,
    ProofEvaluator,
    SentenceEvidence,
)
from index.core.articles import Article
from index.llama_index import ArticleEmbedding
from tests.fakes import (
    FixedSearch,
    KnownVerifier,
    ScriptedModel,
    WordEmbedding,
    WordReranker,
    app_that_says,
)

FLOOD = Article(
    "/news/flood.txt",
    "Dike gives way",
    "Rain fell for a week. The dike broke at Lower Brask. Nobody was hurt.",
    published=dt.date(2024, 5, 3),
    source="Harbour Courier",
    url="https://courier.example/flood",
    dated_by="metadata",
)
WHERE, BROKE = "Where did the dike break?", "The dike broke at Lower Brask."
MOON = "Who landed on the moon?"


def engine(*answers: str, **options) -> CitedQueryEngine:
    """Over FLOOD, with a model that gives these answers."""
    model = ScriptedModel(*answers)
    searcher = FixedSearch(FLOOD)
    return CitedQueryEngine(Assistant(searcher, WordReranker(), lambda: model), **options)


def tool(query_engine, name="articles") -> QueryEngineTool:
    return QueryEngineTool.from_defaults(query_engine, name=name, description="News of Brask.")


def assert_cited(response):
    """The answer to WHERE with the sentence that proves it."""
    (source,) = response.source_nodes
    node = source.node
    assert node.text == BROKE == FLOOD.text[node.start_char_idx : node.end_char_idx]
    assert node.metadata == {
        "title": "Dike gives way",
        "published": "2024-05-03",
        "source": "Harbour Courier",
        "url": "https://courier.example/flood",
        "article": FLOOD.id,
    }
    assert node.ref_doc_id == FLOOD.id
    assert response.metadata["refused"] is False
    (claim,) = response.metadata["claims"]
    assert (claim["text"], claim["citations"]) == (BROKE, [1])


# ── the query engine ──────────────────────────────────────────────────────────────────────────


def test_an_answer_has_a_source_node_for_each_proving_sentence():
    response = engine(BROKE).query(WHERE)
    assert str(response) == BROKE
    assert_cited(response)
    assert json.dumps(response.metadata)  # plain values


def test_a_refusal_is_a_text_that_says_why():
    response = engine("Neil Armstrong landed on the moon.").query(MOON)
    assert response.metadata["refused"] is True
    assert str(response) == response.metadata["reason"]["reason"] != ""
    assert response.source_nodes == []


def test_it_answers_asynchronously():
    response = asyncio.run(engine(BROKE).aquery(WHERE))
    assert str(response) == BROKE
    assert_cited(response)


def test_a_stream_brings_the_text_and_then_has_its_sources():
    response = engine(BROKE, streaming=True).query(WHERE)
    assert "".join(response.response_gen) == BROKE
    assert_cited(response)


def test_an_asynchronous_stream_too():
    async def read():
        response = await engine(BROKE, streaming=True).aquery(WHERE)
        return response, [text async for text in response.async_response_gen()]

    response, pieces = asyncio.run(read())
    assert "".join(pieces) == BROKE
    assert_cited(response)


def test_what_is_refused_is_never_streamed_as_an_answer():
    response = engine("Neil Armstrong landed on the moon.", streaming=True).query(MOON)
    (text,) = response.response_gen
    assert text.startswith("Not in these articles")
    assert response.metadata["refused"] is True


def test_filters_of_llamaindex_limit_what_answers():
    june = {"key": "published", "operator": ">=", "value": "2024-06-01"}
    filters = MetadataFilters.from_dicts([june])
    assert engine(BROKE, filters=filters).query(WHERE).metadata["refused"] is True


def test_callbacks_see_the_question_and_the_response():
    handler = LlamaDebugHandler(print_trace_on_end=False)
    engine(BROKE, callback_manager=CallbackManager([handler])).query(WHERE)
    ((_, end),) = handler.get_event_pairs(CBEventType.QUERY)
    assert str(end.payload["response"]) == BROKE


def test_from_folder_reads_a_folder_and_answers_from_it(tmp_path, monkeypatch):
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "flood.txt").write_text(f"Title: Dike gives way\nDate: 2024-05-03\n\n{FLOOD.text}")
    monkeypatch.setattr("assistant.llama_index.engines.App", app_that_says(BROKE, BROKE))
    response = CitedQueryEngine.from_folder(folder, data=tmp_path / "data").query(WHERE)
    assert str(response) == BROKE
    assert response.source_nodes[0].metadata["title"] == "Dike gives way"
    again = CitedQueryEngine.from_folder(folder, data=tmp_path / "data").query(WHERE)
    assert str(again) == BROKE


# ── the chat engine ───────────────────────────────────────────────────────────────────────────


def test_a_follow_up_is_understood_from_what_was_said():
    chat = engine(BROKE, "Nobody was hurt.").as_chat_engine()
    first = chat.chat(WHERE)
    assert_cited(first)
    second = chat.chat("Was anybody hurt there?")
    assert [m.content for m in chat.chat_history] == [
        *(WHERE, BROKE),
        *("Was anybody hurt there?", str(second)),
    ]
    assert [m.role.value for m in chat.chat_history] == ["user", "assistant"] * 2
    chat.reset()
    assert chat.chat_history == []


def test_a_history_that_is_given_takes_the_place_of_the_own_one():
    chat = engine(BROKE).as_chat_engine(
        [ChatMessage("Old?"), ChatMessage("Old.", role="assistant")]
    )
    chat.chat(WHERE, chat_history=[])
    assert [m.content for m in chat.chat_history] == [WHERE, BROKE]


def test_the_chat_streams_and_remembers():
    chat = engine(BROKE).as_chat_engine()
    response = chat.stream_chat(WHERE)
    assert "".join(response.response_gen) == BROKE == str(response)
    assert [s.node.text for s in response.source_nodes] == [BROKE]
    assert len(chat.chat_history) == 2


def test_the_chat_answers_and_streams_asynchronously():
    async def talk():
        chat = engine(BROKE, BROKE).as_chat_engine()
        first = await chat.achat(WHERE)
        response = await chat.astream_chat(WHERE, chat_history=[])
        return first, response, [text async for text in response.async_response_gen()]

    first, response, pieces = asyncio.run(talk())
    assert_cited(first)
    assert "".join(pieces) == BROKE
    assert [s.node.text for s in response.source_nodes] == [BROKE]


# ── LlamaIndex's own uses ─────────────────────────────────────────────────────────────────────


def test_a_router_sends_a_question_to_it():
    llm = EngineLLM(ScriptedModel('[{"choice": 2, "reason": "It is news."}]'))
    router = RouterQueryEngine(
        selector=LLMSingleSelector.from_defaults(llm),
        query_engine_tools=[tool(engine(), "weather"), tool(engine(BROKE))],
        llm=llm,
    )
    response = router.query(WHERE)
    assert str(response) == BROKE
    assert response.source_nodes[0].node.text == BROKE
    assert response.metadata["refused"] is False


@pytest.mark.parametrize("use_async", [True, False])
def test_a_sub_question_engine_puts_its_questions_to_it(use_async):
    asked = {"items": [{"sub_question": WHERE, "tool_name": "articles"}]}
    llm = EngineLLM(ScriptedModel(f"```json\n{json.dumps(asked)}\n```", "At Lower Brask."))
    sub_questions = SubQuestionQueryEngine.from_defaults(
        query_engine_tools=[tool(engine(BROKE))],
        question_gen=LLMQuestionGenerator.from_defaults(llm),
        response_synthesizer=get_response_synthesizer(llm=llm),
        llm=llm,
        use_async=use_async,
        verbose=False,
    )
    response = sub_questions.query("What happened to the dike, and where?")
    assert str(response) == "At Lower Brask."
    assert BROKE in [source.node.get_content() for source in response.source_nodes]


def test_a_query_engine_tool_gives_the_answer_with_its_sources():
    output = tool(engine(BROKE)).call(WHERE)
    assert output.content == BROKE
    assert_cited(output.raw_output)


def test_an_agent_workflow_asks_it_as_a_tool():
    model = ScriptedModel(
        f'Thought: I need the articles.\nAction: articles\nAction Input: {{"input": "{WHERE}"}}',
        "Thought: I can answer without using any more tools.\nAnswer: At Lower Brask.",
    )
    agent = ReActAgent(tools=[tool(engine(BROKE))], llm=EngineLLM(model), name="reporter")

    async def work():
        return await AgentWorkflow(agents=[agent], root_agent="reporter").run(user_msg=WHERE)

    result = asyncio.run(work())
    assert str(result) == "At Lower Brask."
    (call,) = result.tool_calls
    assert call.tool_output.content == BROKE
    assert any(BROKE in message.content for message in model.shown[-1])  # it has read the answer


# ── an index of the user's own ────────────────────────────────────────────────────────────────

BREAD = "Zoë Lind baked ninety loaves on Sunday. She gave them to her neighbours."


@pytest.fixture
def own_index() -> VectorStoreIndex:
    """In LlamaIndex's own memory store, cut by its own splitter, with chunks that overlap."""
    documents = [
        Document(text=FLOOD.text, id_="flood", metadata={"title": FLOOD.title, "page": 7}),
        Document(text=BREAD, id_="bread"),
    ]
    return VectorStoreIndex.from_documents(
        documents,
        transformations=[SentenceSplitter(chunk_size=26, chunk_overlap=9)],
        embed_model=ArticleEmbedding(WordEmbedding()),
    )


def evidence_engine(index: VectorStoreIndex, llm, *more: BaseNodePostprocessor):
    evidence = SentenceEvidence(WordReranker(), evidence_tokens=40)
    return index.as_query_engine(llm=llm, similarity_top_k=4, node_postprocessors=[evidence, *more])


def test_sentence_evidence_works_on_the_nodes_of_another_retriever(own_index):
    response = evidence_engine(own_index, MockLLM()).query(WHERE)
    nodes = [source.node for source in response.source_nodes]
    assert BROKE in [node.text for node in nodes]
    assert len({(n.ref_doc_id, n.start_char_idx) for n in nodes}) == len(nodes)  # none twice
    for node in nodes:
        document = {"flood": FLOOD.text, "bread": BREAD}[node.ref_doc_id]
        assert document[node.start_char_idx : node.end_char_idx] == node.text
    (broke,) = [node for node in nodes if node.text == BROKE]
    assert broke.metadata == {"title": FLOOD.title, "page": 7}
    assert str(response).count(FLOOD.title) == 1  # the model reads it once a document


def test_a_node_that_does_not_say_where_it_stands_counts_from_its_own_beginning():
    nodes = [
        NodeWithScore(node=TextNode(text=FLOOD.text, id_="one"), score=0.1),
        NodeWithScore(node=TextNode(text=BREAD, id_="two"), score=0.9),
        NodeWithScore(node=TextNode(text=" \n", id_="three"), score=0.9),
    ]
    best = SentenceEvidence(WordReranker()).postprocess_nodes(nodes, query_str=WHERE)[0].node
    assert FLOOD.text[best.start_char_idx : best.end_char_idx] == best.text
    assert best.ref_doc_id == "one"


def test_the_evaluator_passes_what_the_sources_say_and_names_what_they_do_not(own_index):
    wrong = "Zoë Lind baked ninety loaves on Sunday. Anna Berg paid 200 crowns."
    asked = "Who baked the loaves?"
    evaluator = ProofEvaluator()
    for said, score in ((BREAD.split(". ")[0] + ".", 1.0), (wrong, 0.5)):
        response = evidence_engine(own_index, EngineLLM(ScriptedModel(said))).query(asked)
        assert str(response) == said
        result = evaluator.evaluate_response(asked, response)
        assert (result.passing, result.score) == (score == 1.0, score)
        assert result.contexts
    assert result.feedback == "Anna Berg paid 200 crowns. (not proved)"
    same = asyncio.run(evaluator.aevaluate_response(asked, response))
    assert (same.score, same.feedback) == (result.score, result.feedback)


def test_the_evaluator_uses_the_grammar_and_the_verifier_it_is_given():
    evaluator = ProofEvaluator(verifier=lambda: KnownVerifier(BROKE))
    result = evaluator.evaluate(WHERE, BROKE, [FLOOD.text])
    assert result.passing is False
    assert BROKE in result.feedback
    assert ProofEvaluator().evaluate(WHERE, BROKE, [FLOOD.text]).passing is True


def test_a_claim_may_take_its_day_from_the_metadata_of_its_source():
    dated = "On 3 May 2024 the dike broke at Lower Brask."
    response = engine(dated).query(WHERE)
    assert ProofEvaluator().evaluate_response(WHERE, response).passing is True
    assert ProofEvaluator().evaluate(WHERE, dated, [BROKE]).passing is False


def test_what_claims_nothing_is_no_valid_result():
    refusal = engine("Neil Armstrong landed on the moon.").query(MOON)
    result = ProofEvaluator().evaluate_response(MOON, refusal)
    assert result.invalid_result and result.score is None


# ── the language model ────────────────────────────────────────────────────────────────────────


def test_roles_limits_and_tokens_cross_over():
    model = ScriptedModel("Good day to you.", "One two three four.")
    llm = EngineLLM(model, max_tokens=64)
    messages = [ChatMessage("Be brief.", role="system"), ChatMessage("Hello")]
    reply = llm.chat(messages)
    assert reply.message.content == "Good day to you."
    assert [(m.role, m.content) for m in model.shown[0]] == [
        ("system", "Be brief."),
        ("user", "Hello"),
    ]
    assert reply.additional_kwargs["total_tokens"] == 3 + len("Good day to you.")
    pieces = list(llm.stream_complete("Count."))
    assert "".join(piece.delta or "" for piece in pieces) == "One two three four."
    assert pieces[-1].text == "One two three four."
    assert (llm.metadata.num_output, llm.metadata.context_window) == (64, 4096)


def test_a_retriever_query_engine_of_llamaindex_runs_on_it(own_index):
    llm = EngineLLM(ScriptedModel("At Lower Brask."))
    plain = RetrieverQueryEngine.from_args(own_index.as_retriever(similarity_top_k=2), llm=llm)
    response = plain.query(WHERE)
    assert str(response) == "At Lower Brask."
    assert response.source_nodes[0].node.get_content(MetadataMode.NONE)
