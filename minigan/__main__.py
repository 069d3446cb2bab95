"""python -m minigan COMMAND [flags], or minigan COMMAND [flags]: run a command; without one, list the commands."""

import sys
from importlib import import_module

from minigan import __version__
from minigan.ground import cli
from minigan.ground.errors import ArgumentError, did_you_mean

FOLDERS = ("exercises", "gradcheck", "lab")
MODULES = {name: f"minigan.{name}" + (".__main__" if name in FOLDERS else "") for name in cli.COMMANDS}


def main():
    name, *words = sys.argv[1:] or ["--help"]
    if name in ("-h", "--help"):
        print("usage: minigan COMMAND [flags]\n")
        for command, summary in cli.COMMANDS.items():
            print(f"  {command:<10} {summary}")
        print("\nminigan COMMAND --help explains a command. Start with: minigan train")
    elif name == "--version":
        print(f"minigan {__version__}")
    elif name not in cli.COMMANDS:
        raise ArgumentError(f"{name} is not a command{did_you_mean(name, cli.COMMANDS)} minigan --help lists them.")
    else:
        sys.argv[1:] = words
        import_module(MODULES[name]).main()


def run():
    """The console script `minigan`."""
    cli.main(main)


if __name__ == "__main__":
    run()
