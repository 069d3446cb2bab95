"""How small should the step of a finite difference be?

    python demos/error_vs_h.py

Computes the gradient of a small network's loss by centred differences and by the complex step, for steps h from 1 down
to 1e-30, in float32 and in float64. Draws the error of each against backpropagation in float64.

The error of the centred difference is a V. On its right arm the error falls with h^2, as Taylor's formula says. On its
left arm rounding takes over: the rounding errors of the two losses are divided by an ever smaller h, until x + h rounds
to x and no digit is right. The complex step subtracts nothing, so it has no left arm.
"""

import argparse
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from minigan import Dense, Network, Tanh, bce_with_logits
from minigan.gradcheck import centred_difference, complex_step
from minigan.ground import cli

METHODS = {  # label -> (oracle, dtype that it computes in, colour, line style)
    "centred difference, float32": (centred_difference, np.float32, "tab:orange", "--"),
    "centred difference, float64": (centred_difference, np.float64, "tab:red", "-"),
    "complex step, float32": (complex_step, np.complex64, "tab:cyan", "--"),
    "complex step, float64": (complex_step, np.complex128, "tab:blue", "-"),
}


def error(oracle, dtype, h, network, x, target, exact):
    """The largest error of an oracle's gradient in the weights of the first layer, over the largest gradient."""
    twin = network.astype(dtype)
    real = np.zeros(0, dtype).real.dtype
    x, target = x.astype(real), target.astype(real)
    gradient = oracle(lambda: bce_with_logits(twin.forward(x)[0], target)[0], twin.layers[0].W, real.type(h))
    return np.abs(gradient - exact).max() / np.abs(exact).max()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--out",
        type=cli.output(".png"),
        default=Path("error_vs_h.png"),
        help="picture to write (default: error_vs_h.png)",
    )
    out = parser.parse_args().out

    rng = np.random.default_rng(0)
    network = Network([Dense(5, 7), Tanh(), Dense(7, 6), Tanh(), Dense(6, 1)], rng, np.float64)
    x, target = rng.standard_normal((4, 5)), rng.random((4, 1))
    s, caches = network.forward(x)
    network.backward(bce_with_logits(s, target)[1], caches)
    exact = network.layers[0].dW

    steps = 10.0 ** np.arange(-30, 0.25, 0.25)
    figure = Figure(figsize=(7.5, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot(xscale="log", yscale="log", ylim=(1e-17, 10))
    for label, (oracle, dtype, colour, style) in METHODS.items():
        errors = np.array([error(oracle, dtype, h, network, x, target, exact) for h in steps])
        axes.plot(steps, np.maximum(errors, 1e-17), style, color=colour, label=label)
        best = errors.argmin()
        print(
            f"{label}: {errors[best]:.0e} at best, with h = {steps[best]:.0e}; {errors[0]:.0e} with h = {steps[0]:.0e}"
        )
    axes.set(xlabel="step h", ylabel="scaled error of the gradient")
    axes.grid(alpha=0.3)
    axes.legend(loc=(0.02, 0.22))
    figure.savefig(out, dpi=110)
    print(out)


if __name__ == "__main__":
    cli.main(main)
