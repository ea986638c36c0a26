#!/usr/bin/env python3
"""Compares Darkroom's analyses of pixels with OpenCV's and NumPy's: processor time, memory, and the results themselves.

Both get the same L channel of the same 12-megapixel photograph, decoding excluded, and use one thread. In each round every
operation is run once by each, in an order that is shuffled anew, and what counts is the median over the rounds of (its time
/ the other's time in that round): so that what else the machine does falls on both alike. `lightness` with its histogram
is compared with decoding alone, both Darkroom's.

Nothing is installed by this script. It needs

  Python:   pip install numpy pillow opencv-python-headless scikit-image scikit-learn pooch
  Darkroom: cargo build --release -p darkroom-vision --example analysis_worker

(the last three packages only where the photograph has to be generated), and is run as

  python benches/compare_analyses.py [--rounds 15] [--photo FILE] [--check]

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

KERNELS = (3, 5, 7, 15, 31)
GRIDS = (0, 10, 100)
REPOSITORY = Path(__file__).resolve().parent.parent


def opencv_worker():
    """Speaks the protocol of `analysis_worker`, as far as it is needed."""
    import cv2
    import numpy as np

    cv2.setNumThreads(1)
    print(json.dumps({"ready": 1}), flush=True)
    values = None
    for line in sys.stdin:
        request = json.loads(line)
        operation, pixels, answer = request["operation"], None, None
        if operation == "load":
            values = np.fromfile(request["in"], np.uint8).reshape(request["height"], request["width"])
        lines = [sorted({0, *request.get(name, []), size}) for name, size in
                 zip(("horizontal", "vertical"), (values.shape if values is not None else (0, 0)))]
        wall, processor = time.perf_counter(), time.process_time()
        if operation == "blur":
            size = request["kernel_size"]
            pixels = cv2.GaussianBlur(values, (size, size), 0)
        elif operation == "means":
            rows, columns = ([*zip(edges, edges[1:])] for edges in lines)
            answer = [[float(np.mean(values[top:bottom, left:right])) for left, right in columns]
                      for top, bottom in rows]
        elif operation == "opencv_means":
            rows, columns = ([*zip(edges, edges[1:])] for edges in lines)
            answer = [[cv2.mean(values[top:bottom, left:right])[0] for left, right in columns] for top, bottom in rows]
        elif operation == "lightness":
            picture = cv2.imread(request["in"], cv2.IMREAD_COLOR)
            pixels = cv2.cvtColor(picture, cv2.COLOR_BGR2Lab)[..., 0]
            answer = cv2.calcHist([pixels], [0], None, [256], [0, 256]).ravel().astype(int).tolist()
        elif operation == "png":
            pixels = cv2.imencode(".png", values)[1]
            answer = len(pixels)
        elif operation == "crop":
            samples = values.reshape(-1, 1).astype(np.float32)
            criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 10, 0.1)
            _, labels, centers = cv2.kmeans(samples, 2, None, criteria, 3, cv2.KMEANS_PP_CENTERS)
            white = labels.reshape(values.shape) == np.argmax(centers)
            rows, columns = (np.flatnonzero(white.mean(axis) <= 0.9) for axis in (1, 0))
            if len(rows) and len(columns):
                answer = [int(rows[0] + 2), int(rows[-1] - 2), int(columns[0] + 2), int(columns[-1] - 2)]
        cpu, ms = (time.process_time() - processor) * 1e3, (time.perf_counter() - wall) * 1e3
        if request.get("out") and pixels is not None:
            pixels.tofile(request["out"])
        print(json.dumps({"ms": ms, "cpu": cpu, "answer": answer}), flush=True)


def operations(photo):
    """What is compared: a name, the request to Darkroom, the worker and the request that it is held against, the promise."""
    for size in KERNELS:
        request = {"operation": "blur", "kernel_size": size}
        yield f"blur {size}x{size}", request, "opencv", request, 1.0
    for count in GRIDS:
        chance = random.Random(count)
        lines = {"vertical": sorted(chance.sample(range(1, 4000), count)),
                 "horizontal": sorted(chance.sample(range(1, 3000), count))}
        request = {"operation": "means", **lines}
        yield f"means, {count} lines, NumPy", request, "opencv", request, 1.0
        yield f"means, {count} lines, OpenCV", request, "opencv", {"operation": "opencv_means", **lines}, None
    yield "crop", {"operation": "crop"}, "opencv", {"operation": "crop"}, 1.0
    yield "png of a blurred picture", {"operation": "png"}, "opencv", {"operation": "png"}, 1.0
    file = {"in": str(photo)}
    lightness = {"operation": "lightness", **file}
    yield "lightness, histogram : decode", lightness, "darkroom", {"operation": "decode", **file}, 1.3
    yield "lightness, histogram : OpenCV", lightness, "opencv", lightness, 1.0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--photo", type=Path, help="a photograph of 4000x3000 pixels; generated if not given")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--worker", type=Path, help="the built example `analysis_worker`")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "darkroom-benches")
    parser.add_argument("--only", help="a part of the names of operations")
    parser.add_argument("--check", action="store_true", help="fail if a promise is broken")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--as-opencv", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.as_opencv:
        return opencv_worker()

    import cv2

    arguments.work.mkdir(parents=True, exist_ok=True)
    photo = arguments.photo
    if photo is None:
        photo = arguments.work / "photo-12mp.jpg"
        if not photo.exists():
            from compare_thumbnails import generate_photo

            generate_photo(photo)
    lightness = cv2.cvtColor(cv2.imread(str(photo), cv2.IMREAD_COLOR), cv2.COLOR_BGR2Lab)[..., 0].copy()
    pictures = {"sharp": lightness, "blurred": cv2.GaussianBlur(lightness, (5, 5), 0)}
    loads = {}
    for name, values in pictures.items():
        path = arguments.work / f"lightness-{name}"
        values.tofile(path)
        loads[name] = {"in": str(path), "width": values.shape[1], "height": values.shape[0]}

    target = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))
    commands = {
        "darkroom": [str(arguments.worker or target / "release" / "examples" / "analysis_worker")],
        "opencv": [sys.executable, __file__, "--as-opencv"],
    }
    wanted = [item for item in operations(photo) if arguments.only is None or arguments.only in item[0]]
    picture_of = {name: "blurred" if name.startswith("png") else "sharp" for name, *_ in wanted}

    figures = {}
    for name, mine, other, theirs, promise in wanted:
        figure = figures[name] = {"promise": promise, "times": {"mine": [], "theirs": []}, "memory": {}}
        results = {}
        for side, who, request in (("mine", "darkroom", mine), ("theirs", other, theirs)):
            worker = Worker(commands[who])
            worker.ask(operation="load", **loads[picture_of[name]])
            idle = worker.peak_memory()
            out = arguments.work / f"result-{side}"
            out.unlink(missing_ok=True)
            answer = worker.ask(**request, out=str(out))
            figure["memory"][side] = worker.peak_memory() - idle
            results[side] = (answer["answer"], out.read_bytes() if out.exists() else None)
            worker.stop()
        if name.startswith("blur"):
            figure["same"] = results["mine"][1] == results["theirs"][1]
        elif name.endswith("NumPy") or name == "crop":
            figure["same"] = results["mine"][0] == results["theirs"][0]
        elif name.startswith("png"):
            figure["bytes"] = [results["mine"][0], results["theirs"][0]]

    workers = {name: Worker(command) for name, command in commands.items()}
    loaded = None
    for number in range(arguments.rounds + 1):
        order = sorted(wanted, key=lambda item: picture_of[item[0]])
        random.shuffle(order)
        for name, mine, other, theirs, _ in order:
            if picture_of[name] != loaded:
                loaded = picture_of[name]
                for worker in workers.values():
                    worker.ask(operation="load", **loads[loaded])
            sides = [("mine", "darkroom", mine), ("theirs", other, theirs)]
            random.shuffle(sides)
            for side, who, request in sides:
                cpu = workers[who].ask(**request)["cpu"]
                # The first round only warms up.
                if number > 0:
                    figures[name]["times"][side].append(cpu)
    for worker in workers.values():
        worker.stop()

    print(f"{photo.name}, {arguments.rounds} rounds, one thread")
    print(f"{'':30} {'cpu ms':>8} {'other':>8} {'ratio':>7} {'promise':>8} {'MB':>6} {'other':>6}")
    broken = []
    for name, figure in figures.items():
        times = figure["times"]
        figure["ratio"] = statistics.median(a / max(b, 1e-6) for a, b in zip(times["mine"], times["theirs"]))
        mine, theirs = (statistics.median(times[side]) for side in ("mine", "theirs"))
        promise = figure["promise"]
        notes = ["same result" if figure["same"] else "OTHER RESULT"] if "same" in figure else []
        notes += ["{} bytes, other {}".format(*figure["bytes"])] if "bytes" in figure else []
        print(f"{name:30} {mine:8.2f} {theirs:8.2f} {figure['ratio']:7.3f} {promise or '':8} "
              f"{figure['memory']['mine']:6.1f} {figure['memory']['theirs']:6.1f}  {' '.join(notes)}")
        if promise is not None and figure["ratio"] > promise:
            broken.append(f"{name}: {figure['ratio']:.2f}, not at most {promise}")
        # The k-means of OpenCV stops early and begins at random: its crops differ from run to run by a pixel or two.
        if not figure.get("same", True) and name != "crop":
            broken.append(f"{name}: another result")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2))
    if arguments.check:
        print("\n" + ("\n".join(broken) if broken else "All promises hold."))
        return 1 if broken else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
