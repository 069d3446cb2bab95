"""Opens the lab: python -m minigan.lab [flags]"""

import webbrowser

from minigan import cli
from minigan.errors import ArgumentError
from minigan.lab.server import Server
from minigan.lab.trainer import Trainer


def main():
    parser = cli.Parser("python -m minigan.lab", cli.COMMANDS["lab"])
    parser.add_argument("--no-browser", action="store_true", help="print the address, but do not open a browser")
    parser.add_argument("--port", type=cli.whole(0), default=0, help="port to listen on (default: any free one)")
    given = parser.parse_args()
    trainer = Trainer()
    try:
        server = Server(trainer, given.port)
    except (OSError, OverflowError):
        raise ArgumentError(f"--port {given.port} cannot be used; choose another one, or none.") from None
    trainer.start()
    trainer.do("pause")  # the first picture
    try:
        print(f"lab      {server.address}   (Ctrl-C ends it)", flush=True)
        if not given.no_browser:
            webbrowser.open(server.address)
        server.serve_forever(poll_interval=0.1)
    except KeyboardInterrupt:
        print("lab      ended")
    finally:
        trainer.ended = True
        server.server_close()


if __name__ == "__main__":
    cli.main(main)
