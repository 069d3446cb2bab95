"""PyTorch as in its tutorials.

D runs separately on real and on fake samples, the gradients of D's weights are computed in G's step as well, and Adam
has its defaults. As in the DCGAN tutorial, both steps use the same fake samples if they share the noise. The tutorials
also use a DataLoader, which would take most of the time; here the data are in memory.
"""

import copy

import torch
from torch import nn

from contenders import Contender, weights


class Net(nn.Module):
    """Linear layers with LeakyReLU (and dropout) between them. Labels y, if there are any, are appended to x."""

    def __init__(self, weights, slope, dropout, end):
        super().__init__()
        layers = []
        for W, b in weights:
            linear = nn.Linear(*W.shape)
            linear.weight.data, linear.bias.data = torch.from_numpy(W.T.copy()), torch.from_numpy(b)
            layers += [linear, nn.LeakyReLU(slope) if slope else nn.ReLU(), nn.Dropout(dropout)]
            if not dropout:
                del layers[-1]
        self.layers = nn.Sequential(*layers[: -2 if dropout else -1], end)

    def forward(self, x, y=None):
        return self.layers(x if y is None else torch.cat([x, y], dim=1))


class Tutorial(Contender):
    fused = False  # Adam in one function for all parameters

    def __init__(self, training):
        super().__init__(training)
        s = self.s
        torch.manual_seed(s.seed)
        self.images = torch.tensor(self.pixels)
        self.classes = None if self.labels is None else torch.tensor(self.labels).long()
        self.n_classes = training.data.n_classes
        self.G = Net(weights(training.G), s.g_slope, 0.0, nn.Sigmoid() if s.output == "sigmoid" else nn.Tanh())
        self.D = Net(weights(training.D), s.d_slope, s.dropout, nn.Identity())
        self.average = copy.deepcopy(self.G)
        self.loss = nn.BCEWithLogitsLoss()
        self.d_optimizer, self.g_optimizer = (
            torch.optim.Adam(net.parameters(), s.lr, (s.beta1, s.beta2), fused=self.fused or None)
            for net in (self.D, self.G)
        )
        self.schedulers = [
            torch.optim.lr_scheduler.LambdaLR(optimizer, self.rate)
            for optimizer in (self.d_optimizer, self.g_optimizer)
            if s.lr_decay
        ]

    def rate(self, t):
        """The factor of the learning rate in round t."""
        return max(0.0, min(1.0, (1.0 - t / self.rounds) / self.s.lr_decay))

    def batch(self):
        """A batch of real samples, and one-hot labels."""
        rows = torch.from_numpy(next(self.rows))
        x = self.images[rows].float() / 255.0 * (1.0 - self.low) + self.low
        y = None if self.classes is None else nn.functional.one_hot(self.classes[rows], self.n_classes).float()
        return x, y

    def noise(self):
        return torch.randn(self.s.batch_size, self.s.latent_dim)

    def d_backward(self, x, y, fake, penalised):
        self.d_optimizer.zero_grad()
        x.requires_grad_(penalised)
        scores = self.D(x, y)
        loss = self.loss(scores, torch.ones(len(x), 1))
        if penalised:
            (slope,) = torch.autograd.grad(scores.sum(), x, create_graph=True)
            loss = loss + 0.5 * self.gamma * slope.pow(2).sum(dim=1).mean()
        loss.backward()
        self.loss(self.D(fake.detach(), y), torch.zeros(len(x), 1)).backward()

    def g_backward(self, y, fake):
        self.g_optimizer.zero_grad()
        self.loss(self.D(fake, y), torch.ones(len(fake), 1)).backward()

    def round(self):
        x, y = self.batch()
        fake = self.G(self.noise(), y)
        self.d_backward(x, y, fake, self.penalised())
        self.d_optimizer.step()
        if not self.s.shared_noise:
            fake = self.G(self.noise(), y)
        self.g_backward(y, fake)
        self.g_optimizer.step()
        for scheduler in self.schedulers:
            scheduler.step()
        if self.s.ema:
            self.move_average(min(self.s.ema, (1 + self.t) / (6 + self.t)))
        self.t += 1

    @torch.no_grad()
    def move_average(self, decay):
        for a, p in zip(self.average.parameters(), self.G.parameters(), strict=True):
            a.mul_(decay).add_(p, alpha=1.0 - decay)

    def gradients(self, x, y, z):
        self.D.eval()  # without dropout
        x, y, z = (None if a is None else torch.from_numpy(a) for a in (x, y, z))
        found = []
        for penalised in (self.gamma > 0, False):
            self.d_backward(x, y, self.G(z, y), penalised)
            found += weight_gradients(self.D)
        self.g_backward(y, self.G(z, y))
        return found + weight_gradients(self.G)

    def sampler(self):
        net = self.average if self.s.ema else self.G
        arrays = [p.detach().numpy().copy() for p in net.parameters()]
        return [(W.T, b) for W, b in zip(arrays[::2], arrays[1::2], strict=True)]


def weight_gradients(net):
    return [p.grad.numpy().T.copy() for p in net.parameters() if p.ndim == 2]
