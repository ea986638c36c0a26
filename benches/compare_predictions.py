#!/usr/bin/env python3
"""Compares Darkroom's predictions of photographs with Pillow, ONNX Runtime and OpenCV doing the same: processor time, memory,
the share of each stage, and whether both find the same.

Every program gets the same files and does what a prediction does: decode, make the network's input, run the network, choose
among its boxes, draw those into the picture at its full resolution, encode it as a JPEG. All stay alive during the whole
run. In each round every one does its work once, in an order that is shuffled anew, and what counts is the median over the
rounds of (its time / the peer's time in that round). Each runs on one thread. "Beside the network" is all but inference,
which is the engine's.

Nothing is installed by this script. It needs

  Python:   pip install numpy pillow opencv-python-headless onnxruntime
            (and scikit-image and pooch to generate the photograph of 12 megapixels)
  Darkroom: cargo build --release -p darkroom-prediction --example predict_worker

and is run as

  python benches/compare_predictions.py [--rounds 9] [--photos FILE,FILE]

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
MODELS = REPOSITORY / "models"
PHOTOS = REPOSITORY / "tests" / "fixtures" / "photos"
MODEL = "efficientdet_lite0"
# What is promised of a 12-megapixel JPEG, beside the network, on the clock.
LIMIT = 0.5
STAGES = ("decode", "preprocess", "inference", "postprocess", "drawing")


def worker():
    """Speaks the workers' protocol for the libraries of Python that people take for this."""
    import io
    import tomllib

    import cv2
    import numpy as np
    import onnxruntime
    from PIL import Image, ImageOps

    cv2.setNumThreads(1)
    entries = tomllib.loads((MODELS / "manifest.toml").read_text())["models"]
    entry = next(entry for entry in entries if entry["name"] == MODEL)
    size = (entry["input"]["width"], entry["input"]["height"])
    limits, offset = entry["thresholds"], entry["output"]["class_offset"]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(MODELS / entry["file"]), options, providers=["CPUExecutionProvider"])
    print(json.dumps({"ready": 1}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        content = Path(request["in"]).read_bytes()
        stages, wall, processor = {}, time.perf_counter(), time.process_time()
        lap = wall

        def stage(called):
            nonlocal lap
            now = time.perf_counter()
            stages[called], lap = (now - lap) * 1e3, now

        picture = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(content))).convert("RGB"))
        stage("decode")
        small = cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR).astype(np.float32)
        tensor = np.ascontiguousarray(small.transpose(2, 0, 1)[None])
        stage("preprocess")
        boxes, scores = session.run(["boxes", "scores"], {session.get_inputs()[0].name: tensor})
        stage("inference")
        best = scores[0].max(1)
        sure = np.flatnonzero(best > limits["confidence"])
        height, width = picture.shape[:2]
        edges = boxes[0][sure] * [width, height, width, height]
        classes = scores[0][sure].argmax(1)
        sides = [[x1, y1, x2 - x1, y2 - y1] for x1, y1, x2, y2 in edges.tolist()]
        kept = cv2.dnn.NMSBoxesBatched(sides, best[sure].tolist(), classes.tolist(), limits["confidence"], limits["iou"])
        found = [{"label": entry["labels"].get(str(int(classes[i]) + offset), ""), "confidence": float(best[sure][i]),
                  "box": edges[i].tolist()} for i in kept]
        stage("postprocess")
        drawn = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
        thick = max(round((height + width + 3) / 2 * 0.003), 2)
        for thing in found:
            x1, y1, x2, y2 = (int(edge) for edge in thing["box"])
            text = f"{thing['label']} {thing['confidence']:.2f}"
            cv2.rectangle(drawn, (x1, y1), (x2, y2), (255, 42, 4), thick, cv2.LINE_AA)
            (wide, high), _ = cv2.getTextSize(text, 0, thick / 3, max(thick - 1, 1))
            cv2.rectangle(drawn, (x1, y1 - high - 3), (x1 + wide, y1), (255, 42, 4), -1, cv2.LINE_AA)
            cv2.putText(drawn, text, (x1, y1 - 2), 0, thick / 3, (255, 255, 255), max(thick - 1, 1), cv2.LINE_AA)
        file = cv2.imencode(".jpg", drawn, [cv2.IMWRITE_JPEG_QUALITY, 95])[1]
        stage("drawing")
        answer = {"ms": (time.perf_counter() - wall) * 1e3, "cpu": (time.process_time() - processor) * 1e3,
                  "stages": stages, "detections": found}
        Path(request["out"]).write_bytes(file.tobytes())
        print(json.dumps(answer), flush=True)


def photographs(arguments):
    """Real ones, and one of twelve megapixels."""
    if arguments.photos:
        return [Path(photo) for photo in arguments.photos.split(",")]
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    from compare_thumbnails import generate_photo

    large = arguments.work / "photo-12mp.jpg"
    if not large.exists():
        generate_photo(large)
    return [PHOTOS / "orientation_landscape_6.jpg", PHOTOS / "coffee.png", large]


def beside(answer):
    """Milliseconds of all but the network."""
    return answer["ms"] - stage_of(answer, "inference")


def stage_of(answer, stage):
    """Milliseconds of a stage, as either of the two calls it."""
    return answer["stages"].get(stage, answer["stages"].get(f"{stage}_ms"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--photos", help="the photographs, separated by commas")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--worker", type=Path, help="the built example `predict_worker`")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "darkroom-benches")
    parser.add_argument("--check", action="store_true", help="fail if a promise is broken")
    parser.add_argument("--as-worker", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.as_worker:
        return worker()

    arguments.work.mkdir(parents=True, exist_ok=True)
    target = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))
    ours = arguments.worker or target / "release" / "examples" / "predict_worker"
    commands = {OURS: [str(ours), str(MODELS / "manifest.toml"), MODEL],
                BASELINE: [sys.executable, __file__, "--as-worker"]}
    broken = []
    for photo in photographs(arguments):
        results, memory = interleaved(commands, arguments.rounds, lambda name: {
            "in": str(photo), "out": str(arguments.work / f"predicted-{name}.jpg")})
        print(f"{photo.name}, {arguments.rounds} rounds, one thread")
        print(f"{'':10} {'all x':>6} {'beside x':>8} {'peak MB':>8}   " + " ".join(f"{stage:>11}" for stage in STAGES))
        for name, answers in results.items():
            pairs = list(zip(answers, results[BASELINE]))
            whole = statistics.median(mine["ms"] / theirs["ms"] for mine, theirs in pairs)
            rest = statistics.median(beside(mine) / beside(theirs) for mine, theirs in pairs)
            total = statistics.median(answer["ms"] for answer in answers)
            shares = {stage: statistics.median(stage_of(answer, stage) for answer in answers) / total for stage in STAGES}
            print(f"{name:10} {whole:6.2f} {rest:8.2f} {memory[name]:8.1f}   "
                  + " ".join(f"{100 * shares[stage]:9.1f} %" for stage in STAGES))
            if name == OURS and photo.name == "photo-12mp.jpg" and rest > LIMIT:
                broken.append(f"{photo.name}: beside the network it takes {rest:.2f} of {BASELINE}'s time, not at most {LIMIT}")
        for name, answers in results.items():
            told = [f"{found['label']} {found['confidence']:.2f}" for found in answers[-1]["detections"]]
            print(f"{name} finds {', '.join(told) or 'nothing'}")
        print(flush=True)
    if arguments.check:
        print("\n".join(broken) if broken else "All promises hold.")
        return 1 if broken else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
