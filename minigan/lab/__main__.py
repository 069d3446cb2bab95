"""Opens the lab: python -m minigan.lab [flags]"""

import webbrowser
from contextlib import closing

from minigan.ground import cli
from minigan.ground.errors import ArgumentError
from minigan.lab.controls import FLAGS
from minigan.lab.server import Server
from minigan.lab.trainer import Trainer
from minigan.recipes.option import options
from minigan.recipes.presets import PRESETS
from minigan.recipes.settings import Settings


def main():
    parser = cli.Parser("python -m minigan.lab", f"{cli.COMMANDS['lab']}\n\nIt begins with these flags:")
    toy = PRESETS["toy"].with_flags()
    parser.add_options([o for o in options(Settings) if o.name in FLAGS], toy)
    parser.add_argument("--no-browser", action="store_true", help="print the address, but do not open a browser")
    parser.add_argument("--port", type=cli.whole(0), default=0, help="port to listen on (default: any free one)")
    given = vars(parser.parse_args())
    port, browser = given.pop("port"), not given.pop("no_browser")
    with closing(Trainer(**given)) as trainer:
        try:
            server = Server(trainer, port)
        except (OSError, OverflowError):
            raise ArgumentError(f"--port {port} cannot be used; choose another one, or none.") from None
        with server:
            serve(server, browser)


def serve(server, browser):
    """Answer the page until Ctrl-C. browser: whether to open one."""
    server.trainer.start()
    server.trainer.do("pause")  # the first picture
    try:
        print(f"lab      {server.address}   (Ctrl-C ends it)", flush=True)
        if browser:
            webbrowser.open(server.address)
        server.serve_forever(poll_interval=0.1)
    except KeyboardInterrupt:
        print("lab      ended")


if __name__ == "__main__":
    cli.main(main)
