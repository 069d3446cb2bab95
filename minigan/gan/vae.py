"""A variational autoencoder (VAE) on the same layers: the other way from noise to samples, in one step of two networks.

    encoder   x (N, n_x) -> h (N, 2 n_z): mean and log variance of a Gaussian q, of the noise that x may have come from
    decoder   z (N, n_z) -> s (N, n_x): pixel logits; sigmoid(s) is the probability that a pixel is on, or its mean

A GAN's G is judged by another network, a decoder by the very x that its z was made from. So there is no game, only a
loss that both lower. It bounds how improbable the decoder makes the data, with z drawn from N(0, I), by

    -log p(x) <= E_q[-log p(x|z)] + KL(q || N(0, I))

where the first term wants each x back, and the second wants noise of all x together to be what samples are made of:
a sample is sigmoid(decoder(z)), z from N(0, I). Source: Kingma and Welling 2014, eq. 3.
"""

from minigan.backend import namespace
from minigan.nn.losses import bce_with_logits


def kl_to_normal(mean, log_var):
    """KL(N(mean, var) || N(0, I)), summed over the entries of z: both (N, n_z). Returns (L, dmean, dlog_var).

    For one number, E[log N(z; mean, var) - log N(z; 0, 1)] = E[-log(var) - (z - mean)^2 / var + z^2] / 2, where
    E[(z - mean)^2] = var and E[z^2] = mean^2 + var. Entries are independent, so that theirs add up:
        L           = 1/2 mean_n sum_k mean_nk^2 + (var_nk - 1) - log_var_nk                (1)
        dmean_nk    = mean_nk / N                                                           (2)
        dlog_var_nk = (var_nk - 1) / 2N    because var = exp(log_var) is its own derivative (3)
    var - 1 is expm1(log_var), which keeps all digits where var is nearly 1, as in entries that tell nothing of x.
    Source: Kingma and Welling 2014, appendix B.
    """
    n, excess = len(mean), namespace(log_var).expm1(log_var)
    loss = 0.5 * (mean * mean + excess - log_var).sum() / n  # (1)
    return loss, mean / n, 0.5 * excess / n  # (2), (3)


def vae_step(encoder, decoder, e_optimizer, d_optimizer, x, eps):
    """One step of both networks. Returns (L, KL), L in nats a sample, and the KL that is a part of it.

    x (N, n_x) pixels in 0..1, eps (N, n_z) noise. With p = sigmoid(s), the cross-entropy of all pixels of a sample,
        L = mean_n sum_i -x_ni log p_ni - (1 - x_ni) log(1 - p_ni) + KL                     (1)
    z is to be drawn from N(mean, var), and a draw has no derivative. But mean + std eps is such a draw, too, if eps is
    one from N(0, I), and it is a function of what the encoder says, with eps a constant: the reparametrisation
        z_nk        = mean_nk + std_nk eps_nk,    std_nk = exp(log_var_nk / 2)              (2)
    Backward: mean_nk is in z_nk with factor 1, log_var_nk by std_nk, whose derivative is std_nk / 2. dz is what leaves
    the decoder's input; both are also in the KL, whose gradient adds to
        dmean_nk    = dz_nk                                                                 (3)
        dlog_var_nk = dz_nk eps_nk std_nk / 2                                               (4)
    Source: Kingma and Welling 2014, section 2.4 and eq. 10, with one draw of eps a sample.
    """
    xp, (n_z, n_x) = namespace(x), (eps.shape[1], x.shape[1])
    h, e_caches = encoder.forward(x)
    mean, log_var = h[:, :n_z], h[:, n_z:]
    std = xp.exp(0.5 * log_var)
    s, d_caches = decoder.forward(mean + std * eps)  # (2)

    loss, ds = bce_with_logits(s, x)  # a mean over pixels, too
    kl, kl_dmean, kl_dlog_var = kl_to_normal(mean, log_var)

    dz = decoder.backward(n_x * ds, d_caches, input_grad=True)
    dmean = dz + kl_dmean  # (3)
    dlog_var = 0.5 * dz * eps * std + kl_dlog_var  # (4)
    encoder.backward(xp.concatenate([dmean, dlog_var], axis=1), e_caches)
    e_optimizer.step(encoder.grad)
    d_optimizer.step(decoder.grad)
    return n_x * loss + kl, kl  # (1)
