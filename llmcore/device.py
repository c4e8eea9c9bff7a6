"""Which device computes, and what this machine has. torch is imported only if it is needed."""

import os
import platform
from pathlib import Path

from llmcore.errors import LabError


def share_cores() -> None:
    """Lets OpenMP threads sleep while they wait, instead of spinning. Call before torch loads.

    A training thread shares its cores with the page, the browser and whatever else runs; threads
    that spin at each barrier then slow themselves down several times (docs/measured.md).
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def choose_device(name: str = "auto") -> str:
    """`cpu`, `cuda` or `mps`. Raises LabError for a device that is not on this machine."""
    import torch

    has_cuda = torch.cuda.is_available()
    has_mps = torch.backends.mps.is_available()
    if name == "auto":
        return "cuda" if has_cuda else "mps" if has_mps else "cpu"
    present = {"cpu": True, "cuda": has_cuda, "mps": has_mps}
    if name.split(":")[0] not in present:
        raise LabError(f"There is no device {name!r}: choose auto, cpu, cuda or mps.")
    if not present[name.split(":")[0]]:
        raise LabError(f"This machine has no {name}: choose auto or cpu.")
    return name


def choose_precision(name: str, device: str) -> str:
    """`fp32` or `bf16` for a device; `auto` takes bf16 if the chip multiplies it itself.

    On processors that do not, bf16 is emulated and slower than fp32.
    """
    if name != "auto":
        return name
    import torch

    if device.startswith("cuda"):
        native = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        chip = torch.cpu.get_capabilities() if device == "cpu" else {}
        native = bool(chip.get("avx512_bf16") or chip.get("amx_bf16") or chip.get("bf16"))
    return "bf16" if native else "fp32"


def torchrun_place() -> tuple[int, int, int]:
    """(rank, number of processes, rank on this machine) as torchrun tells them; (0, 1, 0) alone.

    Raises LabError if the environment holds something else."""
    try:
        rank, size, local = (
            int(os.environ.get(name, default))
            for name, default in (("RANK", "0"), ("WORLD_SIZE", "1"), ("LOCAL_RANK", "0"))
        )
    except ValueError:
        raise LabError("RANK, WORLD_SIZE and LOCAL_RANK must be numbers: use torchrun.") from None
    return rank, size, local


def available_memory_bytes() -> int:
    """Memory that a new run can still take, the container's own limit included."""
    import psutil

    available = psutil.virtual_memory().available
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
        used = Path("/sys/fs/cgroup/memory.current").read_text().strip()
    except OSError:
        return available
    return available if limit == "max" else min(available, max(0, int(limit) - int(used)))


def oom_kills() -> int | None:
    """How many processes this system has killed for want of memory; None if it does not say."""
    found = []
    for path in ("/proc/vmstat", "/sys/fs/cgroup/memory.events"):
        try:
            lines = Path(path).read_text().splitlines()
        except OSError:
            continue
        found += [int(line.split()[1]) for line in lines if line.startswith("oom_kill ")]
    return sum(found) if found else None


def host_name() -> str:
    return platform.node() or "unknown"


def boot_id() -> str:
    """Changes with every start of the machine, so that a pid of yesterday means nothing today."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        import psutil

        return str(int(psutil.boot_time()))


def process_start(pid: int) -> float | None:
    """When process `pid` started (seconds since the epoch), or None if there is none."""
    import psutil

    try:
        return psutil.Process(pid).create_time()
    except (psutil.Error, OSError, ValueError):
        return None


def lower_priority_of_this_thread(nice: int = 5) -> None:
    """Linux schedules threads one by one: the page stays quick while a thread trains."""
    try:
        import threading

        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), nice)
    except (AttributeError, OSError):
        return
