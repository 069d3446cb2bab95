"""What CuPy makes of every @fused function: one kernel in float32, which NVIDIA's compilers take. This needs no GPU.

They need `pip install cupy-cuda13x nvidia-cuda-nvrtc nvidia-cuda-runtime`, and are skipped without.
"""

import re
import types
from pathlib import Path

import fake_device
import numpy as np
import pytest
from small_runs import small

import minigan
from minigan.recipes.presets import PRESETS
from minigan.training import Training

cupy = pytest.importorskip("cupy", reason="CuPy is not installed (it needs no GPU for this)")
fusion = pytest.importorskip("cupy._core.fusion", exc_type=ImportError)
ARCHITECTURES = ("80", "90")  # A100 and H100
ARRAY, INDEXER, SCALAR = 1, 2, 3  # kinds of a kernel's arguments, by CuPy's numbers


def from_source(functions):
    """Without those that test_device.py has planted."""
    return [function for function in functions if Path(function.__code__.co_filename).exists()]


@pytest.fixture(scope="module")
def kernels():
    """name -> (CuPy's kernel, the number of dimensions of each of its arrays), for all fused functions."""
    for preset in PRESETS:
        settings, data = small(preset)
        next(Training(settings, data, fake_device).epoch())  # which leaves the functions in fake_device.FUSED
    nowhere = cupy.cuda.MemoryPointer(cupy.cuda.UnownedMemory(64, 64, None, 0), 0)
    found = {}
    for on_fake in from_source(fake_device.FUSED):
        arguments = fake_device.FUSED[on_fake]
        function = types.FunctionType(on_fake.__code__, on_fake.__globals__ | {"np": cupy}, on_fake.__name__)
        given = [cupy.ndarray((1,) * a[1], a[0], nowhere) if isinstance(a, tuple) else a for a in arguments]
        history = fusion._thread_local.history = fusion._FusionHistory()
        fusion._thread_local.is_old_fusing = True
        try:
            kernel, _ = history.get_fusion(function, given, function.__name__)
        finally:
            fusion._thread_local.history, fusion._thread_local.is_old_fusing = None, False
        found[function.__name__] = kernel, [getattr(a, "ndim", 0) for a in given]
    return found


def test_every_fused_function_becomes_one_kernel_in_float32(kernels):
    sources = [path.read_text(encoding="utf-8") for path in Path(minigan.__file__).parent.rglob("*.py")]
    functions = from_source({*fake_device.FUSED, *fake_device.INSIDE})
    assert len(functions) == sum(source.count("@fused\n") for source in sources)
    assert len(kernels) == len(from_source(fake_device.FUSED))
    for name, (kernel, _) in kernels.items():
        computed = {param.dtype for param in kernel.params if param.dtype and not param.is_const}
        assert computed <= {np.dtype(np.float32), np.dtype(bool)}, name
        assert not re.search(r"float16|^double v", kernel.operation, re.MULTILINE), name


def source(kernel, dimensions):
    """The CUDA source that CuPy would compile for this kernel at its first call."""
    from cupy._core import _kernel, core

    n, most = len(dimensions), max(dimensions)
    arguments = [
        _kernel._ArgInfo(ARRAY if ndim else SCALAR, cupy.ndarray, p.dtype, ndim, True, True)
        for p, ndim in zip(kernel.params[:n], dimensions, strict=True)
    ]
    arguments += [_kernel._ArgInfo(ARRAY, cupy.ndarray, p.dtype, most, True, True) for p in kernel.params[n:-1]]
    arguments += [_kernel._ArgInfo(INDEXER, type(None), None, most, True, True)]
    made = (kernel.params, kernel.operation, kernel.name, kernel.preamble)
    includes = "".join(f"#include <{header}>\n" for header in core._cupy_header_list)
    return includes + _kernel._get_elementwise_kernel_code(tuple(arguments), _kernel._TypeMap(()), *made)


def nvrtc(monkeypatch):
    """The compiler inside CuPy. It is told the architecture here, since there is no driver to ask."""
    try:
        cupy.cuda.compiler._get_nvrtc_version()
    except Exception:  # of cuda-pathfinder or of CuPy, by their versions
        pytest.skip("there is no NVRTC.")
    monkeypatch.setattr(
        cupy.cuda.compiler, "_get_arch_for_options_for_nvrtc", lambda arch: (f"-arch=sm_{arch}", "cubin")
    )
    return cupy.cuda.compiler.compile_using_nvrtc


def nvcc(monkeypatch):
    if not cupy.cuda.get_nvcc_path():
        pytest.skip("there is no nvcc.")
    return cupy.cuda.compiler.compile_using_nvcc


@pytest.mark.parametrize("compiler", [nvrtc, nvcc])
def test_nvidias_compiler_takes_every_kernel(kernels, compiler, monkeypatch):
    compile_, options = compiler(monkeypatch), cupy._core.core.assemble_cupy_compiler_options(("-ftz=true",))
    if compiler is nvcc:  # which knows CUDA's headers of its own version
        options = tuple(option for option in options if "/cupy/" in option or not option.startswith("-I"))
    for arch in ARCHITECTURES:
        for kernel, dimensions in kernels.values():
            binary = compile_(source(kernel, dimensions), options, arch)
            assert (binary if compiler is nvcc else binary[0])[:4] == b"\x7fELF"
    with pytest.raises(cupy.cuda.compiler.CompileException, match="undefined"):
        compile_(source(*kernels["sigmoid"]).replace("exp(", "not_a_function("), options, ARCHITECTURES[0])
