"""A GAN that you can compute with pencil and paper: every number below is derived beside it.

G and D have the same shape: 1 input, 2 hidden units with a LeakyReLU of slope .2, 1 output. There is one noise value z.

      z = 2  ---- G ---->  x_fake = 1  ---- D ---->  s = 0

Read the tests in order. `python -m minigan.explain` prints a longer example, with two samples of each kind.
"""

import numpy as np
import pytest

from minigan import Adam, Dense, LeakyReLU, Network, NonSaturating, d_step, g_step
from minigan.nn.optim import SGD

Z = np.array([[2.0]])


def network(W0, b0, W1, b1):
    net = Network([Dense(1, 2), LeakyReLU(0.2), Dense(2, 1)], dtype=np.float64)
    first, _, last = net.layers
    first.W[...], first.b[...] = [W0], b0  # (1, 2) and (2,)
    last.W[...], last.b[...] = np.transpose([W1]), b1  # (2, 1) and (1,)
    return net


@pytest.fixture
def G():
    return network(W0=[1.0, -1.0], b0=[0.5, 0.5], W1=[1.0, 5.0], b1=[0.0])


@pytest.fixture
def D():
    return network(W0=[2.0, -1.0], b0=[1.0, -1.0], W1=[1.0, 5.0], b1=[-1.0])


def same(got, expected):
    np.testing.assert_allclose(got, expected, rtol=0.0, atol=1e-12)


def test_1_forward_through_g(G):
    first, leaky, last = G.layers
    x, _ = first.forward(Z)
    same(x, [[2.5, -1.5]])  #       2 * 1 + .5       and   2 * (-1) + .5
    x, _ = leaky.forward(x)
    same(x, [[2.5, -0.3]])  #       2.5 is positive  and   -1.5 * .2
    x, _ = last.forward(x)
    same(x, [[1.0]])  #             2.5 * 1  +  (-.3) * 5  +  0


def test_2_forward_through_d(D):
    first, leaky, last = D.layers
    x, _ = first.forward(np.array([[1.0]]))
    same(x, [[3.0, -2.0]])  #       1 * 2 + 1        and   1 * (-1) - 1
    x, _ = leaky.forward(x)
    same(x, [[3.0, -0.4]])  #       3 is positive    and   -2 * .2
    s, _ = last.forward(x)
    same(s, [[0.0]])  #             3 * 1  +  (-.4) * 5  -  1


def test_3_the_loss_of_g_and_its_gradient():
    """D's score is 0, so D gives the fake sample the probability sigmoid(0) = 1/2 of being real."""
    loss, ds = NonSaturating().g(np.array([[0.0]]))
    same(loss, np.log(2.0))  #      L_G = -log(1/2)
    same(ds, [[-0.5]])  #           dL/ds = sigmoid(s) - 1: a higher score would lower G's loss


def test_4_backward_through_d_to_its_input(D):
    _, (x0, slope, x2) = D.forward(np.array([[1.0]]))
    first, leaky, last = D.layers
    dx = last.backward(np.array([[-0.5]]), x2, param_grads=False)
    same(dx, [[-0.5, -2.5]])  #     -.5 * 1          and   -.5 * 5, the weights of the last layer
    dx = leaky.backward(dx, slope)
    same(dx, [[-0.5, -0.5]])  #     -.5 * 1          and   -2.5 * .2, the slopes
    dx = first.backward(dx, x0, param_grads=False)
    same(dx, [[-0.5]])  #           -.5 * 2  +  (-.5) * (-1): both units saw the one input
    same(D.grad, 0.0)  #            D's own gradient was not asked for


def test_5_that_number_is_a_derivative(D):
    """dL/dx = -.5 means: if x grows by .001, the loss falls by about .0005."""

    def loss(x):
        return NonSaturating().g(D(np.array([[x]])))[0]

    assert loss(1.001) - loss(1.0) == pytest.approx(-0.0005, rel=0.001)


def test_6_the_gradient_crosses_into_g(G):
    """D's input is G's output. So dL/dx = -.5 at D's input is the dy of G's last layer."""
    _, (x0, slope, x2) = G.forward(Z)
    first, leaky, last = G.layers
    dx = last.backward(np.array([[-0.5]]), x2)
    same(last.dW, [[-1.25], [0.15]])  #   the layer's inputs 2.5 and -.3, times -.5
    same(last.db, [-0.5])  #              1 times -.5
    same(dx, [[-0.5, -2.5]])  #           -.5 * 1    and   -.5 * 5
    dx = leaky.backward(dx, slope)
    same(dx, [[-0.5, -0.5]])  #           -.5 * 1    and   -2.5 * .2
    first.backward(dx, x0)
    same(first.dW, [[-1.0, -1.0]])  #     the layer's input z = 2, times -.5
    same(first.db, [-0.5, -0.5])


def test_7_g_step_does_all_of_this(G, D):
    loss, s_fake = g_step(D, G, NonSaturating(), SGD(G.theta, lr=0.1), Z)
    same(loss, np.log(2.0))
    same(s_fake, [[0.0]])
    first, _, last = G.layers
    same(last.dW, [[-1.25], [0.15]])  #   as in test 6
    same(last.W, [[1.125], [4.985]])  #   1 + .1 * 1.25    and   5 - .1 * .15: against the gradient
    same(first.W, [[1.1, -0.9]])  #       1 + .1 * 1       and   -1 + .1 * 1
    assert G(Z) > 1.0  #                  the fake sample has moved up, as dL/dx = -.5 asked for,
    assert D(G(Z)) > 0.0  #               so D's score for it is higher
    same(D.layers[0].W, [[2.0, -1.0]])  # D has not moved,
    same(D.grad, 0.0)  #                  nor was its own gradient computed


def test_8_d_step_adds_the_gradients_of_real_and_fake(G, D):
    """The fake sample is 1, with s = 0. The real one is 3: D maps it to (7, -4), (7, -.8), and s = 7 - 4 - 1 = 2."""
    loss, s_real, s_fake = d_step(D, G, NonSaturating(), SGD(D.theta, lr=0.1), np.array([[3.0]]), Z)
    same(s_real, [[2.0]])
    same(s_fake, [[0.0]])
    assert loss == pytest.approx(0.1269 + 0.6931, abs=1e-4)  # -log sigmoid(2)  and  -log(1 - sigmoid(0))
    # ds is sigmoid(2) - 1 = -.1192 for the real sample, whose score should rise, and sigmoid(0) = .5 for the fake one.
    # Backward, as in test 4, each reaches both hidden units unchanged: ds * 1 * 1 = ds, and ds * 5 * .2 = ds.
    first, _, last = D.layers
    np.testing.assert_allclose(last.dW, [[0.6656], [-0.1046]], atol=1e-4)  # 7 * -.1192 + 3 * .5, -.8 * -.1192 - .4 * .5
    np.testing.assert_allclose(last.db, [0.3808], atol=1e-4)  #              -.1192 + .5
    np.testing.assert_allclose(first.dW, [[0.1424, 0.1424]], atol=1e-4)  #   3 * -.1192 + 1 * .5, twice
    np.testing.assert_allclose(first.db, [0.3808, 0.3808], atol=1e-4)  #     -.1192 + .5, twice
    same(G(Z), [[1.0]])  #                                                   G has not moved


def test_9_two_steps_of_adam():
    """One parameter, theta = 1, with beta1 = .5, beta2 = .75, and eps = 0. Its gradient is first 2 and then -2.

        step   m                    v                    mhat               vhat               lr mhat / sqrt(vhat)
        1      .5 * 0 + .5 * 2 = 1  .75*0 + .25*4 = 1    1 / .5 = 2         1 / .25 = 4        .3 * 2/2     =  .3
        2      .5 * 1 - .5 * 2      .75*1 + .25*4        -.5 / .75 = -2/3   1.75 / .4375 = 4   .3 * (-1/3)  = -.1
               = -.5                = 1.75

    The first step is as long as lr, whatever the size of the gradient. The second goes back only a third of the way,
    because m still remembers the first gradient.
    """
    theta = np.array([1.0])
    adam = Adam(theta, lr=0.3, beta1=0.5, beta2=0.75, eps=0.0)
    adam.step(np.array([2.0]))
    same(theta, [0.7])  #                 1 - .3
    adam.step(np.array([-2.0]))
    same(theta, [0.8])  #                 .7 + .1
