"""`xaivision audit`: what it costs is said first, conditions are checked before any work, and each end has its exit code."""

import json

import pytest

from xaivision import cli
from xaivision.core.errors import Cancelled, InputError
from xaivision.evaluation.audit.cost import CostPlan
from xaivision.evaluation.audit.plan import AuditPlan
from xaivision.evaluation.registry import metric
from xaivision.explainers.registry import explainer

SMALL = ["audit", "wine", "-m", "wine_mlp", "-x", "saliency,occlusion", "--metrics", "deletion", "--rows", "0-7"]
SMALL += ["--set", "deletion.steps=4"]
WINE = ["audit", "wine", "-m", "wine_mlp", "-x", "saliency,occlusion", "--metrics", "deletion"]


class Prepared:
    """An audit that does nothing, and notes in which order it was asked."""

    def __init__(self, asked):
        self.asked, self.end, self.items = asked, None, 178
        self.plan = AuditPlan(
            {name: explainer(name) for name in ("saliency", "occlusion")},
            {"random": explainer("random")},
            {"deletion": metric("deletion")},
        )

    def cost(self):
        self.asked.append("cost")
        return CostPlan(items=169, total=178, model_calls=12345, gradient_calls=169, seconds=400.0, measured=4)

    def run(self):
        self.asked.append("run")
        raise self.end


class Library:
    """What `auditing.prepared` was asked, in order, and the audit that it made."""

    def __init__(self):
        self.asked = []
        self.made = Prepared(self.asked)

    def prepared(self, subject, items, **arguments):
        self.asked.append((subject.name, len(items.names), arguments))
        return self.made


@pytest.fixture
def library(monkeypatch):
    found = Library()
    monkeypatch.setattr("xaivision.auditing.prepared", found.prepared)
    return found


@pytest.fixture
def ran(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        code = cli.run(arguments)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_the_cost_is_said_before_the_audit_starts(ran, library):
    library.made.end = InputError("stopped here")
    code, out, err = ran(*WINE)
    assert (code, err) == (2, "stopped here\n")
    assert library.asked[1:] == ["cost", "run"]
    told = " ".join(out.split())
    places = [told.index(one) for one in ("items 178 items", "done before 5 of 178 items", "measured on 4 items, asked just now")]
    assert places == sorted(places)
    assert "left to do 169 items: 12,345 model calls, 169 gradient calls" in told
    assert "about 7 min" in out


def test_an_audit_tells_what_it_found_and_writes_it(ran, tmp_path):
    code, out, err = ran(*SMALL)
    assert (code, err) == (0, "")
    for words in ("audit of wine_mlp, 8 items", "saliency", "input_magnitude", "deletion \N{DOWNWARDS ARROW}"):
        assert words in out
    assert out.endswith("Written: audit_output/report.html, audit_output/report.json\n")
    assert (tmp_path / "audit_output" / "report.html").stat().st_size > 1000


def test_an_audit_that_is_done_costs_nothing_and_another_one_is_refused_there(ran):
    first = ran(*SMALL)[1]
    again = ran(*SMALL)[1]
    assert "before" not in first
    assert "measured on 8 items, asked just now and kept" in " ".join(first.split())
    assert "done before all 8 items left to do nothing" in " ".join(again.split())
    assert "s in all; no model call in this run" in " ".join(again.split())
    assert "in this run" not in " ".join(first.split())
    assert first[first.index("audit of") :].splitlines()[:9] == again[again.index("audit of") :].splitlines()[:9]
    code, _, err = ran(*SMALL, "--seed", "1")
    assert code == 2
    assert "holds an audit of another configuration: `plan.seed` was 0 and is now 1" in err


def test_with_plan_nothing_is_audited(ran, library):
    code, out, _ = ran(*WINE, "--plan")
    assert code == 0
    assert library.asked[1:] == ["cost"]
    assert "Written" not in out
    told = json.loads(ran(*WINE, "--plan", "--json")[1])
    assert (told["methods"], told["metrics"], told["items_left"], told["seconds"]) == (
        ["saliency", "occlusion"],
        ["deletion"],
        169,
        400.0,
    )


def test_the_names_and_the_rows_reach_the_library(ran, library):
    library.made.end = InputError("stopped here")
    ran(*WINE, "--rows", "0-4", "--seed", "3", "--set", "deletion.steps=4", "-o", "here")
    name, count, given = library.asked[0]
    assert (name, count, given["seed"], str(given["out"])) == ("wine_mlp", 5, 3, "here")
    assert given["metric_settings"] == {"deletion": {"steps": 4}}


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("deletion:saliency<=1", 0, "met: deletion:saliency<=1: deletion of `saliency` is "),
        ("deletion:*<=-1", 3, "NOT MET: deletion:*<=-1: deletion of `occlusion` is "),
        ("deletion:saliency>reversed", 3, "is not clearly better than 1 of 1: `reversed` (by "),
    ],
)
def test_a_condition_that_is_not_met_is_exit_code_3_after_everything_is_written(ran, text, code, says):
    found, out, err = ran(*SMALL, "--fail-under", text)
    assert found == code
    assert says in err
    assert "Written" in out


def test_a_condition_on_what_decides_nothing_is_taken_with_a_warning_and_failures_have_one_of_their_own(ran):
    code, _, err = ran(*SMALL[:-2], "--metrics", "sparseness", "--fail-under", "sparseness:*>=0", "--fail-under", "failures<=0")
    assert code == 0
    assert "A gate on sparseness keeps no wrong explanation out" in err
    assert "met: failures<=0: 0 of 8 items failed, wanted <= 0." in err


def test_every_condition_counts_and_json_is_all_there_is_on_standard_output(ran):
    conditions = ["--fail-under", "deletion:saliency<=1", "--fail-under", "deletion:saliency<=-1"]
    code, out, err = ran(*SMALL, *conditions, "--json")
    told = json.loads(out)
    assert code == 3
    assert [one["met"] for one in told["gate"]["conditions"]] == [True, False]
    assert told["checklist"]["data"]["source"].startswith("wine: ")
    assert told["checklist"]["data"]["selection"] == "rows 0-7"
    assert err.count("met: deletion") == 1
    assert err.count("NOT MET: deletion") == 1


def test_what_only_the_auditor_knows_is_in_the_checklist(ran, tmp_path):
    (tmp_path / "audit.toml").write_text('[auditor]\nfunding = "none"\n[data]\nselection = "the first eight"\n')
    stated = ["--config", "audit.toml", "--purpose", "to know", "--auditor", "me", "--json"]
    told = json.loads(ran(*SMALL, *stated)[1])["checklist"]
    assert told["subject"]["purpose"] == "to know"
    assert (told["auditor"]["identity"], told["auditor"]["funding"]) == ("me", "none")
    assert (told["data"]["selection"], told["data"]["license"]) == ("the first eight", "CC BY 4.0")


def test_an_audit_in_which_nothing_could_be_audited_is_exit_code_1(ran, tmp_path):
    (tmp_path / "bad.png").write_text("no picture")
    code, out, err = ran("audit", "bad.png", "-m", "digits_cnn", "-x", "saliency", "--metrics", "sparseness")
    assert code == 1
    assert "Something failed on all of 1 item." in " ".join(out.split())
    assert err.startswith("No method has a value on any item. 1 failure on 1 of 1 item: ")
    assert "bad.png" in err


@pytest.mark.parametrize(
    ("arguments", "says", "asked"),
    [
        (["--fail-under", "deletion=0.3"], "`--fail-under` must be metric:method>control", 0),
        (["--fail-under", "irof:saliency>control"], "`--fail-under` names the metric `irof`, which is no part of this audit.", 1),
        (["--fail-under", "deletion:salience>control"], "Did you mean `saliency`?", 1),
        (["--config", "nowhere.toml"], "No such file or directory: nowhere.toml", 0),
        (["-o", "taken"], "`--output` must be a folder. Got the file taken.", 0),
    ],
)
def test_what_is_said_wrong_is_one_sentence_before_any_work(ran, library, tmp_path, arguments, says, asked):
    (tmp_path / "taken").write_text("mine")
    code, out, err = ran(*WINE, *arguments)
    assert (code, out) == (2, "")
    assert says in err
    assert len(err.strip().splitlines()) == 1
    assert len(library.asked) == asked


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--metrics", "deletoin"], "Did you mean `deletion`?"),
        (["-x", "salience"], "Did you mean `saliency`?"),
        (["--access", "gradient"], "Did you mean `gradients`?"),
        (["--access", "scores"], "`saliency`"),
        (["--executor", "ray"], "`ray` is not a known executor."),
        (["-x", "nearest_examples"], "`nearest_examples` needs `background`"),
    ],
)
def test_what_does_not_fit_together_is_refused_before_any_work(ran, tmp_path, arguments, says):
    code, out, err = ran(*WINE, *arguments)
    assert (code, out) == (2, "")
    assert says in err
    assert not (tmp_path / "audit_output" / "parts").exists() or not list((tmp_path / "audit_output" / "parts").iterdir())


def test_options_count_more_than_the_file(ran, library, tmp_path):
    (tmp_path / "audit.toml").write_text(
        'seed = 9\nout = "there"\n[model]\nname = "wine_mlp"\n[data]\ninputs = "wine"\nrows = "0-2"\n'
        "[methods]\nsaliency = {}\nocclusion = { window = 2 }\n[metrics.deletion]\nsteps = 4\n"
    )
    assert ran("audit", "--config", "audit.toml", "--seed", "1", "-x", "occlusion", "--plan")[0] == 0
    name, count, given = library.asked[0]
    assert (name, count, given["seed"], given["out"]) == ("wine_mlp", 3, 1, tmp_path / "there")
    assert given["settings"] == {"occlusion": {"window": 2}}
    assert given["metric_settings"] == {"deletion": {"steps": 4}}


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), Cancelled("The job was cancelled.")])
def test_whoever_stops_an_audit_is_told_how_to_go_on(ran, library, stop):
    library.made.end = stop
    code, _, err = ran(*WINE, "-o", "here")
    assert code == 130
    assert err == "What is done is kept in here. The same command goes on from there.\nStopped.\n"
