import json
import subprocess
import sys
import threading

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
    return library.calls


def test_only_the_outermost_holder_sets_the_allocator_and_puts_glibcs_defaults_back(calls):
    with kept_heap():
        with kept_heap():
            assert calls == KEPT
        assert calls == KEPT
    assert calls == KEPT + GIVEN_BACK


def test_an_exception_gives_the_memory_back(calls):
    with pytest.raises(RuntimeError, match="broken"), kept_heap():
        raise RuntimeError("broken")
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
    assert calls == KEPT  # this thread has left, the other one still holds
    leave.set()
    thread.join(30)
    assert calls == KEPT + GIVEN_BACK


def test_nothing_happens_where_there_is_no_glibc(monkeypatch):
    monkeypatch.setattr(heap, "_glibc", lambda: None)
    with kept_heap():
        assert heap._holders == 0
    assert heap._holders == 0


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
from xaivision.core.heap import kept_heap

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
print(json.dumps([outside, inside, faults(1)]))
"""


def test_big_tensors_fault_their_pages_in_every_time_outside_and_never_again_inside():
    answer = subprocess.run([sys.executable, "-c", MEASURE], capture_output=True, text=True, check=True, timeout=120)
    outside, inside, first_afterwards = json.loads(answer.stdout)
    assert inside < outside / 20
    assert first_afterwards > outside / 10  # the memory was given back: its pages have to be faulted in again
