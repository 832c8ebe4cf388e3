"""Prompt templates: text files with `$name` holes and one strict `render`, without logic."""

import hashlib
from functools import cache
from importlib import resources
from string import Template


@cache
def _template(name: str) -> Template:
    return Template((resources.files(__name__) / f"{name}.txt").read_text("utf-8").strip())


def render(name: str, **values: str) -> str:
    """Fill the template `name`.txt; ValueError if its holes are not exactly the values."""
    template = _template(name)
    holes = set(template.get_identifiers())
    if holes != values.keys():
        raise ValueError(f"{name}.txt wants {sorted(holes)}, was given {sorted(values)}")
    return template.substitute(values)


def digest() -> str:
    """Twelve hexadecimal digits that change when any template does."""
    texts = sorted(
        (file.name, file.read_bytes())
        for file in resources.files(__name__).iterdir()
        if file.name.endswith(".txt")
    )
    return hashlib.sha256(repr(texts).encode()).hexdigest()[:12]
