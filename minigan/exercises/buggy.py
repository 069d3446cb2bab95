"""Twelve short pieces of a GAN in NumPy, for the game in bugs.py; one line of each is wrong.

All of them run without an error, and some GANs even learn a little with them. They are our own versions of mistakes
that have been published, a few of them in code with many readers.
"""

import numpy as np

from minigan.gradcheck import check, check_layer, check_loss, check_network, windows
from minigan.gradcheck.cases.steps import g_step_case
from minigan.nn.activations import LeakyReLU, Tanh
from minigan.nn.batchnorm import BatchNorm
from minigan.nn.layers import Dense, Dropout, Layer
from minigan.nn.losses import sigmoid, softplus
from minigan.nn.network import Network

BUGS: list[
    tuple
] = []  # (title, code, start of the wrong line, why it is wrong, find(code, rng) that raises GradientError)


def bug(title, wrong, why, find):
    def register(code):
        BUGS.append((title, code, wrong, why, find))
        return code

    return register


# How each kind of code is checked: on random data, against the complex step and the centred difference.


def layer(*sizes):
    return lambda code, rng: check_layer(code(*sizes), rng.standard_normal((5, 4)), rng)


def after_tanh(code, rng):
    network = Network([Dense(4, 3), Tanh(), code(), Dense(3, 2)], rng)
    check_network(network, rng.standard_normal((5, 4)), rng)


def loss(code, rng):
    check_loss(code, rng.standard_normal((5, 1)), rng.random((5, 1)))


def two_batches(code, rng):
    """D's loss on a real and on a fake batch, with a forward pass for each."""
    real, fake = rng.standard_normal((2, 5, 4))
    ds_real, ds_fake = rng.standard_normal((2, 5, 1))

    def backward(D):
        _, real_caches = D.forward(real)
        _, fake_caches = D.forward(fake)
        D.backward(ds_real, real_caches)
        grad = D.grad.copy()
        D.backward(ds_fake, fake_caches)
        D.grad += grad
        return windows(D, "D", "d")

    D = Network([code(4, 3), LeakyReLU(), code(3, 1)], rng)
    check(lambda D: (ds_real * D.forward(real)[0]).sum() + (ds_fake * D.forward(fake)[0]).sum(), backward, D=D)


def step_of_G(code, rng):
    g_step_case("NonSaturating", 4, 3, 4, rng, step=code)


# The bugs. What a class does not define, it inherits from minigan, where it is right.


@bug(
    "a dense layer with as many outputs as inputs",
    "return dy @ self.W if",
    "dx_ni = sum_j dy_nj W_ij needs the transpose of W. Because n_in = n_out, the shapes fit without it, too.",
    layer(4, 4),
)
class Dense1(Dense):
    def backward(self, dy, cache, param_grads=True, input_grad=True):
        if param_grads:
            self.dW[...] = cache.T @ dy
            self.db[...] = dy.sum(axis=0)
        return dy @ self.W if input_grad else None


@bug(
    "another dense layer",
    "self.dW[...] = cache.T @ dy / len(dy)",
    "The loss is a mean over the batch, so dy already contains 1/N. Here the weights get 1/N twice, the biases once.",
    layer(4, 3),
)
class Dense2(Dense):
    def backward(self, dy, cache, param_grads=True, input_grad=True):
        if param_grads:
            self.dW[...] = cache.T @ dy / len(dy)
            self.db[...] = dy.sum(axis=0)
        return dy @ self.W.T if input_grad else None


@bug(
    "a dense layer; D runs forward on the real and the fake batch before it runs backward on either",
    "self.x = x",
    "The fake batch replaces the real one on self, so the gradient of the real batch goes back through the fake one. "
    "Two published NumPy GANs do this; their gradients of D are wrong by up to 37 and 155 %. minigan's forward returns "
    "its cache instead.",
    two_batches,
)
class Dense3(Dense):
    def forward(self, x, train=True):
        self.x = x
        return x @ self.W + self.b, None

    def backward(self, dy, cache, param_grads=True, input_grad=True):
        if param_grads:
            self.dW[...] = self.x.T @ dy
            self.db[...] = dy.sum(axis=0)
        return dy @ self.W.T if input_grad else None


@bug(
    "tanh",
    "return 1.0 - cache * cache",
    "This is the derivative of tanh, but backward must return dL/dx, so dy is missing. A check whose upstream gradient "
    "is all ones, which is common, does not notice.",
    layer(),
)
class Tanh4(Tanh):
    def backward(self, dy, cache, param_grads=True, input_grad=True):
        return 1.0 - cache * cache


@bug(
    "leaky ReLU",
    "return dy * np.where(cache > 0, 1.0, 0.02)",
    "The slope is 0.2 in forward and 0.02 in backward.",
    layer(),
)
class LeakyReLU5(Layer):
    def forward(self, x, train=True):
        return x * np.where(x.real > 0, 1.0, 0.2), x.real

    def backward(self, dy, cache, param_grads=True, input_grad=True):
        return dy * np.where(cache > 0, 1.0, 0.02)


@bug(
    "leaky ReLU, saving memory, between a tanh and a dense layer",
    "x *= slope",
    "It writes into x, which is the y that the tanh before it keeps as its cache. So 1 - y^2 is wrong, and with it all "
    "gradients before that tanh. The gradient of this layer itself is right.",
    after_tanh,
)
class LeakyReLU6(Layer):
    def forward(self, x, train=True):
        slope = np.where(x.real > 0, 1.0, 0.2)
        x *= slope
        return x, slope

    def backward(self, dy, cache, param_grads=True, input_grad=True):
        return dy * cache


@bug(
    "dropout",
    "return dy * (cache > 0)",
    "Forward multiplies the units that it keeps by 1 / (1 - rate), so backward must do the same.",
    lambda code, rng: check_layer(code(0.5, np.random.default_rng(0)), rng.standard_normal((5, 4)), rng),
)
class Dropout7(Dropout):
    def backward(self, dy, cache, param_grads=True, input_grad=True):
        return dy * (cache > 0)


@bug(
    "batch normalisation",
    "return self.gamma * r * dy",
    "A change of x also changes the mean and the variance of the batch. The terms of these two are missing.",
    layer(4),
)
class BatchNorm8(BatchNorm):
    def backward(self, dy, cache, param_grads=True, input_grad=True):
        xhat, r, *_ = cache
        if param_grads:
            self.dgamma[...] = (dy * xhat).sum(axis=0)
            self.dbeta[...] = dy.sum(axis=0)
        return self.gamma * r * dy


@bug(
    "binary cross-entropy of logits s",
    "return loss, sigmoid(s) - target",
    "The loss is a mean, but its gradient is not divided by N, so larger batches act like a larger learning rate.",
    loss,
)
def bce_9(s, target):
    loss = (softplus(s) - target * s).mean()
    return loss, sigmoid(s) - target


@bug(
    "binary cross-entropy of logits s, once more",
    "ds = (D - target) * D * (1.0 - D) / s.size",
    "(D - target) / N is already dL/ds, because the sigmoid's derivative D (1 - D) has cancelled. Multiplying by it "
    "again makes the gradient vanish where D is sure.",
    loss,
)
def bce_10(s, target):
    D = sigmoid(s)
    loss = (softplus(s) - target * s).mean()
    ds = (D - target) * D * (1.0 - D) / s.size
    return loss, ds


@bug(
    "the step of G",
    "dx_fake = np.ones_like(x_fake) * ds_fake",
    "ds_fake is dL/ds at D's output. It must go back through D to become dL/dx at D's input. Here it is copied to all "
    "pixels, so G only learns to make them brighter.",
    step_of_G,
)
def g_step_11(D, G, objective, optimizer, z):
    x_fake, g_caches = G.forward(z)
    s_fake, _ = D.forward(x_fake)
    loss, ds_fake = objective.g(s_fake)
    dx_fake = np.ones_like(x_fake) * ds_fake
    G.backward(dx_fake, g_caches)
    optimizer.step(G.grad)
    return loss, s_fake


@bug(
    "the step of G, once more",
    "G.grad[...] = 0.0",
    "The gradient is cleared before the step instead of after it, so G never changes. A published NumPy WGAN-GP does "
    "the same. minigan's backward overwrites gradients, so there is nothing to clear.",
    step_of_G,
)
def g_step_12(D, G, objective, optimizer, z):
    x_fake, g_caches = G.forward(z)
    s_fake, d_caches = D.forward(x_fake)
    loss, ds_fake = objective.g(s_fake)
    dx_fake = D.backward(ds_fake, d_caches, param_grads=False, input_grad=True)
    G.backward(dx_fake, g_caches)
    G.grad[...] = 0.0
    optimizer.step(G.grad)
    return loss, s_fake
