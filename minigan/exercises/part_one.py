"""The first exercises: the framework, minigan/nn."""

from minigan.exercises.exercise import Exercise

EXERCISES = [
    Exercise(
        "softplus", "easy", "why log(1 + exp(x)) is not written as it reads",
        module="nn.losses", write=("softplus",),
        task="Return log(1 + exp(x)) for every entry of x. Neither exp nor the result may overflow for large |x|, "
             "and small results keep all their digits. It must also work for complex x, because the check measures "
             "derivatives with them. So do not use abs: positive_part(x) is max(x, 0) and magnitude(x) is |x|, for "
             "real and complex x.",
        hints=(
            "log(1 + exp(x)) = log(exp(x) (exp(-x) + 1)). When is this form safe, and when the one that you started "
            "from?",
            "For x > 0 take x out of the logarithm: x + log(1 + exp(-x)). For x <= 0 nothing overflows: log(1 + "
            "exp(x)). Both are one formula with max(x, 0) and |x|. np.log1p(a) is log(1 + a) and keeps the digits of "
            "a small a.",
        ),
        cases=("softplus",),
        hide=("Evaluated",),
    ),
    Exercise(
        "sigmoid", "easy", "a probability that never overflows",
        module="nn.losses", write=("sigmoid",),
        task="Return 1 / (1 + exp(-x)) for every entry of x. No exponential may overflow for large |x|, and small "
             "results keep all their digits. It must also work for complex x, because the check measures derivatives "
             "with them. So do not use abs: positive_part(x) is max(x, 0) and magnitude(x) is |x|, for real and "
             "complex x.",
        hints=(
            "1 / (1 + exp(-x)) is safe for x >= 0. Multiply numerator and denominator by exp(x): which x is that for?",
            "For x < 0: exp(x) / (exp(x) + 1). In both cases the denominator is 1 + exp(-|x|). What is the "
            "numerator, as one formula with min(x, 0)? And min(x, 0) is x - max(x, 0).",
        ),
        cases=("sigmoid",),
        hide=("Evaluated",),
    ),
    Exercise(
        "bce", "easy", "cross-entropy on logits, and its surprisingly simple gradient",
        module="nn.losses", write=("bce_with_logits",),
        task="Return the loss L and its gradient ds, an array like s. Do not compute log(sigmoid(s)): write both "
             "logarithms with softplus. The mean's 1/n belongs in ds; you need not compare the shapes.",
        hints=(
            "-log sigmoid(s) = log(1 + exp(-s)) = softplus(-s). What is -log(1 - sigmoid(s))?",
            "L = mean [target softplus(-s) + (1 - target) softplus(s)]. The derivative of softplus(s) is sigmoid(s). "
            "What is that of softplus(-s)?",
        ),
        cases=("bce_with_logits",),
        hide=("It is infinite",), results=(("L", "ds"),),
    ),
    Exercise(
        "dense-forward", "easy", "a layer, its windows onto theta, and its cache",
        module="nn.layers", write=("Dense.forward",),
        task="Return y and the cache. The cache is what backward will need and cannot compute from dy: here it is x "
             "itself. Use self.W and self.b, and do not change x.",
        hints=(
            "y_nj = sum_i x_ni W_ij + b_j. Which NumPy operator computes the sum over i for all n and j at once?",
            "x is (N, n_in) and W is (n_in, n_out), so x @ W is (N, n_out). b has shape (n_out,) and is added to "
            "every row.",
            "y = x W + b, as matrices, and the cache is x.",
        ),
        cases=("Dense, forward", "Dense"),
        hide=("Backward",), results=(("y", "cache"),),
    ),
    Exercise(
        "dense-backward", "medium", "the three matrix products of backpropagation",
        module="nn.layers", write=("Dense.backward",),
        task="Given dy = dL/dy (N, n_out) and the cache of forward, write dL/dW and dL/db and return dL/dx. Write "
             "into self.dW[...] and the like, never rebind them: they are views of the network's gradient. Skip what "
             "param_grads or input_grad says is not needed, and return None in place of dx.",
        hints=(
            "y_nj = sum_i x_ni W_ij + b_j. In which entries of y does W_ij occur, and with which factor?",
            "W_ij occurs in y_nj for every sample n, with factor x_ni, so dW_ij = sum_n x_ni dy_nj. As a matrix "
            "product, which of x and dy is transposed? Then ask the same for b_j, and for x_ni.",
        ),
        cases=("Dense", "Network"),
        given=("Dense.forward",), hide=("Backward",), results=(("dx",),),
    ),
    Exercise(
        "leaky-relu", "easy", "an activation whose derivative is a mask",
        module="nn.activations", write=("LeakyReLU.forward",),
        task="Return y, and the slope as the cache: an array like x, in x's real dtype. minigan's Slope.backward "
             "returns dy times this slope. x may be complex in the check: then compare x.real.",
        hints=(
            "y = slope x, with slope 1 where x > 0 and alpha elsewhere.",
            "np.where(x.real > 0, 1.0, alpha) gives the slope of every entry. At x = 0 it is alpha.",
            "slope_ni = 1 if x_ni > 0 else alpha; y_ni = slope_ni x_ni; the cache is slope.",
        ),
        cases=("LeakyReLU, forward", "LeakyReLU", "ReLU"),
        hide=("Backward",), helpers=("LeakyReLU.sloped", "leaky_slope"), results=(("y", "slope"),),
    ),
    Exercise(
        "tanh", "easy", "a derivative that is written in the output",
        module="nn.activations", write=("Tanh.forward", "Tanh.backward"),
        task="Write both passes. Choose the cache such that backward need not compute tanh again: y itself. Return "
             "None from backward if input_grad is false.",
        hints=(
            "y = tanh x. What is tanh', written in y alone?",
            "tanh' = 1 - tanh^2 = 1 - y^2. The chain rule multiplies by what comes from above: dx = dy (1 - y^2).",
        ),
        cases=("Tanh, forward", "Tanh", "d_step, NonSaturating", "g_step, Relativistic"),
        hide=("Backward",), helpers=("times_tanh_slope",), results=(("y", "cache"), ("dx",)),
    ),
    Exercise(
        "dropout", "medium", "why the units that are kept are made larger",
        module="nn.layers", write=("Dropout.forward",),
        task="Return y and the slopes as the cache. self.draw(x.shape, x) gives True for the entries to keep; call "
             "it once, and only if train. With train=False, y is x, and the cache has one slope of 1 per row: shape "
             "(N, 1). All of them are in x's real dtype.",
        hints=(
            "An entry is kept with probability 1 - rate. What must it be multiplied by, so that its mean stays x?",
            "slope = keep / (1 - rate), in x's real dtype: x.real.dtype. y = x slope.",
            "With train: slope_ni = keep_ni / (1 - rate), y_ni = x_ni slope_ni, and the cache is slope. Without: y = "
            "x, and the cache is np.ones_like(x.real[:, :1]).",
        ),
        cases=("Dropout, forward", "Dropout"),
        hide=("slope_ni",), helpers=("Dropout.masked",), results=(("y", "slope"),),
    ),
    Exercise(
        "chain-rule", "medium", "backpropagation through a whole network, in four lines",
        module="nn.network", write=("Network.backward",),
        task="Go through self.layers from the last to the first. Each layer's backward takes the gradient of its "
             "output and its own cache, and returns the gradient of its input, which is the output of the layer "
             "before. Without input_grad, ask no layer for a gradient that nobody needs.",
        hints=(
            "dL/dx_k = (dL/dx_(k+1)) through layer k. Where does the first dy come from, and what becomes the next "
            "dy?",
            "dy = layer.backward(dy, cache, param_grads, input_grad) in a reversed loop. The first layer with "
            "parameters is the last one that has work to do if input_grad is false. Every layer after it must return "
            "its dx.",
            "first = 0 if input_grad, else the index of the first layer with parameters (0 if there is none). For i "
            "from K - 1 down to first: dy_(i-1) = J_i^T dy_i, where layer i is asked for it if input_grad or i > "
            "first. Return the last one.",
        ),
        cases=("Network", "R1", "g_step, NonSaturating", "both steps, dropout", "both steps, conditional"),
        given=("Network.forward",), results=(("dx",),),
    ),
    Exercise(
        "sgd", "easy", "momentum is one more array",
        module="nn.optim", write=("SGD.move",),
        task="Update v and theta in place: write into them, do not rebind them. self.lr and self.momentum are the "
             "settings. grad stays as it is.",
        hints=(
            "v <- mu v + grad. Which NumPy operators change an array in place?",
            "theta <- theta - lr v, with the new v. v *= self.momentum and so on.",
        ),
        cases=("SGD",),
        hide=("v <- mu",), results=((),),
    ),
    Exercise(
        "adam", "medium", "the optimizer that nearly all GANs use",
        module="nn.optim", write=("Adam.move",),
        task="Update m, v and theta in place with the t-th step of Adam; self.t counts from 1. self.lr, self.beta1, "
             "self.beta2 and self.eps are the settings. You may store the paper's m and v, or other multiples of "
             "them.",
        hints=(
            "m <- beta1 m + (1 - beta1) grad and v <- beta2 v + (1 - beta2) grad^2. Both start at 0. By which factor "
            "is m too small after t steps?",
            "mhat = m / (1 - beta1^t), vhat = v / (1 - beta2^t), theta <- theta - lr mhat / (sqrt(vhat) + eps).",
        ),
        cases=("Adam",),
        hide=("The t-th step",), helpers=("Adam.update",), private=("m", "v"), results=((),),
    ),
]  # fmt: skip
