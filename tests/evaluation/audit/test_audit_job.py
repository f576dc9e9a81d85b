import pytest
from audit_subjects import job_of, rows_of, small_plan, values

from xaivision.core.errors import InputError, XaivisionError
from xaivision.core.metering import metered
from xaivision.evaluation.audit import folder as folder_module
from xaivision.evaluation.audit.folder import Folder
from xaivision.evaluation.audit.job import Job


def in_folder(path, **more: object) -> Job:
    job = job_of(store=Folder(path), **more)
    job.store.open(job.configuration())
    return job


def rows(job: Job) -> list:
    return [row for part in job.parts() for row in part.rows]


def test_shards_cover_every_item_once_and_the_first_item_is_one_of_its_own():
    shards = job_of().shards
    assert [shard.items for shard in shards] == [(0,), (1, 2, 3, 4), (5, 6, 7, 8), (9, 10)]
    assert [shard.number for shard in shards] == [0, 1, 2, 3]
    assert [shard.items for shard in job_of(inputs=rows_of(1)).shards] == [(0,)]


def test_the_planned_calls_are_the_calls():
    job = job_of()
    plan = job.planned()
    assert (plan.items, plan.total) == (6, 11)
    with metered() as meter:
        list(job.parts())
    assert plan.model_calls == meter.model_calls > 0


def test_planning_asks_for_nothing_that_is_asked_for_again():
    with metered() as planned_first:
        job = job_of()
        job.planned()
        list(job.parts())
    with metered() as at_once:
        list(job_of().parts())
    assert planned_first.model_calls == at_once.model_calls


@pytest.mark.parametrize("size", [1, 3, 50])
def test_values_do_not_depend_on_the_shards(size):
    usual, other = rows(job_of()), rows(job_of(shard_size=size))
    assert not any(row.error for row in usual)
    for method in ("occlusion", "shapley", "random"):
        for metric in ("deletion", "sparseness", "max_sensitivity"):
            wanted = {"method": method, "metric": metric, "variant": ""}
            assert values(other, **wanted) == pytest.approx(values(usual, **wanted), abs=1e-9, nan_ok=True)


def test_values_do_not_depend_on_the_order_of_the_items():
    inputs = rows_of()
    forth, back = rows(job_of(inputs=inputs)), rows(job_of(inputs=inputs.flip(0)))
    one = values(forth, method="random", metric="deletion", variant="draw 3")
    other = values(back, method="random", metric="deletion", variant="draw 3")
    assert {str(10 - int(item)): value for item, value in other.items()} == pytest.approx(one, abs=1e-9)


def test_an_audit_that_was_stopped_goes_on_and_gives_the_rows_of_one_that_was_not(tmp_path):
    first = in_folder(tmp_path / "a")
    first.planned()  # two of four shards
    second = in_folder(tmp_path / "a")
    with metered() as meter:
        found = rows(second)
    assert repr(found) == repr(rows(job_of()))
    with metered() as whole:
        rows(job_of())
    assert 0 < meter.model_calls < whole.model_calls


def test_a_second_run_asks_the_model_nothing(tmp_path):
    before = rows(in_folder(tmp_path / "a"))
    again = in_folder(tmp_path / "a")
    with metered() as meter:
        assert again.planned().items == 0
        assert repr(rows(again)) == repr(before)
    assert (meter.model_calls, meter.gradient_calls) == (0, 0)


def test_a_full_disk_is_one_sentence_and_nothing_that_was_done_is_lost(tmp_path, monkeypatch):
    job = in_folder(tmp_path / "a")
    job.planned()
    write = folder_module.write_whole

    def full(path, *content):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(folder_module, "write_whole", full)
    with pytest.raises(XaivisionError, match=r"No space left on device. 5 of 11 items are kept. Make room, and start"):
        rows(job)
    monkeypatch.setattr(folder_module, "write_whole", write)
    assert repr(rows(in_folder(tmp_path / "a"))) == repr(rows(job_of()))


@pytest.mark.parametrize("change", [{"plan": small_plan(seed=1)}, {"inputs": rows_of(10)}, {"shard_size": 5}])
def test_another_audit_in_the_same_folder_is_refused(tmp_path, change):
    in_folder(tmp_path / "a")
    with pytest.raises(InputError, match="holds an audit of another configuration"):
        in_folder(tmp_path / "a", **change)


@pytest.mark.parametrize("size", [0, 2.5, True])
def test_a_shard_size_that_is_none_is_refused(size):
    with pytest.raises(InputError, match="`shard_size` must be a positive integer"):
        job_of(shard_size=size)
