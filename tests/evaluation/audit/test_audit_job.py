import math
import subprocess
import sys

import audit_subjects
import pytest
from audit_subjects import (
    RAISES,
    WEIGHTS,
    Elsewhere,
    job_of,
    linear_model,
    network_model,
    never_model,
    other_linear,
    rows_of,
    small_plan,
    touchy_model,
    values,
)

from xaivision.core.errors import InputError, XaivisionError
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.metering import metered
from xaivision.evaluation.audit import folder as folder_module
from xaivision.evaluation.audit.assembly import Stated, assembled
from xaivision.evaluation.audit.cost import Done, foreseen
from xaivision.evaluation.audit.folder import Folder
from xaivision.evaluation.audit.identity import KNOWN_BY, check_same
from xaivision.evaluation.audit.job import KILLED, Job
from xaivision.evaluation.audit.lock import hold, let_go

# Forwards for each item: of the original, and of two versions without half of its features.
LOOKING_AT_REMOVALS = 3


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
    assert (plan.items, plan.total, plan.measured, plan.before) == (6, 11, 5, 0)
    with metered() as meter:
        list(job.parts())
    assert plan.model_calls == meter.model_calls + LOOKING_AT_REMOVALS * 11
    assert meter.model_calls > 0


@pytest.mark.parametrize("broken", [2, 0])
def test_items_that_fail_while_the_cost_is_measured_make_it_no_smaller(broken):
    inputs = rows_of()
    inputs[broken, 0] = RAISES
    job = job_of(touchy_model, inputs)
    plan = job.planned()
    with metered() as meter:
        list(job.parts())
    assert plan.model_calls == meter.model_calls + LOOKING_AT_REMOVALS * 10


def test_gradient_calls_and_seconds_are_those_of_one_item_times_the_items_shared_by_who_works():
    done = [Done(1, 1, 7, 3, 9.0), Done(4, 4, 40, 8, 2.0), Done(8, 7, 99, 99, 99.0)]
    assert foreseen(done, 6, 5, 2) == (60 + 5, 12, 1.5)
    assert foreseen(done[2:], 7, 0, 1) == (99, 99, 99.0)
    calls, gradients, seconds = foreseen([Done(3, 0, 3, 0, 1.0)], 6, 5, 2)
    assert (calls, gradients) == (5, 0)
    assert math.isnan(seconds)


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


@pytest.mark.parametrize(("make", "calls"), [(network_model, 0), (linear_model, KNOWN_BY)])
def test_a_second_run_asks_the_model_nothing_but_who_it_is_where_it_shows_no_weights(tmp_path, make, calls):
    before = rows(in_folder(tmp_path / "a", make=make))
    again = in_folder(tmp_path / "a", make=make)
    with metered() as meter:
        assert again.planned().items == 0
        assert repr(rows(again)) == repr(before)
    assert (meter.model_calls, meter.gradient_calls) == (calls, 0)
    assert again.tally.model_calls == calls


def test_another_function_behind_the_same_name_is_refused_by_what_it_answers(tmp_path, monkeypatch):
    in_folder(tmp_path / "a").planned()
    monkeypatch.setattr(audit_subjects, "WEIGHTS", WEIGHTS + 0.01)
    other = in_folder(tmp_path / "a")
    for go_on in (other.planned, other.parts):
        with pytest.raises(
            InputError, match=r"holds an audit of another model: item `0` had the scores \[.*\] and has \[.*\] now"
        ):
            go_on()


def test_another_function_behind_the_same_name_is_refused_by_its_code(tmp_path):
    in_folder(tmp_path / "a")
    job = job_of(lambda: FunctionClassifier(other_linear, 2, score_unit="logit", domain="tabular"), store=Folder(tmp_path / "a"))
    with pytest.raises(InputError, match="the function that is the model has other code"):
        job.store.open(job.configuration())


def test_parts_of_a_function_that_is_known_by_nothing_are_refused(tmp_path):
    job = in_folder(tmp_path / "a")
    job.planned()
    (tmp_path / "a" / "identity.json").unlink()
    with pytest.raises(InputError, match="holds parts of an audit whose model is not known"):
        in_folder(tmp_path / "a").planned()


def test_scores_that_are_not_numbers_are_the_same_where_they_are_none_again():
    known = {"0": [math.nan, 1.0], "1": [math.inf, 0.0]}
    check_same(known, {"0": [math.nan, 1.0 + 1e-7], "1": [math.inf, 0.0]}, ["a", "b"], "it")
    with pytest.raises(InputError, match="item `b`"):
        check_same(known, {"0": [math.nan, 1.0], "1": [0.0, 0.0]}, ["a", "b"], "it")
    with pytest.raises(InputError, match="has none now"):
        check_same(known, {"1": [math.inf, 0.0]}, ["a", "b"], "it")


@pytest.mark.parametrize(("count", "asked"), [(3, 3), (9, 9), (40, 8)])  # the first item, a shard, and the last shard
def test_a_model_that_fails_on_everything_alike_is_one_sentence_and_the_folder_is_free_again(tmp_path, count, asked):
    job = in_folder(tmp_path / "a", make=never_model, inputs=rows_of(count))
    with pytest.raises(
        XaivisionError, match=f"fails on each of {asked} items, .*: the model raised ValueError: it never works. Noth"
    ):
        job.planned()
    mended = in_folder(tmp_path / "a", inputs=rows_of(count))
    assert not any(row.error for row in rows(mended))


def test_items_that_fail_are_told_one_by_one_as_long_as_the_last_ones_work_or_they_fail_in_other_ways():
    inputs = rows_of(14)
    inputs[:9, 0] = RAISES
    failed = {row.item for row in rows(job_of(touchy_model, inputs)) if row.error}
    job = job_of(touchy_model, inputs)
    job.planned()
    assert failed == set(map(str, range(9)))
    two = job_of(never_model, rows_of(2))
    two.planned()
    assert {row.error for row in rows(two)} == {"the model raised ValueError: it never works"}


def test_planning_and_telling_read_no_map_of_what_was_done(tmp_path, monkeypatch):
    rows(in_folder(tmp_path / "a"))
    monkeypatch.setattr(Folder, "_arrays", lambda self, shard: pytest.fail("it reads maps"))
    again = in_folder(tmp_path / "a")
    again.planned()
    rows(again)


def test_what_ends_a_process_is_never_asked_about_in_the_one_that_keeps_the_parts(tmp_path):
    job = in_folder(tmp_path / "a", make=never_model, executor=Elsewhere(deadly=2))  # here, the model would raise
    report = assembled(job, Stated())
    assert [(row.item, row.error) for row in report.failures] == [("2", KILLED)]
    assert report.shifts["zeros"].inputs == 10
    assert set(job.store.noted("identity")["scores"]) == {"0", "1", "3"}
    kept = job_of(inputs=rows_of()[[item for item in range(11) if item != 2]])
    assert report.shifts["zeros"].auc == pytest.approx(assembled(kept, Stated()).shifts["zeros"].auc)
    assert all(known.maps for known in (job.store.read(shard.number) for shard in job.shards))


def test_another_process_cannot_work_on_the_same_folder_until_the_first_one_ends(tmp_path):
    script = (
        "import sys, time; from pathlib import Path; from xaivision.evaluation.audit.lock import hold\n"
        "hold(Path(sys.argv[1])); print('held', flush=True); time.sleep(100)"
    )
    (tmp_path / "a").mkdir()
    holder = subprocess.Popen([sys.executable, "-c", script, str(tmp_path / "a" / "audit.lock")], stdout=subprocess.PIPE)
    try:
        holder.stdout.readline()
        with pytest.raises(InputError, match=f"is worked on by another process, number {holder.pid}"):
            hold(tmp_path / "a" / "audit.lock")
    finally:
        holder.kill()
        holder.communicate()
    hold(tmp_path / "a" / "audit.lock")
    let_go(tmp_path / "a" / "audit.lock")


def test_versions_of_the_packages_belong_to_the_configuration():
    assert "torch" in job_of().configuration()["versions"]


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
