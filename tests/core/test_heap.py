import json
import subprocess
import sys
import threading
import time

import pytest

from xaivision.core import heap
from xaivision.core.heap import kept_heap

KEPT = [("mallopt", heap.M_MMAP_MAX, 0), ("mallopt", heap.M_TRIM_THRESHOLD, heap.NEVER_TRIM)]
GIVEN_BACK = [
    ("mallopt", heap.M_MMAP_MAX, 65536),
    ("mallopt", heap.M_MMAP_THRESHOLD, 32 * 2**20),
    ("mallopt", heap.M_TRIM_THRESHOLD, 64 * 2**20),
    ("malloc_trim", 0),
]


class RecordingLibrary:
    def __init__(self):
        self.calls = []

    def mallopt(self, setting, value):
        self.calls.append(("mallopt", setting, value))

    def malloc_trim(self, padding):
        self.calls.append(("malloc_trim", padding))


@pytest.fixture
def calls(monkeypatch):
    library = RecordingLibrary()
    monkeypatch.setattr(heap, "_glibc", lambda: library)
    monkeypatch.setattr(heap, "_keeper", heap._Keeper())
    monkeypatch.setattr(heap, "QUIET_SECONDS", 60)
    yield library.calls
    heap.give_back_heap()


def wait_for(condition):
    end = time.monotonic() + 30
    while not condition() and time.monotonic() < end:
        time.sleep(0.005)


def test_only_the_outermost_holder_sets_the_allocator_and_the_memory_is_kept_a_while_longer(calls):
    with kept_heap():
        with kept_heap():
            assert calls == KEPT
        assert calls == KEPT
    assert calls == KEPT


def test_after_the_quiet_the_memory_is_given_back_and_glibcs_defaults_are_put_back(calls, monkeypatch):
    monkeypatch.setattr(heap, "QUIET_SECONDS", 0.01)
    with kept_heap():
        pass
    wait_for(lambda: len(calls) == len(KEPT + GIVEN_BACK))
    assert calls == KEPT + GIVEN_BACK


def test_whoever_comes_during_the_quiet_finds_the_memory_still_there_and_keeps_it(calls, monkeypatch):
    monkeypatch.setattr(heap, "QUIET_SECONDS", 0.1)
    with kept_heap():
        pass
    with kept_heap():
        time.sleep(0.3)
        assert calls == KEPT
    wait_for(lambda: len(calls) > len(KEPT))
    assert calls == KEPT + GIVEN_BACK


def test_a_farewell_that_comes_while_somebody_holds_the_memory_gives_nothing_back(calls, monkeypatch):
    monkeypatch.setattr(heap, "QUIET_SECONDS", 0.01)
    with kept_heap():
        heap._keeper._wait_for_quiet()
        assert calls == KEPT


def test_many_explanations_one_after_the_other_wait_for_the_quiet_in_one_thread(calls, monkeypatch):
    monkeypatch.setattr(heap, "QUIET_SECONDS", 0.3)
    waiting = set()
    for _ in range(5):
        with kept_heap():
            time.sleep(0.01)
        waiting.add(heap._keeper._farewell)
    assert len(waiting) == 1
    wait_for(lambda: len(calls) > len(KEPT))
    assert calls == KEPT + GIVEN_BACK


def test_the_quiet_is_counted_from_the_last_explanation(calls, monkeypatch):
    monkeypatch.setattr(heap, "QUIET_SECONDS", 0.4)
    with kept_heap():
        pass
    time.sleep(0.3)
    with kept_heap():
        pass
    left = time.monotonic()
    wait_for(lambda: len(calls) > len(KEPT))
    assert time.monotonic() - left > 0.3


def test_who_comes_after_the_farewell_gets_another_one(calls, monkeypatch):
    monkeypatch.setattr(heap, "QUIET_SECONDS", 0.01)
    for times in (1, 2):
        with kept_heap():
            time.sleep(0.05)  # the farewell of the one before ends here at the latest
        wait_for(lambda times=times: len(calls) == times * len(KEPT + GIVEN_BACK))
    assert calls == 2 * (KEPT + GIVEN_BACK)
    wait_for(lambda: heap._keeper._farewell is None)
    assert heap._keeper._farewell is None  # a thread that ends is not taken for one that waits


def test_a_thread_that_was_lost_in_a_fork_is_replaced(calls, monkeypatch):
    monkeypatch.setattr(heap, "QUIET_SECONDS", 0.01)
    lost = threading.Thread(target=lambda: None)
    lost.start()
    lost.join(30)
    heap._keeper._farewell = lost
    with kept_heap():
        pass
    wait_for(lambda: len(calls) > len(KEPT))
    assert calls == KEPT + GIVEN_BACK


def test_the_memory_can_be_given_back_at_once(calls):
    with kept_heap():
        pass
    heap.give_back_heap()
    heap.give_back_heap()
    assert calls == KEPT + GIVEN_BACK
    with kept_heap():
        assert calls == KEPT + GIVEN_BACK + KEPT


def test_nobody_can_give_back_what_another_holds(calls):
    with kept_heap():
        heap.give_back_heap()
        assert calls == KEPT


def test_an_exception_leaves_too(calls):
    with pytest.raises(RuntimeError, match="broken"), kept_heap():
        raise RuntimeError("broken")
    heap.give_back_heap()
    assert calls == KEPT + GIVEN_BACK


def test_holders_in_several_threads_are_counted_together(calls):
    entered, leave = threading.Event(), threading.Event()

    def other():
        with kept_heap():
            entered.set()
            leave.wait(30)

    thread = threading.Thread(target=other)
    with kept_heap():
        thread.start()
        assert entered.wait(30)
    heap.give_back_heap()
    assert calls == KEPT  # this thread has left, the other one still holds
    leave.set()
    thread.join(30)
    heap.give_back_heap()
    assert calls == KEPT + GIVEN_BACK


def test_nothing_happens_where_there_is_no_glibc(monkeypatch):
    monkeypatch.setattr(heap, "_glibc", lambda: None)
    monkeypatch.setattr(heap, "_keeper", None)
    with kept_heap():
        assert not heap.keeps_heap()


@pytest.mark.parametrize("failure", [OSError, TypeError, None], ids=["no library", "Windows", "another C library"])
def test_another_c_library_is_told_from_glibc(monkeypatch, failure):
    def cdll(_name):
        if failure is not None:
            raise failure
        return object()

    monkeypatch.setattr(heap.ctypes, "CDLL", cdll)
    assert heap._glibc.__wrapped__() is None


# In a process of its own: what other tests have freed would be handed out again, inside and outside.
MEASURE = """
import json, resource, torch
from xaivision.core.heap import give_back_heap, kept_heap

torch.set_num_threads(1)

def faults(times):
    before = resource.getrusage(resource.RUSAGE_THREAD).ru_minflt
    for _ in range(times):
        torch.empty(48 * 2**20, dtype=torch.uint8).fill_(1)
    return resource.getrusage(resource.RUSAGE_THREAD).ru_minflt - before

outside = faults(8)
with kept_heap():
    faults(16)  # glibc takes some rounds to find places for aligned memory that it can use again
    inside = faults(8)
at_once = faults(1)
give_back_heap()
print(json.dumps([outside, inside, at_once, faults(1)]))
"""


@pytest.mark.slow
def test_big_tensors_fault_their_pages_in_every_time_outside_and_never_again_inside_or_soon_after():
    answer = subprocess.run([sys.executable, "-c", MEASURE], capture_output=True, text=True, check=True, timeout=120)
    outside, inside, at_once, given_back = json.loads(answer.stdout)
    assert inside < outside / 20
    assert at_once < outside / 20
    assert given_back > outside / 10  # the memory was given back: its pages have to be faulted in again
