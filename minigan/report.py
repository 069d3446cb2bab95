"""Makes one HTML page of a run, to look at and to play with: python -m minigan.report RUN

The page is written by runs/page.py.
"""

from pathlib import Path

from minigan.ground import cli
from minigan.runs import page


def main():
    parser = cli.Parser("python -m minigan.report", cli.COMMANDS["report"], "RUN")
    parser.add_argument("run", type=Path, metavar="RUN", help="folder of the run")
    run = parser.parse_args().run
    page.write(run)
    print(f"report   {run / page.NAME}   (open it in a browser)")


if __name__ == "__main__":
    cli.main(main)
