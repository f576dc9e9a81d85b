from io import StringIO

import pytest
from rich.console import Console
from rich.progress import Progress

from xaivision.core.progress import reporting, track
from xaivision.terminal import TerminalReporter, progress


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


def test_nothing_is_shown_where_there_is_no_terminal(capsys):
    with progress():
        list(track(range(3), "work"))
    assert capsys.readouterr() == ("", "")
