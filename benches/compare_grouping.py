#!/usr/bin/env python3
"""Compares Darkroom's grouping of vectors with Python's hdbscan: processor time, memory, and whether the groups agree.

Both group the same vectors: unit vectors of 384 dimensions about one centre for each hundred of them, and a fifth that lie
anywhere. In each round each does its work once, in an order that is shuffled anew, and what counts is the median over the
rounds of (its time / hdbscan's time in that round): so that what else the machine does falls on all alike. Each runs on one
thread. `hdbscan` runs as it does when nothing is asked for, `generic` with `algorithm="generic"`, which holds the distances of
all pairs in memory (8 bytes for each of n x n) and multiplies matrices in double precision; left out above --generic vectors.

Nothing is installed by this script. It needs

  Python:   pip install numpy scikit-learn hdbscan
  Darkroom: cargo build --release -p darkroom-grouping --example grouping_worker

and is run as

  python benches/compare_grouping.py [--sizes 1000,5000,20000] [--rounds 3] [--metric euclidean]

The vectors are generated once, in --work (a folder beside the system's temporary files by default). hdbscan takes minutes
for 20,000 vectors, in each round. A set that is too large for it, Darkroom alone, on all processors:

  python benches/compare_grouping.py --alone --sizes 100000 --dimensions 1280 --metric cosine --rounds 0 --threads 2

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

from worker import Worker, interleaved

BASELINE = "hdbscan"
OURS = "darkroom"
REPOSITORY = Path(__file__).resolve().parent.parent
# Vectors up to which a limit holds, and what is promised of the processor time.
LIMITS = ((1000, 0.06), (5000, 0.05), (1_000_000, 0.04))
LEAST_AGREEMENT = 0.99
MOST_MEMORY = 100.0


def worker(algorithm):
    """Speaks the workers' protocol for hdbscan."""
    import hdbscan
    import numpy as np

    print(json.dumps({"ready": 1}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        vectors = np.fromfile(request["in"], "<f4").reshape(-1, request["dimensions"]).astype(np.float64)
        model = hdbscan.HDBSCAN(min_cluster_size=request["min_cluster_size"], min_samples=request["min_samples"],
                                metric=request["metric"], algorithm=algorithm,
                                allow_single_cluster=request["allow_single_cluster"])
        wall, processor = time.perf_counter(), time.process_time()
        labels = model.fit_predict(vectors)
        answer = {
            "ms": (time.perf_counter() - wall) * 1e3,
            "cpu": (time.process_time() - processor) * 1e3,
            "groups": int(labels.max() + 1),
            "ungrouped": int((labels < 0).sum()),
        }
        labels.astype("<i4").tofile(request["out"])
        print(json.dumps(answer), flush=True)


def generated(work, count, dimensions):
    """A file of vectors, a little at a time: large sets are near the size of the memory."""
    import numpy as np

    path = work / f"vectors-{count}x{dimensions}.f32"
    if path.exists():
        return path
    random = np.random.default_rng(count)
    centers = random.standard_normal((max(10, count // 100), dimensions), np.float32)
    centers /= np.linalg.norm(centers, axis=1)[:, None]
    weights = random.dirichlet(np.full(len(centers), 2.0))
    spreads = (random.uniform(0.015, 0.05, len(centers)) * (384 / dimensions) ** 0.5).astype(np.float32)
    noise = count // 5
    owners = random.permutation(np.concatenate([random.choice(len(centers), count - noise, p=weights), np.full(noise, -1)]))
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        for begin in range(0, count, 5000):
            part = owners[begin:begin + 5000]
            vectors = random.standard_normal((len(part), dimensions), np.float32)
            grouped = part >= 0
            vectors[grouped] = centers[part[grouped]] + vectors[grouped] * spreads[part[grouped]][:, None]
            vectors /= np.linalg.norm(vectors, axis=1)[:, None]
            vectors.astype("<f4").tofile(file)
    partial.rename(path)
    return path


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--sizes", default="1000,5000,20000", help="how many vectors, separated by commas")
    parser.add_argument("--dimensions", type=int, default=384)
    parser.add_argument("--metric", default="euclidean", choices=["euclidean", "manhattan", "chebyshev", "cosine"])
    parser.add_argument("--rounds", type=int, default=3, help="besides one that warms up")
    parser.add_argument("--generic", type=int, default=5000, help="the most vectors for hdbscan's generic algorithm")
    parser.add_argument("--alone", action="store_true", help="Darkroom alone, once")
    parser.add_argument("--threads", type=int, default=1, help="of Darkroom, with --alone")
    parser.add_argument("--worker", type=Path, help="the built example `grouping_worker`")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "darkroom-benches")
    parser.add_argument("--check", action="store_true", help="fail if a promise is broken")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--as-worker", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.as_worker:
        return worker(arguments.as_worker)

    arguments.work.mkdir(parents=True, exist_ok=True)
    target = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))
    ours = [str(arguments.worker or target / "release" / "examples" / "grouping_worker")]
    figures, broken = {}, []
    for size in map(int, arguments.sizes.split(",")):
        vectors = generated(arguments.work, size, arguments.dimensions)

        def request(name):
            return {"in": str(vectors), "dimensions": arguments.dimensions, "metric": arguments.metric,
                    "min_cluster_size": 5, "min_samples": 5, "allow_single_cluster": True,
                    "threads": arguments.threads if arguments.alone else 1,
                    "out": str(arguments.work / f"labels-{name}-{size}.i32")}

        if arguments.alone:
            alone = Worker(ours)
            answer = alone.ask(**request(OURS))
            print(f"{size} vectors of {arguments.dimensions}, {arguments.metric}, {arguments.threads} threads: "
                  f"{answer['ms'] / 1e3:.1f} s, {answer['cpu'] / 1e3:.1f} s of processor time, {alone.peak_memory():.0f} MB, "
                  f"{answer['groups']} groups, {answer['ungrouped']} ungrouped", flush=True)
            alone.stop()
            continue

        import numpy as np
        from sklearn.metrics import adjusted_rand_score

        # Cosine is known to the generic algorithm alone.
        algorithms = {BASELINE: "generic" if arguments.metric == "cosine" else "best"}
        if size <= arguments.generic and arguments.metric != "cosine":
            algorithms["generic"] = "generic"
        commands = {OURS: ours}
        for name, algorithm in algorithms.items():
            commands[name] = [sys.executable, __file__, "--as-worker", algorithm]
        answers, memory = interleaved(commands, arguments.rounds, request)
        labels = {name: np.fromfile(request(name)["out"], "<i4") for name in commands}

        print(f"{size} vectors of {arguments.dimensions}, {arguments.metric}, {arguments.rounds} rounds, one thread")
        print(f"{'':10} {'cpu ms':>9} {'x ' + BASELINE:>9} {'wall x':>8} {'agreement':>10} {'groups':>7} {'ungrouped':>10} {'peak MB':>8}")
        figures[size] = {}
        for name, results in answers.items():
            ratio = {key: statistics.median(mine[key] / theirs[key] for mine, theirs in zip(results, answers[BASELINE]))
                     for key in ("cpu", "ms")}
            figure = {
                "cpu_ms": statistics.median(result["cpu"] for result in results),
                "cpu_ratio": ratio["cpu"],
                "ms_ratio": ratio["ms"],
                "agreement": float(adjusted_rand_score(labels[BASELINE], labels[name])),
                "memory": memory[name],
            }
            figures[size][name] = figure
            print(f"{name:10} {figure['cpu_ms']:9.1f} {figure['cpu_ratio']:9.4f} {figure['ms_ratio']:8.4f} "
                  f"{figure['agreement']:10.4f} {results[0]['groups']:7} {results[0]['ungrouped']:10} {figure['memory']:8.1f}")
        print(flush=True)
        mine = figures[size][OURS]
        limit = next((limit for most, limit in LIMITS if size <= most), LIMITS[-1][1])
        if mine["cpu_ratio"] > limit:
            broken.append(f"{size}: processor time is {mine['cpu_ratio']:.4f} of {BASELINE}, not at most {limit}")
        if mine["agreement"] < LEAST_AGREEMENT:
            broken.append(f"{size}: agreement is {mine['agreement']:.4f}, not at least {LEAST_AGREEMENT}")
        if size <= 20_000 and mine["memory"] > MOST_MEMORY:
            broken.append(f"{size}: {mine['memory']:.0f} MB are more than {MOST_MEMORY:.0f}")

    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2))
    if arguments.check:
        print("\n".join(broken) if broken else "All promises hold.")
        return 1 if broken else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
