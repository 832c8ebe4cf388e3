"""The commands of the front door and what each of them can be told; `assistant.cli` runs them."""

from __future__ import annotations

import argparse
import datetime as dt
from pathlib import Path

EXIT_CODES = """exit codes:
  0  done, answered           4  another ingest is running
  1  error                    5  damaged index or model
  2  wrong usage or setting   6  no space on the disk
  3  some inputs skipped      7  refused: not in the articles
  9  replay: it differs       8  eval gate: a bar was missed"""


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    top = argparse.ArgumentParser(
        prog="assistant",
        description="Answers questions from your news articles, offline, with proof.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, description=text, parents=[_common()])

    _ingest(command("ingest", "Bring files and folders of articles into the index."))
    _index(command("index", "List the generations of the index, go back, check or rebuild it."))
    _ask(command("ask", "Answer one question and cite the sentences that prove it."))
    _chat(command("chat", "Ask and follow up. Ctrl-C stops an answer, Ctrl-D leaves."))
    replay = command("replay", "Answer again what a receipt tells of, and compare.")
    replay.add_argument("file", metavar="FILE", type=Path, help="of 'ask --receipt'")
    _search(command("search", "Show what is found for a question, with ranks and scores."))
    _articles(command("articles", "List, show or remove indexed articles."))
    _ui(command("ui", "Ask in the browser, and by programs: starts a server."))
    _mcp(command("mcp", "Offer search, questions and articles to an MCP client, over stdio."))
    _models(command("models", "List, fetch and check the models."))
    _warm(command("warm", "Have the model read articles before anybody asks about them."))
    _doctor(command("doctor", "Check models, index, disk and versions; show every setting."))
    commands.add_parser("eval", help="Measure quality and speed.", add_help=False)
    return top


def _common(*, action: bool = False) -> argparse.ArgumentParser:
    """The options of every command; an `action` below one must not reset what stood before it."""
    unsaid = argparse.SUPPRESS if action else None
    common = argparse.ArgumentParser(add_help=False, argument_default=unsaid)
    common.add_argument("--data", metavar="DIR", help="folder of the index (ASSISTANT_DATA)")
    common.add_argument("--cache", metavar="DIR", help="folder of the models (ASSISTANT_CACHE)")
    common.add_argument("--config", metavar="FILE", type=Path, help="settings (assistant.toml)")
    common.add_argument(
        "--set",
        metavar="KEY=VALUE",
        action="append",
        default=unsaid or [],
        help="any setting, repeatable",
    )
    return common


def _ingest(command: argparse.ArgumentParser) -> None:
    command.add_argument("paths", nargs="*", metavar="PATH", type=Path, help="file or folder")
    command.add_argument("--prune", action="store_true", help="remove articles whose file is gone")
    way = command.add_mutually_exclusive_group()
    way.add_argument(
        "--dry-run", action="store_true", help="tell what would be done; write nothing"
    )
    way.add_argument("--watch", action="store_true", help="go on with every change until Ctrl-C")
    way.add_argument(
        "--cluster", metavar="ADDRESS", help="by a Ray cluster (or: local); needs vectors.url"
    )
    command.add_argument("--json", action="store_true", help="print the report as JSON")


def _index(command: argparse.ArgumentParser) -> None:
    actions = command.add_subparsers(dest="action", metavar="ACTION")
    common = [_common(action=True)]
    listing = actions.add_parser("list", help="all generations, oldest first", parents=common)
    use = actions.add_parser("use", help="go back to an older one, or forward", parents=common)
    use.add_argument("name", metavar="NAME", help="such as g000016")
    verify = actions.add_parser(
        "verify", help="read every byte and search for what is known", parents=common
    )
    verify.add_argument("names", nargs="*", metavar="NAME", help="default: the one in use")
    rebuild = actions.add_parser(
        "rebuild", help="make it anew from its articles, re-using known vectors", parents=common
    )
    for action, what in ((listing, "a JSON list"), (rebuild, "the report as JSON")):
        action.add_argument("--json", action="store_true", help=f"print {what}")


def _ask(command: argparse.ArgumentParser) -> None:
    command.add_argument("question", nargs="?", default="-", help="or - to read it from stdin")
    command.add_argument("--json", action="store_true", help="print one JSON object")
    command.add_argument("--stream", action="store_true", help="with --json: one event a line")
    command.add_argument(
        "--receipt", metavar="FILE", type=Path, help="write down what the answer was made of"
    )
    _scope(command)
    _strict(command)
    _here(command)


def _chat(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--json", action="store_true", help="questions on stdin, events on stdout, one a line"
    )
    _scope(command)
    _strict(command)
    _here(command)


def _here(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--here", action="store_true", help="in this process, even if a server runs (ui.use)"
    )


def _ui(command: argparse.ArgumentParser) -> None:
    command.add_argument("--port", help="7860; 0: any free one (ui.port)")
    command.add_argument("--host", help="127.0.0.1; another one needs a password (ui.host)")
    command.add_argument(
        "--no-upload", action="store_true", help="visitors cannot add articles (ui.upload)"
    )
    command.add_argument("--open", action="store_true", help="open it in the browser")


def _doctor(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--bench", action="store_true", help="also measure this machine (ten seconds), and advise"
    )
    command.add_argument(
        "--first-word",
        metavar="SECONDS",
        type=_seconds,
        default=8.0,
        help="with --bench: how soon the first word is wanted (8)",
    )


def _seconds(written: str) -> float:
    try:
        value = float(written)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{written!r} is no number of seconds")
    return value


def _mcp(command: argparse.ArgumentParser) -> None:
    _here(command)


def _scope(command: argparse.ArgumentParser) -> None:
    """Which articles may answer."""
    for name, text in (
        ("--as-of", "what was known then: nothing published later"),
        ("--since", "only articles of this day or later"),
        ("--until", "only articles of this day or earlier"),
    ):
        command.add_argument(name, metavar="DATE", type=_date, help=f"{text} (2023-07-20)")
    command.add_argument(
        "--source", metavar="NAME", action="append", default=[], help="only this paper, repeatable"
    )


def _date(written: str) -> dt.date:
    try:
        return dt.date.fromisoformat(written)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{written!r} is no date such as 2023-07-20") from None


def _strict(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--strict",
        metavar="0..1",
        type=_share,
        help="how sure an answer has to be: 0 refuses least, 1 most (setting answer.strict)",
    )


def _share(written: str) -> float:
    try:
        value = float(written)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{written!r} is no number from 0 to 1")
    return value


def _warm(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--all", action="store_true", help="as many as find room (engine.warm_mb), not only 20"
    )


def _search(command: argparse.ArgumentParser) -> None:
    command.add_argument("question")
    _scope(command)
    _here(command)
    command.add_argument("-k", type=int, default=6, help="how many passages (6)")
    command.add_argument("--json", action="store_true", help="print a JSON list")


def _articles(command: argparse.ArgumentParser) -> None:
    actions = command.add_subparsers(dest="action", metavar="ACTION")
    common = [_common(action=True)]
    listing = actions.add_parser("list", help="all articles, newest first", parents=common)
    listing.add_argument("--json", action="store_true", help="print a JSON list")
    for name, text in (("show", "print one article"), ("remove", "take one out of the index")):
        action = actions.add_parser(name, help=text, parents=common)
        action.add_argument("id", help="its id, or how it begins")


def _models(command: argparse.ArgumentParser) -> None:
    actions = command.add_subparsers(dest="action", metavar="ACTION")
    common = [_common(action=True)]
    actions.add_parser("list", help="the catalogue and what of it is here", parents=common)
    pull = actions.add_parser("pull", help="fetch and verify models", parents=common)
    pull.add_argument("names", nargs="*", metavar="NAME", help="default: those in the settings")
    pull.add_argument("--sha256", help="hash that vouches for a GGUF outside the catalogue")
    pull.add_argument("--trust", action="store_true", help="take such a GGUF without a hash")
    verify = actions.add_parser(
        "verify", help="read every byte and compare the hashes", parents=common
    )
    verify.add_argument("names", nargs="*", metavar="NAME", help="default: those that are here")
    where = actions.add_parser("path", help="where a model is", parents=common)
    where.add_argument("name", metavar="NAME")
