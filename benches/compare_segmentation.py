#!/usr/bin/env python3
"""Compares Darkroom's segmentation of photographs with Pillow, ONNX Runtime and OpenCV doing the same: processor time,
memory, the share of each stage, and whether both find the same.

Every program gets the same files and does what the worker of an archive does: decode, make the network's input, run the
network, bring the classes to the picture's own size, tint each class, outline it, encode with quality 95 in the format that
came in. All stay alive during the whole run. In each round every one does its work once, in an order that is shuffled anew,
and what counts is the median over the rounds of (its time / the peer's time in that round). Each runs on one thread.

Nothing is installed by this script. It needs

  Python:   pip install numpy pillow opencv-python-headless onnxruntime
            (and scikit-image and pooch to generate the photograph of 12 megapixels)
  Darkroom: cargo build --release -p darkroom-segment --example segment_worker

and is run as

  python benches/compare_segmentation.py [--rounds 9] [--model deeplabv3_mnv2_257] [--photos FILE,FILE]

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
# What is promised of the processor time, all stages together.
LIMIT = 1.6
ALPHA = 0.5
STAGES = ("decode", "preprocess", "inference", "postprocess", "paint", "encode")
PALETTE = """042AFF 0BDBEB F3F3F3 00DFB7 111F68 FF6FDD FF444F CCED00 00F344 BD00FF 00B4FF DD00BA 00FFFF 26C000 01FFB3
7D24FF 7B0068 FF1B6C FC6D2F A2FF0B""".split()


def worker(name):
    """Speaks the workers' protocol for the libraries of Python that people take for this."""
    import tomllib

    import io

    import cv2
    import numpy as np
    import onnxruntime
    from PIL import Image, ImageOps

    cv2.setNumThreads(1)
    entries = tomllib.loads((MODELS / "manifest.toml").read_text())["models"]
    entry = next(entry for entry in entries if entry["name"] == name)
    contract = entry["input"]
    size = (contract["width"], contract["height"])
    scale, mean, std = (np.array(contract.get(key, default), np.float32)
                        for key, default in (("scale", 1 / 255), ("mean", [0, 0, 0]), ("std", [1, 1, 1])))
    colors = np.array([[int(color[i:i + 2], 16) for i in (0, 2, 4)] for color in PALETTE], np.uint8)
    palette = colors[np.arange(256) % 20][None]
    begun, processor = time.perf_counter(), time.process_time()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(MODELS / entry["file"]), options, providers=["CPUExecutionProvider"])
    print(json.dumps({"ready": 1, "load_ms": (time.perf_counter() - begun) * 1e3,
                      "load_cpu": (time.process_time() - processor) * 1e3}), flush=True)
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
        tensor = np.ascontiguousarray(((small * scale - mean) / std).transpose(2, 0, 1)[None], np.float32)
        stage("preprocess")
        logits = session.run(None, {session.get_inputs()[0].name: tensor})[0][0]
        stage("inference")
        # The classes of the network's grid, enlarged: blocks, which is what most programs of this kind are content with.
        classes = cv2.resize(logits.argmax(0).astype(np.uint8), picture.shape[1::-1], interpolation=cv2.INTER_NEAREST)
        counts = np.bincount(classes.ravel(), minlength=2)
        stage("postprocess")
        painted = picture.copy()
        found = [number for number in np.flatnonzero(counts) if number != 0]
        if found:
            tints = cv2.LUT(cv2.merge([classes] * 3), palette)
            cv2.copyTo(cv2.addWeighted(picture, 1 - ALPHA, tints, ALPHA, 0), classes, painted)
        for number in found:
            mask = (classes == number).astype(np.uint8)
            outlines, _ = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
            width = max(round((picture.shape[0] + picture.shape[1] + 3) / 2 * 0.003), 2)
            cv2.drawContours(painted, outlines, -1, colors[number % 20].tolist(), (width + 1) // 2, cv2.LINE_AA)
        stage("paint")
        suffix = Path(request["out"]).suffix
        quality = [cv2.IMWRITE_JPEG_QUALITY, 95] if suffix == ".jpg" else []
        file = cv2.imencode(suffix, cv2.cvtColor(painted, cv2.COLOR_RGB2BGR), quality)[1]
        stage("encode")
        answer = {"ms": (time.perf_counter() - wall) * 1e3, "cpu": (time.process_time() - processor) * 1e3,
                  "stages": stages,
                  "areas": [{"class": int(number), "percent": 100 * counts[number] / classes.size}
                            for number in np.flatnonzero(counts) if number != 0]}
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
    return [PHOTOS / "orientation_landscape_6.jpg", PHOTOS / "chelsea.png", large]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--photos", help="the photographs, separated by commas")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--model", default="deeplabv3_mnv2_257")
    parser.add_argument("--worker", type=Path, help="the built example `segment_worker`")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "darkroom-benches")
    parser.add_argument("--check", action="store_true", help="fail if a promise is broken")
    parser.add_argument("--as-worker", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.as_worker:
        return worker(arguments.as_worker)

    arguments.work.mkdir(parents=True, exist_ok=True)
    target = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))
    ours = arguments.worker or target / "release" / "examples" / "segment_worker"
    commands = {OURS: [str(ours), str(MODELS / "manifest.toml"), arguments.model],
                BASELINE: [sys.executable, __file__, "--as-worker", arguments.model]}
    broken = []
    for photo in photographs(arguments):
        results, memory = interleaved(commands, arguments.rounds, lambda name: {
            "in": str(photo), "out": str(arguments.work / f"segmented-{name}{photo.suffix}")})
        print(f"{photo.name}, {arguments.model}, {arguments.rounds} rounds, one thread")
        print(f"{'':10} {'cpu x':>6} {'wall x':>6} {'peak MB':>8}   " + " ".join(f"{stage:>11}" for stage in STAGES))
        for name, answers in results.items():
            ratio = {key: statistics.median(mine[key] / theirs[key] for mine, theirs in zip(answers, results[BASELINE]))
                     for key in ("cpu", "ms")}
            total = statistics.median(answer["ms"] for answer in answers)
            shares = {stage: statistics.median(answer["stages"][stage] for answer in answers) / total for stage in STAGES}
            print(f"{name:10} {ratio['cpu']:6.2f} {ratio['ms']:6.2f} {memory[name]:8.1f}   "
                  + " ".join(f"{100 * shares[stage]:9.1f} %" for stage in STAGES))
            if name == OURS and ratio["cpu"] > LIMIT:
                broken.append(f"{photo.name}: processor time is {ratio['cpu']:.2f} of {BASELINE}'s, not at most {LIMIT}")
        areas = {name: {area["class"]: round(area["percent"], 1) for area in answers[-1]["areas"]}
                 for name, answers in results.items()}
        print(f"percent of the picture by class: {areas}\n", flush=True)
    if arguments.check:
        print("\n".join(broken) if broken else "All promises hold.")
        return 1 if broken else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
