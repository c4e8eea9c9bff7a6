"""What sleeping instead of spinning OpenMP threads give a training that shares its cores.

    python benchmarks/shared_cores.py

The same 30 training steps, with and without OMP_WAIT_POLICY=PASSIVE (llmcore.device.share_cores),
side by side in alternation: on a quiet machine, and beside a neighbour that keeps one core busy.
Prints tokens per second (median of the steps, then of the repetitions) and their ratio.
"""

import os
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REPETITIONS = 3
STEPS = """
import statistics, time, torch
from llmcore.presets import preset_named
from llmcore.nn.model import GPT, next_token_loss
preset = preset_named("tiny")
model = GPT(preset.model)
optimizer = torch.optim.AdamW(model.parameters(), fused=True)
ids = torch.randint(0, 1024, (preset.train.batch_size, preset.model.context_length))
seconds = []
for _ in range(30):
    began = time.perf_counter()
    next_token_loss(model, ids, ids.roll(-1, 1)).backward()
    optimizer.step()
    optimizer.zero_grad()
    seconds.append(time.perf_counter() - began)
print(ids.numel() / statistics.median(seconds[5:]))
"""


def tokens_per_second(policy: str) -> float:
    environment = {**os.environ, "OMP_WAIT_POLICY": policy}
    done = subprocess.run(
        [sys.executable, "-c", STEPS], cwd=ROOT, env=environment, capture_output=True, check=True
    )
    return float(done.stdout)


def main() -> None:
    for name, n_neighbours in (("quiet machine", 0), ("one busy neighbour", 1)):
        neighbours = [
            subprocess.Popen([sys.executable, "-c", "while True: pass"])
            for _ in range(n_neighbours)
        ]
        try:
            rates: dict[str, list[float]] = {"ACTIVE": [], "PASSIVE": []}
            for _ in range(REPETITIONS):
                for policy, values in rates.items():
                    values.append(tokens_per_second(policy))
        finally:
            for neighbour in neighbours:
                neighbour.kill()
        spin, sleep = (statistics.median(rates[policy]) for policy in ("ACTIVE", "PASSIVE"))
        print(f"{name}: spinning {spin:,.0f}, sleeping {sleep:,.0f} tokens/s, "
              f"ratio {sleep / spin:.2f}")  # fmt: skip


if __name__ == "__main__":
    main()
