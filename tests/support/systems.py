"""Marks for tests that only some systems can run; elsewhere the tests are skipped with the reason."""

import os
import sys

import pytest

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="forks, limits the sizes of files, uses /dev/full")
posix_only = pytest.mark.skipif(os.name != "posix", reason="needs the locks and pipes of a POSIX system")
