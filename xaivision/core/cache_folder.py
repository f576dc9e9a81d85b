"""Where what can be had again is kept for this user."""

import os
from pathlib import Path


def cache_directory() -> Path | None:
    """`$XDG_CACHE_HOME/xaivision` or `~/.cache/xaivision`; None where there is no home."""
    given = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if given.is_absolute():  # the XDG rule: a relative path there counts as none
        return given / "xaivision"
    try:
        return Path.home() / ".cache" / "xaivision"
    except RuntimeError:
        return None
