"""What the Runs page does, in Python and on the command line."""

PYTHON = """
from pathlib import Path

from llmcore.convert.export import export_model
from llmcore.convert.import_model import import_model, locate
from llmcore.models import load
from llmcore.execution import launch
from llmcore.runs import RunStore

store = RunStore()
for info in store.list():
    print(info.id, info.name, info.state, info.step, info.n_bytes)
store.rename(RUN_ID, "my first model")
launch.resume(RUN_ID, store)
export_model(load(RUN_ID), "gguf", Path("model.gguf"))
import_model(locate("gpt2"), store.directory(store.mint_id("gpt2")))
"""
CLI = """
python -m llmcore runs list
python -m llmcore runs show RUN_ID
python -m llmcore runs rename RUN_ID "my first model"
python -m llmcore runs resume RUN_ID
python -m llmcore runs delete RUN_ID
python -m llmcore runs export RUN_ID --out run.zip
python -m llmcore runs import run.zip
python -m llmcore export --model RUN_ID --format hf --out a-new-folder
python -m llmcore import-model gpt2
"""
