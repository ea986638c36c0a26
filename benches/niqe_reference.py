"""NIQE in numpy and SciPy, by the algorithm of basicsr 1.4.2, which itself cannot be had without PyTorch.

Every block is fitted on its own and the window is one convolution of SciPy's, as there. Arithmetic is in double precision, and
the half size is Pillow's.
"""

from pathlib import Path

import numpy as np
from PIL import Image
from scipy.ndimage import convolve
from scipy.special import gamma

BLOCK = 96
SHAPES = np.arange(0.2, 10.001, 0.001)
RATIOS = gamma(2 / SHAPES) ** 2 / (gamma(1 / SHAPES) * gamma(3 / SHAPES))
_numbers = np.frombuffer((Path(__file__).resolve().parent.parent / "models" / "iqa_params.bin").read_bytes()[-11_048:], "<f8")
MEAN, COVARIANCE, WINDOW = _numbers[:36], _numbers[36:1332].reshape(36, 36), _numbers[1332:].reshape(7, 7)


def studio_luma(rgb):
    """Luma from 16 to 235, rounded, of 8-bit pixels; as there, in single precision, so that halves become even."""
    luma = ((rgb.astype(np.float32) / 255).astype(np.float64) @ [65.481, 128.553, 24.966] + 16) / 255
    return np.round(luma.astype(np.float32) * np.float32(255)).astype(np.float64)


def fit(samples):
    """Shape, left and right scale of the asymmetric generalised Gaussian."""
    left, right = (np.sqrt((samples[side] ** 2).mean()) for side in (samples < 0, samples > 0))
    sides = left / right
    ratio = np.abs(samples).mean() ** 2 / (samples ** 2).mean()
    ratio *= (sides ** 3 + 1) * (sides + 1) / (sides ** 2 + 1) ** 2
    shape = SHAPES[np.argmin((RATIOS - ratio) ** 2)]
    scale = np.sqrt(gamma(1 / shape) / gamma(3 / shape))
    return shape, left * scale, right * scale


def features(block):
    shape, left, right = fit(block)
    found = [shape, (left + right) / 2]
    for shift in ((0, 1), (1, 0), (1, 1), (1, -1)):
        shape, left, right = fit(block * np.roll(block, shift, (0, 1)))
        found += [shape, (right - left) * gamma(2 / shape) / gamma(1 / shape), left, right]
    return found


def niqe(rgb):
    """The score of a picture of at least two blocks."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return _niqe(studio_luma(rgb))


def _niqe(luma):
    rows, columns = (side // BLOCK for side in luma.shape)
    luma = luma[:rows * BLOCK, :columns * BLOCK]
    scales = []
    for side in (BLOCK, BLOCK // 2):
        mean = convolve(luma, WINDOW, mode="nearest")
        deviation = np.sqrt(np.abs(convolve(luma ** 2, WINDOW, mode="nearest") - mean ** 2))
        normalized = (luma - mean) / (deviation + 1)
        scales.append([features(normalized[y * side:(y + 1) * side, x * side:(x + 1) * side])
                       for x in range(columns) for y in range(rows)])
        if side == BLOCK:
            half = Image.fromarray((luma / 255).astype(np.float32)).resize((luma.shape[1] // 2, luma.shape[0] // 2), Image.BICUBIC)
            luma = np.asarray(half).astype(np.float64) * 255
    blocks = np.concatenate([np.array(scale) for scale in scales], 1)
    offset = MEAN - np.array([column[~np.isnan(column)].mean() for column in blocks.T])
    spread = np.cov(blocks[~np.isnan(blocks).any(1)], rowvar=False)
    return float(np.sqrt(offset @ np.linalg.pinv((COVARIANCE + spread) / 2) @ offset))
