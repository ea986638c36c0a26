#!/usr/bin/env python3
"""Compares Darkroom's k-means of colours with OpenCV's: processor time, memory, and how close the clusters are.

Every program gets the same decoded pictures of about 0.5, 2 and 12 megapixels and finds clusters in RGB: five attempts from
k-means++, at most 100 iterations, epsilon 0.5, and the label of every pixel. All stay alive during the whole run. In each
round every one does its work once, in an order that is shuffled anew and with a seed of the round, and what counts is the
median over the rounds of (its time / OpenCV's time in that round): so that what else the machine does falls on all
alike. Each runs on one thread. The compactness is not what a program says of itself: it is recounted here from its centres,
in double precision, over all pixels.

Nothing is installed by this script. It needs

  Python:   pip install numpy opencv-python-headless
            (and scikit-learn for --scikit-learn; scikit-image, scikit-learn and pooch to generate the photographs)
  Darkroom: cargo build --release -p darkroom-vision --example cluster_worker

and is run as

  python benches/compare_clusters.py [--rounds 5] [--clusters 8] [--photos FILE,FILE]

The photographs are generated once, in --work (a folder beside the system's temporary files by default), from the one that
`compare_thumbnails.py` generates. Others may be given by --photos, separated by commas. OpenCV takes about half a minute
for twelve megapixels, in each round.

With --check, the exit code tells whether the promises of the product hold.
"""

import argparse
import json
import os
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

from worker import Worker

BASELINE = "opencv"
OURS = "darkroom"
REPOSITORY = Path(__file__).resolve().parent.parent
SIZES = {"0.5": (816, 612), "2": (1633, 1225), "12": (4000, 3000)}
# Megapixels up to which a limit holds, and what is promised of the processor time with eight clusters.
LIMITS = ((1.0, 0.07), (4.0, 0.03), (100.0, 0.012))


def worker(way):
    """Speaks the workers' protocol for a library of Python."""
    import cv2
    import numpy as np

    cv2.setNumThreads(1)

    def opencv(samples, clusters, seed):
        cv2.setRNGSeed(seed)
        criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 100, 0.5)
        return cv2.kmeans(samples, clusters, None, criteria, 5, cv2.KMEANS_PP_CENTERS)[2]

    def scikit_learn(samples, clusters, seed):
        from sklearn.cluster import KMeans

        return KMeans(clusters, n_init=5, max_iter=100, random_state=seed).fit(samples).cluster_centers_

    cluster = {"opencv": opencv, "scikit-learn": scikit_learn}[way]
    loaded = (None, None)
    print(json.dumps({"ready": 1}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        if loaded[0] != request["in"]:
            loaded = (request["in"], cv2.cvtColor(cv2.imread(request["in"]), cv2.COLOR_BGR2RGB))
        wall, processor = time.perf_counter(), time.process_time()
        # OpenCV clusters numbers of 32 bits: that they must be made of the picture is part of the price.
        samples = loaded[1].reshape(-1, 3).astype(np.float32)
        centers = cluster(samples, request["clusters"], request["seed"])
        answer = {
            "ms": (time.perf_counter() - wall) * 1e3,
            "cpu": (time.process_time() - processor) * 1e3,
            "centers": centers.astype(float).tolist(),
        }
        del samples
        print(json.dumps(answer), flush=True)


class Colors:
    """The distinct colours of a picture."""

    def __init__(self, photo):
        import cv2
        import numpy as np

        pixels = cv2.cvtColor(cv2.imread(str(photo)), cv2.COLOR_BGR2RGB).reshape(-1, 3).astype(np.uint32)
        codes, self.counts = np.unique(pixels @ np.array([65536, 256, 1], np.uint32), return_counts=True)
        self.megapixels = len(pixels) / 1e6
        self.values = np.stack([codes >> 16, codes >> 8 & 255, codes & 255], 1).astype(np.float64)

    def compactness(self, centers):
        import numpy as np

        nearest = np.full(len(self.values), np.inf)
        for center in centers:
            nearest = np.minimum(nearest, ((self.values - np.array(center)) ** 2).sum(1))
        return float((nearest * self.counts).sum())


def generated(work):
    """The photographs of all sizes."""
    import cv2

    sys.path.insert(0, str(Path(__file__).resolve().parent))
    from compare_thumbnails import generate_photo

    source = work / "photo-12mp.jpg"
    if not source.exists():
        generate_photo(source)
    photos = []
    for name, size in SIZES.items():
        photo = work / f"photo-{name}mp.png"
        if not photo.exists():
            picture = cv2.imread(str(source))
            cv2.imwrite(str(photo), cv2.resize(picture, size, interpolation=cv2.INTER_AREA))
        photos.append(photo)
    return photos


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--photos", help="the photographs, separated by commas; generated if not given")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--clusters", type=int, default=8)
    parser.add_argument("--worker", type=Path, help="the built example `cluster_worker`")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "darkroom-benches")
    parser.add_argument("--scikit-learn", action="store_true", help="compare with its k-means too")
    parser.add_argument("--check", action="store_true", help="fail if a promise is broken")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--as-worker", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.as_worker:
        return worker(arguments.as_worker)

    arguments.work.mkdir(parents=True, exist_ok=True)
    photos = [Path(photo) for photo in arguments.photos.split(",")] if arguments.photos else generated(arguments.work)
    target = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))
    ours = arguments.worker or target / "release" / "examples" / "cluster_worker"
    commands = {OURS: [str(ours)], BASELINE: [sys.executable, __file__, "--as-worker", "opencv"]}
    if arguments.scikit_learn:
        commands["scikit-learn"] = [sys.executable, __file__, "--as-worker", "scikit-learn"]

    figures, broken = {}, []
    for photo in photos:
        colors = Colors(photo)
        single = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
        workers = {name: Worker(command, single) for name, command in commands.items()}
        results = {name: {"ms": [], "cpu": [], "compactness": []} for name in workers}
        for number in range(1, arguments.rounds + 1):
            order = list(workers)
            random.shuffle(order)
            for name in order:
                answer = workers[name].ask(**{"in": str(photo), "clusters": arguments.clusters, "seed": number})
                results[name]["compactness"].append(colors.compactness(answer["centers"]))
                for key in ("ms", "cpu"):
                    results[name][key].append(answer[key])
        memory = {name: worker.peak_memory() for name, worker in workers.items()}
        for each in workers.values():
            each.stop()

        print(f"{photo.name}, {colors.megapixels:.1f} megapixels of {len(colors.counts)} colours, "
              f"{arguments.clusters} clusters, {arguments.rounds} rounds, one thread")
        print(f"{'':14} {'cpu ms':>8} {'x ' + BASELINE:>9} {'wall x':>8} {'compactness x':>14} {'peak MB':>8}")
        figures[photo.name] = {}
        for name, result in results.items():
            figure = {"cpu_ms": statistics.median(result["cpu"]), "memory": memory[name]}
            for key in ("cpu", "ms"):
                pairs = zip(result[key], results[BASELINE][key])
                figure[f"{key}_ratio"] = statistics.median(mine / theirs for mine, theirs in pairs)
            # Seeds mean different things to different programs: medians are compared, not rounds.
            theirs = statistics.median(results[BASELINE]["compactness"])
            figure["compactness_ratio"] = statistics.median(result["compactness"]) / theirs
            figures[photo.name][name] = figure
            print(f"{name:14} {figure['cpu_ms']:8.1f} {figure['cpu_ratio']:9.4f} {figure['ms_ratio']:8.4f} "
                  f"{figure['compactness_ratio']:14.5f} {figure['memory']:8.1f}")
        print(flush=True)
        mine = figures[photo.name][OURS]
        limit = next((limit for most, limit in LIMITS if colors.megapixels <= most), LIMITS[-1][1])
        if mine["cpu_ratio"] > limit:
            broken.append(f"{photo.name}: processor time is {mine['cpu_ratio']:.4f} of {BASELINE}, not at most {limit}")
        if mine["compactness_ratio"] > 1.001:
            broken.append(f"{photo.name}: compactness is {mine['compactness_ratio']:.5f} of {BASELINE}, not at most 1.001")

    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2))
    if arguments.check:
        print("\n".join(broken) if broken else "All promises hold.")
        return 1 if broken else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
