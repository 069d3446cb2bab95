"""The expert's PyTorch with torch.compile: D's loss and its gradients, G, and the gradient that D gives to G's samples.

The optimizers, already fused, stay as they are.
"""

import torch
from torch.nn.functional import softplus

from contenders.torch_expert import Expert


class Compiled(Expert):
    def __init__(self, training):
        super().__init__(training)
        torch._dynamo.config.trace_autograd_ops = True  # or else a function is cut in two where it asks for gradients
        self.G.compile()
        for name in ("d_gradients", "fake_gradients"):
            setattr(self, name, torch.compile(getattr(self, name)))

    def d_gradients(self, x, y, fake, penalised):
        return torch.autograd.grad(self.d_loss(x, y, fake, penalised), self.d_parameters)

    def fake_gradients(self, y, fake):
        fake = fake.detach().requires_grad_()
        return torch.autograd.grad(softplus(-self.D(fake, y)).mean(), fake)[0]

    def d_backward(self, x, y, fake, penalised):
        for p, grad in zip(self.d_parameters, self.d_gradients(x, y, fake.detach(), penalised), strict=True):
            p.grad = grad

    def g_backward(self, y, fake):
        self.g_optimizer.zero_grad()
        fake.backward(self.fake_gradients(y, fake.detach()))
