"""A wheel built from the checkout works in an environment and a folder that know nothing of the checkout."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
UV = Path(sys.executable).with_name("uv")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

LOAD_EVERYTHING = """
import json, pathlib, sys
import xaivision
from xaivision.data.registry import available_datasets, dataset_card, load_dataset
from xaivision.models.registry import available_models, model_card

loaded = {name: len(load_dataset(name)) for name in available_datasets()}
cards = {name: [dataset_card(name).license, dataset_card(name).citation] for name in available_datasets()}
models = {name: [model_card(name).license, model_card(name).num_classes] for name in available_models()}
print(json.dumps({"from": xaivision.__file__, "loaded": loaded, "cards": cards, "models": models}))
"""

# A visit to a page of the app that was installed, and what it shows.
VISIT_A_PAGE = """
import json, pathlib, sys, time
import xaivision
from streamlit.testing.v1 import AppTest

apps = pathlib.Path(xaivision.__file__).parent / "apps"
sys.path.insert(0, str(apps))
at = AppTest.from_file(str(apps / "explorer.py"), default_timeout=120)
asked = {"table": "wine", "model": "wine_logistic", "methods": "occlusion", "judge": "false"}
at.query_params.update({f"tables_{name}": value for name, value in asked.items()})
at.switch_page("views/tables.py")
at.run()
job = at.session_state["watched question of tables"].job
job.wait(120)
at.run()
cards = [part for part in at.get("bidi_component") if part.proto.component_name == "xaivision_gallery"]
data = json.loads(cards[0].proto.mixed.json if cards[0].proto.HasField("mixed") else cards[0].proto.json)
told = {card["label"]: [bar["text"] for bar in card["bars"]] for card in data["cards"]}
wrong = [one.message for one in at.exception] + [one.value for one in at.error]
print(json.dumps({"from": str(apps), "title": at.title[0].value, "cards": told, "wrong": wrong}))
"""


def run(*command: object, cwd: Path) -> str:
    # Without the variables that could lead back to the checkout.
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run([str(part) for part in command], cwd=cwd, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    run(UV, "build", "--wheel", "--quiet", "--out-dir", folder, ROOT, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def contents(wheel):
    return zipfile.ZipFile(wheel).namelist()


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The folder of programs of a new environment with the wheel and its demo, and nothing for tests."""
    environment = tmp_path_factory.mktemp("installed") / "environment"
    run(UV, "venv", "--quiet", "--python", sys.executable, environment, cwd=environment.parent)
    programs = environment / "bin"
    pins = ROOT / "constraints.txt"
    run(UV, "pip", "install", "--quiet", "--python", programs / "python", "-c", pins, f"{wheel}[demo]", cwd=environment.parent)
    return programs


@pytest.fixture
def elsewhere(tmp_path):
    assert ROOT not in tmp_path.parents
    return tmp_path


@pytest.mark.parametrize(
    "name",
    [
        "xaivision/py.typed",
        "xaivision/datasets/registry.toml",
        "xaivision/datasets/README.md",
        "xaivision/datasets/samples/uci_sonar.csv",
        "xaivision/models/imagenet_classes.txt",
        "xaivision/apps/explorer.py",
        "xaivision/apps/.streamlit/config.toml",
        "xaivision/apps/views/photos.py",
        "xaivision/apps/desk/parts/gallery.js",
    ],
)
def test_the_wheel_holds_what_the_library_reads(contents, name):
    assert name in contents


def test_the_wheel_holds_the_templates_and_the_license(contents):
    assert [name for name in contents if name.startswith("xaivision/report/templates/")]
    assert [name for name in contents if name.endswith(".dist-info/licenses/LICENSE")]


def test_the_wheel_holds_nothing_else(contents):
    assert {name.split("/")[0] for name in contents if ".dist-info/" not in name} == {"xaivision"}
    assert [name for name in contents if name.split("/")[1].startswith("test") or name.endswith(".pyc")] == []
    assert "xaivision/datasets/__init__.py" not in contents


def test_the_command_says_its_version(installed, elsewhere, wheel):
    version = wheel.name.split("-")[1]
    assert version in run(installed / "xaivision", "--version", cwd=elsewhere)


def test_the_command_lists_what_there_is(installed, elsewhere):
    listed = run(installed / "xaivision", "list", cwd=elsewhere)
    for name in ("integrated_gradients", "deletion", "efficientnet_lite0", "uci_sonar"):
        assert name in listed


def test_every_named_dataset_and_every_model_card_is_there(installed, elsewhere):
    found = json.loads(run(installed / "python", "-c", LOAD_EVERYTHING, cwd=elsewhere))
    assert not Path(found["from"]).is_relative_to(ROOT)
    assert found["loaded"]["uci_sonar"] == 208
    assert {"breast_cancer", "wine", "digits", "sample_images"} <= set(found["loaded"])
    assert all(size > 0 for size in found["loaded"].values())
    assert all(license and citation for license, citation in found["cards"].values())
    assert found["models"]["efficientnet_lite0"][1] == 1000
    assert all(license and classes >= 2 for license, classes in found["models"].values())


def test_the_demo_writes_its_report(installed, elsewhere):
    run(installed / "xaivision", "demo", "--quick", "--output", "made", cwd=elsewhere)
    report = (elsewhere / "made" / "report.html").read_text(encoding="utf-8")
    assert "integrated_gradients" in report
    assert json.loads((elsewhere / "made" / "demo.json").read_text(encoding="utf-8"))
    assert [file for file in (elsewhere / "made").glob("*.png") if file.stat().st_size > 10_000]


def test_the_app_without_its_extra_says_what_to_install(installed, elsewhere):
    done = subprocess.run([installed / "xaivision", "app", "--no-open"], cwd=elsewhere, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.strip().endswith('pip install "xaivision[app]"')


@pytest.fixture(scope="module")
def with_app(wheel, tmp_path_factory):
    """As `installed`, with the app: an environment of its own, since tests rely on what the other one lacks."""
    environment = tmp_path_factory.mktemp("with_app") / "environment"
    run(UV, "venv", "--quiet", "--python", sys.executable, environment, cwd=environment.parent)
    programs, pins = environment / "bin", ROOT / "constraints.txt"
    run(
        UV, "pip", "install", "--quiet", "--python", programs / "python", "-c", pins, f"{wheel}[demo,app]", cwd=environment.parent
    )
    return programs


def test_a_page_of_the_installed_app_is_drawn_with_its_answer(with_app, elsewhere):
    shown = json.loads(run(with_app / "python", "-c", VISIT_A_PAGE, cwd=elsewhere).splitlines()[-1])
    assert not Path(shown["from"]).is_relative_to(ROOT)
    assert shown["wrong"] == []
    assert shown["title"] == "Tables"
    assert list(shown["cards"]) == ["occlusion"]
    assert len(shown["cards"]["occlusion"]) > 3


def test_the_app_is_served_from_the_wheel(with_app, elsewhere):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    left_out = ("PYTHONPATH", "VIRTUAL_ENV")
    clean = {name: value for name, value in os.environ.items() if name not in left_out}
    command = [with_app / "xaivision", "app", "--no-open", "--port", str(port)]
    process = subprocess.Popen(command, cwd=elsewhere, env=clean, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        assert answer(f"http://127.0.0.1:{port}/_stcore/health", process) == b"ok"
        assert b"<html" in answer(f"http://127.0.0.1:{port}/", process)
    finally:
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=60)[0].decode()
    assert f"http://127.0.0.1:{port}" in said
    assert "Traceback" not in said


def answer(address, process, seconds=180):
    """What the server answers, once it does."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert process.poll() is None, process.communicate()[0].decode()
        try:
            with urllib.request.urlopen(address, timeout=5) as found:  # noqa: S310 - our own address
                return found.read()
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"{address} does not answer")
