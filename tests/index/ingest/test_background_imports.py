"""Imports in a thread: in order, once, and an error is raised where the import is needed."""

import threading

import pytest

from index.ingest.background_imports import BackgroundImports


def test_functions_are_called_in_a_thread_in_their_order_and_once():
    called = []

    def first():
        called.append(("first", threading.current_thread() is threading.main_thread()))

    def second():
        called.append(("second", threading.current_thread() is threading.main_thread()))

    imports = BackgroundImports(first, second)
    with imports:
        imports.start()
        imports.start()
        imports.wait(second)
        assert called == [("first", False), ("second", False)]


def test_an_error_is_raised_by_wait_and_not_before():
    def broken():
        raise ImportError("no such library")

    imports = BackgroundImports(broken)
    with imports:
        imports.start()
        with pytest.raises(ImportError):
            imports.wait(broken)
