#!/usr/bin/env python3
"""Writes `iqa_params.bin`, the parameters of BRISQUE and NIQE as the program embeds them, from their sources.

    python models/iqa_params.py --brisque FOLDER --niqe FILE [--out models/iqa_params.bin]

FOLDER holds `brisque_model_live.yml` and `brisque_range_live.yml` of OpenCV's quality module (Debian package `opencv-data`
4.6.0), FILE is `basicsr/metrics/niqe_pris_params.npz` of the PyPI package basicsr 1.4.2. It needs numpy and nothing else.

The file is a row of little-endian numbers without a header:

| how many | of | what |
|---|---|---|
| 36, 36 | 32-bit floats | BRISQUE: least and greatest value of each feature |
| 774 | 64-bit floats | BRISQUE: weight of each support vector |
| 774 x 36 | 32-bit floats | BRISQUE: the support vectors |
| 2 | 64-bit floats | BRISQUE: gamma of the kernel, rho of the decision function |
| 36 | 64-bit floats | NIQE: mean of the features of pristine photographs |
| 36 x 36 | 64-bit floats | NIQE: their covariance |
| 7 x 7 | 64-bit floats | NIQE: the Gaussian window |
"""

import argparse
import re
from pathlib import Path

import numpy as np

NUMBER = r"[-+]?\d+\.?\d*(?:[eE][-+]?\d+)?"


def after(text, *names):
    """The text behind these names, which follow one another."""
    for name in names:
        text = text[text.index(name) + len(name):]
    return text


def numbers(text):
    """Those of the first pair of square brackets."""
    return [float(number) for number in re.findall(NUMBER, text[text.index("["):text.index("]")])]


def brisque(folder):
    model = (folder / "brisque_model_live.yml").read_text()
    bounds = np.array(numbers(after((folder / "brisque_range_live.yml").read_text(), "data:")))
    vectors = [numbers(row) for row in after(model, "support_vectors:").split("decision_functions:")[0].split("- ")[1:]]
    decision = after(model, "decision_functions:")
    gamma, rho = (float(re.search(NUMBER, after(text, name)).group())
                  for text, name in ((model, "gamma:"), (decision, "rho:")))
    lowest, highest = bounds.reshape(2, 36)
    vectors, weights = np.array(vectors), np.array(numbers(after(decision, "alpha:")))
    assert vectors.shape == (774, 36) and weights.shape == (774,)
    return [("<f4", lowest), ("<f4", highest), ("<f8", weights), ("<f4", vectors), ("<f8", np.array([gamma, rho]))]


def niqe(file):
    pristine = np.load(file)
    parts = [pristine[name] for name in ("mu_pris_param", "cov_pris_param", "gaussian_window")]
    assert [part.size for part in parts] == [36, 36 * 36, 49]
    return [("<f8", part) for part in parts]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--brisque", type=Path, required=True)
    parser.add_argument("--niqe", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".bin"))
    arguments = parser.parse_args()
    parts = brisque(arguments.brisque) + niqe(arguments.niqe)
    arguments.out.write_bytes(b"".join(part.astype(kind).tobytes() for kind, part in parts))


if __name__ == "__main__":
    main()
