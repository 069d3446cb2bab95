"""A variational autoencoder (VAE) on the same layers: another way from noise to samples, to compare with a GAN.

    encoder   x (N, n_x) -> h (N, 2 n_z): the mean and log variance of q(z|x), a Gaussian guess at the noise for x
    decoder   z (N, n_z) -> s (N, n_x): pixel logits; sigmoid(s) is the probability that a pixel is on, or its mean

A G is judged by another network. A decoder is judged by the x that its z was made from. So there is no game, only one
loss, which both networks lower. It is an upper bound on how improbable the decoder makes the data, for z ~ N(0, I):

    -log p(x) <= E_q[-log p(x|z)] + KL(q || N(0, I))

The first term asks for x back. The second pulls q(z|x) towards N(0, I) for every x. So a sample is sigmoid(decoder(z)),
with z drawn from N(0, I). Source: Kingma and Welling 2014, eq. 3.
"""

import numpy as np

from minigan.nn.losses import bce_with_logits


def kl_to_normal(mean, log_var):
    """KL(N(mean, var) || N(0, I)), summed over the entries of z: both (N, n_z). Returns (L, dmean, dlog_var).

    For one number z it is E[log N(z; mean, var) - log N(z; 0, 1)] = E[-log(var) - (z - mean)^2 / var + z^2] / 2, with
    E[(z - mean)^2] = var and E[z^2] = mean^2 + var. The entries are independent, so their divergences add up:
        L           = 1/(2N) sum_nk (mean_nk^2 + (var_nk - 1) - log_var_nk)                 (1)
        dmean_nk    = mean_nk / N                                                           (2)
        dlog_var_nk = (var_nk - 1) / (2N)  because var = exp(log_var) is its own derivative (3)
    var - 1 is computed as expm1(log_var), which keeps all digits where var is nearly 1.
    Source: Kingma and Welling 2014, appendix B.
    """
    n, excess = len(mean), np.expm1(log_var)
    loss = 0.5 * (mean * mean + excess - log_var).sum() / n  # (1)
    return loss, mean / n, 0.5 * excess / n  # (2), (3)


def vae_step(encoder, decoder, e_optimizer, d_optimizer, x, eps):
    """Take one step of both networks. Returns (L, KL), in nats per sample; L includes the KL.

    x (N, n_x) are pixels in 0..1, eps (N, n_z) is noise. With p = sigmoid(s), the cross-entropy over all pixels is
        L = mean_n [sum_i -x_ni log p_ni - (1 - x_ni) log(1 - p_ni)] + KL                   (1)
    z is a draw from N(mean, var), and a draw has no derivative. The reparametrisation trick: for eps from N(0, I),
    mean + std eps is such a draw, too, and it is a function of the encoder's output, with eps a constant:
        z_nk        = mean_nk + std_nk eps_nk,    std_nk = exp(log_var_nk / 2)              (2)
    Backward: z_nk contains mean_nk with factor 1, and log_var_nk through std_nk, whose derivative is std_nk / 2. dz is
    what leaves the decoder's input. So the first term of L gives (3) and (4), to which the gradient of the KL is added:
        dmean_nk    = dz_nk                                                                 (3)
        dlog_var_nk = dz_nk eps_nk std_nk / 2                                               (4)
    Source: Kingma and Welling 2014, section 2.4 and eq. 10, with one draw of eps per sample.
    """
    n_z, n_x = eps.shape[1], x.shape[1]
    h, e_caches = encoder.forward(x)
    mean, log_var = h[:, :n_z], h[:, n_z:]
    std = np.exp(0.5 * log_var)
    s, d_caches = decoder.forward(mean + std * eps)  # (2)

    loss, ds = bce_with_logits(s, x)  # a mean over pixels, too
    kl, kl_dmean, kl_dlog_var = kl_to_normal(mean, log_var)

    dz = decoder.backward(n_x * ds, d_caches, input_grad=True)
    dmean = dz + kl_dmean  # (3)
    dlog_var = 0.5 * dz * eps * std + kl_dlog_var  # (4)
    encoder.backward(np.concatenate([dmean, dlog_var], axis=1), e_caches)
    e_optimizer.step(encoder.grad)
    d_optimizer.step(decoder.grad)
    return n_x * loss + kl, kl  # (1)
