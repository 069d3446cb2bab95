"""The framework: layers, losses, a network and optimizers, with derivatives by hand. It knows nothing of GANs.

Read losses.py, layers.py, activations.py, network.py and optim.py, in this order. The others add to them:
batchnorm.py and maxout.py are layers, rmsprop.py is an optimizer, random.py draws random numbers on both devices.
"""
