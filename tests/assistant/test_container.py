"""The entry point of Python users."""

from assistant.core.query import Query
from tests.fakes import FakeApp, ScriptedModel


def test_an_app_opens_with_the_settings_of_the_folder_and_flags_over_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "assistant.toml").write_text("[answer]\npassages = 3\nmax_tokens = 90\n")
    app = FakeApp.open({"answer.passages": "4", "data": "news"})
    assert (str(app.settings.data), app.settings.answer.max_tokens) == ("news", 90)
    assert app.settings.answer.passages == 4
    app.speaker = ScriptedModel()
    assert app.assistant.ask("Who met?").refusal.code == "empty_index"
    assert app.assistant.ask(Query("Who met?")).refused
    app.close()
