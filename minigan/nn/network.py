"""A network: layers in a row, over one flat vector of parameters and one of gradients.

The W, b, dW, db ... of each layer are views of these two vectors. We call such a view a window. So an optimizer is a
few lines on theta, a finite difference is theta[i] += h, a checkpoint is one array, and an average of weights is one
line. Next on the reader's path: gradcheck/oracles.py
"""

import copy
import math

import numpy as np

ALIGN = 16  # each window starts at a multiple of 16 numbers: 64 bytes in float32, which suits vector units and cuBLAS


class Network:
    """Layers in a row.

    theta and grad are flat, contiguous vectors of `dtype` (float32; float64 and complex128 in gradient checks), made by
    the array library xp. Write into them, but never replace them. theta also holds the layers' buffers, such as
    BatchNorm's running averages, so that saving or averaging theta includes them; their part of grad stays 0.

    rng is a NumPy Generator on the host, which draws the initial values, so they are the same on every device.
    Raises ValueError if a layer occurs twice.
    """

    def __init__(self, layers, rng=None, dtype=np.float32, xp=np):
        self.layers = list(layers)
        if len(set(map(id, self.layers))) < len(self.layers):
            raise ValueError("A layer occurs twice in the network; its second gradient would overwrite the first.")
        size = sum(window_size(shape) for layer in self.layers for shape in all_shapes(layer).values())
        self._bind(np.zeros(size, dtype), np.zeros(size, dtype))
        if rng is not None:  # draw on the host, so that every device starts from the same values
            for layer in self.layers:
                layer.init(rng)
        self._bind(xp.asarray(self.theta), xp.asarray(self.grad))

    def _bind(self, theta, grad):
        """Make theta and grad the network's vectors, and give every layer its windows."""
        self.theta, self.grad, start = theta, grad, 0
        for layer in self.layers:
            for name, shape in all_shapes(layer).items():
                window = slice(start, start + math.prod(shape))
                setattr(layer, name, theta[window].reshape(shape))
                if name in layer.parameters:
                    setattr(layer, "d" + name, grad[window].reshape(shape))
                start += window_size(shape)

    @property
    def mixes_samples(self):
        return any(layer.mixes_samples for layer in self.layers)

    def forward(self, x, train=True):
        """Return (y, caches) for a batch x (N, n_in)."""
        caches = []
        for layer in self.layers:
            x, cache = layer.forward(x, train)
            caches.append(cache)
        return x, caches

    def __call__(self, x):
        """Return y as it should be when samples are drawn: no dropout, BatchNorm with its running averages."""
        return self.forward(x, train=False)[0]

    def backward(self, dy, caches, param_grads=True, input_grad=False):
        """The chain rule, from the last layer to the first. Overwrites grad if param_grads.

        Returns dx if input_grad, as g_step and penalties need it. Otherwise it stops at the first layer that has
        parameters and returns that layer's None, because nothing before it learns.
        """
        first = 0 if input_grad else next((i for i, layer in enumerate(self.layers) if layer.parameters), 0)
        for i in reversed(range(first, len(self.layers))):
            dy = self.layers[i].backward(dy, caches[i], param_grads, input_grad or i > first)
        return dy

    def astype(self, dtype):
        """A copy with vectors of its own and the same values in another dtype. Dropout layers share their generator."""
        twin = copy.copy(self)
        twin.layers = [copy.copy(layer) for layer in self.layers]
        twin._bind(self.theta.astype(dtype), self.grad.astype(dtype))
        return twin


def all_shapes(layer):
    return layer.parameters | layer.buffers


def window_size(shape):
    """How many numbers a window occupies in theta: its size, rounded up to a multiple of ALIGN. The padding stays 0."""
    return math.ceil(math.prod(shape) / ALIGN) * ALIGN
