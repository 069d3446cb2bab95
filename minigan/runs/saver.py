"""Saves a run's training: always its latest state, and the one whose samples came nearest to real images."""

import math

from minigan.ground.backend import namespace
from minigan.runs import checkpoint
from minigan.runs.checkpoint import Diverged

BEST = "best.npz"  # the checkpoint with the smallest distance


class Saver:
    """Saves a Training, with its unwritten Metrics, to checkpoints in the folder `out`.

    best, best_epoch: the smallest distance so far, and the epoch after which it was measured; 0 if there is none.
    """

    def __init__(self, out, preset, training, data, metrics, resumed=None):
        """preset: its name. data: that of training, on the host. resumed: the Resumed of a run that continues."""
        self.out, self.preset, self.training, self.data, self.metrics = out, preset, training, data, metrics
        self.best = resumed.best if resumed else math.inf
        self.best_epoch = resumed.best_epoch if resumed else 0

    def state(self):
        """(arrays, meta) of the training. Raises Diverged if its weights are not finite."""
        arrays, meta = checkpoint.of(self.training)
        if not all(namespace(a).isfinite(a).all() for a in arrays.values()):
            raise Diverged("weights", self.training, self.out)
        return arrays, meta

    def save(self, name=checkpoint.NAME):
        """Write a checkpoint. Raises Diverged, CheckpointError."""
        arrays, meta = self.state()
        sums, count, settings = self.metrics.sums, self.metrics.count, self.training.settings
        if count:
            arrays["sums"] = sums
            if not namespace(sums).isfinite(sums).all():
                raise Diverged("losses", self.training, self.out)
        meta |= {"preset": self.preset, "shape": self.data.shape, "data": self.data.sha256,
                 "environment": checkpoint.environment(settings),
                 "recorder": {"count": count, "best": self.best if self.best_epoch else None,
                              "best_epoch": self.best_epoch}}  # fmt: skip
        if settings.conditional:
            meta |= {"n_classes": self.data.n_classes, "classes": self.data.classes}
        self.metrics.sync()  # the checkpoint counts on the rows that have been written
        checkpoint.save(self.out / name, arrays, meta)

    def compare(self, distance, epoch):
        """Save the training as the best one too, if no distance so far was as small as this one."""
        if distance < self.best:
            self.best, self.best_epoch = distance, epoch
            self.save(BEST)
