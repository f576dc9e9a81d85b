"""Runs every benchmark, or those that are named, and writes `benchmarks/results`."""

import argparse
import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

from importlib import import_module

import torch

NAMES = (
    "heap",
    "integrated_gradients",
    "smooth_grad",
    "expected_gradients",
    "grad_cam",
    "rectified_gradients",
    "occlusion",
    "sharing",
    "lime_images",
    "lime_tables",
    "shapley_images",
    "shapley_photos",
    "tree_shap",
    "shapley_tables",
    "counterfactuals",
    "picture_counterfactuals",
    "lasting_constraint",
    "lasting_counterfactuals",
    "lasting_networks",
    "metrics",
    "parameter_randomization",
    "prototypes",
    "surrogates",
    "surrogate_ranking",
    "surrogate_width",
    "surrogate_pictures",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=NAMES, help=f"of {', '.join(NAMES)}; all where none is named")
    parser.add_argument("--quick", action="store_true", help="one round")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    for name in chosen.names:
        import_module(f"benchmarks.{name}").main(quick=chosen.quick)


if __name__ == "__main__":
    main()
