"""How far a job is, in a visitor's words, in a place of its own: what stands below stays where it is."""

import threading
from contextlib import nullcontext
from types import SimpleNamespace

import pytest
from app_models import Open

from desk import progress
from desk.job import Stage
from desk.progress import told
from xaivision.core.locks import WAITING
from xaivision.explainers.saliency import Saliency


@pytest.mark.parametrize(
    ("stages", "said"),
    [
        ((), ""),
        ((Stage("methods", 4, 1), Stage("masks", 1200, 300)), "Methods asked: 1 of 4 · hiding parts of it: 300 of 1,200"),
        ((Stage("metrics", 2, 1), Stage("removal curve", 1)), "Judged beside controls: 1 of 2"),
        ((Stage("methods", 4, 1), Stage("simulating sonar", None)), "Methods asked: 1 of 4 · simulating sonar"),
        (
            (Stage("methods", 4), Stage("inputs", 1), Stage("gradients", 9), Stage("x", 3)),
            "Methods asked: 0 of 4 · gradients: 0 of 9",
        ),
        ((Stage("methods", 4, 2), Stage(WAITING, None)), "Waiting for the model, which answers somebody else"),
    ],
)
def test_the_work_under_way_is_told_in_a_visitors_words(stages, said):
    assert told(stages) == said


def test_the_bar_alone_is_looked_at_again_and_what_stands_below_is_drawn_when_there_is_more(monkeypatch):
    """To draw a page of maps twice a second cost the browser as much as the maps cost the model."""
    drawn, again, runs = [], [], {}

    def fragment(draw=None, *, run_every=None):
        if draw is None:
            return lambda draw: fragment(draw, run_every=run_every)
        runs[run_every] = draw
        return draw

    job = SimpleNamespace(answers={})
    monkeypatch.setattr(progress, "awaited", lambda page: True)
    monkeypatch.setattr(progress, "_progress_bar", lambda page, job: drawn.append("bar"))
    monkeypatch.setattr(
        progress, "st", SimpleNamespace(fragment=fragment, container=nullcontext, rerun=lambda: again.append(len(job.answers)))
    )
    progress.looked_at("page", job, lambda: drawn.append("maps"))
    assert (drawn, set(runs)) == (["bar", "maps"], {None, progress.SECONDS_BETWEEN_LOOKS})
    for _ in range(3):
        runs[progress.SECONDS_BETWEEN_LOOKS]()
    assert (drawn, again) == (["bar", "maps", "bar", "bar", "bar"], [])
    job.answers["grad_cam"] = "a map"
    runs[progress.SECONDS_BETWEEN_LOOKS]()
    assert again == [1]


def way_to(block, name, before=()):
    """The numbers of the children that lead to this component of ours."""
    for number, child in block.children.items():
        way = (*before, number)
        if getattr(child.proto, "component_name", "") == f"xaivision_{name}":
            return way
        if (found := way_to(child, name, way) if hasattr(child, "children") else None) is not None:
            return found
    return None


@pytest.mark.parametrize("judged", ["true", "false"])
def test_the_maps_stay_where_they_are_when_the_last_answer_comes_and_one_has_none(visit, monkeypatch, judged):
    """The browser makes anew what has moved, and closes what was open in it."""

    def too_much(*_, **__):
        raise MemoryError

    monkeypatch.setattr(Saliency, "explain", too_much)
    going, passed = threading.Event(), Open.forward

    def forward(module, inputs):
        assert len(inputs) == 1 or going.wait(30)
        return passed(module, inputs)

    monkeypatch.setattr(Open, "forward", forward)
    page = visit("photos", "app_models:gated", photos_methods=["occlusion", "saliency"], photos_judge=judged, photos_steps="8")
    asking = way_to(page.at.main, "gallery")
    assert [one.label for one in page.at.button if one.label == "Stop"] == ["Stop"]
    going.set()
    page.settled()
    assert not [one for one in page.at.button if one.label == "Stop"]
    assert "could not answer" in page.warnings[0]
    assert way_to(page.at.main, "gallery") == asking is not None
