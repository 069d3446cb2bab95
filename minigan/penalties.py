"""R1: the penalty on D's slope at real samples that keeps a GAN from collapsing, by backpropagating twice, by hand.

Next on the reader's path: train.py
"""

from minigan.backend import namespace


def r1(D, caches, gamma):
    """Add the gradient of R1 to D.grad and return R1's value.

        R1 = gamma/2 mean_n |g_n|^2,   g_n = dD(x_n)/dx_n (D's logit, x_n a real sample)    (1)
    D: a Network with one output whose layers do not mix samples. caches: D.forward's, rows of the N real samples.

    g is itself a result of backpropagation, and we need the gradient of its length in every weight: a second
    derivative. Three passes, each as long as a forward pass:
        delta: backpropagate ones to every layer; at the bottom it is g                     (2)
        u_n = dR1/dg_n = gamma g_n / N                                                      (3)
        t: push u forward through D's tangent, t <- J t, layer by layer                     (4)
    Why forward? With u held fixed, dR1/dtheta = d/dtheta sum_n <u_n, g_n(theta)>, and <u_n, g_n> is the slope of D at
    x_n along u_n: the tangent pass of u. That pass is a network like D itself, whose Dense layers have input t and,
    because J' J'... 1 is what (2) computed, output gradient delta. So its weights' gradients are Dense's own:
        dW_ij += sum_n t_ni delta_nj                                                        (5)
    Activations whose second derivative is 0 (ReLU, LeakyReLU) and Dropout with its draw kept add nothing more.
    Raises NotImplementedError for a layer this does not hold for. Source: Mescheder et al. 2018, eq. 9.
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
