"""What D and G each want, as losses on D's logits.

D scores real samples s_real and fake ones s_fake, both (N, 1). An objective gives D's loss and G's loss with their
gradients, which hold the 1/N: no layer divides by N again. The first two take D(x) = sigmoid(s) for the probability
that x is real, the others use the score itself. Next on the reader's path: gan/penalties.py
"""

from minigan.backend import namespace
from minigan.nn.activations import ReLU
from minigan.nn.losses import sigmoid, softplus


class NonSaturating:
    """D tells real from fake, by binary cross-entropy with targets 1 and 0; G makes D call its samples real.

        L_D = mean_n -log D(x_n) + mean_n -log(1 - D(G(z_n)))
            = mean softplus(-s_real) + mean softplus(s_fake)      (no log of 0 can occur)   (1)
        ds_real = -sigmoid(-s_real) / N,  ds_fake = sigmoid(s_fake) / N                     (2)
        L_G = mean_n -log D(G(z_n)) = mean softplus(-s_fake)                                (3)
        ds_fake = -sigmoid(-s_fake) / N                                                     (4)
    While D wins, s_fake is far below 0 and (4) is near -1/N: G learns most when it is worst.
    The best D is p_real / (p_real + p_fake), 1/2 once G is perfect: then L_D = 2 log 2 = 1.386, L_G = log 2 = 0.693.
    Source: Goodfellow et al. 2014, section 3 and proposition 1.
    """

    def d(self, s_real, s_fake):
        """(L_D, dL_D/ds_real, dL_D/ds_fake)."""
        n, m = len(s_real), len(s_fake)
        loss = softplus(-s_real).sum() / n + softplus(s_fake).sum() / m  # (1)
        return loss, -sigmoid(-s_real) / n, sigmoid(s_fake) / m  # (2)

    def g(self, s_fake):
        """(L_G, dL_G/ds_fake)."""
        n = len(s_fake)
        loss = softplus(-s_fake).sum() / n  # (3)
        return loss, -sigmoid(-s_fake) / n  # (4)


class Minimax(NonSaturating):
    """The game as first written, min_G max_D V: D as above, and G minimises what D maximises.

        L_G = mean_n log(1 - D(G(z_n))) = -mean softplus(s_fake)                            (1)
        ds_fake = -sigmoid(s_fake) / N                                                      (2)
    While D wins, sigmoid(s_fake) is near 0 and so is (2): G learns least when it is worst. That is saturation.
    Source: Goodfellow et al. 2014, eq. 1.
    """

    def g(self, s_fake):
        n = len(s_fake)
        loss = -softplus(s_fake).sum() / n  # (1)
        return loss, -sigmoid(s_fake) / n  # (2)


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
