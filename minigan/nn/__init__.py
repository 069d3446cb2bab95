"""The framework: layers, losses, networks and optimizers, with derivatives by hand. It knows nothing of GANs.

On the reader's path, in this order:

    losses.py        softplus, sigmoid and cross-entropy, on logits
    layers.py        what a layer is; Dense and Dropout
    activations.py   ReLU, LeakyReLU, Tanh, Sigmoid
    network.py       layers in a row: the chain rule
    optim.py         SGD and Adam

Not on the path: batchnorm.py, maxout.py and spectral.py are more layers, rmsprop.py is another optimizer, softmax.py is
the loss of a classifier, initial.py draws initial weights, and random.py draws random numbers on a CPU or a GPU.
"""
