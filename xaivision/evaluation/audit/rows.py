"""Rows: the one tidy table that an audit gathers, and all that its findings are drawn from."""

from typing import NamedTuple

# What a control that draws at random calls its single draws: "draw 0", "draw 1", ...
DRAW = "draw "
# The rows that say how far two explanations of an item agree have this for a metric, and the two labels for a method.
AGREEMENT, BETWEEN = "agreement", "|"


class Row(NamedTuple):
    """What one metric said of one method's answer about one item.

    `variant` "": the answer itself; "reversed": its ranking turned round; "draw 0", "draw 1", ...: single draws of a control
    that is chance, whose "" is their mean. `metric` is "" in a row that says that explaining failed, and `method` as well
    where the item itself could not be read or scored; `target` is -1 there. `value` is NaN where undefined or failed, `error`
    one sentence where something failed. `verdict` is the explanation's: "ok", "warn", "refuse"; "" for controls.
    """

    item: str
    target: int
    method: str
    variant: str
    metric: str
    value: float
    error: str
    verdict: str
