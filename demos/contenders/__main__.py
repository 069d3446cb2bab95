"""The process of one contender, which processes.py starts:

    python -m contenders NAME SETTINGS noise|real

SETTINGS are minigan's, in JSON. The data are images of noise, or the real ones of the settings. The process reads lines
of JSON, each the name of a function below and its arguments, and answers each with a line of JSON.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np

from contenders import make, normal, training_of
from minigan.recipes.settings import Settings


def start(name, settings, images):
    s = Settings(**json.loads(settings))
    if images == "noise":
        training = training_of(s)
    else:
        from minigan.data import load
        from minigan.training import Training

        training = Training(s, load(s.data, **s.of_data))
    contender = make(name, training)

    def first():
        """Do the first round. Returns the time at which it is done."""
        contender.round()
        return time.time()

    def gradients(path):
        """Write the gradients of one batch. They are the same for all contenders."""
        labels = np.eye(training.data.n_classes, dtype=np.float32)[training.data.labels[: s.batch_size]]
        x = training.data.batch(slice(s.batch_size))
        y = labels if s.conditional else None
        np.savez(path, *contender.gradients(x, y, normal(s.batch_size, s.latent_dim)))

    def mean(seconds):
        """The mean time of a round, while it trains for so many seconds."""
        begin, count = time.perf_counter(), 0
        while (passed := time.perf_counter() - begin) < seconds:
            contender.round()
            count += 1
        return passed / count

    def train(n, path):
        """Do n rounds, and then write the weights that draw samples. Returns the time of the rounds."""
        begin = time.perf_counter()
        for _ in range(n):
            contender.round()
        passed = time.perf_counter() - begin
        np.savez(path, *(array for pair in contender.sampler() for array in pair))
        return passed

    def memory():
        """The peak memory of this process in MB, or None if the system does not tell."""
        status = Path("/proc/self/status")
        return int(status.read_text().split("VmHWM:")[1].split()[0]) / 1024 if status.exists() else None

    return {f.__name__: f for f in (first, gradients, mean, train, memory)}


if __name__ == "__main__":
    functions = start(*sys.argv[1:])
    for line in sys.stdin:
        name, *args = json.loads(line)
        print(json.dumps(functions[name](*args)), flush=True)
