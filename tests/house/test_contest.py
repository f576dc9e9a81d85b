"""Contests are fair: peers run in processes of their own, on an allocator that was told nothing, and on the same network."""

import json
import subprocess
import sys
from functools import cache

import pytest
import torch
from torch import nn

from benchmarks import contest, peers
from benchmarks.contest import LIMIT, OURS, Contest, hold
from benchmarks.networks import InPixels
from benchmarks.peers import Peer, check_untouched
from benchmarks.timing import in_a_row, interleaved, ratios
from xaivision.core import heap
from xaivision.core.heap import kept_heap
from xaivision.core.torch_classifier import TorchClassifier

ABOUT = Contest("speed", "Speed", "Seconds.", "below 2")


class Elsewhere(Peer):
    """A peer without a process, whose seconds are told."""

    def __init__(self, *seconds: float, log: list[str] | None = None, name: str = "") -> None:
        self.left, self.closed, self.log, self.name = list(seconds), False, [] if log is None else log, name

    def seconds(self) -> float:
        self.log.append(self.name)
        return self.left.pop(0)

    def close(self) -> None:
        self.closed = True


def network(seed: int = 0) -> TorchClassifier:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = nn.Sequential(
            nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 5)
        )
    return TorchClassifier(net, 5, mean=(0.4, 0.5, 0.6), std=(0.1, 0.2, 0.3))


@pytest.mark.parametrize("channels_last", [False, True])
def test_a_peer_gets_the_same_scores_of_photos_in_their_pixels(channels_last):
    model, photos = network(), torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    expected = model(photos)
    peer = InPixels(model, channels_last=channels_last)
    assert torch.allclose(peer(photos), expected, atol=1e-5)
    assert not peer.network.training
    assert model.model[0].weight.is_contiguous(memory_format=peer.layout)


def test_photos_reach_the_network_as_they_are_unless_it_is_asked_for_more():
    seen = []
    for channels_last in (False, True):
        model = network()
        model.model[0].register_forward_pre_hook(lambda _part, given: seen.append(given[0]))
        InPixels(model, channels_last=channels_last)(torch.rand(2, 3, 8, 8))
    assert [one.is_contiguous() for one in seen] == [True, False]
    assert seen[1].is_contiguous(memory_format=torch.channels_last)


def test_a_peers_process_in_which_the_heap_was_kept_is_refused(monkeypatch):
    monkeypatch.setattr(heap, "_glibc", cache(lambda: None))
    check_untouched()
    with kept_heap():
        pass
    with pytest.raises(RuntimeError, match="The allocator was told something in the process of a peer"):
        check_untouched()


def test_a_peers_work_leaves_the_allocator_alone_and_every_pass_of_ours_does_not(monkeypatch):
    """What the process of a peer runs, and what it must not."""
    monkeypatch.setattr(heap, "_glibc", cache(lambda: None))
    model, photos = network(), torch.rand(1, 3, 8, 8)
    InPixels(model)(photos)
    check_untouched()
    model(photos)
    with pytest.raises(RuntimeError, match="The allocator"):
        check_untouched()


def test_a_peer_that_ends_before_it_answers_is_an_error():
    with pytest.raises(RuntimeError, match=r"The peer ended before it answered: -m benchmarks\.peers nobody"):
        Peer("nobody", "speed", "captum").seconds()


def test_a_peer_that_does_not_end_is_ended(monkeypatch):
    monkeypatch.setattr(peers, "SECONDS_TO_END", 0.2)
    peer = Peer("nobody", "speed", "captum")
    peer._process = process = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(600)"], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    peer.close()
    assert process.returncode is not None
    peer.close()  # nothing is left to end


@pytest.mark.slow
def test_a_peer_runs_in_another_process_as_often_as_it_is_asked():
    peer = Peer("grad_cam", "grad_cam", "captum", quick=True)
    assert peer.seconds() > 0
    process = peer._process
    assert peer.seconds() > 0
    assert peer._process is process
    peer.close()
    assert process.returncode == 0


def test_contestants_take_turns_and_their_first_turn_does_not_count():
    log = []
    first, second = (Elsewhere(9, 1, 2, log=log, name=name) for name in "ab")
    assert interleaved({"a": first, "b": second}, 2) == {"a": [1, 2], "b": [1, 2]}
    assert log == ["a", "b"] * 3


def test_ratios_are_those_of_the_same_round():
    assert ratios({"a": [1.0, 2.0, 4.0], "b": [2.0, 2.0, 4.0]}, "a") == {"a": (1, 1, 1), "b": (1, 1, 2)}


def test_short_work_is_done_several_times_in_a_row():
    done = []
    in_a_row(lambda: done.append(1), 5)()
    assert len(done) == 5


def test_a_contest_is_held_with_the_heap_kept_written_and_its_peers_are_sent_home(monkeypatch, tmp_path):
    monkeypatch.setattr(contest, "RESULTS", tmp_path)
    kept = []
    ours, peer = Elsewhere(9, 2, 3, 4), Elsewhere(9, 6, 6, 6)
    monkeypatch.setattr(ours, "seconds", lambda of=ours.seconds: kept.append(heap._keeper._holders) or of())
    rows = hold(ABOUT, {LIMIT: Elsewhere(9, 1, 2, 4), OURS: ours, "captum": peer}, 3)
    assert rows == [
        [LIMIT, "1.00", "1.00 to 1.00", "0.67"],
        [OURS, "1.50", "1.00 to 2.00", "1.00"],
        ["captum", "3.00", "1.50 to 6.00", "2.00"],
    ]
    assert min(kept) > 0
    assert peer.closed
    found = json.loads((tmp_path / "speed.json").read_text())
    assert found["rows"] == rows
    assert found["columns"][-1] == "times our time"


def test_one_round_is_a_look_and_is_not_written(monkeypatch, tmp_path):
    monkeypatch.setattr(contest, "RESULTS", tmp_path)
    hold(ABOUT, {LIMIT: Elsewhere(9, 1), OURS: Elsewhere(9, 2)}, 1)
    assert not list(tmp_path.iterdir())


def test_peers_are_sent_home_after_an_error_too():
    peer = Elsewhere(1)
    with pytest.raises(IndexError):
        hold(ABOUT, {LIMIT: Elsewhere(1, 1), "captum": peer}, 1)
    assert peer.closed


def test_a_pause_gives_the_kept_memory_back_before_the_work(monkeypatch):
    done = []
    monkeypatch.setattr(contest, "give_back_heap", lambda: done.append("given back"))
    contest.after_a_pause(lambda: done.append("work"))()
    assert done == ["given back", "work"]


def test_a_shorter_first_run_stands_for_the_one_that_is_not_measured():
    calls = []
    contestants = {name: lambda name=name: calls.append(name) for name in ("one", "other")}
    found = interleaved(contestants, 2, {"one": lambda: calls.append("short")})
    assert calls == ["short", "other", "one", "other", "one", "other"]
    assert [len(seconds) for seconds in found.values()] == [2, 2]
