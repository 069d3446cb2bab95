"""The loss of a classifier. metrics/ trains one, to judge samples."""

import numpy as np


def softmax_cross_entropy(s, labels):
    """Cross-entropy of softmax(s) against integer labels: s (N, n_classes), labels (N,). Returns (L, ds).

    The textbook form is
        p_nc  = exp(s_nc) / sum_k exp(s_nk),  L = -mean_n log p_n,label(n)
    It overflows for large s. Since p does not change when a constant is subtracted from a row of s, subtract the
    largest logit of the row first:
        a_nc  = s_nc - max_k s_nk                                                           (1)
        log p_nc = a_nc - log sum_k exp(a_nk)                                               (2)
        L     = -mean_n log p_n,label(n)                                                    (3)
        ds_nc = (p_nc - [c = label(n)]) / N                                                 (4)
    Raises ValueError if labels do not have shape (N,): (N, 1) would broadcast.
    """
    if labels.shape != (len(s),):
        raise ValueError(f"logits have shape {s.shape} but labels {labels.shape}; they must be ({len(s)},).")
    rows = np.arange(len(s), like=s)
    a = s - s.real.max(axis=1, keepdims=True)  # (1)
    log_p = a - np.log(np.exp(a).sum(axis=1, keepdims=True))  # (2)
    loss = -log_p[rows, labels].sum() / len(s)  # (3)
    ds = np.exp(log_p)
    ds[rows, labels] = 0.0
    ds[rows, labels] = -ds.sum(axis=1)  # p - 1 as minus the sum of the other p: accurate where p is nearly 1
    return loss, ds / len(s)  # (4)
