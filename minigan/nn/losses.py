"""Losses on logits, with their gradients, in forms that stay finite and exact for any finite logit.

A logit s is a score before the sigmoid: D(x) = sigmoid(s). Every loss here returns (L, ds): the mean over the batch
and dL/ds, which holds the 1/N, so that no layer divides by N again. They are for classifiers; the GAN's own, made of
softplus and sigmoid, are in objectives.py. Next on the reader's path: nn/layers.py
"""

from minigan.backend import fused, namespace


@fused
def softplus(x):
    """log(1 + exp(x)), elementwise. As written exp overflows at x = 89 in float32; taking max(x, 0) out of the log,

        softplus(x) = max(x, 0) + log(1 + exp(-|x|))                                        (1)
    leaves an exponential that is never above 1. Its derivative is sigmoid(x). |x| is written 2 max(x, 0) - x, and the
    maximum as a product: gradcheck puts complex numbers in, of which abs and maximum would make nonsense.
    """
    xp = namespace(x)
    positive = x * (xp.real(x) > 0)
    return positive + xp.log1p(xp.exp(x - 2.0 * positive))  # (1)


@fused
def sigmoid(x):
    """1 / (1 + exp(-x)), elementwise. As written exp overflows at x = -89; multiplied through by exp(min(x, 0)),

        sigmoid(x) = exp(min(x, 0)) / (1 + exp(-|x|))                                       (1)
    has no exponent above 0 and loses no digit on either side.
    """
    xp = namespace(x)
    positive = x * (xp.real(x) > 0)
    return xp.exp(x - positive) / (1.0 + xp.exp(x - 2.0 * positive))  # (1)


def bce_with_logits(s, target):
    """Binary cross-entropy of D(x) = sigmoid(s) against target: both (N, 1), target a probability. Returns (L, ds).

        L    = mean_n -target_n log D_n - (1 - target_n) log(1 - D_n)
    is infinite, or nan, once D rounds to 0 or 1. As -log D = softplus(-s) and -log(1 - D) = softplus(s), it is
        L    = mean_n target_n softplus(-s_n) + (1 - target_n) softplus(s_n)                (1)
        ds_n = ((1 - target_n) sigmoid(s_n) - target_n sigmoid(-s_n)) / N                   (2)
    (2) is (sigmoid(s_n) - target_n) / N, but keeps all digits where that rounds to 0: target 1 and a large s_n.
    Raises ValueError when shapes differ: (N,) against (N, 1) would broadcast to (N, N) and train on nonsense.
    """
    if s.shape != target.shape:
        raise ValueError(f"logits have shape {s.shape} but targets {target.shape}; they must agree.")
    loss = (target * softplus(-s) + (1.0 - target) * softplus(s)).sum() / s.size  # (1)
    return loss, ((1.0 - target) * sigmoid(s) - target * sigmoid(-s)) / s.size  # (2)


def softmax_cross_entropy(s, labels):
    """Cross-entropy of softmax(s) against integer labels (N,): s (N, n_classes). Returns (L, ds).

        p_nc  = exp(s_nc) / sum_k exp(s_nk),  L = -mean_n log p_n,label(n)
    overflows; p does not change when a constant is taken off a row, so first subtract the row's largest logit:
        a_nc  = s_nc - max_k s_nk                                                           (1)
        log p_nc = a_nc - log sum_k exp(a_nk)                                               (2)
        L     = -mean_n log p_n,label(n)                                                    (3)
        ds_nc = (p_nc - [c = label(n)]) / N                                                 (4)
    Raises ValueError when labels are not of shape (N,): (N, 1) would broadcast.
    """
    if labels.shape != (len(s),):
        raise ValueError(f"logits have shape {s.shape} but labels {labels.shape}; they must be ({len(s)},).")
    xp, rows = namespace(s), namespace(s).arange(len(s))
    a = s - s.real.max(axis=1, keepdims=True)  # (1)
    log_p = a - xp.log(xp.exp(a).sum(axis=1, keepdims=True))  # (2)
    loss = -log_p[rows, labels].sum() / len(s)  # (3)
    ds = xp.exp(log_p)
    ds[rows, labels] = 0.0
    ds[rows, labels] = -ds.sum(axis=1)  # p - 1, as the sum of the other p: no digit is lost where p is nearly 1
    return loss, ds / len(s)  # (4)
