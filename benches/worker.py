"""A program that is compared: kept running, asked in lines of JSON. It says one line when it is ready."""

import json
import os
import random
import subprocess
from pathlib import Path


class Worker:
    def __init__(self, command, environment=None):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env={**os.environ, **(environment or {})})
        if not self.process.stdout.readline():
            raise SystemExit(f"does not start: {' '.join(map(str, command))}")

    def ask(self, **request):
        """What it answers to one request."""
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline() or '{"error": "gave up"}')
        if "error" in answer:
            raise SystemExit(f"{self.process.args}: {answer['error']}")
        return answer

    def peak_memory(self):
        """The most memory that it has held so far, in MB (Linux; 0 elsewhere)."""
        try:
            status = Path(f"/proc/{self.process.pid}/status").read_text()
        except OSError:
            return 0.0
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


SINGLE = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")}


def interleaved(commands, rounds, request):
    """Asks each program once in each round, in an order that is shuffled anew, each on one thread: the answers by name, and
    the most memory each held. `request` makes a program's request of its name. The first round warms up, and is left out."""
    workers = {name: Worker(command, SINGLE) for name, command in commands.items()}
    answers = {name: [] for name in workers}
    for number in range(rounds + 1):
        order = list(workers)
        random.shuffle(order)
        for name in order:
            answer = workers[name].ask(**request(name))
            if number:
                answers[name].append(answer)
    memory = {name: each.peak_memory() for name, each in workers.items()}
    for each in workers.values():
        each.stop()
    return answers, memory
