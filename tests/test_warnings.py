"""A warning from minigan, its tests or its demos is an error; one from inside another package is only printed."""

import warnings

import pytest

CODE = """
import warnings

def warn(category, stacklevel=1):
    warnings.warn("this will change", category, stacklevel=stacklevel)

def call(function, *arguments):
    function(*arguments)
"""


def module(name):
    """A module that can warn, and that can call another module's function."""
    names = {"__name__": name}
    exec(CODE, names)
    return names


@pytest.mark.parametrize(
    "name", ["minigan", "minigan.nn.layers", "test_cli", "conftest", "fake_device", "benchmark", "contenders.blog"]
)
def test_a_warning_from_our_code_is_an_error(name):
    with pytest.raises(DeprecationWarning):
        module(name)["warn"](DeprecationWarning)


@pytest.mark.parametrize("name", ["pyparsing.core", "matplotlib.figure", "minigan_tools", "ringbuffer"])
def test_a_warning_from_another_package_is_not(name):
    with warnings.catch_warnings(record=True) as printed:
        module(name)["warn"](DeprecationWarning)
    assert [warning.category for warning in printed] == [DeprecationWarning]


def test_a_package_that_warns_about_how_minigan_calls_it_makes_an_error():
    with pytest.raises(DeprecationWarning):
        module("minigan.report")["call"](module("matplotlib.figure")["warn"], DeprecationWarning, 2)


def test_numpy_may_not_warn_about_numbers():
    with pytest.raises(RuntimeWarning):
        module("numpy._core._methods")["warn"](RuntimeWarning)
