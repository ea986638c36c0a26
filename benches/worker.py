"""A program that is compared: kept running, asked in lines of JSON. It says one line when it is ready."""

import json
import os
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
