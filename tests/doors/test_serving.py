import gc
import socket
import tomllib

import pytest

from xaivision import serving
from xaivision.core.errors import InputError, MissingExtraError


@pytest.fixture(autouse=True)
def _collections_as_before():
    """Serving leaves what is there out of collections: no other test should inherit that."""
    yield
    gc.unfreeze()


def test_the_app_is_found_with_its_settings():
    folder = serving.app_folder()
    assert (folder / "explorer.py").is_file()
    assert (folder / "desk" / "parts" / "gallery.js").is_file()


def test_every_setting_that_the_app_ships_reaches_streamlit():
    from streamlit import config

    flags = serving.streamlit_flags(8888)
    known = set(config._config_options_template)
    assert {name.replace("_", ".") for name in flags} <= known
    with (serving.app_folder() / ".streamlit" / "config.toml").open("rb") as file:
        shipped = tomllib.load(file)
    assert flags["server_maxUploadSize"] == shipped["server"]["maxUploadSize"]
    assert flags["theme_dark_textColor"] == shipped["theme"]["dark"]["textColor"]


def test_the_app_is_served_to_this_machine_alone_and_tells_nobody():
    flags = serving.streamlit_flags(8888)
    assert (flags["server_address"], flags["server_port"], flags["browser_serverAddress"]) == ("127.0.0.1", 8888, "127.0.0.1")
    assert flags["browser_gatherUsageStats"] is False
    assert flags["server_enableXsrfProtection"] is True
    assert flags["server_enableCORS"] is True
    assert flags["client_showErrorDetails"] == "type"


def test_no_look_at_a_page_collects_garbage():
    """It holds up every thread: with a few models loaded half a second, twice a second for each page that waits."""
    assert serving.streamlit_flags(8888)["runner_postScriptGC"] is False


def test_a_port_that_is_taken_is_refused_with_one_sentence():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=f"Got {port}, which cannot be used. Name another one."):
            serving.check_free(port)
    serving.check_free(port)


@pytest.mark.parametrize("port", [-1, 70_000])
def test_a_number_that_is_no_port_is_refused(port):
    with pytest.raises(InputError, match="`--port` must be a free port"):
        serving.check_free(port)


def test_a_missing_streamlit_names_the_extra(monkeypatch):
    from xaivision.core import extras

    def missing(name):
        raise ModuleNotFoundError(name=name)

    monkeypatch.setattr(extras, "import_module", missing)
    with pytest.raises(MissingExtraError, match=r'pip install "xaivision\[app\]"'):
        serving.serve()


def test_an_installation_without_the_app_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(serving, "PLACES", (tmp_path / "apps",))
    with pytest.raises(InputError, match="The folder `apps` must come with xaivision"):
        serving.app_folder()


def test_a_model_that_cannot_be_had_is_told_before_anything_is_served(monkeypatch):
    class Nobody:
        def load_config_options(self, flags):
            pytest.fail("served")

    monkeypatch.setattr(serving, "_bootstrap", Nobody)
    monkeypatch.setenv(serving.MODEL_VARIABLE, "")
    with pytest.raises(InputError, match="cannot be imported"):
        serving.serve("no_such_module:factory", _free_port(), open_browser=False)


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_what_is_there_is_left_out_of_later_collections():
    """Whatever runs waits for a collection."""
    held = [[number] for number in range(20_000)]
    before = gc.get_freeze_count()
    serving._keep_what_is_there()
    assert gc.get_freeze_count() >= before + len(held)
