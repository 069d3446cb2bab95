"""What D and G each want, as losses on D's logits.

D scores real samples s_real and fake ones s_fake, both (N, 1). An objective gives D's loss and G's loss with their
gradients, which hold the 1/N: no layer divides by N again. The first two take D(x) = sigmoid(s) for the probability
that x is real, the others use the score itself. Next on the reader's path: gan/penalties.py
"""

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
