"""The clock of a search with a limit: many rows are asked about in few calls, and the end comes in time."""

import pytest

from xaivision.explainers import search_clock
from xaivision.explainers.search_clock import Clock

SECONDS = 4.0


class Time:
    """A clock that moves by what is asked of a model: `call` seconds a call, and `row` a row."""

    def __init__(self, call, row):
        self.now, self.call, self.row, self.calls = 0.0, call, row, 0

    def perf_counter(self):
        return self.now

    def asks(self, clock, rows):
        """How many of the rows were asked about before time was up."""
        asked = 0
        while asked < rows and (count := clock.rows(rows - asked)):
            began = self.now
            self.now += self.call + self.row * count
            self.calls += 1
            clock.asked(count, began)
            asked += count
        return asked


@pytest.fixture
def searching(monkeypatch):
    def begun(call, row):
        moved = Time(call, row)
        monkeypatch.setattr(search_clock, "time", moved)
        clock = Clock(SECONDS, 0.0)
        moved.now += call  # the inputs themselves
        clock._call = call
        return moved, clock

    return begun


def test_a_model_whose_calls_cost_more_than_its_rows_is_asked_about_all_in_few_calls(searching):
    """As a forest is: its calls about few rows say nothing of what a row takes."""
    moved, clock = searching(call=0.05, row=1e-5)
    for _ in range(8):
        assert moved.asks(clock, 5) == 5
    assert moved.asks(clock, 5000) == 5000
    assert moved.calls <= 8 + 12


@pytest.mark.parametrize(("call", "row"), [(1e-4, 1e-3), (0.05, 1e-3), (0.0, 0.02)])
def test_time_is_used_and_not_exceeded(searching, call, row):
    moved, clock = searching(call, row)
    moved.asks(clock, 7)
    asked = moved.asks(clock, 10**6)
    assert 0 < asked < 10**6
    assert 0.6 * SECONDS < moved.now <= SECONDS
