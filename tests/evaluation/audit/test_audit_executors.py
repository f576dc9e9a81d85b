"""Processes that die take nothing along."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import pytest
import torch
from audit_subjects import KILLS, deadly_model, job_of, linear_model, pid_work, rows_of, small_plan, unmakeable_model, values

from xaivision.core.errors import InputError, UnknownNameError
from xaivision.evaluation.audit.assembly import Stated, assembled
from xaivision.evaluation.audit.executors import ProcessExecutor, SerialExecutor, executor
from xaivision.evaluation.audit.folder import Folder
from xaivision.evaluation.audit.job import KILLED
from xaivision.evaluation.audit.part import Shard
from xaivision.evaluation.audit.plan import AuditPlan
from xaivision.evaluation.audit.processes import Process, _no_interrupts
from xaivision.evaluation.audit.subject import Subject


def all_rows(job) -> list:
    return sorted(repr(row) for part in job.parts() for row in part.rows)


def deadly_inputs(item: int = 5) -> torch.Tensor:
    inputs = rows_of()
    inputs[item, 0] = KILLS
    return inputs


@pytest.mark.slow
def test_two_processes_give_the_rows_of_one():
    assert all_rows(job_of(executor=ProcessExecutor(2))) == all_rows(job_of())


@pytest.mark.slow
def test_a_process_that_is_killed_once_costs_no_row(tmp_path):
    inputs = deadly_inputs()
    job = job_of(linear_model, inputs, executor=ProcessExecutor(2))
    dying = job_of(linear_model, inputs, executor=ProcessExecutor(2))
    dying.subject._make = partial(deadly_model, str(tmp_path / "died"))
    assert all_rows(dying) == all_rows(job)
    assert (tmp_path / "died").exists()


@pytest.mark.slow
def test_an_item_that_kills_its_process_each_time_is_lost_alone_and_says_so():
    inputs = deadly_inputs(5)
    job = job_of(linear_model, inputs, executor=ProcessExecutor(2))
    job.subject._make = deadly_model
    found = [row for part in job.parts() for row in part.rows]
    assert [(row.item, row.error) for row in found if row.error] == [("5", KILLED)]
    known = {item for item in values(found, method="occlusion", metric="deletion", variant="")}
    assert known == set(map(str, range(11))) - {"5"}


@pytest.mark.slow
def test_an_audit_with_an_item_that_ends_its_process_ends_with_a_report_and_goes_on_in_its_folder(tmp_path, monkeypatch):
    """The parent's model would end this very process."""
    started = []
    begin = Process.__init__
    monkeypatch.setattr(Process, "__init__", lambda self, *given: (started.append(self), begin(self, *given))[1])

    def report():
        job = job_of(deadly_model, deadly_inputs(5), executor=ProcessExecutor(2), store=Folder(tmp_path / "a"))
        job.store.open(job.configuration())
        return assembled(job, Stated())

    found = report()
    assert [(row.item, row.error) for row in found.failures] == [("5", KILLED)]
    assert found.shifts["zeros"].inputs == 10
    assert len(started) == 2 + 2  # one more for the shard, one more for the item
    again = report()
    assert repr(again.findings) == repr(found.findings)
    assert again.calls_now == 4


@pytest.mark.slow
def test_nothing_that_processes_share_is_left_behind():
    """Semaphores would be: the system tells of those that were not taken back where an audit is ended from outside."""
    script = (
        "import os, sys; from audit_subjects import pid_work; from xaivision.evaluation.audit.executors import ProcessExecutor\n"
        "from xaivision.evaluation.audit.part import Shard\n"
        "if __name__ == '__main__':\n"
        "    next(iter(ProcessExecutor(2).run(pid_work, [Shard(0, (0,)), Shard(1, (1,))], list)))\n"
        "    os.kill(os.getpid(), 15)\n"
    )
    done = _ran(script)
    assert done.returncode == -signal.SIGTERM
    assert done.stderr == b""


def test_what_making_the_model_raises_reaches_the_caller():
    job = job_of(executor=ProcessExecutor(1))
    job.subject._make = unmakeable_model
    with pytest.raises(ValueError, match="the weights are gone"):
        list(job.parts())


def test_a_model_that_exists_here_only_is_refused_with_the_remedy():
    job = job_of(executor=ProcessExecutor(1))
    job.subject._make = None
    with pytest.raises(InputError, match=r"package\.module:factory"):
        list(job.parts())
    assert Subject("m", linear_model()).model is not None


def test_executors_have_names():
    assert executor("serial", 2) == SerialExecutor()
    assert executor("process", 3) == ProcessExecutor(3)
    own = SerialExecutor()
    assert executor(own, 2) is own
    with pytest.raises(UnknownNameError, match=r"`proces` is not a known executor\. Did you mean `process`"):
        executor("proces", 2)


@pytest.mark.parametrize("workers", [0, 1.5, True])
def test_a_number_of_processes_that_is_none_is_refused(workers):
    with pytest.raises(InputError, match="`workers` must be a positive integer"):
        ProcessExecutor(workers)


def test_processes_wait_for_further_shards_of_the_same_work_and_end_when_told():
    executor_ = ProcessExecutor(1)

    def pids(make, *numbers: int) -> set[int]:
        return {part.model_calls for part in executor_.run(make, [Shard(number, (number,)) for number in numbers], list)}

    first = pids(pid_work, 0, 1)
    assert len(first) == 1
    assert os.getpid() not in first
    assert pids(pid_work, 2) == first
    executor_.close()
    with pytest.raises(ProcessLookupError):
        os.kill(*first, 0)


def test_an_audit_plans_and_works_with_the_same_processes_and_leaves_none(monkeypatch):
    started = []
    usual = ProcessExecutor._ready

    def ready(self, make, count):
        found = usual(self, make, count)
        started.append(found)
        return found

    monkeypatch.setattr(ProcessExecutor, "_ready", ready)
    job = job_of(executor=ProcessExecutor(1))
    job.planned()
    list(job.parts())
    job.asked("removals", [0, 1])
    assert [[id(one) for one in crew] for crew in started] == [[id(started[0][0])]] * 3
    job.release()
    assert not job.executor._waiting


def test_a_method_that_cannot_be_handed_to_another_process_is_one_sentence_before_any_is_started():
    class Here(type(small_plan().methods["occlusion"])):
        pass

    plan = AuditPlan({"here": Here(baseline="zeros")}, {}, small_plan().judges)
    with pytest.raises(InputError, match=r"`executor` 'process' needs methods, metrics and items that can be handed to another"):
        list(job_of(executor=ProcessExecutor(1), plan=plan).parts())


def test_interrupts_are_held_back_while_processes_start_and_no_longer():
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    with _no_interrupts():
        assert signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ())
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before


@pytest.mark.slow
def test_a_process_ends_with_the_one_that_started_it_even_if_that_was_killed():
    done = _ran(
        "import os, signal\n"
        "from audit_subjects import pid_work\n"
        "from xaivision.evaluation.audit.executors import ProcessExecutor\n"
        "from xaivision.evaluation.audit.part import Shard\n"
        "if __name__ == '__main__':\n"
        "    executor = ProcessExecutor(1)\n"
        "    print(next(iter(executor.run(pid_work, [Shard(0, (0,))], list))).model_calls, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert done.returncode == -signal.SIGKILL
    until = time.monotonic() + 20
    while alive := _runs(int(done.stdout)):
        if time.monotonic() > until:
            break
        time.sleep(0.1)
    assert not alive


def _ran(script: str) -> subprocess.CompletedProcess:
    paths = os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "script.py").write_text(script)
        return subprocess.run(
            [sys.executable, f"{folder}/script.py"], env={**os.environ, "PYTHONPATH": paths}, capture_output=True, timeout=300
        )


def _runs(pid: int) -> bool:
    """Whether it does anything: one that has ended and that nobody has taken note of does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
