"""The launcher: settles what has to be settled before torch is imported."""

import os
import sys


def main() -> None:
    """Run the command line and leave with its exit code."""
    # Without this, torch's threads spin while they wait; on busy cores that costs fifty times the work.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    from xaivision.cli import run

    sys.exit(run())


if __name__ == "__main__":
    main()
