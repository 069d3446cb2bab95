"""PyTorch as an expert writes it.

Real and fake samples are one batch, no gradient is computed that nobody needs, Adam is fused, and the average of the
weights is one call. In rounds with R1, real and fake samples run apart, so that only real ones take part in R1.
"""

import torch
from torch.nn.functional import softplus

from contenders.torch_tutorial import Tutorial


class Expert(Tutorial):
    fused = True

    def __init__(self, training):
        super().__init__(training)
        self.one_hot = torch.eye(self.n_classes)
        self.d_parameters, self.g_parameters, self.averages = (
            list(net.parameters()) for net in (self.D, self.G, self.average)
        )
        self.schedulers = []

    def batch(self):
        rows = torch.from_numpy(next(self.rows))
        y = None if self.classes is None else self.one_hot[self.classes[rows]]
        return self.images[rows].float().mul_((1.0 - self.low) / 255.0).add_(self.low), y

    def d_backward(self, x, y, fake, penalised):
        self.d_optimizer.zero_grad()
        self.d_loss(x, y, fake.detach(), penalised).backward(inputs=self.d_parameters)

    def d_loss(self, x, y, fake, penalised):
        if not penalised:
            both = None if y is None else torch.cat([y, y])
            s_real, s_fake = self.D(torch.cat([x, fake]), both).chunk(2)
            return softplus(-s_real).mean() + softplus(s_fake).mean()
        x = x.detach().requires_grad_()
        s_real = self.D(x, y)
        (slope,) = torch.autograd.grad(s_real.sum(), x, create_graph=True)
        penalty = slope.square().sum() * (0.5 * self.gamma / len(x))
        return softplus(-s_real).mean() + softplus(self.D(fake, y)).mean() + penalty

    def g_backward(self, y, fake):
        self.g_optimizer.zero_grad()
        softplus(-self.D(fake, y)).mean().backward(inputs=self.g_parameters)

    def round(self):
        if self.s.lr_decay:
            for optimizer in (self.d_optimizer, self.g_optimizer):
                optimizer.param_groups[0]["lr"] = self.s.lr * self.rate(self.t)
        super().round()

    @torch.no_grad()
    def move_average(self, decay):
        torch._foreach_lerp_(self.averages, self.g_parameters, 1.0 - decay)
