"""A GAN in two functions: one step of the discriminator D and one step of the generator G.

G turns noise z into samples. D gives each sample a score, which should be high for real samples and low for fake ones.
The two networks take turns:

    d_step   D learns to tell real samples from G's samples.       G is used, not changed.
    g_step   G learns to make samples that D scores as real.       D is used, not changed.

One line of g_step, G.backward(dx_fake, g_caches), makes this a GAN and not just two networks: the gradient with respect
to D's *input* is the gradient with respect to G's *output*. Everything else is ordinary backpropagation.

The words and symbols that all files use:

    x_real (N, n_x)   N real samples, each a row of n_x numbers
    z (N, n_z)        N rows of noise, and x_fake = G(z), the fake samples
    s (N, 1)          the scores that D returns, also called logits. D's estimate of the probability that x is real is
                      sigmoid(s); formulas for cross-entropy call it D(x)
    L, dx, ds         a loss, and its gradients dL/dx and dL/ds
    theta, grad       all parameters of a network as one vector, and their gradient, of the same size
    round, epoch      a round is one turn of each network; an epoch is one pass over all real samples
    objective         what D and G want: their losses as functions of the scores
    penalty           an optional addition to L_D that limits the slope of D

With labels (gan/conditional.py), rows of x and of z are longer: the label is appended to them. At first, skip that and
everything about penalties and BatchNorm. Next on the reader's path: nn/losses.py
"""

import numpy as np


def d_step(D, G, objective, optimizer, x_real, z, penalty=None, fakes=None):
    """Take one step of D. Returns (L_D, s_real, s_fake); L_D includes the penalty.

    Afterwards, D.grad holds the gradient of L_D. penalty(D, x_real, x_fake, real_caches, fake_caches) adds its own
    gradient to D.grad and returns its value. Raises ValueError for a penalty on a D with BatchNorm: a penalty is a sum
    over samples, and with BatchNorm each score depends on the whole batch.

    fakes: G.forward(z), if you have it already. This step does not change G, so if the next g_step takes the same z,
    one pass serves both steps. G.forward(z) is (x_fake, caches); g_step goes backward through these caches.
    """
    if penalty and D.mixes_samples:
        raise ValueError("A gradient penalty is defined per sample; it has no meaning with BatchNorm in D.")
    x_fake, _ = fakes or G.forward(z)  # no backward through G follows, so this step cannot change G
    s_real, s_fake, caches = forward_both(D, x_real, x_fake)
    loss, ds_real, ds_fake = objective.d(s_real, s_fake)
    backward_both(D, ds_real, ds_fake, caches)
    if penalty:
        n = len(s_real)
        halves = [cache[:n] for cache in caches], [cache[n:] for cache in caches]
        loss = loss + penalty(D, x_real, x_fake, *halves)
    optimizer.step(D.grad)
    return loss, s_real, s_fake


def g_step(D, G, objective, optimizer, z, fakes=None, x_real=None):
    """Take one step of G. Returns (L_G, s_fake).

    fakes: G.forward(z), if you have it already, see d_step. x_real (N, n_x): the real samples to compare with, for a
    relativistic objective (gan/relativistic.py) alone.
    """
    x_fake, g_caches = fakes or G.forward(z)
    s_fake, d_caches = D.forward(x_fake)
    loss, ds_fake = objective.g(s_fake) if x_real is None else objective.g(s_fake, D.forward(x_real)[0])
    dx_fake = D.backward(ds_fake, d_caches, param_grads=False, input_grad=True)  # D itself does not learn here
    G.backward(dx_fake, g_caches)  # dL/dx at D's input is dL/dy at G's output
    optimizer.step(G.grad)
    return loss, s_fake


def forward_both(D, x_real, x_fake):
    """D's forward passes over real and fake samples. Returns (s_real, s_fake, caches).

    If no sample affects another, the two passes are one pass over the joint batch: the same sums, in fewer and larger
    matrix products. Then every cache has one row per sample (or per pack, gan/packing.py), the real ones first.
    BatchNorm needs two passes. g_step shows D fake samples alone. If d_step normalised them together with real ones,
    the same sample would get different scores in the two steps.
    """
    if D.mixes_samples:
        s_real, real_caches = D.forward(x_real)
        s_fake, fake_caches = D.forward(x_fake)
        return s_real, s_fake, (real_caches, fake_caches)
    s, caches = D.forward(np.concatenate([x_real, x_fake]))
    n = len(s) * len(x_real) // (len(x_real) + len(x_fake))  # len(x_real), unless D scores packs of samples
    return s[:n], s[n:], caches


def backward_both(D, ds_real, ds_fake, caches):
    """The backward passes for `forward_both`. D.grad becomes the sum of both gradients."""
    if D.mixes_samples:
        real_caches, fake_caches = caches
        D.backward(ds_real, real_caches)
        real_grad = D.grad.copy()  # the next line overwrites D.grad
        D.backward(ds_fake, fake_caches)
        D.grad += real_grad
    else:
        D.backward(np.concatenate([ds_real, ds_fake]), caches)


def update_average(average, G, rounds_done, decay):
    """Move `average`, a second G, towards G after each round: an exponential moving average of G's weights.

    rounds_done is the number of rounds before this one.

    G circles around its optimum. Its average stays closer to the middle and makes better samples (Yazici et al. 2019).
    The average covers about the last 1 / (1 - decay) rounds. Early on it covers only the last fifth of all rounds so
    far, so that the initial weights are forgotten quickly.
    """
    decay = min(decay, (1 + rounds_done) / (6 + rounds_done))
    average.theta *= decay
    average.theta += (1.0 - decay) * G.theta
