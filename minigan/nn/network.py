"""A network is layers in a row over one flat vector of parameters and one of gradients.

Each layer's W, b, dW, db ... are windows onto the two vectors. So an optimizer is a few lines on theta, a finite
difference is theta[i] += h, a checkpoint is one array, and an average of weights over time is one line.
Next on the reader's path: gradcheck/__init__.py
"""

import copy
import math

import numpy as np

ALIGN = 16  # each window starts at a multiple of 16 numbers: 64 bytes in float32, what vector units and cuBLAS like


class Network:
    """Layers in a row.

    theta, grad: flat, contiguous, of `dtype` (float32; float64 and complex128 for checking) and of library xp. theta
    also holds BatchNorm's running averages, so that what saves or averages theta includes them; their grad is 0.
    Write into them, never rebind them. Initial values come from the host Generator rng, so they are the same on every
    device. The few numbers between windows stay 0.
    """

    def __init__(self, layers, rng=None, dtype=np.float32, xp=np):
        self.layers = list(layers)
        if len(set(map(id, self.layers))) < len(self.layers):
            raise ValueError("a layer stands in the network twice; its gradient would be overwritten, not added up.")
        shapes = [shape for layer in self.layers for shape in (layer.shapes | layer.statistics).values()]
        size = sum(-(-math.prod(shape) // ALIGN) * ALIGN for shape in shapes)
        self._bind(np.zeros(size, dtype), np.zeros(size, dtype))
        if rng is not None:
            for layer in self.layers:
                layer.init(rng)
        self._bind(xp.asarray(self.theta), xp.asarray(self.grad))

    def _bind(self, theta, grad):
        self.theta, self.grad, start = theta, grad, 0
        for layer in self.layers:
            for name, shape in (layer.shapes | layer.statistics).items():
                stop = start + math.prod(shape)
                setattr(layer, name, theta[start:stop].reshape(shape))
                if name in layer.shapes:
                    setattr(layer, "d" + name, grad[start:stop].reshape(shape))
                start += -(-math.prod(shape) // ALIGN) * ALIGN  # rounded up

    @property
    def mixes_samples(self):
        return any(layer.mixes_samples for layer in self.layers)

    def forward(self, x, train=True):
        """(y, caches) for a batch x (N, n_in)."""
        caches = []
        for layer in self.layers:
            x, cache = layer.forward(x, train)
            caches.append(cache)
        return x, caches

    def __call__(self, x):
        """y as it should be when samples are drawn: no dropout, BatchNorm by its running averages."""
        return self.forward(x, train=False)[0]

    def backward(self, dy, caches, param_grads=True, input_grad=False):
        """The chain rule, last layer first. Overwrites grad if param_grads; returns dx if input_grad, else None."""
        first = 0 if input_grad else next((i for i, layer in enumerate(self.layers) if layer.shapes), 0)  # with a W
        for i in reversed(range(first, len(self.layers))):
            dy = self.layers[i].backward(dy, caches[i], param_grads, input_grad or i > first)
        return dy

    def astype(self, dtype):
        """An independent copy with the same values in another dtype (complex128 for the complex step)."""
        twin = copy.copy(self)
        twin.layers = [copy.copy(layer) for layer in self.layers]
        twin._bind(self.theta.astype(dtype), self.grad.astype(dtype))
        return twin
