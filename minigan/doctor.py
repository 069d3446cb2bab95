"""Says what goes wrong in a run, why, and what to try: python -m minigan.doctor RUN

The vital signs are in runs/vitals.py, the rules that judge them in runs/diagnosis.py.
"""

import textwrap
from pathlib import Path

from minigan.ground import cli
from minigan.runs import diagnosis, metrics
from minigan.runs.load import load_generator
from minigan.runs.vitals import VITALS


def main():
    parser = cli.Parser("python -m minigan.doctor", cli.COMMANDS["doctor"], "RUN")
    parser.add_argument("run", type=Path, metavar="RUN", help="folder of the run")
    run = parser.parse_args().run
    rows = metrics.read(run / "metrics.csv")
    _, settings, _ = load_generator(run)
    if not rows:
        print(f"{run / 'metrics.csv'} has no rows yet.")
        return
    print(f"vital signs after round {rows[-1]['round']:.0f}")
    for name, meaning in VITALS.items():
        print(f"  {name:<12}{rows[-1][name]:>8.3g}  {meaning}")
    notes = diagnosis.notes(rows, settings)
    for note in notes:
        print("\n" + textwrap.fill(f"after round {note.round}: {note.words}", 100))
    print("\n" + textwrap.fill(diagnosis.verdict(notes), 100))


if __name__ == "__main__":
    cli.main(main)
