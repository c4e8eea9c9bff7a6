"""Trains and bundles the models that come with the lab: `make starter`, minutes on two cores.

The recipe is the two commands below, as any user could type them. Predictions on the test split
are not kept, since they hold text of others: they are computed when asked for.
"""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from assets.bundling import BUNDLE, bundle, lab

PRETRAIN = (
    "pretrain --corpus shakespeare+tweets+conversations --preset tiny --vocab-size 1024 "
    "--d-model 128 --context-length 256 --batch-size 8 --learning-rate 3e-3 --steps 4000 "
    "--eval-every 200 --checkpoint-every 200 --log-every 10 --seed 1"
)
FINETUNE = "finetune --task classify --data sms-spam --model starter --train all --seed 1"
SNAPSHOTS = {"starter": (1, 100, 1000), "starter-spam": ()}
NAMES = {"starter": "Starter model", "starter-spam": "Spam classifier from the starter"}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, command in (("starter", PRETRAIN), ("starter-spam", FINETUNE)):
            run = Path(folder) / name
            lab([*command.split(), "--run-dir", str(run)])
            bundle(run, BUNDLE / name, NAMES[name], SNAPSHOTS[name])


if __name__ == "__main__":
    main()
