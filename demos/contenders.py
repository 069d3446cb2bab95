"""The same GAN in several libraries, for benchmark.py: minigan, NumPy as in blog posts, PyTorch in three ways, JAX."""

import itertools
import json
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np


class Contender:
    """One way to train the GAN. G and D: their initial weights [(W, b), ...]. s: settings. data: (n, 784) uint8."""

    needs = ""  # the package that must be installed

    def __init__(self, G, D, s, data):
        raise NotImplementedError

    def round(self):
        """One training round: draw a batch and noise, do a step of D, draw noise, do a step of G."""
        raise NotImplementedError

    def gradients(self, x, z):
        """([dW, ...] of a step of D, [dW, ...] of a step of G), without dropout. No weight changes."""
        raise NotImplementedError


def rounds(training):
    """A function whose every call is one round of a minigan Training. It passes over the data again and again."""
    endless = itertools.chain.from_iterable(training.epoch() for _ in itertools.count())
    return lambda: next(endless)


class Minigan(Contender):
    """What `python -m minigan.train` does in a round."""

    def __init__(self, G, D, s, data):
        from minigan.backend import library
        from minigan.data import Dataset
        from minigan.recipes.settings import Settings
        from minigan.training import Training

        settings = Settings(**vars(s))
        self.training = Training(settings, Dataset(data, (28, 28), ""), library("cpu"))
        for net, weights in ((self.training.G, G), (self.training.D, D)):
            for layer, (W, b) in zip(self.dense(net), weights, strict=True):
                layer.W[...], layer.b[...] = W, b
        self.next_round = rounds(self.training)

    @staticmethod
    def dense(net):
        return [layer for layer in net.layers if hasattr(layer, "W")]

    def gradients(self, x, z):
        from minigan.gan.steps import d_step, g_step
        from minigan.nn.layers import Dropout
        from minigan.nn.optim import SGD

        t = self.training
        for layer in t.D.layers:
            if isinstance(layer, Dropout):
                layer.rate = 0.0
        d_step(t.D, t.G, t.objective, SGD(t.D.theta, 0.0), x, z)
        g_step(t.D, t.G, t.objective, SGD(t.G.theta, 0.0), z)
        return [[layer.dW.copy() for layer in self.dense(net)] for net in (t.D, t.G)]

    def round(self):
        self.next_round()


class Blog(Contender):
    """NumPy as in blog posts. Layers keep their arrays; D runs separately on real and fake samples; the gradients of
    D's weights are computed in G's step as well; masks come from np.where; each array has its own Adam."""

    def __init__(self, G, D, s, data):
        self.s, self.data = s, data
        kinds = ["relu"] * (len(G) - 1) + ["tanh"], ["leaky"] * (len(D) - 1) + ["linear"]
        self.G, self.D = (
            [{"W": W.copy(), "b": b.copy(), "kind": kind, "t": 0} for (W, b), kind in zip(net, names, strict=True)]
            for net, names in zip((G, D), kinds, strict=True)
        )
        self.dropout = s.dropout

    def forward(self, net, x):
        for layer in net:
            layer["x"] = x
            layer["a"] = a = np.dot(x, layer["W"]) + layer["b"]
            if layer["kind"] in ("relu", "leaky"):
                slope = np.float32(self.s.d_slope if layer["kind"] == "leaky" else 0.0)
                x = np.where(a > 0, a, slope * a)
            else:
                x = np.tanh(a) if layer["kind"] == "tanh" else a
            layer["y"] = x
            if layer["kind"] == "leaky" and self.dropout:
                keep = 1 - self.dropout
                layer["mask"] = (np.random.rand(*x.shape) < keep).astype(np.float32) / np.float32(keep)
                x = x * layer["mask"]
        return x

    def backward(self, net, dy):
        for layer in reversed(net):
            if layer["kind"] == "leaky" and self.dropout:
                dy = dy * layer["mask"]
            if layer["kind"] in ("relu", "leaky"):
                slope = np.float32(self.s.d_slope if layer["kind"] == "leaky" else 0.0)
                dy = np.where(layer["a"] > 0, dy, slope * dy)
            elif layer["kind"] == "tanh":
                dy = dy * (1 - layer["y"] ** 2)
            layer["dW"], layer["db"] = np.dot(layer["x"].T, dy), np.sum(dy, axis=0)
            dy = np.dot(dy, layer["W"].T)
        return dy

    def d_gradient(self, x, z):
        fake = self.forward(self.G, z)
        p = 1 / (1 + np.exp(-self.forward(self.D, x)))
        self.backward(self.D, (p - 1) / np.float32(len(x)))
        real = [(layer["dW"], layer["db"]) for layer in self.D]
        p = 1 / (1 + np.exp(-self.forward(self.D, fake)))
        self.backward(self.D, p / np.float32(len(x)))
        for layer, (dW, db) in zip(self.D, real, strict=True):
            layer["dW"], layer["db"] = layer["dW"] + dW, layer["db"] + db

    def g_gradient(self, z):
        p = 1 / (1 + np.exp(-self.forward(self.D, self.forward(self.G, z))))
        self.backward(self.G, self.backward(self.D, (p - 1) / np.float32(len(z))))

    def gradients(self, x, z):
        self.dropout = 0.0
        self.d_gradient(x, z)
        d = [layer["dW"] for layer in self.D]
        self.g_gradient(z)
        return d, [layer["dW"] for layer in self.G]

    def step(self, net, eps=1e-8):
        b1, b2 = self.s.beta1, self.s.beta2
        for layer in net:
            layer["t"] += 1
            for name in ("W", "b"):
                g = layer["d" + name]
                layer["m" + name] = m = b1 * layer.get("m" + name, 0) + (1 - b1) * g
                layer["v" + name] = v = b2 * layer.get("v" + name, 0) + (1 - b2) * g**2
                layer[name] -= self.s.lr * (m / (1 - b1 ** layer["t"])) / (np.sqrt(v / (1 - b2 ** layer["t"])) + eps)

    def noise(self):
        return np.random.randn(self.s.batch_size, self.s.latent_dim).astype(np.float32)

    def round(self):
        rows = np.random.randint(0, len(self.data), self.s.batch_size)
        self.d_gradient(self.data[rows].astype(np.float32) / np.float32(127.5) - np.float32(1), self.noise())
        self.step(self.D)
        self.g_gradient(self.noise())
        self.step(self.G)


class Torch(Contender):
    """PyTorch as in its tutorials. D runs separately on real and fake samples; the gradients of D's weights are
    computed in G's step as well; Adam has its defaults. The tutorials also use a DataLoader, which would take most of
    the time; here the data are in memory."""

    needs, fused = "torch", False

    def __init__(self, G, D, s, data):
        import torch

        self.torch, self.s, self.data = torch, s, torch.from_numpy(data)
        self.G = self.network(G, torch.nn.ReLU(), 0.0, [torch.nn.Tanh()])
        self.D = self.network(D, torch.nn.LeakyReLU(s.d_slope), s.dropout, [])
        self.loss = torch.nn.BCEWithLogitsLoss()
        self.d_optimizer, self.g_optimizer = (
            torch.optim.Adam(net.parameters(), s.lr, (s.beta1, s.beta2), fused=self.fused or None)
            for net in (self.D, self.G)
        )

    def network(self, weights, slope, dropout, end):
        nn, layers = self.torch.nn, []
        for W, b in weights:
            linear = nn.Linear(*W.shape)
            linear.weight.data, linear.bias.data = self.torch.from_numpy(W.T.copy()), self.torch.from_numpy(b.copy())
            layers += [linear, slope] + ([nn.Dropout(dropout)] if dropout else [])
        del layers[-2 if dropout else -1 :]
        return nn.Sequential(*layers, *end)

    def batch(self):
        rows = self.torch.randint(len(self.data), (self.s.batch_size,))
        return self.data[rows].float() / 127.5 - 1.0

    def noise(self):
        return self.torch.randn(self.s.batch_size, self.s.latent_dim)

    def d_backward(self, x, z):
        ones, zeros = self.torch.ones(len(x), 1), self.torch.zeros(len(x), 1)
        self.d_optimizer.zero_grad()
        self.loss(self.D(x), ones).backward()
        self.loss(self.D(self.G(z).detach()), zeros).backward()

    def g_backward(self, z):
        self.g_optimizer.zero_grad()
        self.loss(self.D(self.G(z)), self.torch.ones(len(z), 1)).backward()

    def gradients(self, x, z):
        self.D.eval()
        x, z, found = self.torch.from_numpy(x), self.torch.from_numpy(z), []
        for backward, args, net in ((self.d_backward, (x, z), self.D), (self.g_backward, (z,), self.G)):
            backward(*args)
            found.append([p.grad.numpy().T.copy() for p in net.parameters() if p.ndim == 2])
        return found

    def round(self):
        self.d_backward(self.batch(), self.noise())
        self.d_optimizer.step()
        self.g_backward(self.noise())
        self.g_optimizer.step()


class TorchExpert(Torch):
    """PyTorch as an expert writes it: one batch of real and fake samples, no unused gradients, and fused Adam."""

    fused = True

    def d_backward(self, x, z):
        with self.torch.no_grad():
            fake = self.G(z)
        targets = self.torch.cat([self.torch.ones(len(x), 1), self.torch.zeros(len(x), 1)])
        self.d_optimizer.zero_grad()
        (2.0 * self.loss(self.D(self.torch.cat([x, fake])), targets)).backward()

    def g_backward(self, z):
        self.D.requires_grad_(False)
        super().g_backward(z)
        self.D.requires_grad_(True)


class TorchCompiled(TorchExpert):
    """The expert's PyTorch, with both steps compiled by torch.compile."""

    def __init__(self, *args):
        super().__init__(*args)
        for step in ("d_backward", "g_backward"):
            setattr(self, step, self.torch.compile(getattr(self, step)))


class Jax(Contender):
    """JAX: the whole round is one jitted function of the weights, Adam's moments and a random key."""

    needs = "jax"

    def __init__(self, G, D, s, data):
        import jax
        import jax.numpy as jnp

        self.state = jax.tree.map(jnp.asarray, (G, D))
        m, v = (jax.tree.map(jnp.zeros_like, self.state) for _ in range(2))
        self.state, self.key, self.data = (*self.state, m, v, 0), jax.random.key(0), jnp.asarray(data)

        def forward(net, x, slope, dropout, key):
            for i, (W, b) in enumerate(net):
                x = x @ W + b
                if i < len(net) - 1:
                    x = jnp.where(x > 0, x, slope * x)
                    if dropout:
                        key, now = jax.random.split(key)
                        x = x * jax.random.bernoulli(now, 1 - dropout, x.shape) / (1 - dropout)
            return x

        def d_loss(D, G, x, z, dropout, key):
            fake = jnp.tanh(forward(G, z, 0.0, 0.0, key))
            scores = forward(D, jnp.concatenate([x, fake]), s.d_slope, dropout, key)
            return jax.nn.softplus(-scores[: len(x)]).mean() + jax.nn.softplus(scores[len(x) :]).mean()

        def g_loss(G, D, z, dropout, key):
            fake = jnp.tanh(forward(G, z, 0.0, 0.0, key))
            return jax.nn.softplus(-forward(D, fake, s.d_slope, dropout, key)).mean()

        def adam(t, theta, g, m, v):
            m, v = s.beta1 * m + (1 - s.beta1) * g, s.beta2 * v + (1 - s.beta2) * g**2
            mhat, vhat = m / (1 - s.beta1**t), v / (1 - s.beta2**t)
            return theta - s.lr * mhat / (jnp.sqrt(vhat) + 1e-8), m, v

        def moved(net, grads, m, v, t):
            flat, tree = jax.tree.flatten(net)
            leaves = [adam(t, *each) for each in zip(flat, *map(jax.tree.leaves, (grads, m, v)), strict=True)]
            return [jax.tree.unflatten(tree, part) for part in zip(*leaves, strict=True)]

        def one(state, key, data):
            G, D, (mG, mD), (vG, vD), t = state
            key, *keys = jax.random.split(key, 6)
            x = data[jax.random.randint(keys[0], (s.batch_size,), 0, len(data))].astype(jnp.float32) / 127.5 - 1.0
            z = [jax.random.normal(k, (s.batch_size, s.latent_dim)) for k in keys[1:3]]
            D, mD, vD = moved(D, jax.grad(d_loss)(D, G, x, z[0], s.dropout, keys[3]), mD, vD, t + 1)
            G, mG, vG = moved(G, jax.grad(g_loss)(G, D, z[1], s.dropout, keys[4]), mG, vG, t + 1)
            return (G, D, (mG, mD), (vG, vD), t + 1), key

        self.one, self.jax = jax.jit(one, donate_argnums=(0, 1)), jax
        self.losses = jax.grad(d_loss), jax.grad(g_loss)

    def gradients(self, x, z):
        (G, D, *_), key = self.state, self.key
        found = self.losses[0](D, G, x, z, 0.0, key), self.losses[1](G, D, z, 0.0, key)
        return [[np.asarray(W) for W, _ in net] for net in found]

    def round(self):
        self.state, self.key = self.one(self.state, self.key, self.data)
        self.jax.block_until_ready(self.state)


CONTENDERS: dict[str, type[Contender]] = {
    "minigan": Minigan,
    "PyTorch, tutorial": Torch,
    "PyTorch, expert": TorchExpert,
    "torch.compile": TorchCompiled,
    "JAX, jit": Jax,
    "blog-style NumPy": Blog,
}


def normal(*shape):
    return np.random.default_rng(0).standard_normal(shape, dtype=np.float32)


def weights(*sizes):
    """[(W, b), ...] of a network with layers of these sizes."""
    return [(normal(*s) / np.float32(s[0] ** 0.5), np.zeros(s[1], np.float32)) for s in itertools.pairwise(sizes)]


def pixels():
    """(60000, 784) uint8, as many images as MNIST has: 1,000 images of noise, repeated."""
    return np.resize(np.random.default_rng(0).integers(0, 256, (1000, 784), np.uint8), (60_000, 784))


def peak_memory():
    """The peak memory of this process in MB, or None if the system does not tell."""
    status = Path("/proc/self/status")
    return int(status.read_text().split("VmHWM:")[1].split()[0]) / 1024 if status.exists() else None


def work(name, settings, path=None):
    """What the process of a contender does.

    With a path, it writes the gradients of one batch there; all contenders get the same weights, data and noise.
    Without a path, it prints the time at which its first round is done. Then it answers each line that it reads with a
    line of JSON: "memory" with its peak memory in MB, and a number of seconds with the mean time of a round while it
    trained for that long.
    """
    s = SimpleNamespace(**json.loads(settings))
    data = pixels()
    contender = CONTENDERS[name](weights(s.latent_dim, *s.g_hidden, 784), weights(784, *s.d_hidden, 1), s, data)
    if path:
        x, z = data[: s.batch_size] / np.float32(127.5) - np.float32(1), normal(s.batch_size, s.latent_dim)
        d, g = contender.gradients(x, z)
        return np.savez(path, *d, *g)
    contender.round()
    print(json.dumps(time.time()), flush=True)
    for line in sys.stdin:
        if line == "memory\n":
            answer = peak_memory()
        else:
            start, count = time.perf_counter(), 0
            while (passed := time.perf_counter() - start) < float(line):
                contender.round()
                count += 1
            answer = passed / count
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    work(*sys.argv[1:])
