"""Follows every story of the planted stream and counts what is told, day by day."""

import json
import tempfile
import time
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from assistant.container import App
from assistant.core import console
from assistant.core.settings import Settings
from assistant.following.standing_questions import Followed, StandingQuestion, Update
from assistant.following.updates import look
from eval.following.stream import Planted, stories, stream


@dataclass(frozen=True, slots=True)
class Counts:
    """Sums over the stream.

    `facts` were new, `recalled` of them told about their story; `told` counts all updates,
    `repeats` those that restate, or tell a copy besides, `astray` those about another story.
    `corrections` were published, `flagged` of them told as such. `seconds` were spent on `looks`: a
    standing question and a new article each.
    """

    facts: int = 0
    recalled: int = 0
    told: int = 0
    repeats: int = 0
    astray: int = 0
    corrections: int = 0
    flagged: int = 0
    looks: int = 0
    seconds: float = 0.0


def run(settings: Settings, days: int, seed: int, json_file: Path | None, *, failures: bool) -> int:
    """Print recall, repeats, flagged corrections and the time of a look."""
    with tempfile.TemporaryDirectory() as folder, console.Bars() as bars:
        app = App(replace(settings, data=Path(folder) / "data"))
        try:
            counts, wrong = _follow(app, Path(folder), days, seed, bars)
        finally:
            app.close()
    for line in _lines(counts):
        console.say(line)
    for line in wrong if failures else ():
        console.say(line)
    if json_file:
        json_file.write_text(json.dumps(asdict(counts), indent=1) + "\n", "utf-8")
    return 0


def _follow(
    app: App, folder: Path, days: int, seed: int, bars: console.Bars
) -> tuple[Counts, list[str]]:
    news = folder / "news"
    news.mkdir()
    questions = tuple(StandingQuestion(story.topic) for story in stories(seed))
    followed, counts, wrong = Followed(questions), Counts(), []
    for number, (day, articles) in enumerate(stream(seed, days), 1):
        bars.step("days", number, days)
        for article in articles:
            (news / article.name).write_text(article.text, "utf-8")
        app.ingest(lambda what, done, total: None).run([news])
        with closing(app.search_with(app.reranker)) as archive:
            start = time.perf_counter()
            followed, updates = look(followed, archive, app.reranker, app.verifier, day)
            seconds = time.perf_counter() - start
        some, failed = _count(articles, updates, questions)
        wrong += failed
        looks = len(questions) * len(articles)
        counts = _sum(counts, replace(some, looks=looks, seconds=seconds))
    return counts, wrong


def _count(
    articles: list[Planted], updates: list[Update], questions: tuple[StandingQuestion, ...]
) -> tuple[Counts, list[str]]:
    """What one day's updates told, and lines for what they missed or told wrongly."""
    number = {question.id: index for index, question in enumerate(questions)}
    told = {(number[u.question], u.text): u for u in updates}
    new = {(a.story, text) for a in articles if not a.corrects for text in a.new}
    corrections = {(a.story, a.new[0]) for a in articles if a.corrects}
    flagged = {key for key in corrections if key in told and told[key].kind == "corrected"}
    stories_of = {text: a.story for a in articles for text in (*a.new, *a.restated)}
    astray = {key for key in told if stories_of.get(key[1], key[0]) != key[0]}
    restated = {(a.story, text) for a in articles for text in a.restated}
    repeats = told.keys() & restated
    wrong = [f"missed     {story:2} {text}" for story, text in new - told.keys()]
    wrong += [f"unflagged  {story:2} {text}" for story, text in corrections - flagged]
    wrong += [f"repeated   {story:2} {text}" for story, text in repeats]
    wrong += [f"again      {u.text}" for u in updates if told[number[u.question], u.text] is not u]
    wrong += [f"astray     {story:2} {text}" for story, text in astray]
    counts = Counts(
        facts=len(new),
        recalled=len(new & told.keys()),
        told=len(updates),
        repeats=len(repeats) + len(updates) - len(told),
        astray=len(astray),
        corrections=len(corrections),
        flagged=len(flagged),
    )
    return counts, wrong


def _sum(one: Counts, other: Counts) -> Counts:
    mine, theirs = asdict(one), asdict(other)
    return Counts(**{name: mine[name] + theirs[name] for name in mine})


def _lines(counts: Counts) -> list[str]:
    def share(part: int, whole: int) -> str:
        return f"{100 * part / whole:5.1f} % of {whole}" if whole else "none"

    each = counts.seconds / counts.looks if counts.looks else 0.0
    return [
        f"new facts told         {share(counts.recalled, counts.facts)}",
        f"repeats among updates  {share(counts.repeats, counts.told)}",
        f"about another story    {share(counts.astray, counts.told)}",
        f"corrections flagged    {share(counts.flagged, counts.corrections)}",
        f"a question and article {each:.3f} s, {counts.looks} of them",
    ]
