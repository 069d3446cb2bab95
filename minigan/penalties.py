"""R1: a penalty on D's slope at real samples that keeps the game from running in circles, differentiated by hand.

Next on the reader's path: train.py
"""

from minigan.backend import namespace


def r1(D, caches, gamma):
    """Add the gradient of R1 to D.grad and return R1's value.

        R1 = gamma/2 mean_n |g_n|^2,   g_n = ds_n/dx_n,   s_n: D's logit of the real sample x_n       (1)
    D: a Network with one output whose layers do not mix samples. caches: D.forward's, rows of the N real samples.

    g comes out of backpropagation, and the gradient of its length is a second derivative. Let J_l be layer l's
    Jacobian: its tangent is t -> J_l t, its backward dy -> J_l' dy with the transpose. Three passes, each as long as
    a forward pass:
        delta_l = J_l+1' ... J_L' 1: backpropagate ones; below the first layer it is g                (2)
        u_n = dR1/dg_n = gamma g_n / N                                                                (3)
        t_0 = u, t_l = J_l t_l-1: push u forward through the tangents                                 (4)
    Why forward? By the chain rule dR1/dtheta = d/dtheta sum_n <u_n, g_n> with u held fixed, and
    <u, g> = 1' J_L ... J_1 u = <delta_l, J_l t_l-1> for every l. A Dense layer's J_l t is t W, so, as in its backward,
        dW_ij += sum_n t_ni delta_nj                                                                  (5)
    The Jacobian of a ReLU, LeakyReLU or Dropout (its draw kept) does not change when a weight moves a little, so they
    add nothing. Raises NotImplementedError for a layer of which neither is true. Source: Mescheder et al. 2018, eq. 9.
    """
    xp, n = namespace(D.theta), len(caches[0])
    delta, deltas = xp.ones((n, 1), D.theta.dtype), []
    for layer, cache in zip(reversed(D.layers), reversed(caches), strict=True):
        deltas.append(delta)
        delta = layer.backward(delta, cache, param_grads=False)  # (2)
    g = delta
    t = u = (gamma / n) * g  # (3)
    for layer, cache, delta in zip(D.layers, caches, reversed(deltas), strict=True):
        layer.tangent_grads(t, delta, cache)  # (5)
        t = layer.jvp(t, cache)  # (4)
    return 0.5 * (u * g).sum()  # (1)
