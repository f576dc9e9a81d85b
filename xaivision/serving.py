"""The app in the browser: found in a checkout or an installed wheel, and served to this machine alone."""

import gc
import os
import socket
import tomllib
import webbrowser
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from threading import Thread, Timer
from typing import TYPE_CHECKING, Any

from xaivision.core.errors import InputError, XaivisionError
from xaivision.core.extras import extra

if TYPE_CHECKING:
    from xaivision.core.classifier import ClassifierAdapter

_PACKAGE = Path(__file__).resolve().parent
# A wheel carries the folder inside the package, a checkout beside it.
PLACES = (_PACKAGE / "apps", _PACKAGE.parent / "apps")
ENTRY, SETTINGS = "explorer.py", ".streamlit/config.toml"
# The app's pages find here which model was named when it was started. No page takes the name of a factory from its address.
MODEL_VARIABLE = "XAIVISION_APP_MODEL"
HOST, PORT = "127.0.0.1", 8501
SECONDS_TO_START = 1.5
DEFAULT = "efficientnet_lite0"


def serve(model: str | None = None, port: int = PORT, *, open_browser: bool = True) -> None:
    """Serve the app until it is stopped; what takes seconds to import is imported before the first page is asked for.

    `model`: what `naming.model_from` takes; the app offers it first, and the named models with it.

    Raises: MissingExtraError, where streamlit or plotly is not installed; InputError, where the port is taken or the
    installation lacks the app; as `naming.model_from`.
    """
    bootstrap = _bootstrap()
    entry = app_folder() / ENTRY
    check_free(port)
    _warm(model)
    flags = streamlit_flags(port)
    bootstrap.load_config_options(flags)
    if open_browser:
        Timer(SECONDS_TO_START, webbrowser.open, [f"http://{HOST}:{port}"]).start()
    bootstrap.run(str(entry), False, [], flags)


def app_folder() -> Path:
    """The folder that holds the app. Raises: InputError, where the installation lacks it."""
    for place in PLACES:
        if (place / ENTRY).is_file():
            return place
    raise InputError(f"The folder `apps` must come with xaivision. It is not in {PLACES[0].parent}. Install xaivision again.")


def streamlit_flags(port: int) -> dict[str, Any]:
    """The settings that the app ships, as Streamlit's command line would take them: nobody's own configuration changes them."""
    with (app_folder() / SETTINGS).open("rb") as file:
        settings = _flat(tomllib.load(file))
    return {**settings, "server_port": port, "browser_serverAddress": HOST}


def check_free(port: int) -> None:
    """Raises: InputError, where something else listens on this port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError) as error:
            raise InputError(f"`--port` must be a free port. Got {port}, which cannot be used. Name another one.") from error


def _bootstrap() -> Any:
    for package in ("streamlit", "plotly"):
        extra(package, "app")
    return extra("streamlit.web.bootstrap", "app")


def _warm(model: str | None) -> None:
    """Import what every page needs, and find out now whether the model can be had."""
    for module in ("xaivision.auditing", "xaivision.report.html", "plotly.graph_objects"):
        import_module(module)
    from xaivision.naming import model_from

    if model is None:
        os.environ.pop(MODEL_VARIABLE, None)
    else:
        os.environ[MODEL_VARIABLE] = model
    _keep_what_is_there()
    # A model's first passes take seconds more than the next ones: they are done while the browser opens.
    Thread(target=_first_pass, args=[model_from(model or DEFAULT)], daemon=True).start()


def _first_pass(model: "ClassifierAdapter") -> None:
    from xaivision.facade import explain
    from xaivision.first_look import sample_input
    from xaivision.fitting_methods import usual_methods

    with suppress(XaivisionError):  # no input of it is known: the page will ask it first
        for method in usual_methods(model)[:1]:
            explain(model, sample_input(model), method)
    _keep_what_is_there()


def _keep_what_is_there() -> None:
    """Leave what was imported out of all later collections of garbage.

    A collection of half a million objects takes a third of a second, in which every job and every page waits.
    """
    gc.collect()
    gc.freeze()


def _flat(settings: dict[str, Any], before: str = "") -> dict[str, Any]:
    """`server_port` for the `port` of `server`, as Streamlit's command line has it."""
    found: dict[str, Any] = {}
    for name, value in settings.items():
        found.update(_flat(value, f"{before}{name}_") if isinstance(value, dict) else {f"{before}{name}": value})
    return found
