from io import StringIO

import pytest
from rich.console import Console
from rich.progress import Progress

from xaivision.core.progress import reporting, track
from xaivision.terminal import LineReporter, TerminalReporter, _Standing, doing, progress


def test_a_bar_follows_the_work_and_goes_with_it():
    bars = Progress(console=Console(file=StringIO(), force_terminal=True))
    with bars, reporting(TerminalReporter(bars)):
        for part in track(range(4), "work"):
            assert [(task.description, task.completed, task.total) for task in bars.tasks] == [("work", part, 4)]
    assert bars.tasks == []


def test_a_bar_goes_when_the_work_fails():
    bars = Progress(console=Console(file=StringIO(), force_terminal=True))
    with bars, reporting(TerminalReporter(bars)):
        work = track(range(4), "work")
        next(work)
        with pytest.raises(ZeroDivisionError):
            work.throw(ZeroDivisionError)
        assert bars.tasks == []


def test_a_log_gets_a_line_a_minute_of_all_work_that_is_being_done():
    lines, now = [], [0.0]
    with reporting(LineReporter(lines.append, lambda: now[0])):
        for _ in track(range(2), "outer"):
            for _ in track(iter("abc"), "inner"):
                now[0] += 25
    assert lines == ["outer 0/2; inner", "outer 1/2; inner"]


def test_nothing_is_shown_of_a_moment_where_there_is_no_terminal(capsys):
    with progress():
        list(track(range(3), "work"))
    assert capsys.readouterr() == ("", "")


def test_work_of_unknown_length_is_shown_by_name_while_it_lasts_and_its_result_comes_back():
    bars = Progress(console=Console(file=StringIO(), force_terminal=True))
    with bars, reporting(TerminalReporter(bars)):
        shown = doing("loading a [bold]model", lambda: [(task.description, task.total) for task in bars.tasks])
        assert shown == [("loading a [bold]model", None)]
        assert bars.tasks == []
        with pytest.raises(ZeroDivisionError):
            doing("dividing", lambda: 1 / 0)


def test_a_bar_tells_what_is_left_and_a_spinner_the_time_alone():
    out = StringIO()
    column = _Standing()
    bars = Progress(column, console=Console(file=out, force_terminal=True), get_time=lambda: 0.0)
    known, unknown = bars.add_task("known", total=4, completed=1), bars.add_task("unknown", total=None)
    tasks = {task.id: column.render(task).plain for task in bars.tasks}
    assert tasks[known] == "1/4  0:00"
    assert tasks[unknown] == "0:00"
