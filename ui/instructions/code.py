"""What the page does, in Python and on the command line."""

PYTHON = """
from llmcore.execution import launch
from llmcore.runs import RunStore
from llmcore.recipes.instructions import plan_instruct

store = RunStore()
config = plan_instruct("airline-support")            # the bundled model is the default
run_id = store.mint_id(config.name)
launch.start(run_id, config, store)
# once it has finished:
print(store.open(run_id).result()["test"]["by_holdout"])
"""
CLI = """
python -m llmcore finetune --task instruct --data airline-support --train lora
python -m llmcore finetune --task instruct --data my-alpaca.json --template alpaca
"""
