"""JAX: the whole round is one jitted function of the weights, Adam's moments and a random key.

It is compiled twice if only some rounds have R1. As in minigan, both steps use one pass of G if they share the noise.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.nn import softplus

from contenders import Contender, weights


class Jit(Contender):
    def __init__(self, training):
        super().__init__(training)
        nets = jax.tree.map(jnp.asarray, (weights(training.G), weights(training.D)))
        m, v = (jax.tree.map(jnp.zeros_like, nets) for _ in range(2))
        average = jax.tree.map(jnp.copy, nets[0])
        self.state = nets, m, v, average, jax.random.key(self.s.seed)
        self.data = jnp.asarray(self.pixels), None if self.labels is None else jnp.asarray(self.labels)
        self.n_classes = training.data.n_classes
        self.one = jax.jit(self.one_round, static_argnames="penalised", donate_argnums=0)

    def round(self):
        rows = next(self.rows).astype(np.int32)
        self.state = self.one(self.state, self.data, rows, np.float32(self.t), penalised=self.penalised())
        jax.block_until_ready(self.state)
        self.t += 1

    def one_round(self, state, data, rows, t, penalised):
        s, (pixels, labels) = self.s, data
        (G, D), (mG, mD), (vG, vD), average, key = state
        key, *keys = jax.random.split(key, 5)
        x = pixels[rows].astype(jnp.float32) * ((1.0 - self.low) / 255.0) + self.low
        y = None if labels is None else jax.nn.one_hot(labels[rows], self.n_classes)
        z = jax.random.normal(keys[0], (s.batch_size, s.latent_dim))
        fake, backward = jax.vjp(partial(self.fake, z=z, y=y), G)
        lr = s.lr * (jnp.clip((1.0 - t / self.rounds) / s.lr_decay, 0.0, 1.0) if s.lr_decay else 1.0)
        d_grads = jax.grad(self.d_loss)(D, x, y, fake, penalised, s.dropout, keys[1])
        D, mD, vD = self.adam(D, d_grads, mD, vD, t + 1.0, lr)
        if not s.shared_noise:
            z = jax.random.normal(keys[2], (s.batch_size, s.latent_dim))
            fake, backward = jax.vjp(partial(self.fake, z=z, y=y), G)
        (g_grads,) = backward(jax.grad(self.g_loss)(fake, D, y, s.dropout, keys[3]))
        G, mG, vG = self.adam(G, g_grads, mG, vG, t + 1.0, lr)
        if s.ema:
            decay = jnp.minimum(s.ema, (1.0 + t) / (6.0 + t))
            average = jax.tree.map(lambda a, p: decay * a + (1.0 - decay) * p, average, G)
        return (G, D), (mG, mD), (vG, vD), average, key

    def fake(self, G, z, y):
        end = jax.nn.sigmoid if self.s.output == "sigmoid" else jnp.tanh
        return end(forward(G, z, y, self.s.g_slope))

    def d_loss(self, D, x, y, fake, penalised, dropout, key):
        def scores(x, y):
            return forward(D, x, y, self.s.d_slope, dropout, key)

        if not penalised:
            s = scores(jnp.concatenate([x, fake]), None if y is None else jnp.concatenate([y, y]))
            return softplus(-s[: len(x)]).mean() + softplus(s[len(x) :]).mean()
        s_real, backward = jax.vjp(lambda x: scores(x, y), x)
        (slope,) = backward(jnp.ones_like(s_real))
        penalty = 0.5 * self.gamma * (slope**2).sum(axis=1).mean()
        return softplus(-s_real).mean() + softplus(scores(fake, y)).mean() + penalty

    def g_loss(self, fake, D, y, dropout, key):
        return softplus(-forward(D, fake, y, self.s.d_slope, dropout, key)).mean()

    def adam(self, theta, grads, m, v, t, lr):
        s = self.s
        m = jax.tree.map(lambda m, g: s.beta1 * m + (1.0 - s.beta1) * g, m, grads)
        v = jax.tree.map(lambda v, g: s.beta2 * v + (1.0 - s.beta2) * g**2, v, grads)
        a, b = 1.0 - s.beta1**t, 1.0 - s.beta2**t
        return jax.tree.map(lambda p, m, v: p - lr * (m / a) / (jnp.sqrt(v / b) + 1e-8), theta, m, v), m, v

    def gradients(self, x, y, z):
        (G, D), *_, key = self.state
        fake, backward = jax.vjp(partial(self.fake, z=z, y=y), G)
        found = [jax.grad(self.d_loss)(D, x, y, fake, penalised, 0.0, key) for penalised in (self.gamma > 0, False)]
        found += backward(jax.grad(self.g_loss)(fake, D, y, 0.0, key))
        return [np.asarray(W) for net in found for W, _ in net]

    def sampler(self):
        (G, _), *_, average, _ = self.state
        return [(np.asarray(W), np.asarray(b)) for W, b in (average if self.s.ema else G)]


def forward(net, x, y, slope, dropout=0.0, key=None):
    x = x if y is None else jnp.concatenate([x, y], axis=1)
    for i, (W, b) in enumerate(net):
        x = x @ W + b
        if i < len(net) - 1:
            x = jnp.where(x > 0, x, slope * x)
            if dropout:
                key, now = jax.random.split(key)
                x = x * jax.random.bernoulli(now, 1.0 - dropout, x.shape) / (1.0 - dropout)
    return x
