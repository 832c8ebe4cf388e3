"""The page is made of what Gradio documents: an upgrade may change everything else.

What Gradio serves to browsers is listed beside it, in `tests/ui/test_server_page.py`.
"""

import ast
import inspect
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.drill  # Gradio is slow to import

UI = Path(__file__).parents[2] / "ui"
MADE_OF_GRADIO = {
    path.relative_to(UI).as_posix(): ast.parse(source)
    for path in sorted(UI.rglob("*.py"))
    if re.search("(?:import|from) gradio", source := path.read_text("utf-8"))
}
STYLES = sorted((UI / "page" / "static").iterdir())


@pytest.fixture(scope="module")
def public():
    """What Gradio exports or documents: classes, functions, methods, events, attributes."""
    import gradio
    from gradio_client.documentation import classes_to_document  # what its website is made of

    names = {*gradio.__all__, *gradio.themes.__all__, "themes"}
    names |= {f"components.{name}" for name in gradio.components.__all__}
    for documented in classes_to_document.values():
        for thing, methods in documented:
            source = inspect.getsource(thing)
            names |= {thing.__name__, *(str(method).lstrip("*") for method in methods)}
            # attributes that a docstring follows, or that the class's own speaks of
            names |= set(re.findall(r"self\.(\w+)\b(?:(?!self\.).)*?\n +\"\"\"", source, re.S))
            names |= set(re.findall(r"`(\w+)`", inspect.getdoc(thing) or ""))
    return names


@pytest.fixture(scope="module")
def internal(public):
    """Every other name of Gradio's source, but those that Python or this project has as well."""
    import gradio

    root = Path(gradio.__file__).parent
    sources = (path.read_text("utf-8") for path in root.rglob("*.py"))
    found = {name for text in sources for name in re.findall(r"(?:def |class |self\.)(\w+)", text)}
    kinds = (str, bytes, list, dict, tuple, Path, re.Pattern, re.Match, Exception)
    python = {name for kind in kinds for name in dir(kind)}
    return found - public - python - ours()


def ours():
    """Names that this project gives: functions, classes, attributes, fields."""
    names = set()
    for package in ("ui", "assistant", "index"):
        for path in (UI.parent / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    names.add(node.name)
                elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                    names.add(node.attr)
                elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                    names.add(node.target.id)
    return names


def imported(tree):
    """Names that a module takes from Gradio itself: "Blocks" of `gr.Blocks` or of an import."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module.partition(".")[0] == "gradio":
            yield from (f"{node.module}.{one.name}".removeprefix("gradio.") for one in node.names)
        elif isinstance(node, ast.Attribute) and getattr(node.value, "id", "") in ("gr", "gradio"):
            yield node.attr


def asked(tree):
    """Names that a module asks objects for, Gradio's among them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            yield node.attr
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "getattr":
            yield ast.literal_eval(node.args[1])


@pytest.mark.parametrize("name", MADE_OF_GRADIO)
def test_a_module_uses_documented_names_of_gradio_only(name, public, internal):
    assert set(imported(MADE_OF_GRADIO[name])) <= public
    assert set(asked(MADE_OF_GRADIO[name])) & internal == set()


@pytest.mark.parametrize(
    "line",
    [
        *("from gradio import utils", "from gradio.utils import get_upload_folder"),
        *("gr.routes.App", "page.get_config_file()", "getattr(app, 'stop_event')"),
    ],
)
def test_an_internal_name_is_found(line, public, internal):
    tree = ast.parse(line)
    assert set(imported(tree)) - public or set(asked(tree)) & internal


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_scripts_and_styles_know_no_class_of_gradios_markup(path):
    """Its documentation names one, `dark` of the body; the others change with a version."""
    text = path.read_text("utf-8")
    classes = re.findall(r"[\w\])]\.([a-z][\w-]*)\s*[{,:>]", text) if path.suffix == ".css" else ()
    assert set(classes) <= {"dark"}
    assert not re.search(r"svelte-|gradio-|\.(?:gr|gap|block|form|wrap|prose)\b", text)
