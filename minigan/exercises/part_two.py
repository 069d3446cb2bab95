"""The further exercises: the game, minigan/gan; and at the end two for experts."""

from minigan.exercises.exercise import Exercise

EXERCISES = [
    Exercise(
        "non-saturating", "medium", "what D and G want, on logits",
        module="gan.objectives", write=("classify", "NonSaturating.g"),
        task="classify is D's loss: real samples should have D near 1, fake ones near 0. NonSaturating.g is G's "
             "loss, which falls when D takes fakes for real. Return each loss with its gradients, which contain the "
             "mean's 1/N.",
        hints=(
            "-log D = -log sigmoid(s) = softplus(-s), and -log(1 - D) = softplus(s).",
            "softplus' = sigmoid. So d/ds softplus(-s) = -sigmoid(-s). There are len(s_real) real and len(s_fake) "
            "fake scores, and each mean has its own N.",
        ),
        cases=("NonSaturating", "Minimax"),
        given=("NonSaturating.d",), hide=("= mean softplus", "As -log D", "ds_fake = ", "L_G = "),
        results=(("loss", "ds_real", "ds_fake"), ("loss", "ds_fake")),
    ),
    Exercise(
        "minimax", "easy", "the game as first written, and why G stops learning",
        module="gan.objectives", write=("Minimax.g",),
        task="G minimises what D maximises: the mean of log(1 - D(fake)). Return it with its gradient, on logits and "
             "without a logarithm of 0. Compare the gradient with the one of non-saturating where s_fake is far "
             "below 0.",
        hints=(
            "log(1 - sigmoid(s)) = log sigmoid(-s) = -softplus(s).",
            "The derivative of -softplus(s) is -sigmoid(s), and the mean divides by N.",
        ),
        cases=("Minimax",),
        given=("Minimax.d",), hide=("L_G = ",), results=(("loss", "ds_fake"),),
    ),
    Exercise(
        "d-step", "medium", "one turn of the discriminator",
        module="gan.steps", write=("d_step",), given=("forward_both", "backward_both"),
        task="Make fakes and score both kinds with forward_both. objective.d(s_real, s_fake) returns (L, ds_real, "
             "ds_fake), with which backward_both goes backward; then optimizer.step(D.grad). If there is a penalty, "
             "call it between backward and step, and add its value to L: of every cache, the first half of the rows "
             "belongs to the real samples, the second to the fake ones. You may leave out the ValueError.",
        hints=(
            "x_fake, _ = fakes or G.forward(z). G's caches are dropped: D's step needs no gradient of G.",
            "loss, ds_real, ds_fake = objective.d(s_real, s_fake). The halves of every cache are cache[:n] and "
            "cache[n:] with n = len(s_real). optimizer.step takes D.grad.",
            "x_fake = G(z); s_real, s_fake = D(x_real), D(x_fake); L and dL/ds by the objective; dL/dtheta_D by "
            "backward; L + P and dP/dtheta_D by the penalty; theta_D <- theta_D - step. Return L, s_real, s_fake.",
        ),
        cases=("d_step, NonSaturating", "d_step, Wasserstein", "both steps, r1, r2", "both steps, batchnorm",
               "both steps, packing", "both steps, wgan-gp"),
        results=(("loss", "s_real", "s_fake"),),
    ),
    Exercise(
        "g-step", "medium", "the line that makes it a GAN: from D's input into G's output",
        module="gan.steps", write=("g_step",),
        task="Make fakes, score them, take loss and gradient from objective.g(s_fake), and carry the gradient through "
             "D.backward(dy, caches, param_grads=True, input_grad=False) and G.backward; then optimizer.step(G.grad). "
             "D must not learn here, so D.grad stays as it is. If x_real is given, let D score it after the fakes, and "
             "call objective.g(s_fake, s_real).",
        hints=(
            "dL/ds_fake enters D at its output. Which argument of D.backward asks for the gradient at D's input, and "
            "which leaves D.grad alone?",
            "dx_fake = D.backward(..., param_grads=False, input_grad=True). x_fake is G's output, so dx_fake is the "
            "dy of G.backward.",
            "x_fake = G(z); s_fake = D(x_fake); L and dL/ds_fake by the objective; dL/dx_fake by D's backward; "
            "dL/dtheta_G by G's backward; theta_G <- theta_G - step. Return L, s_fake.",
        ),
        cases=("g_step, NonSaturating", "g_step, Relativistic", "g_step, NonSaturating, after 20 rounds",
               "both steps, batchnorm"),
        results=(("loss", "s_fake"),),
    ),
    Exercise(
        "average", "easy", "the second G, which makes better samples",
        module="gan.steps", write=("update_average",),
        task="Move average.theta towards G.theta in place: keep the share `decay` of it. Early on, decay is at most "
             "(1 + t) / (6 + t), where t is rounds_done. G stays as it is.",
        hints=(
            "average <- decay average + (1 - decay) G, on the vectors theta.",
            "Take the smaller of decay and (1 + rounds_done) / (6 + rounds_done) first. Then *= and +=.",
            "d = min(decay, (1 + t) / (6 + t)), average <- d average + (1 - d) G.",
        ),
        cases=("update_average",),
        results=((),),
    ),
    Exercise(
        "r1", "hard", "the gradient of a gradient",
        module="gan.penalties", write=("R1.__call__", "input_gradient", "add_gradient"),
        task="input_gradient goes backward through D's layers by hand and keeps what it finds at every layer. "
             "add_gradient adds the gradient of sum(u * g) to D.grad; read nn/layers.py on jvp and tangent_grads "
             "first. R1 puts the two together. If you have not met Tanh in D before, begin with layers whose "
             "tangent_grads return None.",
        hints=(
            "R1 = gamma/2 mean_n |g_n|^2, so u_n = dR1/dg_n = gamma g_n / N. And g = delta_0, with delta_K = 1 and "
            "delta_(k-1) = J_k^T delta_k: a backward pass without param_grads.",
            "t_0 = u, t_k = J_k t_(k-1) by layer.jvp(t, cache). At every layer, layer.tangent_grads(t_(k-1), "
            "delta_k, cache) adds to dW and returns a curvature or None. A curvature is a gradient with respect to "
            "that layer's input. It has to go backward through all layers before, and their param_grads count, too: "
            "but backward overwrites D.grad.",
        ),
        cases=("R1", "both steps, r1", "both steps, spectral, r1"),
        hide=("R1  =", "Backpropagation passes", "It is the gradient"), results=(("penalty",), ("g", "deltas"), ()),
    ),
    Exercise(
        "batchnorm", "expert", "a derivative through the mean and the variance of the batch",
        module="nn.batchnorm", write=("BatchNorm.backward", "BatchNorm.jvp"),
        task="Write jvp, the movement of y when x moves by t, and backward. Both know the cache, and the case "
             "train=False, in which mean and var are constants. If param_grads and train, backward also moves "
             "self.mean and self.var by self.momentum towards mean and var n / (n - 1), with n = self.count(dy).",
        hints=(
            "xhat = (x - m) r. When x moves by t, m moves by mean_k t_k, and v by 2 mean_k (x_k - m) t_k.",
            "r moves by -1/2 r^3 times what v moves by. So xhat moves by r (t - mean_k t_k - xhat mean_k (xhat_k "
            "t_k)). self.mean_over(a) is the mean over the samples. Is this map its own transpose?",
        ),
        cases=("BatchNorm", "BatchNorm, running averages"),
        given=("BatchNorm.forward", "BatchNorm.mean_over", "BatchNorm.count"), hide=("Tangent",),
        results=(("dx",), ("ty",)),
    ),
    Exercise(
        "wgan-gp", "expert", "a penalty on the length of a gradient",
        module="gan.wgan", write=("wgan_gp",),
        task="Add the gradient of the penalty to D.grad and return the penalty. input_gradient and add_gradient do "
             "what they do for R1. A length of 0 must not give nan: there u is 0.",
        hints=(
            "GP = weight mean_n (|g_n| - 1)^2. What is the derivative of |g| with respect to g_i?",
            "d|g|/dg_i = g_i / |g|. So u_n = 2 weight / N (|g_n| - 1) g_n / |g_n|.",
        ),
        cases=("wgan_gp", "both steps, wgan-gp"),
        hide=("GP  =",), results=(("penalty",),),
    ),
]  # fmt: skip
