import threading

import pytest
import torch
from core_subjects import Probe, convnet, drawn, state_of

from xaivision.core.errors import Cancelled, XaivisionError
from xaivision.core.progress import CancelToken, reporting, track
from xaivision.core.torch_classifier import TorchClassifier


class Recorder(list):
    """A reporter that is empty, and so false, until something has started."""

    def start(self, what, total):
        self.append(("start", what, total))
        return Recording(self, what)


class Recording:
    def __init__(self, record, what):
        self.record, self.what = record, what

    def __len__(self):
        return 0

    def advance(self):
        self.record.append(("advance", self.what))

    def finish(self):
        self.record.append(("finish", self.what))


def test_a_reporter_sees_the_start_every_step_and_the_end():
    record = Recorder()
    with reporting(record):
        assert list(track("ab", "letters")) == ["a", "b"]
    assert record == [("start", "letters", 2), ("advance", "letters"), ("advance", "letters"), ("finish", "letters")]


def test_a_step_is_done_when_the_next_one_is_asked_for():
    record = Recorder()
    with reporting(record):
        parts = track("ab", "letters")
        next(parts)
        assert record == [("start", "letters", 2)]
        next(parts)
        assert record[1:] == [("advance", "letters")]


@pytest.mark.parametrize(
    ("parts", "total", "known"), [(iter("abc"), None, None), (iter("abc"), 3, 3), ("abc", 5, 5), ([], None, 0)]
)
def test_the_total_is_what_is_said_or_what_can_be_counted(parts, total, known):
    record = Recorder()
    with reporting(record):
        list(track(parts, "letters", total))
    assert record[0] == ("start", "letters", known)
    assert record[-1] == ("finish", "letters")


def test_work_that_fails_or_stops_early_is_finished_for_the_reporter():
    record = Recorder()
    with reporting(record):
        with pytest.raises(ZeroDivisionError):
            [1 / 0 for _ in track("abc", "failing")]
        for _ in track("abc", "stopping"):
            break
    assert record == [("start", "failing", 3), ("finish", "failing"), ("start", "stopping", 3), ("finish", "stopping")]


def test_nested_work_is_reported_inside_the_work_around_it():
    record = Recorder()
    with reporting(record):
        for _ in track("a", "outer"):
            list(track("b", "inner"))
    assert [event[:2] for event in record] == [
        ("start", "outer"),
        ("start", "inner"),
        ("advance", "inner"),
        ("finish", "inner"),
        ("advance", "outer"),
        ("finish", "outer"),
    ]


def test_without_a_reporter_the_parts_just_come():
    assert list(track(iter("ab"), "letters")) == ["a", "b"]


def test_an_inner_reporter_takes_over_until_its_block_ends():
    outer, inner = Recorder(), Recorder()
    with reporting(outer):
        with pytest.raises(ZeroDivisionError), reporting(inner):
            [1 / 0 for _ in track("a", "inside")]
        list(track("a", "after"))
    assert {event[1] for event in inner} == {"inside"}
    assert {event[1] for event in outer} == {"after"}


def test_a_cancelled_job_stops_before_its_next_part_and_is_finished_for_the_reporter():
    record, token, done = Recorder(), CancelToken(), []
    with reporting(record, token), pytest.raises(Cancelled, match="The job was cancelled"):
        done.extend((part, token.cancel()) for part in track("abc", "letters"))
    assert done == [("a", None)]
    assert record[-1] == ("finish", "letters")


def test_a_token_that_was_cancelled_before_stops_the_first_part():
    token = CancelToken()
    token.cancel()
    with reporting(None, token), pytest.raises(Cancelled):
        next(track("abc", "letters"))


def test_a_reporter_of_part_of_a_job_does_not_shield_it_from_being_cancelled():
    token = CancelToken()
    token.cancel()
    with reporting(Recorder(), token), reporting(None), pytest.raises(Cancelled):
        next(track("abc", "letters"))


def test_a_token_is_forgotten_with_its_block():
    token = CancelToken()
    with reporting(None, token):
        token.cancel()
    assert list(track("ab", "letters")) == ["a", "b"]


def test_a_job_can_be_cancelled_from_another_thread():
    token = CancelToken()
    thread = threading.Thread(target=token.cancel)
    with reporting(None, token):
        parts = track("abc", "letters")
        assert next(parts) == "a"
        thread.start()
        thread.join(30)
        with pytest.raises(Cancelled):
            next(parts)


def test_cancelled_is_an_error_of_this_library():
    assert issubclass(Cancelled, XaivisionError)


def test_a_model_is_as_it_was_when_its_explanation_is_cancelled_in_the_middle():
    net, token = convnet().train(), CancelToken()
    before = state_of(net)

    def answer(q):
        for _ in track(range(3), "steps"):
            q.torch_model.gradients(q.query.inputs, q.query.target)
            token.cancel()

    with reporting(None, token), pytest.raises(Cancelled):
        Probe(answer).explain(TorchClassifier(net, 3), drawn(1, 3, 8, 8))
    assert state_of(net) == before
    assert torch.is_grad_enabled()
