"""Answers as learners write them.

RIGHT: (exercise, body), in other words than minigan's. WRONG: (exercise, what is wrong, body, a part of the verdict).
Where an exercise has several functions, body is (function, body, function, body ...).
"""

RIGHT = [
    ("softplus", "return np.log1p(np.exp(-magnitude(x))) + positive_part(x)"),
    ("softplus", "return np.where(x.real > 0, x, 0.0) + np.log1p(np.exp(np.where(x.real > 0, -x, x)))"),
    ("sigmoid", "e = np.exp(-magnitude(x))\nreturn np.where(x.real > 0, 1.0, e) / (1.0 + e)"),
    ("bce", "loss = np.mean(softplus(s) - target * s)\nreturn loss, (sigmoid(s) - target) / len(s)"),
    ("dense-forward", "return np.dot(x, self.W) + self.b, x"),
    (
        "dense-backward",
        "if param_grads:\n    self.dW[:] = np.einsum('ni,nj->ij', cache, dy)\n    self.db[:] = np.sum(dy, 0)\n"
        "if input_grad:\n    return np.dot(dy, self.W.T)",
    ),
    ("leaky-relu", "slope = np.where(x.real > 0, 1.0, self.alpha).astype(x.real.dtype)\nreturn slope * x, slope"),
    ("tanh", ("forward", "y = np.tanh(x)\nreturn y, y", "backward", "if input_grad:\n    return (1 - cache**2) * dy")),
    (
        "dropout",
        "if train:\n    slope = (self.draw(x.shape, x) / (1 - self.rate)).astype(x.real.dtype)\n"
        "    return slope * x, slope\n"
        "return x, np.ones((len(x), 1), x.real.dtype)",
    ),
    (
        "chain-rule",
        "first = 0\nif not input_grad:\n    while not self.layers[first].parameters and first + 1 < len(self.layers):\n"
        "        first += 1\nlayers = list(zip(self.layers, caches))[first:]\nfor layer, cache in layers[:0:-1]:\n"
        "    dy = layer.backward(dy, cache, param_grads, True)\n"
        "return layers[0][0].backward(dy, layers[0][1], param_grads, input_grad)",
    ),
    ("sgd", "v[:] = self.momentum * v + grad\ntheta[:] = theta - self.lr * v"),
    (
        "adam",
        "m[:] = self.beta1 * m + (1 - self.beta1) * grad\nv[:] = self.beta2 * v + (1 - self.beta2) * grad**2\n"
        "mhat, vhat = m / (1 - self.beta1**self.t), v / (1 - self.beta2**self.t)\n"
        "theta -= self.lr * mhat / (np.sqrt(vhat) + self.eps)",
    ),
    (
        "non-saturating",
        (
            "classify",
            "loss = np.mean(softplus(-s_real)) + np.mean(softplus(s_fake))\n"
            "return loss, (sigmoid(s_real) - 1) / len(s_real), sigmoid(s_fake) / len(s_fake)",
            "g",
            "return np.mean(softplus(-s_fake)), (sigmoid(s_fake) - 1) / len(s_fake)",
        ),
    ),
    ("minimax", "return -softplus(s_fake).mean(), sigmoid(s_fake) / -len(s_fake)"),
    (
        "d-step",
        "x_fake = G.forward(z)[0] if fakes is None else fakes[0]\n"
        "s_real, s_fake, caches = forward_both(D, x_real, x_fake)\nloss, a, b = objective.d(s_real, s_fake)\n"
        "backward_both(D, a, b, caches)\nif penalty is not None:\n    n = len(s_real)\n"
        "    loss += penalty(D, x_real, x_fake, [c[:n] for c in caches], [c[n:] for c in caches])\n"
        "optimizer.step(D.grad)\nreturn loss, s_real, s_fake",
    ),
    (
        "average",
        "d = decay\nif (1 + rounds_done) / (6 + rounds_done) < d:\n    d = (1 + rounds_done) / (6 + rounds_done)\n"
        "average.theta[...] = d * average.theta + (1 - d) * G.theta",
    ),
    (
        "batchnorm",
        (
            "backward",
            "xhat, r, mean, var, train = cache\nif param_grads:\n    self.dgamma[:] = np.sum(dy * xhat, 0)\n"
            "    self.dbeta[:] = np.sum(dy, 0)\n    if train:\n        n = len(dy)\n"
            "        self.mean[:] = 0.9 * self.mean + 0.1 * mean\n"
            "        self.var[:] = 0.9 * self.var + 0.1 * var * n / (n - 1)\n"
            "if not input_grad:\n    return None\nif not train:\n    return dy * self.gamma * r\nn = len(dy)\n"
            "dxhat = dy * self.gamma\n"
            "return r / n * (n * dxhat - dxhat.sum(0) - xhat * (dxhat * xhat).sum(0))",
            "jvp",
            "xhat, r, mean, var, train = cache\nif not train:\n    return t * self.gamma * r\n"
            "return self.gamma * r * (t - t.mean(0) - xhat * (t * xhat).mean(0))",
        ),
    ),
]

HARMFUL = "kept.txt"  # a file that some answers want to damage

WRONG = [
    ("softplus", "overflows", "return np.log(1.0 + np.exp(x))", "overflow"),
    ("softplus", "loses the digits of small results",
     "return positive_part(x) + np.log(1.0 + np.exp(-magnitude(x)))", "should be"),
    ("softplus", "abs", "return positive_part(x) + np.log1p(np.exp(-np.abs(x)))", "not for complex ones"),
    ("softplus", "with math", "import math\nreturn [math.log1p(math.exp(x_n)) for x_n in x.flat]", "returns a list"),
    ("sigmoid", "forgotten minus",
     "return np.exp(x - positive_part(x)) / (1.0 + np.exp(magnitude(x)))", "-magnitude(x)"),
    ("sigmoid", "as it reads", "return 1.0 / (1.0 + np.exp(-x))", "overflow"),
    ("sigmoid", "1 - sigmoid", "return np.exp(-x - positive_part(-x)) / (1.0 + np.exp(-magnitude(x)))", "should be"),
    ("bce", "sum for mean",
     "loss = (target * softplus(-s) + (1.0 - target) * softplus(s)).sum()\n"
     "return loss, ((1.0 - target) * sigmoid(s) - target * sigmoid(-s)) / s.size", "times too large"),
    ("bce", "1/N twice",
     "loss = (target * softplus(-s) + (1.0 - target) * softplus(s)).mean()\n"
     "return loss, (sigmoid(s) - target) / s.size**2", "times too small"),
    ("bce", "1/N missing in the gradient",
     "loss = (target * softplus(-s) + (1.0 - target) * softplus(s)).mean()\nreturn loss, sigmoid(s) - target",
     "times too large"),
    ("bce", "wrong order of the tuple",
     "loss = (target * softplus(-s) + (1.0 - target) * softplus(s)).mean()\n"
     "return (sigmoid(s) - target) / s.size, loss",
     "wrong order"),
    ("bce", "a list of two",
     "loss = (target * softplus(-s) + (1.0 - target) * softplus(s)).mean()\n"
     "return [loss, (sigmoid(s) - target) / s.size]", "returns a list, but should return a tuple of 2"),
    ("bce", "float of the loss",
     "loss = float((target * softplus(-s) + (1.0 - target) * softplus(s)).mean().real)\n"
     "return loss, (sigmoid(s) - target) / s.size", "The imaginary part is lost"),
    ("bce", "only the loss", "return (target * softplus(-s) + (1.0 - target) * softplus(s)).mean()",
     "returns a number, but should return a tuple of 2"),
    ("bce", "logarithms of probabilities",
     "D = sigmoid(s)\nloss = -(target * np.log(D) + (1.0 - target) * np.log(1.0 - D)).mean()\n"
     "return loss, (D - target) / s.size", "divide by zero"),
    ("dense-forward", "no return", "y = x @ self.W + self.b", "returns None"),
    ("dense-forward", "only y", "return x @ self.W + self.b",
     "returns an array of numbers, but should return a tuple of 2"),
    ("dense-forward", "* for @", "y = x * self.W + self.b\nreturn y, x", "ValueError"),
    ("dense-forward", "bias forgotten", "return x @ self.W, x", "should be"),
    ("dense-forward", "caches y", "y = x @ self.W + self.b\nreturn y, y", "It equals y."),
    ("dense-forward", "changes x", "x += 0.0\nreturn x @ self.W + self.b, x", "only given"),
    ("dense-forward", "returns a list", "return (x @ self.W + self.b).tolist(), x", "a list"),
    ("dense-forward", "float32", "return (x @ self.W + self.b).astype(np.float32), x", "float32"),
    ("dense-backward", "without the transpose of W",
     "if param_grads:\n    self.dW[...] = cache.T @ dy\n    self.db[...] = dy.sum(axis=0)\n"
     "return dy @ self.W if input_grad else None", "without the transpose of `self.W`"),
    ("dense-backward", "mean for sum",
     "if param_grads:\n    self.dW[...] = cache.T @ dy\n    self.db[...] = dy.mean(axis=0)\n"
     "return dy @ self.W.T if input_grad else None", "N times too small"),
    ("dense-backward", "keepdims",
     "if param_grads:\n    self.dW[...] = cache.T @ dy\n    self.db = dy.sum(axis=0, keepdims=True)\n"
     "return dy @ self.W.T if input_grad else None", "replaces self.db"),
    ("dense-backward", "rebinds dW",
     "if param_grads:\n    self.dW = cache.T @ dy\n    self.db = dy.sum(axis=0)\n"
     "return dy @ self.W.T if input_grad else None", "replaces self.dW"),
    ("dense-backward", "the cache of the layer",
     "self.dW[...] = self.x.T @ dy\nself.db[...] = dy.sum(axis=0)\nreturn dy @ self.W.T", "comes with the cache"),
    ("dense-backward", "writes gradients that nobody asked for",
     "self.dW[...] = cache.T @ dy\nself.db[...] = dy.sum(axis=0)\nreturn dy @ self.W.T if input_grad else None",
     "param_grads"),
    ("dense-backward", "adds instead of overwriting",
     "if param_grads:\n    self.dW += cache.T @ dy\n    self.db += dy.sum(axis=0)\n"
     "return dy @ self.W.T if input_grad else None", "overwrite"),
    ("dense-backward", "1/N", "if param_grads:\n    self.dW[...] = cache.T @ dy / len(dy)\n"
     "    self.db[...] = dy.sum(axis=0)\nreturn dy @ self.W.T if input_grad else None", "times too small"),
    ("leaky-relu", "wrong below 0", "slope = np.where(x.real > 0, 1.0, 1.0 - self.alpha)\nreturn x * slope, slope",
     "x <= 0 are wrong"),
    ("leaky-relu", "a mask as the cache",
     "return np.where(x.real > 0, x, self.alpha * x), x.real > 0", "an array of bool as its slope"),
    ("leaky-relu", "float64", "slope = np.where(x.real > 0, 1.0, self.alpha)\nreturn x * slope, slope", "float64"),
    ("leaky-relu", "in-place damage",
     "slope = np.where(x.real > 0, 1.0, self.alpha)\nx *= slope\nreturn x, slope", "stay as it was"),
    ("tanh", "dy is missing",
     ("forward", "y = np.tanh(x)\nreturn y, y", "backward", "return 1.0 - cache**2 if input_grad else None"),
     "multiplied by dy"),
    ("tanh", "x as the cache",
     ("forward", "return np.tanh(x), x", "backward", "return dy * (1.0 - np.tanh(cache) ** 2) if input_grad else None"),
     "It equals x."),
    ("tanh", "the cache on the layer",
     ("forward", "self.y = np.tanh(x)\nreturn self.y, self.y",
      "backward", "return dy * (1.0 - self.y**2) if input_grad else None"), "another pass"),
    ("dropout", "no scaling",
     "if not train:\n    return x, np.ones_like(x.real[:, :1])\nslope = self.draw(x.shape, x).astype(x.real.dtype)\n"
     "return x * slope, slope", "times what it should be"),
    ("dropout", "also without train",
     "slope = self.draw(x.shape, x).astype(x.real.dtype) / (1.0 - self.rate)\nreturn x * slope, slope", "should be"),
    ("chain-rule", "calls itself", "return self.backward(dy, caches, param_grads, input_grad)", "call itself"),
    ("chain-rule", "asks no layer for dx",
     "for i in reversed(range(len(self.layers))):\n"
     "    dy = self.layers[i].backward(dy, caches[i], param_grads, input_grad)\nreturn dy", "has become None"),
    ("chain-rule", "from the first to the last",
     "for layer, cache in zip(self.layers, caches):\n    dy = layer.backward(dy, cache, param_grads, True)\nreturn dy",
     "Your code stops"),
    ("sgd", "rebinds", "v = self.momentum * v + grad\ntheta = theta - self.lr * v", "not written"),
    ("sgd", "wrong direction", "v *= self.momentum\nv += grad\ntheta += self.lr * v", "theta += self.lr * v"),
    ("adam", "no correction of the start",
     "m *= self.beta1\nm += (1 - self.beta1) * grad\nv *= self.beta2\nv += (1 - self.beta2) * grad**2\n"
     "theta -= self.lr * m / (np.sqrt(v) + self.eps)", "theta"),
    ("adam", "eps inside the root",
     "m[:] = self.beta1 * m + (1 - self.beta1) * grad\nv[:] = self.beta2 * v + (1 - self.beta2) * grad**2\n"
     "mhat, vhat = m / (1 - self.beta1**self.t), v / (1 - self.beta2**self.t)\n"
     "theta -= self.lr * mhat / np.sqrt(vhat + self.eps)", "eps = "),
    ("non-saturating", "sign of the gradient",
     ("classify", "n, m = len(s_real), len(s_fake)\nloss = softplus(-s_real).mean() + softplus(s_fake).mean()\n"
      "return loss, sigmoid(-s_real) / n, sigmoid(s_fake) / m",
      "g", "n = len(s_fake)\nreturn softplus(-s_fake).mean(), -sigmoid(-s_fake) / n"), "sign"),
    ("minimax", "minimises the other loss",
     "return softplus(-s_fake).mean(), -sigmoid(-s_fake) / len(s_fake)", "should be"),
    ("g-step", "D's averages move",
     "x_fake, g_caches = fakes or G.forward(z)\ns_fake, d_caches = D.forward(x_fake)\n"
     "loss, ds_fake = objective.g(s_fake) if x_real is None else objective.g(s_fake, D.forward(x_real)[0])\n"
     "kept = D.grad.copy()\ndx_fake = D.backward(ds_fake, d_caches, input_grad=True)\nD.grad[...] = kept\n"
     "G.backward(dx_fake, g_caches)\noptimizer.step(G.grad)\nreturn loss, s_fake", "BatchNorm.mean, which should stay"),
    ("g-step", "D learns, too",
     "x_fake, g_caches = fakes or G.forward(z)\ns_fake, d_caches = D.forward(x_fake)\n"
     "loss, ds_fake = objective.g(s_fake) if x_real is None else objective.g(s_fake, D.forward(x_real)[0])\n"
     "dx_fake = D.backward(ds_fake, d_caches, input_grad=True)\nG.backward(dx_fake, g_caches)\n"
     "optimizer.step(G.grad)\nreturn loss, s_fake", "stay as it was"),
    ("average", "changes G", "d = min(decay, (1 + rounds_done) / (6 + rounds_done))\nG.theta *= 1.0 - d\n"
     "average.theta *= d\naverage.theta += G.theta", "stay as it was"),
    ("average", "rebinds theta", "d = min(decay, (1 + rounds_done) / (6 + rounds_done))\n"
     "average.theta = d * average.theta + (1 - d) * G.theta", "replaces average.theta"),
    ("average", "no start", "average.theta *= decay\naverage.theta += (1.0 - decay) * G.theta", "should be"),
    # what is not mathematics
    ("softplus", "not written", 'raise NotImplementedError("write this")', "still has to be written"),
    ("softplus", "syntax", "return np.log1p(np.exp(x)", "cannot read your file"),
    ("softplus", "another library", "import torch\nreturn torch.nn.functional.softplus(x)", "imports torch"),
    ("softplus", "loops for ever", "while True:\n    pass", "has not ended"),
    ("softplus", "a loop over all entries",
     "y = x.copy()\nfor i in range(len(x)):\n    y[i] = np.log1p(np.exp(y[i + 1]))\nreturn y", "IndexError"),
    ("softplus", "prints", "print('x is', x)\nreturn x", "Your code printed"),
    ("softplus", "empties a file", f"open({HARMFUL!r}, 'w').close()\nreturn x", "only computes"),
    ("softplus", "removes a file",
     f"import minigan.data.own as o\no.os.remove({HARMFUL!r})\nreturn x", "only computes"),
    ("softplus", "saves an array", f"np.save({HARMFUL!r}, x)\nreturn x", "only computes"),
    ("softplus", "ends the process", "raise SystemExit", "ended"),
    ("softplus", "waits for input", "input()\nreturn x", "no input"),
    ("softplus", "takes all memory", "return np.ones((10**7, 10**7))", "memory"),
    ("softplus", "a string", "return 'softplus'", "a str"),
]  # fmt: skip
