"""What each view of the Pretrain page does, in Python and on the command line."""

VARIANTS_PYTHON = """
from llmcore.execution import launch
from llmcore.experiments.variants.cells import VariantCurves
from llmcore.experiments.variants.plan import plan_variants
from llmcore.runs import RunStore

store = RunStore()
directory = store.directory(store.mint_id("variants"))
launch.run_foreground(directory, plan_variants("shakespeare", quick=True))
for result in VariantCurves(store.open(directory.name)).results():
    print(result.variant, result.parameters, result.bits_per_byte, result.tokens_per_s,
      result.cache_bytes)
"""
VARIANTS_CLI = """
python -m llmcore compare-variants
python -m llmcore compare-variants --seeds 3 --variants rope,all --json
python -m llmcore pretrain --corpus shakespeare --position rope --norm rms --feed-forward swiglu --n-kv-heads 2
"""  # noqa: E501
TRAIN_PYTHON = """
from llmcore.execution import launch
from llmcore.recipes.pretraining import plan_pretrain
from llmcore.runs import RunStore

store = RunStore()
config = plan_pretrain("shakespeare", preset="tiny")
run_id = store.mint_id(config.name)
launch.start(run_id, config, store)                  # returns at once; a thread trains
steps, losses = store.open(run_id).metrics().series("train", "loss")
"""
TRAIN_CLI = """
python -m llmcore preflight --corpus shakespeare --preset tiny
python -m llmcore pretrain --corpus shakespeare --preset tiny
python -m llmcore generate --model RUN_ID --prompt "My lord, "
"""
_CODE = {"train": (TRAIN_PYTHON, TRAIN_CLI), "variants": (VARIANTS_PYTHON, VARIANTS_CLI)}


def code_of(view: str) -> tuple[str, str]:
    """Python and command line of a view."""
    return _CODE[view]
