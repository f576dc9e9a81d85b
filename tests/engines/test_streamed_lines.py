"""Lines through streamed steps: equal to those through all steps at once, whatever a part holds."""

import pytest
import torch

from xaivision.core.errors import InputError
from xaivision.engines import streamed_lines
from xaivision.engines.ridge import weighted_ridge

ROWS = torch.randn(60, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64) + 0.5
BENT = torch.stack([ROWS.sin().sum(1) + 7, (ROWS[:, 0] * ROWS[:, 1]) - 3 * ROWS[:, 3], torch.full((60,), 2.5).double()], 1)


def found(at_once, intercept=True):
    parts = [range(start, min(start + at_once, 60)) for start in range(0, 60, at_once)]
    place = {tuple(row): number for number, row in enumerate(ROWS.tolist())}
    ask = lambda rows: BENT[[place[tuple(row)] for row in rows.tolist()]]  # noqa: E731
    return streamed_lines.streamed_lines(parts, lambda part: ROWS[part.start : part.stop], ask, intercept)


def check_lines_are_those_through_all_steps_at_once():
    for intercept in (True, False):
        for at_once in (60, 7, 1):
            for one, line in enumerate(found(at_once, intercept)):
                expected = weighted_ridge(ROWS, BENT[:, one], torch.ones(60).double(), 0.0, intercept)
                torch.testing.assert_close(line.coefficients, expected.coefficients, atol=1e-12, rtol=1e-10)
                torch.testing.assert_close(line.standard_errors, expected.standard_errors, atol=1e-12, rtol=1e-10)
                assert line.intercept == pytest.approx(expected.intercept, abs=1e-10)
                assert line.fit == pytest.approx(expected.fit, abs=1e-10)


def check_what_does_not_vary_has_no_slope_and_no_error():
    constant = found(7)[2]
    assert not constant.coefficients.any()
    assert not constant.standard_errors.any()
    assert (constant.intercept, constant.fit) == (2.5, 1.0)


def test_lines_are_those_through_all_steps_at_once():
    check_lines_are_those_through_all_steps_at_once()


def test_what_does_not_vary_has_no_slope_and_no_error():
    check_what_does_not_vary_has_no_slope_and_no_error()


def test_steps_that_do_not_tell_features_apart_are_refused():
    same = torch.ones(6, 2, dtype=torch.float64)
    with pytest.raises(InputError, match="need rows that tell them apart"):
        streamed_lines.streamed_lines([range(6)], lambda part: same[part.start : part.stop], lambda rows: rows[:, :1])


def test_no_more_than_one_part_of_the_steps_is_asked_for():
    asked = []

    def steps(part):
        asked.append(len(part))
        return ROWS[part.start : part.stop]

    streamed_lines.streamed_lines([range(30), range(30, 60)], steps, lambda rows: rows.sum(1, keepdim=True))
    assert max(asked) == 30
