"""How many processor cores may be used."""

import os


def usable_cores() -> int:
    """Processor cores this process may use: a container has fewer than the machine."""
    affinity = getattr(os, "sched_getaffinity", None)  # not on macOS
    return len(affinity(0)) if affinity else os.cpu_count() or 1
