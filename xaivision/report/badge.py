"""The word that stands beside a method's name: its verdict, or that it is a control."""

from typing import Literal

from xaivision.core.diagnostics import Status
from xaivision.core.verdict import Verdict

Badge = Status | Literal["control"]

# Always beside the word: nobody has to tell the marks or their colors apart.
BADGE_MARKS: dict[Badge, str] = {
    "ok": "\N{CHECK MARK}",
    "warn": "!",
    "refuse": "\N{MULTIPLICATION X}",
    "control": "\N{WHITE CIRCLE}",
}


def badge_of(verdict: Verdict, control: bool) -> Badge:
    """The word for a verdict; a control that nothing speaks against is called what it is, never `ok`."""
    return "control" if control and verdict.status == "ok" else verdict.status
