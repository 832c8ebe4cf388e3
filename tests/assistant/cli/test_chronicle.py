"""`assistant timeline` and `assistant quotes` put a question of their kind."""

import json


def test_timeline_and_quotes_answer_as_ask_does(indexed):
    for arguments, kind in (
        (("timeline", "the talks"), "timeline"),
        (("timeline",), "timeline"),
        (("quotes", "Kim Gunn"), "quotes"),
        (("quotes", "Kim Gunn", "--about", "the talks"), "quotes"),
    ):
        out, _ = indexed(*arguments, "--json", code=7)
        answer = json.loads(out)
        assert answer["kind"] == kind
        assert "parser" in answer["reason"]["reason"]
