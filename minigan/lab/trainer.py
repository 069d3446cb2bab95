"""The training behind the page. It runs in a thread of its own; commands wait for the end of the current round."""

import json
import queue
import threading
import time
from dataclasses import replace
from itertools import chain, repeat
from typing import Any

import numpy as np

from minigan.data import POINTS, load
from minigan.errors import ArgumentError, MiniganError, one_of
from minigan.lab import view
from minigan.lab.controls import CONTROLS, DRAWN, bounded, carry, drawn, parsed
from minigan.lab.experiments import EXPERIMENTS
from minigan.lab.notebook import Notebook
from minigan.lab.slow_motion import Film
from minigan.recipes.option import options
from minigan.recipes.presets import PRESETS
from minigan.recipes.sampling import generator_input
from minigan.recipes.settings import Settings
from minigan.recipes.text import command
from minigan.runs.start import check_size
from minigan.runs.threads import limited
from minigan.training import Training

FRAME = 1 / 25  # seconds from one picture to the next, at least
SIGNS = ("d_loss", "g_loss", "d_real", "d_fake")


class Trainer(threading.Thread):
    """state: the text of the latest picture, with its number `version`. `changed` tells when there is a new one."""

    def __init__(self, settings):
        """Raises ArgumentError if the lab cannot show these settings, DataError if it cannot read the data."""
        super().__init__(daemon=True)
        self.changed, self.commands = threading.Condition(), queue.Queue[tuple]()
        self.viewers, self.playing, self.speed, self.version, self.state = 0, False, 0.0, 0, ""
        self.note, self.ended = "", False
        self.notebook: Any = None
        bounded(settings)
        self.data = load(settings.data, seed=settings.seed)
        if self.data.is_images:
            raise ArgumentError(f"the lab shows points in the plane, but --data {settings.data} holds images.")
        check_size(settings, self.data)
        self.begin(Training(settings, self.data))

    def begin(self, training, kept=False):
        """Show another Training from now on. kept: whether it goes on with the networks of the last one."""
        last = self.notebook
        self.notebook = Notebook(training, self.data, last if kept else None)
        if last:
            last.close()
        self.training, self.halves, self.figures = training, [], None
        # One epoch after the other, for as long as the run lasts.
        self.rounds = chain.from_iterable(training.epoch() for _ in repeat(None))
        z = generator_input(training.settings, self.data, view.N_JUDGED, np.random.default_rng(0))
        self.z, self.edge = z, view.limit(self.data)

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

    def run(self):
        with limited(1):  # of so small networks one thread is the fastest, and the browser needs a core, too
            self.loop()

    def loop(self):
        """Train, if somebody looks, and carry out commands."""
        due = shown = 0.0
        while not self.ended:
            now = time.perf_counter()
            trains = self.playing and self.viewers
            if trains and now >= due and self.commands.empty():
                self.round()
                due = now + 1.0 / self.speed if self.speed else 0.0
                if now - shown > FRAME or not self.playing:
                    self.show()
                    shown = now
                continue
            try:
                name, value, answers = self.commands.get(timeout=min(max(due - now, 0.001), 0.1) if trains else 0.1)
            except queue.Empty:
                continue
            try:
                answer = COMMANDS[name](self, value)
            except MiniganError as error:
                answer = error
            except MemoryError:
                answer = ArgumentError("there is not enough memory for these settings.")
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
            picture = view.plane(training, G, D, self.z, self.edge)
        figures = dict(zip(SIGNS, self.figures, strict=True)) if self.figures else {}
        figures |= {f"{n}_gradient": float(np.linalg.norm(getattr(training, n.upper()).grad)) for n in "dg"}
        finite = {name: value for name, value in figures.items() if np.isfinite(value)}
        state = {
            "round": training.rounds_done, "playing": self.playing, "note": self.note, "figures": finite,
            "half": self.halves[0][0] if self.halves else "", "command": command("toy", settings), "picture": picture,
            "notes": [{"round": at, "words": words} for at, words in self.notebook.notes.values()],
        }  # fmt: skip
        with self.changed:
            self.state, self.version = json.dumps(state), self.version + 1
            self.changed.notify_all()

    def play(self, _):
        self.playing, self.halves, self.note = True, [], ""

    def pause(self, _):
        self.playing = False

    def one_round(self, _):
        self.playing = False
        self.round()

    def one_step(self, _):
        """The next step of D or of G. The first of a round runs all of it, and keeps what comes after for later."""
        self.playing = False
        if len(self.halves) > 1:
            self.halves.pop(0)
        else:
            self.round(Film(self.training))
        if len(self.halves) == 1:
            self.halves = []  # after the last step of a round, the picture is of the training itself

    def slow(self, _):
        """Run a round in slow motion. Returns its film."""
        self.playing = False
        film = Film(self.training)
        self.round(film)
        self.halves = []
        return {"codes": film.codes, "shots": film.shots}

    def pace(self, rounds):
        """rounds: per second, or 0 for as fast as possible."""
        if isinstance(rounds, bool) or not isinstance(rounds, int | float) or not 0 <= rounds <= 1000:
            raise ArgumentError("the speed must be from 0 to 1000 rounds per second.")
        self.speed = float(rounds)

    def reset(self, seed):
        """Begin anew with these settings and another seed."""
        if type(seed) is not int:
            raise ArgumentError("the seed must be a whole number.")
        settings = replace(self.training.settings, seed=seed)
        if settings.data != DRAWN:
            self.data = load(settings.data, seed=seed)
        self.begin(Training(settings, self.data))

    def points(self, numbers):
        """Begin anew, with data that were drawn on the page."""
        self.data = drawn(numbers)
        self.begin(Training(replace(self.training.settings, data=DRAWN), self.data))

    def save(self, _):
        """Save what was found as a run. Returns its folder."""
        self.playing = False
        return str(self.notebook.save())

    def set(self, change):
        """change: [name, value in words]. Keep the networks if they have the same sizes; else begin anew."""
        if not (isinstance(change, list) and len(change) == 2 and all(isinstance(word, str) for word in change)):
            raise ArgumentError("a setting is changed by its name and its value.")
        name, words = change
        option = {o.name: o for o in options(Settings)}.get(name)
        if name not in CONTROLS or option is None:
            raise ArgumentError(f"{name} cannot be changed here.")
        if name == "data":
            one_of("--data", words, POINTS)
        return {"kept": self.change({name: parsed(option, words)})}

    def experiment(self, which):
        """which: [its number, whether to cure it]. An experiment begins anew, its cure goes on with the networks."""
        if not (isinstance(which, list) and which in [[i, b] for i in range(len(EXPERIMENTS)) for b in (False, True)]):
            raise ArgumentError("there is no such experiment.")
        number, cured = which
        chosen, seed = EXPERIMENTS[number], self.training.settings.seed
        if cured:
            self.change(chosen.cure)
        else:
            settings = PRESETS["toy"].with_flags(seed=seed, **chosen.settings)
            self.data = load(settings.data, seed=seed)
            self.begin(Training(settings, self.data))
        self.play(None)

    def change(self, changes):
        """Change settings, by name. Returns whether the networks could be kept."""
        settings = replace(self.training.settings, **changes)
        bounded(settings)
        data = load(settings.data, seed=settings.seed) if "data" in changes else self.data
        check_size(settings, data)
        new = Training(settings, data)
        kept = "data" not in changes and carry(self.training, new)
        self.data, figures = data, self.figures
        self.begin(new, kept)
        self.figures = figures if kept else None
        return kept


COMMANDS = {
    "play": Trainer.play, "pause": Trainer.pause, "round": Trainer.one_round, "step": Trainer.one_step,
    "slow": Trainer.slow, "pace": Trainer.pace, "reset": Trainer.reset, "set": Trainer.set,
    "points": Trainer.points, "save": Trainer.save,
    "experiment": Trainer.experiment,
}  # fmt: skip
