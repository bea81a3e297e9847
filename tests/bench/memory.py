"""How much memory this process has used at its peak."""

from pathlib import Path


def peak_mb() -> float:
    """Resident memory in MB; 0 where /proc does not tell."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    peak = next((line.split()[1] for line in lines if line.startswith("VmHWM:")), "0")
    return int(peak) / 1024
