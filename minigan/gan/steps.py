"""A GAN in two functions: one step of the discriminator D, one step of the generator G.

G turns noise z into samples; D scores samples, high for real, low for fake. They take turns:

    d_step   D learns to tell x_real from G(z)           G is used, not changed
    g_step   G learns to make D score G(z) as real       D is used, not changed

What makes it a GAN and not two networks is one line in g_step: the gradient of the loss with respect to D's *input*
is the gradient with respect to G's *output*. Everything else is ordinary backpropagation.

    x_real (N, n_x) real samples, z (N, n_z) noise, s (N, 1) scores (logits: losses.py), L a loss; D and G are Networks
    (network.py), the objective says what each wants (objectives.py), an optimizer moves theta (optim.py).

`namespace(x)` is NumPy or, on a GPU, CuPy; `@fused` over a function (backend.py) matters on a GPU alone. At first skip
penalties and BatchNorm. Next on the reader's path: nn/losses.py
"""

from minigan.backend import namespace


def d_step(D, G, objective, optimizer, x_real, z, penalty=None):
    """One step of D. Returns (L_D, s_real, s_fake); L_D includes the penalty.

    penalty(D, x_real, x_fake, caches) adds its gradient to D.grad and returns its value; caches: D.forward's of x_real.
    Raises ValueError where D has BatchNorm: a penalty is per sample, and there no sample stands alone.
    """
    if penalty and D.mixes_samples:
        raise ValueError("A gradient penalty is per sample; it has no meaning with BatchNorm in D.")
    concatenate = namespace(x_real).concatenate
    x_fake, _ = G.forward(z)  # no backward through G follows, so this step cannot change it

    if not D.mixes_samples:  # real and fake go through D as one batch: same sums, fewer and larger products
        s, caches = D.forward(concatenate([x_real, x_fake]))
        n = len(s) // 2
        s_real, s_fake = s[:n], s[n:]
        loss, ds_real, ds_fake = objective.d(s_real, s_fake)
        D.backward(concatenate([ds_real, ds_fake]), caches)
        if penalty:  # the first half of each cache is of the real samples
            loss = loss + penalty(D, x_real, x_fake, [cache[: len(cache) // 2] for cache in caches])
    else:  # BatchNorm must not see real and fake in one batch: D could tell them apart by their average
        s_real, real_caches = D.forward(x_real)
        s_fake, fake_caches = D.forward(x_fake)
        loss, ds_real, ds_fake = objective.d(s_real, s_fake)
        D.backward(ds_real, real_caches)
        grad = D.grad.copy()  # the next line overwrites it
        D.backward(ds_fake, fake_caches)
        D.grad += grad

    optimizer.step(D.grad)
    return loss, s_real, s_fake


def g_step(D, G, objective, optimizer, z):
    """One step of G. Returns (L_G, s_fake)."""
    x_fake, g_caches = G.forward(z)
    s_fake, d_caches = D.forward(x_fake)
    loss, ds_fake = objective.g(s_fake)
    dx_fake = D.backward(ds_fake, d_caches, param_grads=False, input_grad=True)  # through D, whose weights stay
    G.backward(dx_fake, g_caches)  # what left D's input enters G's output
    optimizer.step(G.grad)
    return loss, s_fake


def update_average(average, G, t, decay):
    """Move `average`, a second G, towards G after round t (0, 1, ...): an exponential moving average of its weights.

    G circles around its optimum, its average stays near the middle and makes better samples (Yazici et al. 2019).
    It is over some 1 / (1 - decay) rounds; at first over the last fifth of those there were, to forget the start soon.
    """
    decay = min(decay, (1 + t) / (6 + t))
    average.theta *= decay
    average.theta += (1.0 - decay) * G.theta
