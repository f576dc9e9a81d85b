"""Processes that die take nothing along."""

from functools import partial

import pytest
import torch
from audit_subjects import KILLS, deadly_model, job_of, linear_model, rows_of, unmakeable_model, values

from xaivision.core.errors import InputError, UnknownNameError
from xaivision.evaluation.audit.executors import ProcessExecutor, SerialExecutor, executor
from xaivision.evaluation.audit.job import KILLED
from xaivision.evaluation.audit.subject import Subject


def all_rows(job) -> list:
    return sorted(repr(row) for part in job.parts() for row in part.rows)


def deadly_inputs(item: int = 5) -> torch.Tensor:
    inputs = rows_of()
    inputs[item, 0] = KILLS
    return inputs


def test_two_processes_give_the_rows_of_one():
    assert all_rows(job_of(executor=ProcessExecutor(2))) == all_rows(job_of())


def test_a_process_that_is_killed_once_costs_no_row(tmp_path):
    inputs = deadly_inputs()
    job = job_of(linear_model, inputs, executor=ProcessExecutor(2))
    dying = job_of(linear_model, inputs, executor=ProcessExecutor(2))
    dying.subject._make = partial(deadly_model, str(tmp_path / "died"))
    assert all_rows(dying) == all_rows(job)
    assert (tmp_path / "died").exists()


def test_an_item_that_kills_its_process_each_time_is_lost_alone_and_says_so():
    inputs = deadly_inputs(5)
    job = job_of(linear_model, inputs, executor=ProcessExecutor(2))
    job.subject._make = deadly_model
    found = [row for part in job.parts() for row in part.rows]
    assert [(row.item, row.error) for row in found if row.error] == [("5", KILLED)]
    known = {item for item in values(found, method="occlusion", metric="deletion", variant="")}
    assert known == set(map(str, range(11))) - {"5"}


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
