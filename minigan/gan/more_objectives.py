"""Objectives beside the two of Goodfellow et al. 2014: least squares, Wasserstein, hinge, and smoothed labels."""

from minigan.backend import namespace
from minigan.nn.activations import ReLU


class LeastSquares:
    """D's score is to be 1 for real samples and 0 for fake ones; G wants it to be 1.

        L_D = 1/2 mean (s_real - 1)^2 + 1/2 mean s_fake^2                                   (1)
        ds_real = (s_real - 1) / N,  ds_fake = s_fake / N                                   (2)
        L_G = 1/2 mean (s_fake - 1)^2,  ds_fake = (s_fake - 1) / N                          (3)
    The lower a fake sample scores, the stronger G is pulled. Source: Mao et al. 2017, eq. 9.
    """

    def d(self, s_real, s_fake):
        n, m = len(s_real), len(s_fake)
        loss = 0.5 * ((s_real - 1.0) ** 2).sum() / n + 0.5 * (s_fake**2).sum() / m  # (1)
        return loss, (s_real - 1.0) / n, s_fake / m  # (2)

    def g(self, s_fake):
        n = len(s_fake)
        return 0.5 * ((s_fake - 1.0) ** 2).sum() / n, (s_fake - 1.0) / n  # (3)


class Wasserstein:
    """D's mean score is to be high for real samples and low for fake ones, without end.

        L_D = mean s_fake - mean s_real,  ds_real = -1/N,  ds_fake = 1/N                    (1)
        L_G = -mean s_fake,  ds_fake = -1/N                                                 (2)
    If something keeps |dD/dx| <= 1 (cures.py), the best -L_D is the least mean distance over which one cloud of samples
    can be carried to become the other. Source: Arjovsky, Chintala and Bottou 2017, eq. 2 and 3.
    """

    def d(self, s_real, s_fake):
        n, m = len(s_real), len(s_fake)
        ones_like = namespace(s_real).ones_like
        return s_fake.sum() / m - s_real.sum() / n, -ones_like(s_real) / n, ones_like(s_fake) / m  # (1)

    def g(self, s_fake):
        n = len(s_fake)
        return -s_fake.sum() / n, -namespace(s_fake).ones_like(s_fake) / n  # (2)


class Hinge(Wasserstein):
    """Wasserstein's, but what D has scored beyond a margin of 1 on the right side no longer counts. G is the same.

        L_D = mean max(0, 1 - s_real) + mean max(0, 1 + s_fake)                             (1)
        ds_real = -[s_real < 1] / N,  ds_fake = [s_fake > -1] / N                           (2)
    Source: Lim and Ye 2017; Miyato et al. 2018, eq. 16.
    """

    def d(self, s_real, s_fake):
        n, m = len(s_real), len(s_fake)
        real, in_real = ReLU().forward(1.0 - s_real)  # max(0, 1 - s_real), and its slope
        fake, in_fake = ReLU().forward(1.0 + s_fake)
        return real.sum() / n + fake.sum() / m, -in_real / n, in_fake / m  # (1), (2)


class LabelSmoothing:
    """An objective whose D is to answer 1 - eps to real samples, and still 0 to fake ones: one-sided.

    Cross-entropy against a target t is t softplus(-s) + (1-t) softplus(s) = softplus(-s) + (1-t) s, as softplus(s) -
    softplus(-s) = s; and (s-t)^2/2 is (s-1)^2/2 + (1-t) s, but for a constant. So for both, with t = 1 - eps,
        L_D = the objective's + eps mean s_real                                             (1)
        ds_real = the objective's + eps / N                                                 (2)
    D gains nothing by growing s_real without end, and its gradient stays alive. Smoothed fakes would hold G where it
    is. Source: Salimans et al. 2016, section 3.4.
    """

    def __init__(self, objective, eps):
        self.objective, self.eps = objective, eps
        self.g = objective.g

    def d(self, s_real, s_fake):
        n = len(s_real)
        loss, ds_real, ds_fake = self.objective.d(s_real, s_fake)
        return loss + self.eps * s_real.sum() / n, ds_real + self.eps / n, ds_fake  # (1), (2)
