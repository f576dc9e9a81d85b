"""A program run in a process of its own, and the most memory it held there."""

import subprocess
import sys

# By the books of its own memory: what `getrusage` says starts at the size of the process that started it, and a test process
# late in a run is larger than what is measured.
TOLD = """
print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
"""


def told_and_peak(program: str) -> tuple[str, float]:
    """What the program printed, and its peak of resident memory in GiB."""
    done = subprocess.run([sys.executable, "-c", program + TOLD], capture_output=True, text=True, check=True)
    *told, kibibytes = done.stdout.splitlines()
    return "\n".join(told), int(kibibytes) / 2**20
