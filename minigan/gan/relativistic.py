"""The relativistic GAN with two penalties, known as R3GAN: D compares a real sample with a fake one.

In the usual game D judges each sample alone. Here it judges pairs, and only the difference of their scores counts.
Nobody gains by raising all scores, and G is pushed to the place of each real sample, not merely to the right side of
D's border. Huang et al. 2024 showed that the pairs need R1 and R2 together, and that they then match modern GANs.
"""

from minigan.gan.penalties import R1
from minigan.nn.losses import sigmoid, softplus


class Relativistic:
    """D makes each real sample score higher than its fake partner. G makes the fake one score higher.

    With a_n = s_real_n - s_fake_n, the lead of the n-th real sample over the n-th fake one,
        L_D = mean_n softplus(-a_n)                                                         (1)
        ds_real = -sigmoid(-a) / N,  ds_fake = sigmoid(-a) / N                              (2)
        L_G = mean_n softplus(a_n)                                                          (3)
        ds_fake = -sigmoid(a) / N                                                           (4)
    sigmoid(a_n) is D's estimate of the probability that the first of the pair is the real one. At a draw it is 1/2, and
    both losses are log 2 = 0.693. L_G depends on s_real, too, but no gradient from there reaches G.

    With labels, the two samples of a pair have the same one, because G is given the labels of the real batch.
    s_real and s_fake must have the same length, and g_step needs x_real. Source: Jolicoeur-Martineau 2018, section 4.1
    (there called RSGAN); Huang et al. 2024, eq. 2.
    """

    def d(self, s_real, s_fake):
        n, lead = len(s_real), s_real - s_fake
        loss, ds = softplus(-lead).sum() / n, sigmoid(-lead) / n  # (1)
        return loss, -ds, ds  # (2)

    def g(self, s_fake, s_real):
        n, lead = len(s_fake), s_real - s_fake
        return softplus(lead).sum() / n, -sigmoid(lead) / n  # (3), (4)


class R2(R1):
    """R1's penalty at the fake samples instead of the real ones, with the same formulas. See gan/penalties.py.

    The fake samples are taken as they are: R2 trains D alone. Source: Mescheder, Geiger and Nowozin 2018, eq. 10.
    """

    def __call__(self, D, x_real, x_fake, real_caches, fake_caches):
        return super().__call__(D, x_fake, x_real, fake_caches, real_caches)


class Penalties:
    """Several penalties, for example R1 and R2, as one for d_step."""

    def __init__(self, *penalties):
        self.penalties = penalties

    def __call__(self, *args):
        return sum(penalty(*args) for penalty in self.penalties)
