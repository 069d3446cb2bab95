"""What a training prints: a progress bar, one line per epoch, and what the doctor finds."""

import sys

from minigan.runs import checkpoint, diagnosis


class Progress:
    """Shows how a Training proceeds. quiet: show only the bar and what the doctor finds.

    The bar goes to stderr, if that is a terminal or a notebook. Everything else goes to stdout.
    """

    def __init__(self, training, rows, quiet=False):
        """rows: those of metrics.csv so far. What the doctor has said about them is not repeated."""
        self.training, self.settings, self.quiet = training, training.settings, quiet
        self.said = {note.rule for note in diagnosis.notes(rows, self.settings)}

    def open(self):
        from tqdm import tqdm

        self.bar = tqdm(
            initial=self.training.rounds_done, total=self.training.rounds, unit="round", mininterval=0.5, leave=False,
            disable=False if "ipykernel" in sys.modules else None, dynamic_ncols=True,  # None: only in a terminal
        )  # fmt: skip

    def close(self):
        self.bar.close()

    def say(self, line):
        if not self.quiet:
            print(line)

    def begin(self, out, data, resumed):
        """Say which run begins, or continues."""
        self.out = out
        if resumed:
            done, rounds = self.training.rounds_done, self.training.rounds
            changes = checkpoint.changes(resumed.environment, self.settings)
            longer = 2 * self.settings.epochs or 1
            last = f" (this run is finished; add --epochs {longer} to train longer)" if done == rounds else ""
            changed = f"; results may differ: {changes}" if changes else ""
            self.say(f"resumed  after round {done}{last}{changed}")
        self.say(f"data     {data.note}")
        self.say(f"writing  {out}/")

    def slow(self, speed, highest):
        """Say that the run has become slow, and what to do. speed, highest: rounds per second, now and at best."""
        line = f"slow     {speed:.3g} rounds/s, {highest:.3g} before: another program may be busy. Stop it"
        if self.settings.threads not in ("auto", 1):
            line += f"; or stop this run with Ctrl-C and continue it with --resume {self.out} --threads auto"
        if not self.quiet:
            self.bar.write(line + ".")

    def round(self):
        self.bar.update()

    def row(self, rows):
        """Show the newest of these rows of metrics.csv, and what the doctor finds in it for the first time."""
        row = rows[-1]
        for rule, words in diagnosis.examine(rows, self.settings).items():
            if rule not in self.said:
                self.said.add(rule)
                self.bar.write(f"doctor   after round {row['round']:.0f}: {words}")
        self.bar.set_postfix_str(f"d_loss {row['d_loss']:.3f} g_loss {row['g_loss']:.3f}", refresh=False)

    def epoch(self, epoch, row):
        """Print one line: the newest row of metrics.csv."""
        real, fake = ("D(x)", "D(G(z))") if self.settings.probable else ("score(x)", "score(G(z))")
        line = f"epoch {epoch:3d}/{self.settings.epochs}  d_loss {row['d_loss']:.3f}  g_loss {row['g_loss']:.3f}  "
        line += f"{real} {row['d_real']:.3f}  {fake} {row['d_fake']:.3f}  {row['rounds_per_second']:.0f} rounds/s"
        if not self.quiet:
            self.bar.write(line + (f"  distance {row['distance']:.2f}" if "distance" in row else ""))

    def end(self, out, best):
        """Say where the results are. best: a sentence about the best checkpoint, or None."""
        self.close()
        if best:
            self.say(f"best     {best}")
        self.say(f"samples  {out / 'samples.png'}   (curves.png: the losses; samples/: one picture per epoch)")
        self.say(f"more     python -m minigan.sample {out} -n 100 --seed 1")
        self.say(f"report   {out / 'report.html'}   (open it in a browser, and play with G)")
