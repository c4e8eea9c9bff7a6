"""Finetune a classifier: a language model learns to put texts into classes."""

from ui.classifier import VIEWS
from ui.page import code_behind, guarded, header
from ui.session import CLASSIFIER_VIEW
from ui.views import chosen_view
from ui.warm import warm_up

PYTHON = """
from llmcore import models
from llmcore.execution import launch
from llmcore.recipes.classification import plan_classify
from llmcore.runs import RunStore

store = RunStore()
config = plan_classify("sms-spam", trainable="auto")  # the bundled model is the default
run_id = store.mint_id(config.name)
launch.start(run_id, config, store)
# once it has finished:
print(store.open(run_id).result()["test"])
print(models.classify_texts(models.load(run_id), ["You won a prize, call now!"]))
"""
CLI = """
python -m llmcore finetune --task classify --data sms-spam
python -m llmcore classify --model RUN_ID "You won a prize, call now!"
python -m llmcore learning-curve --data sms-spam
"""

header(
    "Finetune a classifier",
    "A small head on **what the language model made of the text** turns it into a classifier. "
    "Watch validation accuracy climb within seconds, compare the untouched test split with "
    "earlier methods, then try texts of your own.",
)
with guarded():
    VIEWS[chosen_view(CLASSIFIER_VIEW, VIEWS)].show()
code_behind(PYTHON, CLI)
warm_up(delay=1.0)
