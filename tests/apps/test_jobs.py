"""Work in the background: who watches it, how it ends, and two at once on one model."""

import gc
import threading
import time
import tracemalloc
from weakref import ref

import pytest
import torch
from app_models import Open, network

import xaivision as xv
from desk.seat import Seat
from xaivision.explainers.occlusion import Occlusion


@pytest.fixture
def jobs():
    from desk.jobs import Jobs

    return Jobs(most_kept=2)


def waits(job):
    from xaivision.core.progress import track

    for _ in track(range(10_000), "waiting"):
        time.sleep(0.005)
    return "done"


def broken(inputs):
    raise ValueError("this model is broken")


def ours():
    return {}["no such key"]


def test_a_job_gives_its_result_and_an_error_is_one_sentence_that_says_whose_fault_it_is(jobs):
    model = xv.FunctionClassifier(broken, 2, score_unit="logit", domain="tabular")
    work = {"result": lambda job: 3, "model": lambda job: model(torch.zeros(1, 2)), "ours": lambda job: ours()}
    done = {name: jobs.join(name, ask).job for name, ask in work.items()}
    assert all(job.wait(20) for job in done.values())
    assert (done["result"].result, done["result"].error) == (3, "")
    assert (done["model"].result, done["model"].error) == (None, "The model raised ValueError: this model is broken")
    assert done["ours"].error == "A fault of xaivision, and none of the model: KeyError: 'no such key'"


def test_a_job_tells_how_far_it_is_and_stops_when_it_is_told_to(jobs):
    job = jobs.join("a", waits).job
    end = time.monotonic() + 20
    while not (job.stages and job.stages[0].done) and time.monotonic() < end:
        time.sleep(0.005)
    (stage,) = job.stages
    assert stage.what == "waiting"
    assert 0 < stage.done < stage.total == 10_000
    assert stage.text.startswith("waiting: ")
    job.cancel()
    assert job.wait(20)
    assert job.cancelled
    assert job.stages == ()


def test_one_question_is_one_job_until_the_last_has_left(jobs):
    first, second = jobs.join("a", waits), jobs.join("a", waits)
    assert first.job is second.job
    jobs.leave(first)
    jobs.leave(first)  # says so twice, and is still one
    time.sleep(0.1)
    assert not second.job.done, "somebody watches it still"
    jobs.leave(second)
    assert second.job.wait(20)
    assert second.job.cancelled


def test_a_job_that_was_stopped_is_begun_anew(jobs):
    first = jobs.join("a", waits).job
    first.cancel()
    assert first.wait(20)
    second = jobs.join("a", lambda job: "again").job
    assert second.wait(20)
    assert second.result == "again"


def test_who_leaves_a_stopped_job_does_not_stop_the_one_in_its_place(jobs):
    stopped = [jobs.join("a", waits), jobs.join("a", waits)]
    stopped[0].job.cancel()
    assert stopped[0].job.wait(20)
    again = jobs.join("a", waits)  # the first asks again
    for one in stopped:
        jobs.leave(one)  # and the second looks at something else
    time.sleep(0.1)
    assert not again.job.done
    assert jobs.join("a", waits).job is again.job
    for one in list(again.job.watches):
        jobs.leave(one)
    assert again.job.wait(20)


def test_a_page_that_is_closed_leaves_what_it_watched_and_only_that(jobs):
    closed, open_page = Seat(jobs, 0.2), Seat(jobs, 0.2)
    alone, shared, also = jobs.join("alone", waits), jobs.join("shared", waits), jobs.join("shared", waits)
    for watch in (alone, shared):
        closed.take(watch)
    open_page.take(also)
    closed.close()
    assert not alone.job.wait(0.05), "whoever loads a page anew has a moment to come back"
    assert alone.job.wait(20)
    assert alone.job.cancelled
    assert alone.lost
    assert not shared.job.done
    open_page.close()
    assert shared.job.wait(20)


def test_who_comes_back_soon_after_the_connection_was_lost_has_lost_nothing(jobs):
    before, after = Seat(jobs, 0.2), Seat(jobs, 0.2)
    watch = jobs.join("a", waits)
    before.take(watch)
    before.close()
    after.take(watch)
    assert not watch.job.wait(0.6)
    after.close()
    assert watch.job.wait(20)


def test_a_job_that_is_done_is_kept_for_whoever_comes_back_within_a_bound(jobs):
    done = [jobs.join(name, lambda job, name=name: name).job for name in "abc"]
    assert all(job.wait(20) for job in done)
    jobs.join("d", lambda job: "d").job.wait(20)
    assert jobs.join("d", waits).job.result == "d"
    assert len(jobs._jobs) <= 3


MEGABYTES = 2**20


def test_jobs_with_large_maps_do_not_add_up(jobs):
    """As many questions as a visitor asks in an hour, each with an answer and drawings of it: 4 MB a question."""

    def large(number):
        def work(job):
            job.answers["map"] = torch.full((2 * MEGABYTES // 8,), number, dtype=torch.float64)
            job.kept_as("drawn", lambda: bytes(2 * MEGABYTES))
            return number

        return work

    def asked(numbers):
        for number in numbers:
            watch = jobs.join(number, large(number))
            seat.take(watch)
            begun.append(ref(watch.job))
            assert watch.job.wait(20)
            jobs.leave(watch)
        gc.collect()

    seat, begun, kept = Seat(jobs), [], []
    tracemalloc.start()
    try:
        for numbers in (range(10), range(10, 60)):
            asked(numbers)
            kept.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert len([one for one in begun if one() is not None]) <= jobs.most_kept + 1
    assert kept[1] - kept[0] < 2 * MEGABYTES


def test_what_is_under_way_is_stopped_before_the_server_ends(jobs):
    running, done = jobs.join("a", waits).job, jobs.join("b", lambda job: 1).job
    assert done.wait(20)
    jobs.stop()
    assert running.done
    assert running.cancelled
    assert not done.cancelled


def test_what_is_drawn_of_a_result_is_made_once(jobs):
    job, made = jobs.join("a", lambda job: 1).job, []
    assert [job.kept_as("x", lambda: made.append(1) or "drawn") for _ in range(3)] == ["drawn"] * 3
    assert made == [1]


@pytest.mark.parametrize("other", ["guided_backprop", "layerwise_relevance", "grad_cam"])
def test_two_jobs_at_once_on_one_model_get_right_maps(jobs, other):
    """Without the library's locks the hooks of one are in the passes of the other, with no error."""
    model = xv.classifier(network(), domain="image", num_classes=4, score_unit="logit", image_format=xv.ImageFormat(3, 16, 16))
    inputs = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    alone = {name: xv.explain(model, inputs, name).values for name in ("saliency", other)}
    barrier = threading.Barrier(2)

    def ask(name):
        def work(job):
            barrier.wait(20)
            return [xv.explain(model, inputs, name).values for _ in range(15)]

        return work

    both = {name: jobs.join(name, ask(name)).job for name in alone}
    for name, job in both.items():
        assert job.wait(60)
        assert job.error == ""
        assert all(torch.equal(values, alone[name]) for values in job.result)


def test_two_sessions_at_once_on_one_model_get_their_own_right_maps(visit):
    first = visit("photos", photos_methods=["saliency", "guided_backprop"], photos_judge="false")
    second = visit("photos", photos_methods=["saliency", "guided_backprop"], photos_judge="false", photo="rocket")
    first.settled()
    second.settled()
    from app_models import tiny

    model = tiny()
    for page, photo in ((first, "chelsea"), (second, "rocket")):
        inputs = xv.load_sample_images([photo], model)
        for name, found in page.job.result.explanations.items():
            assert torch.equal(found.values, xv.explain(model, inputs, name).values)


class Gate:
    """A model that answers single inputs, and asks about more of them only once it is opened."""

    def __init__(self, monkeypatch):
        self.reached, self.opened = threading.Event(), threading.Event()
        passed = Open.forward

        def forward(module, inputs):
            if len(inputs) > 1:
                self.reached.set()
                assert self.opened.wait(30)
            return passed(module, inputs)

        monkeypatch.setattr(Open, "forward", forward)


@pytest.fixture
def gate(monkeypatch):
    made = Gate(monkeypatch)
    yield made
    made.opened.set()


ONE = {"photos_methods": ["occlusion"], "photos_judge": "false"}


def test_a_session_that_goes_on_stops_what_nobody_looks_at(visit, gate):
    page = visit("photos", "app_models:gated", **ONE)
    job = page.job
    assert gate.reached.wait(30)
    page.at.selectbox(key="photo").set_value("rocket")
    threading.Timer(0.3, gate.opened.set).start()  # the new photo is scored once the old one's batch is through
    page.run()
    assert job.wait(30)
    assert job.cancelled
    assert job.result is None
    assert page.job is not job
    page.settled()
    assert page.errors == []


def pressed(page, label):
    next(one for one in page.at.button if one.label == label).click()
    return page.run()


def test_what_was_stopped_stays_so_until_the_visitor_goes_on(visit):
    page = visit("photos", "app_models:slow", photos_methods=["saliency"], photos_steps="8")
    job = page.job
    pressed(page, "Stop").settled()
    assert job.cancelled
    assert "Stopped. What was found is kept." in [one.value for one in page.at.info]
    assert page.run().job is job
    pressed(page, "Go on").settled()
    assert page.job is not job
    assert page.job.result is not None


def test_who_stops_waiting_stops_it_for_nobody_else(visit, gate):
    first, second = (visit("photos", "app_models:gated", **ONE) for _ in range(2))
    job = first.job
    assert second.job is job
    assert gate.reached.wait(30)
    pressed(first, "Stop")
    assert "Stopped. What was found is kept." in [one.value for one in first.at.info]
    assert [card["badge"] for card in second.run().data("gallery")["cards"]] == ["waiting"]
    assert first.data("gallery")["cards"] == [], "it waits for nothing any more"
    gate.opened.set()
    assert second.settled().job is job
    assert not job.cancelled
    assert job.result is not None
    assert pressed(first, "Go on").settled().job is job, "what others have waited for is there"
    assert [card["badge"] for card in first.data("gallery")["cards"]] != ["waiting"]


def test_a_session_whose_browser_is_gone_is_counted_no_more_and_one_that_comes_back_asks_again(visit, gate, monkeypatch):
    from streamlit.runtime.caching import cache_resource_api

    monkeypatch.setattr("desk.shared.Seat", lambda jobs: Seat(jobs, 0.1))
    page = visit("photos", "app_models:gated", **ONE)
    job = page.job
    assert gate.reached.wait(30)
    cache_resource_api.clear_session_cache("test session id")  # what Streamlit does as soon as a browser has gone
    time.sleep(0.5)
    gate.opened.set()
    assert job.wait(30)
    assert job.cancelled
    assert page.run().settled().job is not job, "the browser was back, and nobody had pressed Stop"
    assert page.job.result is not None


def test_a_session_whose_browser_was_gone_for_a_moment_goes_on_with_its_job(visit, gate, monkeypatch):
    from streamlit.runtime.caching import cache_resource_api

    monkeypatch.setattr("desk.shared.Seat", lambda jobs: Seat(jobs, 2.0))
    page = visit("photos", "app_models:gated", **ONE)
    job = page.job
    cache_resource_api.clear_session_cache("test session id")
    page.run()
    time.sleep(2.5)
    gate.opened.set()
    assert page.settled().job is job
    assert job.result is not None


def test_two_comparisons_of_one_model_are_made_at_once(visit, monkeypatch):
    """The second visitor, with another photo, has its class and its map though the first one's comparison goes on and on."""
    explain, served = Occlusion.explain, threading.Event()

    def at_last(self, *args, **kwargs):
        assert served.wait(30)
        return explain(self, *args, **kwargs)

    monkeypatch.setattr(Occlusion, "explain", at_last)
    first = visit("photos", photos_methods=["saliency", "occlusion"], photos_judge="false")
    second = visit("photos", photos_methods=["saliency"], photos_judge="false", photo="rocket").settled()
    assert second.job.result is not None
    assert not first.job.done
    served.set()
    assert first.settled().job.result is not None
