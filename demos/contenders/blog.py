"""NumPy as in blog posts, for the plain GAN: nobody there derives R1.

Layers keep their arrays; D runs separately on real and fake samples; the gradients of D's weights are computed in G's
step as well; masks come from np.where; each array has its own Adam.
"""

import numpy as np

from contenders import PLAIN, Contender, weights


class Blog(Contender):
    can = PLAIN

    def __init__(self, training):
        super().__init__(training)
        nets = weights(training.G), weights(training.D)
        kinds = ["relu"] * (len(nets[0]) - 1) + ["tanh"], ["leaky"] * (len(nets[1]) - 1) + ["linear"]
        self.G, self.D = (
            [{"W": W, "b": b, "kind": kind, "t": 0} for (W, b), kind in zip(net, names, strict=True)]
            for net, names in zip(nets, kinds, strict=True)
        )
        self.dropout = self.s.dropout

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

    def gradients(self, x, y, z):
        self.dropout = 0.0
        self.d_gradient(x, z)
        d = [layer["dW"] for layer in self.D]
        self.g_gradient(z)
        return d + d + [layer["dW"] for layer in self.G]  # with R1 and without: the same

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
        x = self.pixels[next(self.rows)].astype(np.float32) / np.float32(127.5) - np.float32(1)
        self.d_gradient(x, self.noise())
        self.step(self.D)
        self.g_gradient(self.noise())
        self.step(self.G)
