"""The machine that a process runs on."""

import os


def cores() -> int:
    """That this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def free_memory() -> float:
    """Octets that a process may still take without others losing theirs; infinite where the system does not say."""
    try:
        with open("/proc/meminfo", encoding="ascii") as told:
            free = next(int(line.split()[1]) for line in told if line.startswith("MemAvailable:"))
    except (OSError, StopIteration):
        return float("inf")
    return free * 1024.0


def check_room(what: str, octets: float) -> None:
    """ValueError, one line that begins with `what`, where so much does not fit into the memory that is free."""
    free = free_memory()
    if octets > free:
        raise ValueError(f"{what} would take {octets / 2**30:,.1f} GiB of memory, and {free / 2**30:,.1f} are free")
