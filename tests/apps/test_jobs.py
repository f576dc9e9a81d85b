"""Work in the background: who watches it, how it ends, and two at once on one model."""

import threading
import time

import pytest
import torch
from app_models import network

import xaivision as xv


@pytest.fixture
def jobs():
    from desk.jobs import Jobs

    return Jobs(most_kept=2)


def waits(job):
    from xaivision.core.progress import track

    for _ in track(range(10_000), "waiting"):
        time.sleep(0.005)
    return "done"


def test_a_job_gives_its_result_and_an_error_is_one_sentence(jobs):
    def fails(job):
        raise ValueError("broken")

    job = jobs.join("a", lambda job: 3)
    assert job.wait(20)
    assert (job.result, job.error) == (3, "")
    bad = jobs.join("b", fails)
    assert bad.wait(20)
    assert (bad.result, bad.error) == (None, "The model raised ValueError: broken")


def test_a_job_tells_how_far_it_is_and_stops_when_it_is_told_to(jobs):
    job = jobs.join("a", waits)
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
    assert first is second
    jobs.leave("a", first)
    time.sleep(0.1)
    assert not first.done, "somebody watches it still"
    jobs.leave("a", second)
    assert first.wait(20)
    assert first.cancelled


def test_a_job_that_was_stopped_is_begun_anew(jobs):
    first = jobs.join("a", waits)
    first.cancel()
    assert first.wait(20)
    second = jobs.join("a", lambda job: "again")
    assert second.wait(20)
    assert second.result == "again"


def test_who_leaves_a_stopped_job_does_not_stop_the_one_in_its_place(jobs):
    stopped = jobs.join("a", waits)
    assert jobs.join("a", waits) is stopped  # two watch it
    stopped.cancel()
    assert stopped.wait(20)
    again = jobs.join("a", waits)  # the first asks again
    jobs.leave("a", stopped)
    jobs.leave("a", stopped)  # and the second looks at something else
    time.sleep(0.1)
    assert not again.done
    assert jobs.join("a", waits) is again
    jobs.leave("a", again)
    jobs.leave("a", again)
    assert again.wait(20)


def test_a_job_that_is_done_is_kept_for_whoever_comes_back_within_a_bound(jobs):
    done = [jobs.join(name, lambda job, name=name: name) for name in "abc"]
    assert all(job.wait(20) for job in done)
    jobs.join("d", lambda job: "d").wait(20)
    assert jobs.join("d", waits).result == "d"
    assert len(jobs._jobs) <= 3


def test_what_is_under_way_is_stopped_before_the_server_ends(jobs):
    running, done = jobs.join("a", waits), jobs.join("b", lambda job: 1)
    assert done.wait(20)
    jobs.stop()
    assert running.done
    assert running.cancelled
    assert not done.cancelled


def test_what_is_drawn_of_a_result_is_made_once(jobs):
    job, made = jobs.join("a", lambda job: 1), []
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

    both = {name: jobs.join(name, ask(name)) for name in alone}
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


def test_a_session_that_goes_on_stops_what_nobody_looks_at(visit, monkeypatch):
    page = visit("photos", photos_methods=["occlusion"], photos_judge="true")
    job = page.job
    page.at.selectbox(key="photo").set_value("rocket")
    page.run()
    assert job.wait(30)
    assert page.job is not job
    assert job.cancelled or job.result is not None
    page.settled()
    assert page.errors == []


def test_what_was_stopped_stays_so_until_the_visitor_goes_on(visit):
    page = visit("photos", "app_models:slow", photos_methods=["saliency"], photos_steps="8")
    job = page.job
    next(one for one in page.at.button if one.label == "Stop").click()
    page.run().settled()
    assert job.cancelled
    assert "Stopped. What was found is kept." in [one.value for one in page.at.info]
    assert page.run().job is job
    next(one for one in page.at.button if one.label == "Go on").click()
    page.run().settled()
    assert page.job is not job
    assert page.job.result is not None
