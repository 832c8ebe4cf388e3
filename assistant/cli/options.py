"""Command-line options that several commands share, and the types of their values.

Loads argparse only: `--help` is instant.
"""

import argparse
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

Run = Callable[[Any, argparse.Namespace], int]
"""A command: what it works on (an App, or an AnswerBackend for those that ask), its options."""


class _Command(argparse.ArgumentParser):
    """A command that refuses what it does not know itself, with its own usage."""

    def parse_known_args(self, *given: Any, **named: Any) -> Any:
        parsed, unknown = super().parse_known_args(*given, **named)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return parsed, unknown


class Commands:
    """Adds commands to a parser, or optional actions (`index use`) to a command.

    `common`: each has the options of all commands (--data, --cache, --config, --set).
    """

    def __init__(
        self, parser: argparse.ArgumentParser, metavar: str = "COMMAND", *, common: bool = True
    ) -> None:
        self._required = metavar == "COMMAND"
        self._common = common
        self._parsers: Any = parser.add_subparsers(
            dest=metavar.lower(),
            required=self._required,
            metavar=metavar,
            parser_class=_Command,
        )

    def add(self, name: str, text: str, run: Run | str) -> argparse.ArgumentParser:
        """A command; `run` is what carries it out, or its "module:name"."""
        parents = [_common(action=not self._required)] if self._common else []
        command: argparse.ArgumentParser = self._parsers.add_parser(
            name, help=text, description=text, parents=parents
        )
        command.set_defaults(run=run)
        return command

    def add_foreign(self, name: str, text: str) -> None:
        """List a command that parses its arguments itself."""
        self._parsers.add_parser(name, help=text, add_help=False)


def _common(*, action: bool) -> argparse.ArgumentParser:
    """The options of every command; those of an action do not reset what stood before it."""
    unset = argparse.SUPPRESS if action else None
    common = argparse.ArgumentParser(add_help=False, argument_default=unset)
    common.add_argument("--data", metavar="DIR", help="folder of the index (ASSISTANT_DATA)")
    common.add_argument("--cache", metavar="DIR", help="folder of the models (ASSISTANT_CACHE)")
    common.add_argument("--config", metavar="FILE", type=Path, help="settings (assistant.toml)")
    setting(common, "--set", unset)
    return common


def setting(command: argparse.ArgumentParser, name: str, default: Any = None) -> None:
    """A list of KEY=VALUE, under the option `name`."""
    text = "any setting, repeatable"
    command.add_argument(
        name, metavar="KEY=VALUE", action="append", default=default or [], help=text
    )


def as_json(command: argparse.ArgumentParser, text: str) -> None:
    """`--json`; `text` says what is printed."""
    command.add_argument("--json", action="store_true", help=text)


def export(command: argparse.ArgumentParser) -> None:
    """`--export`: a file for a reader's other tools."""
    command.add_argument(
        "--export",
        metavar="FILE",
        type=Path,
        help="also write it as Markdown (.md), Word (.docx), or what it cites (.bib, .csl.json)",
    )


def in_process(command: argparse.ArgumentParser) -> None:
    """`--here`: a running server is not asked."""
    command.add_argument(
        "--here", action="store_true", help="in this process, even if a server runs (ui.use)"
    )


def filters(command: argparse.ArgumentParser) -> None:
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


def strict(command: argparse.ArgumentParser) -> None:
    """`--strict`: the confidence below which a question is not answered."""
    command.add_argument(
        "--strict",
        metavar="0..1",
        type=number("number from 0 to 1", lambda value: 0 <= value <= 1),
        help="how sure an answer has to be: 0 refuses least, 1 most (setting answer.strict)",
    )


def number(what: str, valid: Callable[[float], bool]) -> Callable[[str], float]:
    """An option's type: a number for which `valid` is true."""

    def parse(written: str) -> float:
        try:
            value = float(written)
        except ValueError:
            value = float("nan")
        if not valid(value):
            raise argparse.ArgumentTypeError(f"{written!r} is no {what}")
        return value

    return parse


def _date(written: str) -> dt.date:
    try:
        return dt.date.fromisoformat(written)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{written!r} is no date such as 2023-07-20") from None
