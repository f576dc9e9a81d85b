"""A published finding, looked for in miniature: it holds here, does not hold here, or cannot be tested here; with numbers."""

from dataclasses import dataclass
from typing import Literal

Standing = Literal["holds", "does not hold", "not testable here"]


@dataclass(frozen=True)
class Finding:
    """`claim` as published by `source`; `numbers`: what was measured here, in a sentence."""

    claim: str
    source: str
    standing: Standing
    numbers: str
