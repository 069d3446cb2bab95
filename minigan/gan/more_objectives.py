"""More objectives: least squares, Wasserstein, hinge, and label smoothing, which changes another objective.

They follow the protocol of objectives.py. Wasserstein and hinge take the scores as they are: such a D is called a
critic, and its scores are not probabilities.
"""

import numpy as np

from minigan.nn.losses import positive_part


class LeastSquares:
    """D's score should be 1 for real samples and 0 for fake ones. G wants it to be 1 for fake ones.

        L_D = 1/2 mean (s_real - 1)^2 + 1/2 mean s_fake^2                                   (1)
        ds_real = (s_real - 1) / N,  ds_fake = s_fake / N                                   (2)
        L_G = 1/2 mean (s_fake - 1)^2,  ds_fake = (s_fake - 1) / N                          (3)
    The lower a fake sample scores, the harder G is pulled. Source: Mao et al. 2017, eq. 9.
    """

    def d(self, s_real, s_fake):
        n, m = len(s_real), len(s_fake)
        loss = 0.5 * ((s_real - 1.0) ** 2).sum() / n + 0.5 * (s_fake**2).sum() / m  # (1)
        return loss, (s_real - 1.0) / n, s_fake / m  # (2)

    def g(self, s_fake):
        n = len(s_fake)
        return 0.5 * ((s_fake - 1.0) ** 2).sum() / n, (s_fake - 1.0) / n  # (3)


class Wasserstein:
    """D's mean score should be as high as possible for real samples and as low as possible for fake ones.

        L_D = mean s_fake - mean s_real,  ds_real = -1/N,  ds_fake = 1/N                    (1)
        L_G = -mean s_fake,  ds_fake = -1/N                                                 (2)
    D's slope must be bounded (wgan.py, penalties.py, nn/spectral.py). With |ds/dx| <= 1, the maximum of -L_D is the
    Wasserstein distance: the least average distance that mass must move to turn one distribution into the other.
    Source: Arjovsky, Chintala and Bottou 2017, eq. 2 and 3.
    """

    def d(self, s_real, s_fake):
        n, m = len(s_real), len(s_fake)
        return s_fake.sum() / m - s_real.sum() / n, -np.ones_like(s_real) / n, np.ones_like(s_fake) / m  # (1)

    def g(self, s_fake):
        n = len(s_fake)
        return -s_fake.sum() / n, -np.ones_like(s_fake) / n  # (2)


class Hinge:
    """Like Wasserstein, but a score beyond a margin of 1 on the right side no longer counts.

        L_D = mean max(0, 1 - s_real) + mean max(0, 1 + s_fake)                             (1)
        ds_real = -[s_real < 1] / N,  ds_fake = [s_fake > -1] / N                           (2)
        L_G = -mean s_fake,  ds_fake = -1/N                                                 (3)
    [...] is 1 where the condition holds, else 0.
    Source: Lim and Ye 2017; Miyato et al. 2018, eq. 16.
    """

    def d(self, s_real, s_fake):
        n, m = len(s_real), len(s_fake)
        loss = positive_part(1.0 - s_real).sum() / n + positive_part(1.0 + s_fake).sum() / m  # (1)
        real_counts, fake_counts = 1.0 - s_real.real > 0, 1.0 + s_fake.real > 0
        return loss, -real_counts.astype(s_real.dtype) / n, fake_counts.astype(s_fake.dtype) / m  # (2)

    def g(self, s_fake):
        n = len(s_fake)
        return -s_fake.sum() / n, -np.ones_like(s_fake) / n  # (3)


class LabelSmoothing:
    """One-sided label smoothing: D's target for real samples is 1 - eps instead of 1. For fake samples it stays 0.

    Cross-entropy with a target t is t softplus(-s) + (1 - t) softplus(s) = softplus(-s) + (1 - t) s, because
    softplus(s) - softplus(-s) = s. And (s - t)^2 / 2 is (s - 1)^2 / 2 + (1 - t) s plus a constant. So for both, with
    t = 1 - eps,
        L_D = the objective's L_D + eps mean s_real                                         (1)
        ds_real = the objective's ds_real + eps / N                                         (2)
    D no longer gains by raising s_real without end, so its gradient stays alive. Fake labels are not smoothed: the best
    D would then score samples higher where fake ones are dense, and G would have no reason to move them. Source:
    Salimans et al. 2016, section 3.4.
    """

    def __init__(self, objective, eps):
        self.objective, self.eps = objective, eps
        self.g = objective.g

    def d(self, s_real, s_fake):
        n = len(s_real)
        loss, ds_real, ds_fake = self.objective.d(s_real, s_fake)
        return loss + self.eps * s_real.sum() / n, ds_real + self.eps / n, ds_fake  # (1), (2)
