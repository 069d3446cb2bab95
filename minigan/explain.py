"""One round of a GAN with all its numbers, as a printed worked example: python -m minigan.explain

Two tiny networks, two samples of each kind. Every gradient is printed beside its centred difference, and at the end
d_step and g_step, the code that trains, have to come to the same ones.
"""

import numpy as np

from minigan import cli
from minigan.gan.objectives import NonSaturating
from minigan.gan.steps import d_step, g_step
from minigan.gradcheck import centred_difference
from minigan.nn.activations import LeakyReLU
from minigan.nn.layers import Dense
from minigan.nn.losses import sigmoid
from minigan.nn.network import Network
from minigan.nn.optim import SGD

N, LR = 2, 0.5


def networks():
    """G and D, each Dense(1, 2), LeakyReLU, Dense(2, 1), with weights of one decimal: some that show what happens."""
    G, D = (Network([Dense(1, 2), LeakyReLU(0.2), Dense(2, 1)], dtype=np.float64) for _ in "GD")
    for network, first, second in ((G, [0.9, -0.6], [0.5, -0.7]), (D, [0.8, -0.5], [1.2, -0.4])):
        network.layers[0].W[...], network.layers[0].b[...] = [first], [0.1, 0.2]
        network.layers[2].W[...] = np.transpose([second])
    return G, D


def main():
    cli.Parser("python -m minigan.explain", "One round of a GAN, with all its numbers.").parse_args()
    G, D = networks()
    objective = NonSaturating()
    x_real, z_d, z_g = np.array([[1.1], [0.7]]), np.array([[0.5], [-1.0]]), np.array([[-0.4], [0.8]])
    print("One round of a GAN in numbers: D's step, then G's. Behind each name is its shape; N, the batch, is 2.")
    print("G and D are Dense(1, 2), LeakyReLU with slope .2, Dense(2, 1) each: 7 parameters each.")
    print("In each layer x is what goes in, y what comes out; dx, dy, dW, db are the loss's gradients by them, so that")
    print("the dy of a layer is the dx of the one above it, and ds, the gradient by the scores, that of the last one.")
    print("Right of each gradient stands its centred difference, (L(w+h) - L(w-h)) / 2h: no backpropagation in it.")

    title("D's step: G is used, not changed")
    print("1. Forward. G makes samples of noise; no gradient will go back there, so what it computed is not kept.")
    show(z=z_d)
    x_fake, _, _ = forward(G, z_d, "G")
    print("   Real samples, the upper two rows, and G's go through D as one batch.")
    x = np.concatenate([x_real, x_fake])
    show(x=x)
    s, inputs, caches = forward(D, x, "D")
    print("   What comes out is the score s, a logit; sigmoid(s) is the probability that a sample is real, to D.")
    show(D=sigmoid(s))

    print("\n2. The loss: -log D of real samples and -log (1 - D) of G's, each a mean over N.")

    def of_scores(s):
        return objective.d(s[:N], s[N:])[0]

    loss, ds_real, ds_fake = objective.d(s[:N], s[N:])
    ds = np.concatenate([ds_real, ds_fake])
    show(L_D=loss)
    print("   Its gradient by s is (D - 1) / N where real, D / N where fake: what D has wrong, over N.")
    show(ds=(ds, centred_difference(lambda: of_scores(s), s)))

    print("\n3. Backward through D, last layer first. Its first layer hands no gradient on: samples are not to move.")
    backward(D, ds, inputs, caches, of_scores)
    d_by_hand = D.grad.copy()
    SGD(D.theta, LR).step(D.grad)
    print(f"\n4. D steps against its gradient, w <- w - {LR} dw. Its loss on these samples was {loss:.4f} and is now")
    show(L_D=of_scores(D(x)))

    title("G's step: D is used, not changed")
    print("1. Forward, with new noise, through G and on through D, as D is now.")
    show(z=z_g)
    x_fake, g_inputs, g_caches = forward(G, z_g, "G")
    s, d_inputs, d_caches = forward(D, x_fake, "D")

    print("\n2. The loss: -log D of G's samples. G wants D to take them for real.")

    def of_samples(x):
        return objective.g(D(x))[0]

    loss, ds = objective.g(s)
    show(D=sigmoid(s), L_G=loss, ds=(ds, centred_difference(lambda: objective.g(s)[0], s)))

    print("\n3. Backward through D, down to its input. D's weights are asked for no gradient: they will not move.")
    dx = backward(D, ds, d_inputs, d_caches, lambda s: objective.g(s)[0], param_grads=False, input_grad=True)
    print(
        "\n4. Here the gradient crosses from D into G. What left D's input says how L_G changes with each sample, and"
    )
    print("   G's output is D's input: the same numbers are the gradient at G's output, the dy of its last layer. For")
    print(f"   a smaller L_G the samples should go {', '.join('up' if slope < 0 else 'down' for slope in dx.ravel())}.")

    print("\n5. Backward through G, as through any network.")
    backward(G, dx, g_inputs, g_caches, of_samples)
    g_by_hand = G.grad.copy()
    SGD(G.theta, LR).step(G.grad)
    print(f"\n6. G steps. Its loss with this noise was {loss:.4f} and is now")
    show(L_G=of_samples(G(z_g)))
    print("   and its samples went where they should:")
    show(**{"x before": x_fake, "x after": G(z_g)})

    title("The code that trains")
    G, D = networks()
    d_step(D, G, objective, SGD(D.theta, LR), x_real, z_d)
    g_step(D, G, objective, SGD(G.theta, LR), z_g)
    error = max(np.abs(D.grad - d_by_hand).max(), np.abs(G.grad - g_by_hand).max())
    print(f"Largest difference between these gradients and those of gan.d_step and gan.g_step: {error:.0e}")


def forward(network, x, name):
    """network.forward layer by layer; returns (y, the input of each layer, caches)."""
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
    """network.backward layer by layer; loss: a function of the network's output, for the centred differences."""
    for i in reversed(range(len(network.layers))):
        layer, x, wanted = network.layers[i], inputs[i], input_grad or i > 0

        def from_here(i=i, x=x):
            for above in network.layers[i:]:
                x, _ = above.forward(x)
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
    """Print numbers and arrays, a row a line; of a pair (gradient, centred difference) both."""
    for name, value in named.items():
        gradient, *difference = value if isinstance(value, tuple) else (value,)
        heads = [f"{name} {np.shape(gradient) or ''}"]
        for rows in zip(*map(np.atleast_2d, (gradient, *difference)), strict=True):
            cells = ["".join(f"{v:10.4f}" for v in row) for row in rows]
            print(f"      {heads.pop() if heads else '':18}" + "   |".join(f"{cell:22}" for cell in cells).rstrip())


if __name__ == "__main__":
    cli.main(main)
