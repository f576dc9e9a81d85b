"""Set before torch is imported: busy cores make its threads spin, at fifty times the time."""

import os

os.environ["OMP_WAIT_POLICY"] = "passive"
os.environ["MPLBACKEND"] = "Agg"
os.environ.pop("COLUMNS", None)  # tables would be as narrow as somebody's terminal

import pytest
import torch

# Networks that are made while modules are imported have the same weights in every run, too.
torch.manual_seed(0)


def pytest_report_header():
    """Tests on real data are not collected without it: said at the top of every run."""
    if "XAIVISION_DATA" not in os.environ:
        return "XAIVISION_DATA is not set: tests on real photos and sonar pictures are not collected"
    return f"real data: {os.environ['XAIVISION_DATA']}"


@pytest.fixture(autouse=True, scope="session")
def _one_thread():
    torch.set_num_threads(1)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup():
    """A network with random weights is the same one whichever tests ran before: one in many is dead at a ReLU."""
    torch.manual_seed(0)
