#!/usr/bin/env python3
"""Compares Darkroom's thumbnails with sharp's and Pillow's: processor time, memory, bytes and quality.

Every program gets the same 12-megapixel photograph and makes the same three squares of it (100, 300 and 1200 pixels,
centre crop, JPEG quality 85, 4:2:0). All stay alive during the whole run. In each round every one makes its thumbnails once, in an order that
is shuffled anew, and what counts is the median over the rounds of (its time / the time of `sharp_seq` in that round): so
that what else the machine does falls on all alike. Each runs on one thread.

Nothing is installed by this script. It needs

  Python:   pip install numpy pillow scikit-image scikit-learn pooch ssimulacra2
  Node.js:  npm install sharp           (in any folder; name it by --node-modules)
  Darkroom: cargo build --release -p darkroom-vision --example thumbnail_worker

and is run as

  python benches/compare_thumbnails.py --node-modules FOLDER/node_modules [--rounds 15] [--quality] [--photo FILE]

The photograph is generated once, in --work (a folder beside the system's temporary files by default), from pictures that
come with scikit-image and scikit-learn: enlarged, tiled at random, with the noise of a sensor, at JPEG quality 90.
Another one may be given by --photo. --quality adds PSNR of luma and SSIMULACRA2 against a reference that is computed from
all pixels of the decoded photograph by Lanczos resampling in floating point.

With --check, the exit code tells whether the promises of the product hold.
"""

import argparse
import json
import math
import os
import random
import statistics
import sys
import tempfile
from pathlib import Path

from worker import Worker

SIDES = (100, 300, 1200)
BASELINE = "sharp_seq"
OURS = "darkroom"
REPOSITORY = Path(__file__).resolve().parent.parent

SHARP_WORKER = r"""
const fs = require("fs");
const readline = require("readline");
const sharp = require("sharp");
sharp.concurrency(1);
sharp.cache(false);
const SIDES = [100, 300, 1200];
const pipeline = (input, options, side) =>
  sharp(input, options).resize(side, side, { fit: "cover" });
const ways = {
  // What most services do: a pipeline from the file for every size, one after the other.
  async seq(file) {
    const results = [];
    for (const side of SIDES)
      results.push(await pipeline(file, {}, side).autoOrient().jpeg({ quality: 85 }).toBuffer());
    return results;
  },
  // The best that can be done with it: one decode, each size from the next larger one.
  async cascade(file) {
    const results = [];
    let { data, info } = await pipeline(file, {}, 1200).autoOrient().raw().toBuffer({ resolveWithObject: true });
    for (const side of [1200, 300, 100]) {
      const raw = { raw: { width: info.width, height: info.height, channels: info.channels } };
      if (side !== 1200)
        ({ data, info } = await pipeline(data, raw, side).raw().toBuffer({ resolveWithObject: true }));
      const shape = { raw: { width: info.width, height: info.height, channels: info.channels } };
      results.unshift(await sharp(data, shape).jpeg({ quality: 85 }).toBuffer());
    }
    return results;
  },
};
(async () => {
  console.log(JSON.stringify({ ready: 1 }));
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    const file = fs.readFileSync(request.in);
    const processor = process.cpuUsage();
    const start = process.hrtime.bigint();
    const results = await ways[process.argv[2]](file);
    const ms = Number(process.hrtime.bigint() - start) / 1e6;
    const used = process.cpuUsage(processor);
    if (request.out)
      results.forEach((bytes, index) => fs.writeFileSync(`${request.out}_${SIDES[index]}.jpg`, bytes));
    console.log(JSON.stringify({ ms, cpu: (used.user + used.system) / 1e3, sizes: results.map((r) => r.length) }));
  }
})();
"""


def pillow_worker():
    """Speaks the workers' protocol, and makes thumbnails as Pillow's documentation shows it."""
    import io
    import time

    from PIL import Image, ImageOps

    print(json.dumps({"ready": 1}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        file = Path(request["in"]).read_bytes()
        wall, processor = time.perf_counter(), time.process_time()
        picture = ImageOps.exif_transpose(Image.open(io.BytesIO(file))).convert("RGB")
        results = []
        for side in SIDES:
            out = io.BytesIO()
            ImageOps.fit(picture, (side, side), Image.Resampling.LANCZOS).save(
                out, "JPEG", quality=85, optimize=True
            )
            results.append(out.getvalue())
        answer = {
            "ms": (time.perf_counter() - wall) * 1e3,
            "cpu": (time.process_time() - processor) * 1e3,
            "sizes": [len(result) for result in results],
        }
        if request.get("out"):
            for side, result in zip(SIDES, results):
                Path(f"{request['out']}_{side}.jpg").write_bytes(result)
        print(json.dumps(answer), flush=True)


def generate_photo(path):
    """A photograph-like picture of 4000x3000 pixels, the same on every machine with the same versions."""
    import numpy as np
    from PIL import Image
    from skimage import data
    from sklearn.datasets import load_sample_images

    chance = np.random.default_rng(1)
    sources = [Image.fromarray(np.ascontiguousarray(picture)) for picture in
               [data.astronaut(), data.chelsea(), data.coffee(), *load_sample_images().images]]
    sources = [s.resize((s.width * 7 // 5, s.height * 7 // 5), Image.Resampling.LANCZOS) for s in sources]
    width, height, tile = 4000, 3000, 600
    mosaic = Image.new("RGB", (width, height))
    for number, (y, x) in enumerate((y, x) for y in range(0, height, tile) for x in range(0, width, tile)):
        source = sources[number % len(sources)]
        w, h = min(tile, source.width), min(tile, source.height)
        left = int(chance.integers(0, source.width - w + 1))
        top = int(chance.integers(0, source.height - h + 1))
        piece = source.crop((left, top, left + w, top + h))
        if chance.random() < 0.5:
            piece = piece.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        mosaic.paste(piece.resize((tile, tile), Image.Resampling.LANCZOS), (x, y))
    pixels = np.asarray(mosaic).astype(np.float32)
    pixels += chance.normal(0, 3.0, (height, width, 1)).astype(np.float32)
    pixels += chance.normal(0, 1.5, (height, width, 3)).astype(np.float32)
    Image.fromarray(np.clip(pixels + 0.5, 0, 255).astype(np.uint8)).save(path, quality=90)


def reference(photo):
    """The three squares by Lanczos resampling of every channel in floating point."""
    import numpy as np
    from PIL import Image, ImageOps

    picture = ImageOps.exif_transpose(Image.open(photo)).convert("RGB")
    side = min(picture.size)
    left, top = (picture.width - side) / 2, (picture.height - side) / 2
    box = (left, top, left + side, top + side)
    squares = {}
    for size in SIDES:
        channels = [
            np.asarray(
                Image.fromarray(np.asarray(channel).astype(np.float32)).resize((size, size), Image.Resampling.LANCZOS, box)
            )
            for channel in picture.split()
        ]
        squares[size] = np.clip(np.stack(channels, 2), 0, 255)
    return squares


def quality_of(path, wanted):
    """PSNR of luma in dB, and SSIMULACRA2 (none below 300 pixels, where it says little)."""
    import numpy as np
    import ssimulacra2
    from PIL import Image

    picture = np.asarray(Image.open(path).convert("RGB"))
    weights = np.array([0.299, 0.587, 0.114])
    error = np.mean((picture.astype(np.float64) @ weights - wanted.astype(np.float64) @ weights) ** 2)
    score = None
    if picture.shape[0] >= 300:
        with tempfile.TemporaryDirectory() as folder:
            files = [os.path.join(folder, name) for name in ("wanted.png", "picture.png")]
            Image.fromarray(np.uint8(wanted + 0.5)).save(files[0])
            Image.fromarray(picture).save(files[1])
            score = ssimulacra2.compute_ssimulacra2(*files)
    return 10 * math.log10(255**2 / error), score


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--photo", type=Path, help="the photograph; generated if not given")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--node-modules", type=Path, help="folder that holds `sharp`")
    parser.add_argument("--worker", type=Path, help="the built example `thumbnail_worker`")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "darkroom-benches")
    parser.add_argument("--only", help="names of programs, separated by commas")
    parser.add_argument("--quality", action="store_true")
    parser.add_argument("--check", action="store_true", help="fail if a promise is broken (implies --quality)")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--as-pillow", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.as_pillow:
        return pillow_worker()

    arguments.work.mkdir(parents=True, exist_ok=True)
    photo = arguments.photo
    if photo is None:
        photo = arguments.work / "photo-12mp.jpg"
        if not photo.exists():
            generate_photo(photo)
    target = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))
    ours = arguments.worker or target / "release" / "examples" / "thumbnail_worker"
    pillow = [sys.executable, __file__, "--as-pillow"]
    sharp = ["node", "-e", SHARP_WORKER, "worker"]
    commands = {
        OURS: [str(ours)],
        "sharp_seq": [*sharp, "seq"],
        "sharp_cascade": [*sharp, "cascade"],
        "pillow": pillow,
    }
    if arguments.only:
        wanted = {*arguments.only.split(","), BASELINE}
        commands = {name: command for name, command in commands.items() if name in wanted}
    environment = {"VIPS_CONCURRENCY": "1"}
    if arguments.node_modules:
        environment["NODE_PATH"] = str(arguments.node_modules.resolve())

    figures = {}
    for name, command in commands.items():
        worker = Worker(command, environment)
        idle = worker.peak_memory()
        answer = worker.ask(**{"in": str(photo), "out": str(arguments.work / name)})
        figures[name] = {"sizes": answer["sizes"], "memory": worker.peak_memory() - idle}
        worker.stop()

    workers = {name: Worker(command, environment) for name, command in commands.items()}
    times = {name: {"ms": [], "cpu": []} for name in workers}
    for number in range(arguments.rounds + 1):
        order = list(workers)
        random.shuffle(order)
        for name in order:
            answer = workers[name].ask(**{"in": str(photo)})
            # The first round only warms up.
            if number > 0:
                for key in ("ms", "cpu"):
                    times[name][key].append(answer[key])
    for worker in workers.values():
        worker.stop()

    print(f"{photo.name}, {arguments.rounds} rounds, one thread")
    print(f"{'':14} {'cpu ms':>7} {'x ' + BASELINE:>12} {'wall x':>7} {'MB over idle':>13}  bytes of 100, 300, 1200")
    for name in workers:
        figure = figures[name]
        figure["cpu_ms"] = statistics.median(times[name]["cpu"])
        for key in ("cpu", "ms"):
            pairs = zip(times[name][key], times[BASELINE][key])
            figure[f"{key}_ratio"] = statistics.median(mine / theirs for mine, theirs in pairs)
        print(f"{name:14} {figure['cpu_ms']:7.1f} {figure['cpu_ratio']:12.3f} {figure['ms_ratio']:7.3f} "
              f"{figure['memory']:13.1f}  {figure['sizes']}")

    if arguments.quality or arguments.check:
        squares = reference(photo)
        print(f"\n{'':14} {'side':>5} {'bytes':>7} {'PSNR_Y':>7} {'SSIMULACRA2':>12}")
        for name in workers:
            figures[name]["quality"] = {}
            for side, size in zip(SIDES, figures[name]["sizes"]):
                psnr, score = quality_of(f"{arguments.work / name}_{side}.jpg", squares[side])
                figures[name]["quality"][side] = {"psnr_y": psnr, "ssimulacra2": score}
                print(f"{name:14} {side:5} {size:7} {psnr:7.2f} {'' if score is None else f'{score:12.2f}'}")

    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2))
    if arguments.check:
        broken = broken_promises(figures)
        print("\n" + ("\n".join(broken) if broken else "All promises hold."))
        return 1 if broken else 0
    return 0


def broken_promises(figures):
    """What the product promises on its baseline photograph, and does not keep."""
    mine, sharp = figures[OURS], figures[BASELINE]
    broken = []
    if mine["cpu_ratio"] > 0.75:
        broken.append(f"processor time is {mine['cpu_ratio']:.2f} of {BASELINE}, not at most 0.75")
    if mine["memory"] > 60:
        broken.append(f"memory is {mine['memory']:.0f} MB over idle, not at most 60")
    for side, size, other in zip(SIDES, mine["sizes"], sharp["sizes"]):
        if size > other * 1.05:
            broken.append(f"{side}: {size} bytes are more than 5 % above {other}")
        for measure in ("psnr_y", "ssimulacra2"):
            ours, theirs = mine["quality"][side][measure], sharp["quality"][side][measure]
            if ours is not None and ours < theirs:
                broken.append(f"{side}: {measure} {ours:.2f} is below {theirs:.2f}")
    return broken


if __name__ == "__main__":
    sys.exit(main())
