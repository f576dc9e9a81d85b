"""Faults for lines through streamed steps."""

import test_streamed_lines
from engine_mutants import Mutant

MUTANTS = (
    Mutant(
        "the products are not centered",
        "streamed_lines",
        "sums.products - count * center[:, None] * center",
        "sums.products",
        test_streamed_lines.check_lines_are_those_through_all_steps_at_once,
    ),
    Mutant(
        "a line without an intercept starts from the first value",
        "streamed_lines",
        "if intercept else -sums.first",
        "if intercept else torch.zeros_like(sums.first)",
        test_streamed_lines.check_lines_are_those_through_all_steps_at_once,
    ),
    Mutant(
        "residuals are taken as they are, without their leverages",
        "streamed_lines",
        "told = left / (1 - leverage)",
        "told = left / (1 - 0 * leverage)",
        test_streamed_lines.check_lines_are_those_through_all_steps_at_once,
    ),
    Mutant(
        "only the last part is counted in the errors",
        "streamed_lines",
        "spread += reach.square().T",
        "spread = reach.square().T",
        test_streamed_lines.check_lines_are_those_through_all_steps_at_once,
    ),
    Mutant(
        "rounding of a constant is a slope",
        "streamed_lines",
        "moments[:, (sums.values == 0).all(0)] = 0",
        "moments[:, (sums.values == 0).all(0)] = 1e-16",
        test_streamed_lines.check_what_does_not_vary_has_no_slope_and_no_error,
    ),
)
