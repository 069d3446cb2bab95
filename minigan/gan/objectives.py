"""What D and G each want, as losses on D's logits: the game of Goodfellow et al. 2014, in its two versions.

An objective has two methods, one for each player. Both return a loss and its gradient with respect to the scores
s_real and s_fake, each (N, 1). The 1/N of the mean is already in the gradients. D(x) = sigmoid(s) is the probability
that x is real, according to D. gan/more_objectives.py has other objectives: least squares, Wasserstein, hinge.
Next on the reader's path: gan/penalties.py
"""

from minigan.nn.losses import sigmoid, softplus


class NonSaturating:
    """D tells real from fake. G makes D call its samples real. This is the version that is usually trained.

        L_D = mean_n -log D(x_n) + mean_n -log(1 - D(G(z_n)))
            = mean softplus(-s_real) + mean softplus(s_fake)                                (see classify)
        L_G = mean_n -log D(G(z_n)) = mean softplus(-s_fake)                                (1)
        ds_fake = -sigmoid(-s_fake) / N     because softplus' = sigmoid                     (2)
    Early on D wins and s_fake is far below 0. Then (2) is near -1/N, where it is largest in magnitude, so G's loss does
    not saturate. That alone is not enough: the gradient that reaches G is (2) times ds/dx, and the scores of a D that
    is too sure can be flat around the fake samples. Penalties and a slower D help there.

    Let p_real and p_fake be the densities of real and fake samples. The best D is p_real(x) / (p_real(x) + p_fake(x)).
    Once G is perfect, it is 1/2 everywhere, L_D = 2 log 2 = 1.386 and L_G = log 2 = 0.693.
    Source: Goodfellow et al. 2014, section 3 and proposition 1.
    """

    def d(self, s_real, s_fake):
        """(L_D, dL_D/ds_real, dL_D/ds_fake)."""
        return classify(s_real, s_fake)

    def g(self, s_fake):
        """(L_G, dL_G/ds_fake)."""
        n = len(s_fake)
        loss = softplus(-s_fake).sum() / n  # (1)
        return loss, -sigmoid(-s_fake) / n  # (2)


class Minimax:
    """The game as first written: min_G max_D V, with V = -L_D. D is as in NonSaturating; G minimises what D maximises.

        L_G = mean_n log(1 - D(G(z_n))) = -mean softplus(s_fake)                            (1)
        ds_fake = -sigmoid(s_fake) / N                                                      (2)
    Early on D wins, sigmoid(s_fake) is near 0, and so is (2). G's loss saturates: G learns least when it is worst.
    Source: Goodfellow et al. 2014, eq. 1.
    """

    def d(self, s_real, s_fake):
        return classify(s_real, s_fake)

    def g(self, s_fake):
        n = len(s_fake)
        loss = -softplus(s_fake).sum() / n  # (1)
        return loss, -sigmoid(s_fake) / n  # (2)


def classify(s_real, s_fake):
    """D as a classifier: binary cross-entropy with target 1 for real samples and 0 for fake ones. It
    returns what `d` returns.

    As -log D = softplus(-s) and -log(1 - D) = softplus(s), no logarithm of 0 can occur:
        L_D = mean softplus(-s_real) + mean softplus(s_fake)                                (1)
        ds_real = -sigmoid(-s_real) / N                                                     (2)
        ds_fake = sigmoid(s_fake) / N                                                       (3)
    """
    n_real, n_fake = len(s_real), len(s_fake)
    loss = softplus(-s_real).sum() / n_real + softplus(s_fake).sum() / n_fake  # (1)
    return loss, -sigmoid(-s_real) / n_real, sigmoid(s_fake) / n_fake  # (2), (3)
