"""Cases of training steps: the gradient of a loss through whole networks, and what the step does with it."""

import numpy as np

from minigan.gan.penalties import R1
from minigan.gan.relativistic import R2, Penalties
from minigan.gan.steps import d_step, g_step
from minigan.gan.vae import vae_step
from minigan.gradcheck import check, windows
from minigan.gradcheck.apply import rivals
from minigan.gradcheck.cases.losses import OBJECTIVES
from minigan.gradcheck.cases.penalties import PENALTIES, slopes
from minigan.gradcheck.cases.shared import BETWEEN, agree, players, stack
from minigan.nn.optim import SGD, Adam


def check_step(step, formula, **networks):
    """Check a step of the first of two networks. Returns Rows that have the networks' names.

    step(mover, other, optimizer) takes the step and returns a loss and some scores; formula(mover, other) computes what
    it should return. The step must leave the gradient of the loss in mover.grad, move mover.theta along it, return what
    the formula gives, and leave the other network alone.
    """
    name = next(iter(networks))
    returned: list = []

    def gradient(mover, other):
        before, theta, grad = mover.astype(np.float64), other.theta.copy(), other.grad.copy()
        returned.extend(step(mover, other, SGD(mover.theta, lr=0.1)))
        gradients = windows(mover, name, "d")
        for key, array in windows(before, name).items():
            agree(f"{key} after the step", windows(mover, name)[key], array - 0.1 * gradients[key])
        agree("theta of the other network", other.theta, theta)
        agree("grad of the other network", other.grad, grad)
        return gradients

    rows = check(lambda *networks: formula(*networks)[0], gradient, **networks)
    for got, expected in zip(returned, formula(*networks.values()), strict=True):
        agree("loss or scores", got, expected)
    return rows


def loss_of_d(objective, D, x_real, x_fake, gammas):
    """Return (L_D + R1 + R2, s_real, s_fake), by their formulas. With BatchNorm in D there are no penalties.

    gammas: the weights of R1 and R2.
    """
    if D.mixes_samples:
        s_real, s_fake = D.forward(x_real)[0], D.forward(x_fake)[0]
        return objective.d(s_real, s_fake)[0], s_real, s_fake
    s, caches = D.forward(np.concatenate([x_real, x_fake]))  # one pass, so that Dropout draws as in d_step
    s_real, s_fake = np.split(s, 2)
    loss = objective.d(s_real, s_fake)[0]
    for name, g, gamma in zip(("R1", "R2"), np.split(slopes(D, caches, np.ones_like(s)), 2), gammas, strict=True):
        loss = loss + PENALTIES[name][1](g.reshape(len(s_real), -1), gamma)  # a row per score: D may score packs
    return loss, s_real, s_fake


def d_step_case(name, n, n_in, n_out, rng):
    """d_step with an objective; in half of the cases with R1 and R2, unless D has BatchNorm, or with G's pass given."""
    objective, (G, D) = OBJECTIVES[name][0](), players(n_in, n_out, rng)
    x_real, z = rng.standard_normal((n + 1, n_out)), rng.standard_normal((n + 1, n_in))
    gammas = (0.0, 0.0) if D.mixes_samples or rng.integers(2) else (2.0, 0.7)
    penalty, given = Penalties(R1(gammas[0]), R2(gammas[1])) if any(gammas) else None, rng.integers(2)

    def formula(D, G):
        return loss_of_d(objective, D, x_real, G.forward(z)[0], gammas)

    def step(D, G, optimizer):
        return d_step(D, G, objective, optimizer, x_real, z, penalty, G.forward(z) if given else None)

    return check_step(step, formula, D=D, G=G)


def g_step_case(name, n, n_in, n_out, rng, rounds=0, step=g_step):
    """g_step with an objective, after some rounds of training. The gradient reaches G through D.

    In half of the cases G's pass is given to the step, unless it is another step than minigan's.
    """
    objective, (G, D) = OBJECTIVES[name][0](), players(n_in, n_out, rng)
    x_real, z = rng.standard_normal((n + 1, n_out)), rng.standard_normal((n + 1, n_in))
    optimizers, compared = (Adam(D.theta, 0.01), Adam(G.theta, 0.01)), rivals(objective, x_real)
    for _ in range(rounds):
        d_step(D, G, objective, optimizers[0], x_real, z)
        g_step(D, G, objective, optimizers[1], z, None, *compared)
    given = step is g_step and rng.integers(2)

    def formula(G, D):
        s_fake = D.forward(G.forward(z)[0])[0]
        return objective.g(s_fake, *(D.forward(x)[0] for x in compared))[0], s_fake

    def step_of_g(G, D, optimizer):
        more = [G.forward(z) if given else None, *compared] if given or compared else []
        return step(D, G, objective, optimizer, z, *more)

    return check_step(step_of_g, formula, G=G, D=D)


def vae_step_case(n, n_in, n_out, rng):
    """The VAE's step, which moves both of its networks."""
    e_layer, d_layer = rng.choice(BETWEEN, 2)
    networks = {
        "encoder": stack([e_layer], [n_out, 2, 2 * n_in], rng),
        "decoder": stack([d_layer], [n_in, 2, n_out], rng),
    }
    x, eps = rng.random((n + 1, n_out)), rng.standard_normal((n + 1, n_in))
    x.flags.writeable = eps.flags.writeable = False
    returned: list = []

    def formula(encoder, decoder):
        mean, log_var = np.split(encoder.forward(x)[0], 2, axis=1)
        s, _ = decoder.forward(mean + np.exp(log_var / 2.0) * eps)
        reconstruction = (np.log(1.0 + np.exp(s)) - x * s).sum() / len(x)
        kl = (mean**2 + np.exp(log_var) - 1.0 - log_var).sum() / (2.0 * len(x))
        return reconstruction + kl, kl

    def gradient(encoder, decoder):
        def both(d=""):
            return windows(encoder, "encoder", d) | windows(decoder, "decoder", d)

        before = {name: array.copy() for name, array in both().items()}
        returned.extend(vae_step(encoder, decoder, SGD(encoder.theta, lr=0.1), SGD(decoder.theta, lr=0.2), x, eps))
        gradients = both("d")
        for name, array in both().items():
            lr = 0.1 if name.startswith("encoder") else 0.2
            agree(f"{name} after the step", array, before[name] - lr * gradients[name])
        return gradients

    rows = check(lambda encoder, decoder: formula(encoder, decoder)[0], gradient, **networks)
    for got, expected in zip(returned, formula(*networks.values()), strict=True):
        agree("loss", got, expected)
    return rows
