"""What methods that sample Shapley values say of how well they know them."""

from torch.nn.utils.rnn import pad_sequence

from xaivision.core.diagnostics import Note, Status
from xaivision.core.question import Question
from xaivision.engines.shapley_estimate import ShapleyEstimate
from xaivision.explainers.doubts import chance_doubts
from xaivision.explainers.shapley_budget import Sampling

ADJUSTED = "the regression is of what boosted trees leave of the game (`adjust`)"


def sampling_doubts(q: Question, found: list[ShapleyEstimate], settings: Sampling) -> None:
    """Say of each input how well its values are known, and doubt what is mostly chance."""
    said: dict[tuple[Status, str], list[int]] = {}
    for index, one in enumerate(found):
        said.setdefault(_standing(one, settings), []).append(index)
        if one.adjusted:
            said.setdefault(("ok", ADJUSTED), []).append(index)
    for (status, text), inputs in said.items():
        q.note(Note(status, text, tuple(inputs)))
    known = [one.values.new_zeros(len(one.values)) if one.standard_error is None else one.standard_error for one in found]
    moved = [error * bool(one.values.any()) for error, one in zip(known, found, strict=True)]  # a constant game is no chance
    values = pad_sequence([one.values for one in found], batch_first=True)
    chance_doubts(q, values, pad_sequence(moved, batch_first=True), "budget")


def _standing(found: ShapleyEstimate, settings: Sampling) -> tuple[Status, str]:
    if found.exact:
        every = found.coalitions == 1 << len(found.values)
        which = f"all {found.coalitions:,} coalitions" if every else f"the {found.coalitions:,} coalitions that matter"
        return "ok", f"{which} were scored: the values are exact"
    if found.standard_error is None:
        return "warn", "one order of the players there and back says nothing of its own error; take a larger `budget`"
    aim, top = settings.target_error, min(settings.top, len(found.values))
    width = found.widest_of_top(top)
    reached = f"after {found.coalitions:,} coalitions the 95 % intervals of the {top} largest values are within ± {width:.3g}"
    if aim is not None and not width <= aim:
        return "warn", f"{reached}, and not ± {aim:.3g} as asked; take a larger `budget`"
    return "ok", reached
