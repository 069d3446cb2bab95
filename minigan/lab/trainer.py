"""The training behind the page. It runs in a thread of its own; commands wait for the end of the current round."""

import json
import queue
import threading
import time
from contextlib import ExitStack
from itertools import chain, repeat
from typing import Any

import numpy as np

from minigan.ground.errors import ArgumentError
from minigan.lab.commands import COMMANDS
from minigan.lab.controls import prepared
from minigan.lab.images import Images
from minigan.lab.notebook import Notebook
from minigan.lab.plane import Plane
from minigan.recipes.text import command
from minigan.runs.threads import limited
from minigan.training import Training

SIGNS = ("d_loss", "g_loss", "d_real", "d_fake")


class Trainer(threading.Thread):
    """state: the text of the latest picture, with its number `version`. `changed` tells when there is a new one.

    preset: the name of the recipe that the settings began with. sent: whether the data came from the page.
    """

    def __init__(self, **given):
        """given: flags of train by name, see `prepared`, which also says what is raised."""
        super().__init__(daemon=True)
        self.changed, self.commands, self.limits = threading.Condition(), queue.Queue[tuple](), ExitStack()
        self.viewers, self.playing, self.speed, self.version, self.state = 0, False, 0.0, 0, ""
        self.note, self.ended = "", False
        self.notebook: Any = None
        self.view: Any = None
        self.figures: list[float] | None = None
        self.begin(*prepared(given))

    def begin(self, preset, settings, data, sent=False, training=None):
        """Show another Training from now on. training: one that goes on with the networks of the last one."""
        last, own = self.notebook, self.view.own if training and data.is_images else None
        self.preset, self.data, self.sent = preset, data, sent
        self.training = training or Training(settings, data)
        self.notebook = Notebook(self.training, data, last, kept=bool(training))
        if last:
            last.close(heir=self.notebook)
        self.halves, self.figures = [], self.figures if training else None
        # One epoch after the other, for as long as the run lasts.
        self.rounds = chain.from_iterable(self.training.epoch() for _ in repeat(None))
        self.view = Images(settings, data, self.notebook.z, own) if data.is_images else Plane(settings, data)
        self.limits.close()
        self.limits.enter_context(limited(settings.threads))

    def do(self, name, value=None):
        """Carry out a command in the training's thread. Returns its answer; raises MiniganError if it is refused."""
        if name not in COMMANDS:
            raise ArgumentError(f"the lab has no command {name}.")
        answers = queue.Queue[Any]()
        self.commands.put((name, value, answers))
        answer = answers.get()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self):
        """End the training's thread, if it runs, after its current round."""
        self.ended = True
        if self.is_alive():
            self.join()
        self.notebook.close()
        self.limits.close()

    def run(self):
        """Train, if somebody looks, and carry out commands."""
        due = shown = 0.0
        while not self.ended:
            now = time.perf_counter()
            trains = self.playing and self.viewers
            if trains and now >= due and self.commands.empty():
                self.round()
                due = now + 1.0 / self.speed if self.speed else 0.0
                if now - shown > self.view.seconds or not self.playing:
                    self.show()
                    shown = now
                continue
            try:
                name, value, answers = self.commands.get(timeout=min(max(due - now, 0.001), 0.1) if trains else 0.1)
            except queue.Empty:
                continue
            try:
                answer = COMMANDS[name](self, value)
            except MemoryError:
                answer = ArgumentError("there is not enough memory for these settings.")
            except Exception as error:  # raised again where the command came from; this thread goes on
                answer = error
            self.show()
            answers.put(answer)

    def round(self, film=None):
        """Run one round, filmed or not. At the end of the run, or if the numbers overflow, stop and say so."""
        if self.training.rounds_done >= self.training.rounds:
            self.playing, self.note = False, f"The run is over after its {self.training.settings.epochs} epochs."
            return
        with np.errstate(over="ignore", invalid="ignore"):
            figures = film.record(self.rounds) if film else next(self.rounds)
        self.figures, self.halves, self.note = [float(f) for f in figures], film.halves if film else [], ""
        if not all(np.isfinite(n.theta).all() for n in (self.training.G, self.training.D)):
            self.playing, self.note = False, "The numbers have overflowed. Try a smaller learning rate, and begin anew."
        elif np.isfinite(figures).all():
            self.notebook.round(figures)

    def show(self):
        """Make the picture of this moment, and tell the viewers."""
        training, settings = self.training, self.training.settings
        G, D = training.average, training.D
        if self.halves:  # between two steps of a round
            D, G = D.astype(D.theta.dtype), G.astype(G.theta.dtype)
            D.theta[...], G.theta[...] = self.halves[0][1][0], self.halves[0][1][2]
        with np.errstate(over="ignore", invalid="ignore"):
            picture = self.view.picture(training, G, D)
            lengths = {f"{n}_gradient": float(np.linalg.norm(getattr(training, n.upper()).grad)) for n in "dg"}
        figures = dict(zip(SIGNS, self.figures, strict=True)) if self.figures else {}
        figures |= lengths
        figures |= self.notebook.distance()
        finite = {name: value for name, value in figures.items() if np.isfinite(value)}
        state = {
            "view": self.view.kind, "round": training.rounds_done, "playing": self.playing, "note": self.note,
            "epoch": training.rounds_done / training.rounds_per_epoch, "figures": finite, "picture": picture,
            "half": self.halves[0][0] if self.halves else "", "command": command(self.preset, settings),
            "notes": [{"round": at, "words": words} for at, words in self.notebook.notes.values()],
        }  # fmt: skip
        with self.changed:
            self.state, self.version = json.dumps(state), self.version + 1
            self.changed.notify_all()
