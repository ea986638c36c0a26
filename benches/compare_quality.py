#!/usr/bin/env python3
"""Compares Darkroom's BRISQUE and NIQE with those of Python: processor time, memory, and how far the scores are apart.

The reference is what one gets without a framework of neural networks: OpenCV's `QualityBRISQUE`, and NIQE in numpy and SciPy
by the algorithm of basicsr (`niqe_reference.py`; basicsr itself imports PyTorch). Both programs get the same decoded
pictures of about 0.5, 2 and 12 megapixels and give both scores. They stay alive during the whole run; in each round each
does its work once, in an order that is shuffled anew, and what counts is the median over the rounds of (its time / the
reference's time in that round): so that what else the machine does falls on both alike. Each runs on one thread.

Nothing is installed by this script. It needs

  Python:   pip install numpy scipy pillow opencv-contrib-python-headless
            (and scikit-image and pooch to generate the photographs)
  Darkroom: cargo build --release -p darkroom-vision --example quality_worker

and is run as

  python benches/compare_quality.py [--rounds 5] [--photos FILE,FILE]

The photographs are generated once, in --work (a folder beside the system's temporary files by default), from the one that
`compare_thumbnails.py` generates. Others may be given by --photos, separated by commas.

With --check, the exit code tells whether the promises of the product hold.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from worker import interleaved

BASELINE = "python"
OURS = "darkroom"
REPOSITORY = Path(__file__).resolve().parent.parent
METRICS = ("brisque", "niqe")
# What is promised: of the processor time of the reference, and how far scores may be apart.
LIMIT = 0.5
TOLERANCE = {"brisque": 0.1, "niqe": 0.001}


def brisque_of_opencv(folder):
    """OpenCV's BRISQUE, from the parameters that Darkroom has too."""
    import cv2
    import numpy as np

    file = (REPOSITORY / "models" / "iqa_params.bin").read_bytes()
    bounds = np.frombuffer(file, "<f4", 72)
    weights = np.frombuffer(file, "<f8", 774, 288)
    vectors = np.frombuffer(file, "<f4", 774 * 36, 288 + 774 * 8).reshape(774, 36)
    gamma, rho = np.frombuffer(file, "<f8", 2, 288 + 774 * 8 + 774 * 36 * 4)

    def row(values):
        return "[ " + ", ".join(f"{float(value):.17g}" for value in values) + " ]"

    vectors = "\n".join(f"      - {row(vector)}" for vector in vectors)
    model = (f"%YAML:1.0\n---\nopencv_ml_svm:\n   format: 3\n   svmType: EPS_SVR\n   kernel:\n      type: RBF\n"
             f"      gamma: {gamma:.17g}\n   C: 1024.\n   p: 0.1\n"
             f"   term_criteria: {{ epsilon:0.001 }}\n   var_count: 36\n   sv_total: 774\n   support_vectors:\n{vectors}\n"
             f"   decision_functions:\n      -\n         sv_count: 774\n         rho: {rho:.17g}\n         alpha: {row(weights)}\n")
    ranges = f"%YAML:1.0\n---\nrange: !!opencv-matrix\n   rows: 2\n   cols: 36\n   dt: f\n   data: {row(bounds)}\n"
    paths = [folder / "brisque_model.yml", folder / "brisque_range.yml"]
    for path, text in zip(paths, (model, ranges)):
        path.write_text(text)
    judge = cv2.quality.QualityBRISQUE_create(*map(str, paths))
    return lambda bgr: judge.compute(bgr)[0]


def worker():
    """Speaks the workers' protocol for the libraries of Python."""
    import cv2
    from niqe_reference import niqe

    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        brisque = brisque_of_opencv(Path(folder))
    loaded = (None, None)
    print(json.dumps({"ready": 1}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        if loaded[0] != request["in"]:
            loaded = (request["in"], cv2.imread(request["in"]))
        bgr = loaded[1]
        wall, processor = time.perf_counter(), time.process_time()
        scores = {"brisque": brisque(bgr), "niqe": niqe(bgr[:, :, ::-1])}
        answer = {
            "ms": (time.perf_counter() - wall) * 1e3,
            "cpu": (time.process_time() - processor) * 1e3,
            "scores": scores,
        }
        print(json.dumps(answer), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--photos", help="the photographs, separated by commas; generated if not given")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--worker", type=Path, help="the built example `quality_worker`")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "darkroom-benches")
    parser.add_argument("--check", action="store_true", help="fail if a promise is broken")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--as-worker", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.as_worker:
        return worker()

    if arguments.photos:
        photos = [Path(photo) for photo in arguments.photos.split(",")]
    else:
        from compare_clusters import generated

        arguments.work.mkdir(parents=True, exist_ok=True)
        photos = generated(arguments.work)
    target = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))
    ours = arguments.worker or target / "release" / "examples" / "quality_worker"
    commands = {OURS: [str(ours)], BASELINE: [sys.executable, __file__, "--as-worker"]}

    figures, broken = {}, []
    for photo in photos:
        request = {"in": str(photo), "metrics": METRICS}
        answers, memory = interleaved(commands, arguments.rounds, lambda _name: request)
        print(f"{photo.name}, {arguments.rounds} rounds, one thread")
        print(f"{'':10} {'cpu ms':>8} {'x ' + BASELINE:>9} {'wall x':>8} {'peak MB':>8} {'brisque':>9} {'niqe':>9}")
        figures[photo.name] = {}
        for name, given in answers.items():
            figure = {"cpu_ms": statistics.median(each["cpu"] for each in given), "memory": memory[name],
                      "scores": given[0]["scores"]}
            for key in ("cpu", "ms"):
                pairs = zip(given, answers[BASELINE])
                figure[f"{key}_ratio"] = statistics.median(mine[key] / theirs[key] for mine, theirs in pairs)
            figures[photo.name][name] = figure
            print(f"{name:10} {figure['cpu_ms']:8.1f} {figure['cpu_ratio']:9.4f} {figure['ms_ratio']:8.4f} {memory[name]:8.1f} "
                  + " ".join(f"{figure['scores'][metric]:9.4f}" for metric in METRICS))
        print(flush=True)
        mine, theirs = (figures[photo.name][name] for name in (OURS, BASELINE))
        if mine["cpu_ratio"] > LIMIT:
            broken.append(f"{photo.name}: processor time is {mine['cpu_ratio']:.4f} of {BASELINE}, not at most {LIMIT}")
        for metric, tolerance in TOLERANCE.items():
            apart = abs(mine["scores"][metric] - theirs["scores"][metric])
            if apart > tolerance:
                broken.append(f"{photo.name}: {metric} is {apart:.4f} from {BASELINE}'s, not at most {tolerance}")

    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2))
    if arguments.check:
        print("\n".join(broken) if broken else "All promises hold.")
        return 1 if broken else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
