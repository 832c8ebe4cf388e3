"""A fingerprint of the code that makes answers."""

from pathlib import Path

from index.core.articles import fingerprint
from index.core.disk import file_sha256

_OURS = ("assistant", "index", "prompts")  # packages whose code can change an answer
_CODE = (".py", ".txt", ".toml")


def code_version(*others: str) -> str:
    """Sixteen hex digits that change when any file of `_OURS` or of the folders `others` does."""
    root = Path(__file__).parents[2]
    files = sorted(
        path
        for package in (*_OURS, *others)
        for path in (root / package).rglob("*")
        if path.suffix in _CODE and "__pycache__" not in path.parts
    )
    parts = [
        part for path in files for part in (path.relative_to(root).as_posix(), file_sha256(path))
    ]
    return fingerprint(*parts)[:16]
