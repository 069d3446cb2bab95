"""Ctrl-C and SIGTERM: the training finishes the current round and saves before it stops."""

import signal
import threading

from minigan.ground.errors import MiniganError


class Stopped(MiniganError):
    """A signal asked the run to stop. It has saved everything; the exit code is that of the signal."""

    def __init__(self, signum, message):
        super().__init__(message)
        self.signum, self.exit_code = signum, 128 + signum


class Signals:
    """Notes the first SIGINT (Ctrl-C) or SIGTERM in `received`, from `catch` until `release`.

    A second signal acts at once, as it does without this class. Outside the main thread Python delivers no signals, so
    nothing is caught there.
    """

    def __init__(self):
        self.received, self.handlers = 0, {}

    def catch(self):
        if threading.current_thread() is threading.main_thread():
            self.handlers = {s: signal.signal(s, self._note) for s in (signal.SIGINT, signal.SIGTERM)}

    def _note(self, signum, frame):
        self.received = signum
        self.release()  # so that the next one acts at once

    def release(self):
        for signum, handler in self.handlers.items():
            signal.signal(signum, handler)
