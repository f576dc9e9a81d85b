"""A training that is killed, not asked to stop, goes on to the same weights."""

import os
import signal
import subprocess
import sys

import pytest
import torch

from xaivision.data.registry import load_dataset
from xaivision.models.transfer import train

SETTINGS = {"weights": None, "side": 48, "epochs": 6, "learning_rate": 1e-2, "tuned_blocks": 2, "tuning_epochs": 4}

# Kills itself after so many epochs of a stage, wherever it is then: nothing of Python's cleaning up runs.
KILLED = """
import os, signal, sys, torch
torch.set_num_threads(1)
from xaivision.core.progress import reporting
from xaivision.data.registry import load_dataset
from xaivision.models.transfer import train

class Killer:
    def start(self, what, total):
        self.what, self.done = what, 0
        return self
    def advance(self):
        self.done += 1
        if self.what.startswith(sys.argv[2]) and self.done == 2:
            os.kill(os.getpid(), signal.SIGKILL)
    def finish(self):
        pass

with reporting(Killer()):
    train(load_dataset("sonar48", count=40), sys.argv[3], checkpoint=sys.argv[1], **eval(sys.argv[4]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["training the linear layer", "tuning"])
def test_a_killed_training_goes_on_to_the_same_bits(tmp_path, monkeypatch, stage):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    data, folder = load_dataset("sonar48", count=40), tmp_path / "checkpoint"
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, str(folder), stage, "squeezenet1_1", repr(SETTINGS)],
        env={**os.environ, "OMP_WAIT_POLICY": "passive"},
        capture_output=True,
        timeout=240,
        check=False,
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
    left = sorted(path.name for path in folder.iterdir())
    assert left == ["linear_layer.safetensors", "tuned_blocks.safetensors"][: 2 if stage == "tuning" else 1]
    whole = train(data, "squeezenet1_1", **SETTINGS)
    again = train(data, "squeezenet1_1", checkpoint=folder, **SETTINGS)
    assert again.card == whole.card
    for name, value in whole.classifier.model.state_dict().items():
        assert torch.equal(value, again.classifier.model.state_dict()[name]), name
