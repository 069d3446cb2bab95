"""Prints one round of a GAN with all its numbers, as a worked example: python -m minigan.explain

The networks are tiny, and there are two real and two fake samples. Every gradient is printed beside its centred
difference. At the end the same round runs in d_step and g_step, the code that trains, and the gradients are compared.
"""

import numpy as np

from minigan.gan.objectives import NonSaturating
from minigan.gan.steps import d_step, g_step
from minigan.gradcheck import centred_difference
from minigan.ground import cli
from minigan.nn.activations import LeakyReLU
from minigan.nn.layers import Dense
from minigan.nn.losses import sigmoid
from minigan.nn.network import Network
from minigan.nn.optim import SGD

N, LR = 2, 0.5


def networks():
    """G and D, each Dense(1, 2), LeakyReLU, Dense(2, 1). With these weights LeakyReLU meets both signs of its input."""
    G, D = (Network([Dense(1, 2), LeakyReLU(0.2), Dense(2, 1)], dtype=np.float64) for _ in "GD")
    for network, first, second in ((G, [0.9, -0.6], [0.5, -0.7]), (D, [0.8, -0.5], [1.2, -0.4])):
        network.layers[0].W[...], network.layers[0].b[...] = [first], [0.1, 0.2]
        network.layers[2].W[...] = np.transpose([second])
    return G, D


def main():
    cli.Parser("python -m minigan.explain", cli.COMMANDS["explain"]).parse_args()
    G, D = networks()
    objective = NonSaturating()
    x_real, z_d, z_g = np.array([[1.1], [0.7]]), np.array([[0.5], [-1.0]]), np.array([[-0.4], [0.8]])
    print("One round of a GAN in numbers: first D's step, then G's. The batch has N = 2 samples of each kind.")
    print("G and D have 7 parameters each: Dense(1, 2), LeakyReLU with slope 0.2, Dense(2, 1).")
    print("Each name is followed by its shape. x is the input of a layer, y its output. dx, dy, dW and db are the")
    print("gradients of the loss with respect to x, y, W and b. So the dy of a layer is the dx of the layer after it.")
    print("The dy of the last layer is ds, the gradient with respect to the scores s.")
    print("To the right of each gradient is its centred difference, (L(w+h) - L(w-h)) / 2h: no backward pass needed.")

    title("D's step: G is used but not changed")
    print("1. Forward. G turns noise into samples. No gradient flows back into G in this step: its caches are dropped.")
    show(z=z_d)
    x_fake, _, _ = forward(G, z_d, "G")
    print("   The two real samples and, below them, the two fake ones go through D as one batch.")
    x = np.concatenate([x_real, x_fake])
    show(x=x)
    s, inputs, caches = forward(D, x, "D")
    print("   The output is the score s, a logit. D = sigmoid(s) is D's probability that a sample is real.")
    show(D=sigmoid(s))

    print("\n2. The loss: the mean of -log D over the real samples plus the mean of -log(1 - D) over the fake ones.")

    def of_scores(s):
        return objective.d(s[:N], s[N:])[0]

    loss, ds_real, ds_fake = objective.d(s[:N], s[N:])
    ds = np.concatenate([ds_real, ds_fake])
    show(L_D=loss)
    print("   Its gradient with respect to s is (D - 1) / N for real samples, D / N for fake ones: D's error over N.")
    show(ds=(ds, centred_difference(lambda: of_scores(s), s)))

    print("\n3. Backward through D, starting at the last layer. The first layer skips dx, which nobody needs.")
    backward(D, ds, inputs, caches, of_scores)
    d_by_hand = D.grad.copy()
    SGD(D.theta, LR).step(D.grad)
    print(f"\n4. D takes a step against its gradient, w <- w - {LR} dw. Its loss was {loss:.4f}. It is now")
    show(L_D=of_scores(D(x)))

    title("G's step: D is used but not changed")
    print("1. Forward with new noise, through G and then through D, which has just taken its step.")
    show(z=z_g)
    x_fake, g_inputs, g_caches = forward(G, z_g, "G")
    s, d_inputs, d_caches = forward(D, x_fake, "D")

    print("\n2. The loss: the mean of -log D over the fake samples. It falls when D takes them for real.")

    def of_samples(x):
        return objective.g(D(x))[0]

    loss, ds = objective.g(s)
    show(D=sigmoid(s), L_G=loss, ds=(ds, centred_difference(lambda: objective.g(s)[0], s)))

    print("\n3. Backward through D, down to its input. No dW and db are computed: D does not learn in this step.")
    dx = backward(D, ds, d_inputs, d_caches, lambda s: objective.g(s)[0], param_grads=False, input_grad=True)
    print("\n4. Here the gradient passes from D to G. The dx of D's first layer says how L_G changes with each sample.")
    print("   The samples are G's output, so the same numbers are the dy of G's last layer. To lower L_G,")
    for i, slope in enumerate(dx.ravel(), 1):
        print(f"   sample {i} should {'increase' if slope < 0 else 'decrease'}{'.' if i == len(dx) else ' and'}")

    print("\n5. Backward through G, as through any network.")
    backward(G, dx, g_inputs, g_caches, of_samples)
    g_by_hand = G.grad.copy()
    SGD(G.theta, LR).step(G.grad)
    print(f"\n6. G takes a step. Its loss was {loss:.4f}. It is now")
    show(L_G=of_samples(G(z_g)))
    print("   and its samples have moved as they should:")
    show(**{"x before": x_fake, "x after": G(z_g)})

    title("The code that trains")
    G, D = networks()
    d_step(D, G, objective, SGD(D.theta, LR), x_real, z_d)
    g_step(D, G, objective, SGD(G.theta, LR), z_g)
    error = max(np.abs(D.grad - d_by_hand).max(), np.abs(G.grad - g_by_hand).max())
    print("The same round, computed by minigan.gan.d_step and g_step.")
    print(f"Largest difference between their gradients and those above: {error:.0e}")


def forward(network, x, name):
    """Print network.forward layer by layer. Returns (y, the input of each layer, caches)."""
    inputs, caches = [], []
    for i, layer in enumerate(network.layers):
        inputs.append(x)
        x, cache = layer.forward(x)
        caches.append(cache)
        if isinstance(layer, Dense):
            print(f"   {name}'s layer {i}, Dense: y = x W + b")
            show(W=layer.W, b=layer.b, y=x)
        else:
            print(f"   {name}'s layer {i}, LeakyReLU: y = x where x > 0, else {layer.alpha} x")
            show(y=x)
    return x, inputs, caches


def backward(network, dy, inputs, caches, loss, param_grads=True, input_grad=False):
    """Print network.backward layer by layer, beside centred differences. Returns the dx of the first layer, or None.

    inputs, caches: from forward. loss: a function of the network's output.
    """
    for i in reversed(range(len(network.layers))):
        layer, x, wanted = network.layers[i], inputs[i], input_grad or i > 0

        def from_here(i=i, x=x):
            for following in network.layers[i:]:
                x, _ = following.forward(x)
            return loss(x)

        dy = layer.backward(dy, caches[i], param_grads, wanted)
        if isinstance(layer, Dense):
            formulas = ["dW = x^T dy", "db = sum of dy's rows"] * param_grads + ["dx = dy W^T"] * wanted
        else:
            formulas = [f"dx = dy where x > 0, else {layer.alpha} dy"]
        print(f"   layer {i}, {type(layer).__name__}: {', '.join(formulas)}")
        if isinstance(layer, Dense) and param_grads:
            show(dW=(layer.dW, centred_difference(from_here, layer.W)))
            show(db=(layer.db, centred_difference(from_here, layer.b)))
        if wanted:
            show(dx=(dy, centred_difference(from_here, x)))
    return dy


def title(text):
    print(f"\n\n{text}\n{'=' * len(text)}\n")


def show(**named):
    """Print named numbers and arrays, one row of an array in each line. A pair is (gradient, centred difference)."""
    for name, value in named.items():
        gradient, *difference = value if isinstance(value, tuple) else (value,)
        heads = [f"{name} {np.shape(gradient) or ''}"]
        for rows in zip(*map(np.atleast_2d, (gradient, *difference)), strict=True):
            cells = ["".join(f"{v:10.4f}" for v in row) for row in rows]
            print(f"      {heads.pop() if heads else '':18}" + "   |".join(f"{cell:22}" for cell in cells).rstrip())


if __name__ == "__main__":
    cli.main(main)
