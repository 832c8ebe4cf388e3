"""The smallest real model, for tests marked `real`."""

from pathlib import Path

from assistant.core.settings import load
from assistant.models.store import ModelStore

NAME = "smollm2-135m-instruct"


def small_model_path() -> Path:
    """Its GGUF file; a missing one is an error that names the command to pull it."""
    return ModelStore(load().cache).path(NAME)
