"""Models of sentence-transformers, tiny ones made here: as embedder, as reranker, by hub id."""

import json
import shutil
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from assistant.container import App
from index.core.errors import UsageError, UserError
from index.embedding.embedders import SentenceTransformerEmbedder
from index.retrieval.reranker import CrossEncoderReranker

pytestmark = pytest.mark.drill  # importing torch takes ten seconds

LOADS = {one: one.__init__ for one in (SentenceTransformerEmbedder, CrossEncoderReranker)}
TEXTS = [
    "The dike broke at Lower Brask.",
    "Zoë Lind baked 90 loaves.",
    "Rain fell for a week. " * 40,
]
WHERE = "Where did the dike break?"
PROMPTS = {"query": "where: ", "document": ""}


@pytest.fixture(autouse=True)
def these_may_be_loaded(monkeypatch, no_real_models):
    for one, load in LOADS.items():
        monkeypatch.setattr(one, "__init__", load)


def tiny_bert(folder: Path, kind: str, **config) -> Path:
    """A BERT of one layer with random weights, and its tokenizer."""
    import transformers
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    letters = "abcdefghijklmnopqrstuvwxyz0123456789.?:"
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *letters, *(f"##{one}" for one in letters)]
    pieces = Tokenizer(
        models.WordPiece({word: number for number, word in enumerate(words)}, unk_token="[UNK]")
    )
    pieces.normalizer = normalizers.BertNormalizer()
    pieces.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    pieces.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=pieces,
        model_max_length=64,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
    )
    sizes = {"hidden_size": 16, "num_attention_heads": 2, "intermediate_size": 16}
    made = transformers.BertConfig(
        vocab_size=len(words), num_hidden_layers=1, max_position_embeddings=64, **sizes, **config
    )
    transformers.set_seed(1)
    getattr(transformers, kind)(made).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> Path:
    """A folder with `embedder` and `reranker`."""
    from sentence_transformers import CrossEncoder, SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    root = tmp_path_factory.mktemp("models")
    read = Transformer(str(tiny_bert(root / "plain", "BertModel")))
    parts = [read, Pooling(read.get_embedding_dimension())]
    SentenceTransformer(modules=parts, prompts=PROMPTS).save(str(root / "embedder"))
    scored = tiny_bert(root / "scored", "BertForSequenceClassification", num_labels=1)
    CrossEncoder(str(scored)).save(str(root / "reranker"))
    return root


def app_with(tmp_path, **models: Path | str) -> App:
    chosen = {f"{part}.model": str(model) for part, model in models.items()}
    return App.open({"data": str(tmp_path / "data"), "cache": str(tmp_path / "cache"), **chosen})


def test_any_folder_embeds_with_the_prompts_it_was_saved_with(models, tmp_path):
    embedder = app_with(tmp_path, embedder=models / "embedder").embedder
    vectors = embedder.passages(TEXTS)
    assert (vectors.shape, vectors.dtype) == ((3, 16), np.float32)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    asked, written = embedder.question(WHERE), embedder.passages([PROMPTS["query"] + WHERE])
    assert np.allclose(asked, written, atol=1e-5)
    assert not np.allclose(asked, embedder.passages([WHERE]), atol=1e-4)
    assert embedder.name == "embedder"
    assert len(embedder.tokenize(TEXTS[2])) > 64  # not cut: passages are made by it


def test_a_prefix_of_the_settings_takes_the_place_of_the_models_own(models, tmp_path):
    app = App.open({"embedder.model": str(models / "embedder"), "embedder.question_prefix": "q: "})
    asked, written = app.embedder.question(WHERE), app.embedder.passages([f"q: {WHERE}"])
    assert np.allclose(asked, written, atol=1e-5)


def test_any_cross_encoder_scores_in_logits_that_do_not_depend_on_their_neighbours(
    models, tmp_path
):
    from sentence_transformers import CrossEncoder

    reranker = app_with(tmp_path, reranker=models / "reranker").reranker
    scores = reranker.score(WHERE, TEXTS)
    assert scores == [reranker.score(WHERE, [text])[0] for text in TEXTS]
    assert len(set(scores)) == 3
    shares = CrossEncoder(str(models / "reranker")).predict([(WHERE, text) for text in TEXTS])
    assert np.allclose(1 / (1 + np.exp(-np.array(scores))), shares, atol=1e-5)
    assert reranker.score(WHERE, []) == []
    assert reranker.count("the dike") == 7  # letters, by this vocabulary
    assert reranker.count("90") == 2


def test_articles_are_indexed_and_found_with_both(models, tmp_path):
    (tmp_path / "flood.txt").write_text(f"Title: Dike gives way\n\n{TEXTS[0]}")
    chosen = {"embedder": models / "embedder", "reranker": models / "reranker"}
    with closing(app_with(tmp_path, **chosen)) as app:
        app.ingest(lambda what, done, total: None).run([tmp_path / "flood.txt"])
        [found] = app.search.search(WHERE, 3)
    assert found.passage.text == TEXTS[0]
    [score] = app.reranker.score(WHERE, [f"Dike gives way. {TEXTS[0]}"])
    assert found.relevance == score


def test_a_hub_id_is_taken_from_the_cache_of_the_hub(models, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    for part in ("embedder", "reranker"):
        repo = tmp_path / "hub" / f"models--owner--tiny-{part}"
        shutil.copytree(models / part, repo / "snapshots" / "1234abc")
        (repo / "refs").mkdir()
        (repo / "refs" / "main").write_text("1234abc")
    app = app_with(tmp_path, embedder="owner/tiny-embedder", reranker="owner/tiny-reranker")
    assert app.embedder.name == "tiny-embedder"
    assert len(app.reranker.score(WHERE, TEXTS)) == 3
    with pytest.raises(UserError, match="hf download owner/other"):
        app_with(tmp_path, embedder="owner/other").embedder  # noqa: B018


@pytest.mark.parametrize("part", ["embedder", "reranker"])
def test_the_code_of_a_folder_is_not_run(models, tmp_path, part):
    folder = tmp_path / "foreign"
    shutil.copytree(models / part, folder)
    ran = tmp_path / "ran"
    (folder / "evil.py").write_text(f"import pathlib\npathlib.Path({str(ran)!r}).touch()\n")
    config = json.loads((folder / "config.json").read_text())
    names = ("AutoConfig", "AutoModel", "AutoModelForSequenceClassification")
    config |= {"auto_map": {name: "evil.Evil" for name in names}, "model_type": "evil"}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "modules.json").write_text(
        json.dumps([{"idx": 0, "name": "0", "path": "", "type": "evil.Evil"}])
    )
    with pytest.raises(UsageError, match="can be used offline"):
        getattr(app_with(tmp_path, **{part: folder}), part)
    assert not ran.exists()


def test_what_is_no_reranker_is_refused_in_one_line(models, tmp_path):
    with pytest.raises(UsageError, match="gives 3 numbers"):
        two = tiny_bert(tmp_path / "two", "BertForSequenceClassification", num_labels=3)
        app_with(tmp_path, reranker=two).reranker  # noqa: B018
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="is no CrossEncoder"):
        app_with(tmp_path, reranker=tmp_path / "empty").reranker  # noqa: B018
