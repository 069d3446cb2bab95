"""Notices that a run has become slow, for example because another program has started."""

import time

WINDOW = 1.0  # seconds of training over which a speed is measured
PATIENCE = 5  # windows in a row that make a change


class Pace:
    """A listener of `training.train`, which reports when the training falls below half of its highest speed so far.

    It reports once, and again only after the training has recovered. The time that other listeners take at the end of
    an epoch does not count. For this, it must be the last of the listeners.
    """

    def __init__(self, say, now=time.perf_counter):
        """say: called with the speed now and the highest one, in rounds per second. now: a clock, in seconds."""
        self.say, self.now, self.last = say, now, now()
        self.rounds, self.seconds = 0, 0.0  # of the current window
        self.highest, self.slow, self.changed = 0.0, False, 0  # changed: windows in a row that contradict slow

    def round(self, figures):
        now = self.now()
        self.rounds, self.seconds, self.last = self.rounds + 1, self.seconds + now - self.last, now
        if self.seconds >= WINDOW:
            self._compare(self.rounds / self.seconds)
            self.rounds, self.seconds = 0, 0.0

    def epoch(self):
        self.last = self.now()

    def _compare(self, speed):
        self.highest = max(self.highest, speed)
        self.changed = self.changed + 1 if (speed < self.highest / 2) != self.slow else 0
        if self.changed == PATIENCE:
            self.slow, self.changed = not self.slow, 0
            if self.slow:
                self.say(speed, self.highest)
