"""One random case for everything in minigan that has a derivative. The tests and `python -m minigan.gradcheck` run it.

    shared.py        random networks, and the comparison of two arrays
    layers.py        one layer, and networks of random layers
    losses.py        losses and objectives
    penalties.py     gradient penalties
    steps.py         the steps of a GAN and of a VAE
    cures.py         both steps with each cure
    references.py    what has no derivative: optimizers, averages, clipping

Read them in this order. Each case is a function of (N, n_in, n_out, rng): three sizes of at least 1, and a NumPy
Generator that decides everything else. It builds one random instance and checks it. It raises GradientError if
something is wrong. Otherwise a case of DERIVATIVES returns Rows, and a case of REFERENCED returns the largest error
against its slow reference. If you add a layer, loss, objective, penalty or optimizer, add its case here; a test fails
until you do.
"""

from functools import partial

from minigan.gradcheck.cases.cures import CURES, cure_case
from minigan.gradcheck.cases.layers import labels_case, layer_case, network_case
from minigan.gradcheck.cases.losses import (
    ELEMENTWISE,
    LOSSES,
    OBJECTIVES,
    elementwise_case,
    label_smoothing_case,
    loss_case,
    objective_case,
)
from minigan.gradcheck.cases.penalties import PENALTIES, penalty_case
from minigan.gradcheck.cases.references import (
    FORWARD,
    OPTIMIZERS,
    average_case,
    batchnorm_averages_case,
    between_case,
    clip_weights_case,
    dropout_case,
    forward_case,
    optimizer_case,
    power_iteration_case,
)
from minigan.gradcheck.cases.shared import LAYERS
from minigan.gradcheck.cases.steps import d_step_case, g_step_case, vae_step_case

DERIVATIVES = {
    **{name: partial(layer_case, name) for name in LAYERS},
    "Labels": labels_case,
    **{name: partial(elementwise_case, name) for name in ELEMENTWISE},
    **{name: partial(loss_case, name) for name in LOSSES},
    **{name: partial(objective_case, name) for name in OBJECTIVES},
    "LabelSmoothing": label_smoothing_case,
    **{name: partial(penalty_case, name) for name in PENALTIES},
    "Network": network_case,
    **{f"d_step, {name}": partial(d_step_case, name) for name in OBJECTIVES},
    **{f"g_step, {name}": partial(g_step_case, name) for name in OBJECTIVES},
    **{f"g_step, {name}, after 20 rounds": partial(g_step_case, name, rounds=20) for name in OBJECTIVES},
    **{f"both steps, {name}": partial(cure_case, name) for name in CURES},
    "vae_step": vae_step_case,
}
REFERENCED = {
    **{f"{name}, forward": partial(forward_case, name) for name in FORWARD},
    "Dropout, forward": dropout_case,
    **{name: partial(optimizer_case, name) for name in OPTIMIZERS},
    "update_average": average_case,
    "BatchNorm, running averages": batchnorm_averages_case,
    "power_iteration": power_iteration_case,
    "between": between_case,
    "clip_weights": clip_weights_case,
}
