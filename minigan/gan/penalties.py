"""Penalties on D's slope, by hand: the gradient of a gradient. Where D is steep at real samples, G is still pushed
when it has arrived there, overshoots, and the game runs in circles; a flat D lets it come to rest.

s_n = D(x_n) is the logit of sample x_n, and g_n = ds_n/dx_n, the slope, is what backpropagation brings out at D's
input. A penalty P = sum_n p(g_n) is trained by dP/dtheta, a second derivative. Next on the reader's path: training.py
"""

from minigan.backend import namespace


def r1(D, caches, gamma):
    """Add the gradient of R1 to D.grad and return R1's value.

        R1  = gamma/2 mean_n |g_n|^2                                                                  (1)
        u_n = dR1/dg_n = gamma g_n / N                                                                (2)
    caches: D.forward's, rows of the N real samples. Call it after D.backward, which overwrites D.grad.
    Source: Mescheder, Geiger and Nowozin 2018, eq. 9.
    """
    g, deltas = input_gradient(D, caches)
    u = (gamma / len(g)) * g  # (2)
    add_gradient(D, caches, deltas, u)
    return 0.5 * (u * g).sum()  # (1)


def input_gradient(D, caches):
    """(g, deltas): g (N, n_x), and for each layer delta_l = ds/dy_l, which backpropagation passes on the way to g.

    With J_l the Jacobian of layer l = 1 ... L and ^T a transpose,
        delta_L = ds/ds = 1,   delta_(l-1) = J_l^T delta_l,   g = delta_0                             (1)
    """
    deltas = [namespace(D.theta).ones((len(caches[0]), 1), D.theta.dtype)]
    for layer, cache in zip(reversed(D.layers), reversed(caches), strict=True):
        deltas.insert(0, layer.backward(deltas[0], cache, param_grads=False))  # (1)
    return deltas[0], deltas[1:]


def add_gradient(D, caches, deltas, u):
    """Add dP/dtheta to D.grad, from u (N, n_x) = dP/dg.

    By the chain rule dP/dtheta is the gradient of q = sum_n <u_n, g_n> with u held fixed. Since g = J_1^T ... J_L^T 1,
    q = sum_n <1, J_L ... J_1 u_n>: push u forward through the layers by their jvp,
        t_0 = u,   t_l = J_l t_(l-1)                                                                  (1)
    Cut behind any layer l this is q = sum_n <delta_l, J_l t_(l-1)>, where a weight of layer l is in J_l alone:
        dq/dW_l = gradient of sum_n <delta_l, J_l t_(l-1)>, delta_l and t_(l-1) fixed                 (2)
    which for a Dense layer is (6) of layers.py. With ReLU, LeakyReLU and Dropout (its draw kept) between, that is all.
    But the J_l of a Tanh or Sigmoid, its f', changes with its input x_l, hence with every weight of the layers before:
        c_l = gradient of the same by x_l, a term with f''                                            (3)
    Let a_l be the gradient of q by the output of layer l, through the Jacobians of all layers after it. After the last
    there are none; ordinary backpropagation carries a_l down, adding each c_l, and so reaches these weights:
        a_L = 0,   a_(l-1) = J_l^T a_l + c_l                                                          (4)
    Raises NotImplementedError, which names the layer, for one that has no tangent_grads (BatchNorm).
    """
    t, cs = u, []
    for layer, cache, delta in zip(D.layers, caches, deltas, strict=True):
        cs.append(layer.tangent_grads(t, delta, cache))  # (2), (3)
        t = layer.jvp(t, cache)  # (1)
    if all(c is None for c in cs):
        return
    grad = D.grad.copy()  # backward overwrites it
    a = namespace(u).zeros_like(deltas[-1])
    for layer, cache, c in zip(reversed(D.layers), reversed(caches), reversed(cs), strict=True):
        a = layer.backward(a, cache)
        a = a if c is None else a + c  # (4)
    D.grad += grad
