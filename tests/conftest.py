"""Set before torch is imported: busy cores make its threads spin, at fifty times the time."""

import os

os.environ["OMP_WAIT_POLICY"] = "passive"
os.environ["MPLBACKEND"] = "Agg"
os.environ.pop("COLUMNS", None)  # tables would be as narrow as somebody's terminal

import pytest
import torch


@pytest.fixture(autouse=True, scope="session")
def _one_thread():
    torch.set_num_threads(1)
