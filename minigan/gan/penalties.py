"""Penalties on D's slope, by hand: the gradient of a gradient.

The slope of D at a sample is g_n = ds_n/dx_n (n_x numbers): the result of backpropagation at D's input, with ds = 1.
Where D is steep at real samples, G is still pushed after it has arrived there. It overshoots, and the game runs in
circles. A penalty P on the slopes makes D flat there; the simplest is R1 = gamma/2 mean_n |g_n|^2, with a weight gamma.
D learns from dP/dtheta, the derivative of a derivative.

If D is one Dense layer, s = sum_i x_i W_i, its slope is W for every x. Then R1 = gamma/2 |W|^2, and dR1/dW = gamma W.
Now let D have two Dense layers with a LeakyReLU between:

    h_j = sum_i x_i W1_ij,     s = sum_j W2_j r_j h_j,     r_j = 1 where h_j > 0, else alpha

Backpropagation gives the slope g_i = sum_j W1_ij r_j W2_j. P depends on g, so by the chain rule we need u_i = dP/dg_i,
and then the gradient of q = sum_i u_i g_i = sum_ij u_i W1_ij r_j W2_j, in which u is held fixed:

    dq/dW1_ij = u_i (r_j W2_j)                   dq/dW2_j = (sum_i u_i W1_ij r_j) 1

Each is a product of two factors. The first is u, carried forward through D as if it were a small change of x. The
second is what backpropagation has carried back to that layer (the 1 is ds/ds). `add_gradient` does this for any number
of layers. Next on the reader's path: training.py
"""

import numpy as np


class R1:
    """A penalty on D's slope at real samples, as d_step takes it: penalty(D, x_real, x_fake, real_caches, fake_caches).

        R1  = gamma/2 mean_n |g_n|^2                                                                  (1)
        u_n = dR1/dg_n = gamma g_n / N                                                                (2)
    Calling it adds dR1/dtheta to D.grad and returns R1. real_caches are D.forward's for the N real samples. Call it
    after D.backward, which overwrites D.grad. Source: Mescheder, Geiger and Nowozin 2018, eq. 9.
    """

    def __init__(self, gamma):
        self.gamma = gamma

    def __call__(self, D, x_real, x_fake, real_caches, fake_caches):
        g, deltas = input_gradient(D, real_caches)
        u = (self.gamma / len(g)) * g  # (2)
        add_gradient(D, real_caches, deltas, u)
        return 0.5 * (u * g).sum()  # (1)


def input_gradient(D, caches):
    """Return (g, deltas): D's slopes g (N, n_x), and for each layer k = 1 ... K the gradient delta_k = ds/dy_k.

    Backpropagation passes the deltas on its way to g. With J_k the Jacobian of layer k, and ^T a transpose,
        delta_K = ds/ds = 1,   delta_(k-1) = J_k^T delta_k,   g = delta_0                             (1)
    """
    deltas = [np.ones_like(caches[-1][:, :1])]
    for layer, cache in zip(reversed(D.layers), reversed(caches), strict=True):
        deltas.insert(0, layer.backward(deltas[0], cache, param_grads=False))  # (1)
    return deltas[0], deltas[1:]


def add_gradient(D, caches, deltas, u):
    """Add dP/dtheta to D.grad, given u = dP/dg (N, n_x).

    It is the gradient of q = sum_n <u_n, g_n> with u held fixed. Since g = J_1^T ... J_K^T 1, we can also write
    q = sum_n <1, J_K ... J_1 u_n>. Push u forward through the layers, by their jvp:
        t_0 = u,   t_k = J_k t_(k-1)                                                                  (1)
    For every layer k, q = sum_n <delta_k, J_k t_(k-1)>. The weights W_k of layer k occur directly in J_k alone:
        dq/dW_k = gradient of sum_n <delta_k, J_k t_(k-1)>, with delta_k and t_(k-1) fixed            (2)
    For a Dense layer this is equation (Dense-6) of nn/layers.py. If the other layers are ReLU, LeakyReLU or Dropout
    (with the draw of the forward pass), this is all. But the J_k of a Tanh or Sigmoid is f'(x_k), where f is the
    activation and x_k the layer's input. It depends, through x_k, on the weights of all layers before it:
        curvature_k = gradient of the same sum with respect to x_k, a term with f''                   (3)
    Let a_k be the gradient of q with respect to y_k, the output of layer k, through the Jacobians of all later layers.
    Ordinary backpropagation carries it down, adds each curvature, and so reaches the weights:
        a_K = 0,   a_(k-1) = J_k^T a_k + curvature_k                                                  (4)
    Raises NotImplementedError, with the name of the layer, if a layer has no tangent_grads (BatchNorm).
    """
    t, curvatures = u, []
    for layer, cache, delta in zip(D.layers, caches, deltas, strict=True):
        curvatures.append(layer.tangent_grads(t, delta, cache))  # (2), (3)
        t = layer.jvp(t, cache)  # (1)
    if all(curvature is None for curvature in curvatures):
        return
    grad = D.grad.copy()  # backward overwrites it
    a = np.zeros_like(deltas[-1])
    for layer, cache, curvature in zip(reversed(D.layers), reversed(caches), reversed(curvatures), strict=True):
        a = layer.backward(a, cache)
        a = a if curvature is None else a + curvature  # (4)
    D.grad += grad
