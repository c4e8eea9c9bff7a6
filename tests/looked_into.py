"""The models that the Attention page is tested on; a new shape is one line more in each list.

MODELS are random, in memory: of the lab's own shape, and with an untied head and more layers.
STORED are references that the page opens: bundled ones, and what `stored` makes in the store.
"""

import shutil
from pathlib import Path

from random_models import loaded
from tiny import TEXT, spam_table
from variant_shapes import VARIANTS

from llmcore.config import DataConfig, ModelConfig, RunConfig, TrainConfig
from llmcore.execution.launch import run_foreground
from llmcore.models import clear_cache
from llmcore.recipes.classification import plan_classify
from llmcore.runs import RunStore
from llmcore.tokenizers import train_bpe

MODELS = {
    "lab": loaded,
    "untied": lambda **more: loaded(tied_head=False, n_layers=3, **more),
    "modern": lambda **more: loaded(**VARIANTS["all"], **more),
}
STORED = ("starter", "base", "starter-spam", "probe", "imported-gpt2", "modern-run")


def stored(name: str, folder: Path) -> str:
    """The reference of a model by its name in STORED; what is made is kept in `folder`."""
    makers = {"imported-gpt2": _imported_gpt2, "modern-run": _modern_run, "probe": _probe}
    if name not in makers:
        return name
    kept = folder / name
    if not kept.exists():
        makers[name](folder, kept)
    store = RunStore()
    run_id = store.mint_id(name)
    clear_cache()
    shutil.copytree(kept, store.directory(run_id))
    return run_id


def _imported_gpt2(folder: Path, target: Path) -> None:
    """A random model that transformers made and saved, imported as a run."""
    import torch
    import transformers

    from llmcore.convert.hf_tokenizer import write_tokenizer
    from llmcore.convert.import_model import import_model, locate

    transformers.utils.logging.disable_progress_bar()
    torch.manual_seed(0)
    source = folder / "tiny-gpt2"
    shape = {"vocab_size": 300, "n_positions": 32, "n_embd": 24, "n_layer": 2, "n_head": 3}
    ends = {"pad_token_id": 299, "eos_token_id": 299, "bos_token_id": 299}
    model = transformers.GPT2LMHeadModel(transformers.GPT2Config(**shape, **ends)).eval()
    model.save_pretrained(source)
    write_tokenizer(train_bpe([TEXT], 300), source, 32)
    import_model(locate(str(source)), target, "tiny-gpt2")


def _modern_run(folder: Path, target: Path) -> None:
    """A short run of a model with RoPE, RMSNorm, SwiGLU and grouped-query attention."""
    corpus = folder / "corpus.txt"
    corpus.write_text(TEXT)
    shape = ModelConfig(
        vocab_size=257, context_length=32, n_layers=2, n_heads=2, d_model=32, **VARIANTS["all"]
    )
    config = RunConfig(
        kind="pretrain", name="modern", model=shape, data=DataConfig(source=str(corpus)),
        tokenizer="bytes", train=TrainConfig(steps=3, batch_size=4, device="cpu"),
    )  # fmt: skip
    run_foreground(target, config)


def _probe(folder: Path, target: Path) -> None:
    """A classifier whose head reads every layer."""
    config = plan_classify("t.csv", "starter", "probe", table=spam_table())
    run_foreground(target, config, spam_table())
