"""Penalties on D's slope, which keep the game from running in circles: the gradient of a gradient, by hand.

s_n = D(x_n) is the logit of sample x_n, and g_n = ds_n/dx_n, the slope, is what backpropagation brings out at D's
input. A penalty P = sum_n p(g_n) is trained by dP/dtheta, a second derivative. Next on the reader's path: train.py
"""

from minigan.backend import namespace


def r1(D, caches, gamma):
    """Add the gradient of R1 to D.grad and return R1's value.

        R1  = gamma/2 mean_n |g_n|^2                                                                  (1)
        u_n = dR1/dg_n = gamma g_n / N                                                                (2)
    caches: D.forward's, rows of the N real samples. Source: Mescheder, Geiger and Nowozin 2018, eq. 9.
    """
    g, deltas = input_gradient(D, caches)
    u = (gamma / len(g)) * g  # (2)
    add_gradient(D, caches, deltas, u)
    return 0.5 * (u * g).sum()  # (1)


def wgan_gp(D, caches, weight):
    """Add the gradient of WGAN-GP's penalty to D.grad and return the penalty's value.

        GP  = weight mean_n (|g_n| - 1)^2                                                             (1)
        u_n = dGP/dg_n = 2 weight/N (|g_n| - 1) g_n / |g_n|,   0 where g_n = 0: there |g| has a kink  (2)
    caches: D.forward's at N points between real and fake, x_n = e_n x_real_n + (1 - e_n) x_fake_n with e_n uniform in
    0..1. Source: Gulrajani et al. 2017, algorithm 1.
    """
    g, deltas = input_gradient(D, caches)
    length = namespace(g).sqrt((g * g).sum(axis=1, keepdims=True))
    excess = length - 1.0
    u = (2.0 * weight / len(g)) * excess / (length + (length == 0.0)) * g  # (2)
    add_gradient(D, caches, deltas, u)
    return weight * (excess * excess).sum() / len(g)  # (1)


def input_gradient(D, caches):
    """(g, deltas): g (N, n_x), and for every layer delta_l = ds/dy_l, which it backpropagates on the way to g.

    With J_l the Jacobian of layer l of L,   delta_L = 1,   delta_l-1 = J_l' delta_l,   g = delta_0           (1)
    """
    deltas = [namespace(D.theta).ones((len(caches[0]), 1), D.theta.dtype)]
    for layer, cache in zip(reversed(D.layers), reversed(caches), strict=True):
        deltas.insert(0, layer.backward(deltas[0], cache, param_grads=False))  # (1)
    return deltas[0], deltas[1:]


def add_gradient(D, caches, deltas, u):
    """Add dP/dtheta to D.grad, from u (N, n_x) = dP/dg.

    By the chain rule dP/dtheta = d/dtheta sum_n <u_n, g_n> with u held fixed. As <u, J_1' ... J_L' 1> is also
    <J_L ... J_1 u, 1>, push u forward through the tangents (Layer.jvp):
        t_0 = u,   t_l = J_l t_l-1                                                                    (1)
    Then <u, g> = t_L = <delta_l, J_l t_l-1> for every l, so what a weight of layer l does to it through J_l is
        d<delta_l, J_l t_l-1>/dtheta_l,   for a Dense layer t_l-1' delta_l                            (2)
    With Dense, ReLU, LeakyReLU and Dropout (its draw kept) that is all. The Jacobian of a Tanh or Sigmoid also moves
    with the layer's input x_l, hence with every weight below. The derivative, a term with f'', is
        c_l = d<delta_l, J_l t_l-1>/dx_l                                                              (3)
    and ordinary backpropagation, which adds c_l at each layer on its way down, brings it to those weights:
        a_L = 0,   a_l-1 = J_l' a_l + c_l                                                             (4)
    Raises NotImplementedError, which names the layer, for one that has no tangent_grads (BatchNorm).
    """
    t, bends = u, []
    for layer, cache, delta in zip(D.layers, caches, deltas, strict=True):
        bends.append(layer.tangent_grads(t, delta, cache))  # (2), (3)
        t = layer.jvp(t, cache)  # (1)
    if all(c is None for c in bends):
        return
    grad = D.grad.copy()  # backward overwrites it
    a = namespace(u).zeros_like(deltas[-1])
    for layer, cache, c in zip(reversed(D.layers), reversed(caches), reversed(bends), strict=True):
        a = layer.backward(a, cache)
        a = a if c is None else a + c  # (4)
    D.grad += grad
