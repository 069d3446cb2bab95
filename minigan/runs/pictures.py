"""The pictures in a run's folder: samples after each epoch, and curves at the end."""

import shutil

from minigan.ground.backend import to_host
from minigan.recipes import sampling
from minigan.runs import images


class Pictures:
    """Draws samples of a Training into the folder `out`, always from the same z."""

    def __init__(self, out, training, data, z):
        """data: that of training, on the host. z (n, latent_dim + k): what G makes the samples from."""
        self.out, self.training, self.data, self.z = out, training, data, z

    def draw(self, epoch):
        """Write samples/epoch_NNNN.png, and a copy of it as samples.png."""
        path = self.out / "samples" / f"epoch_{epoch:04d}.png"
        x = to_host(sampling.generate(self.training.settings, self.data, self.training.average, self.z))
        images.save_samples(path, x, self.data.shape, real=self.data.x[: len(x)])
        shutil.copyfile(path, self.out / "samples.png")

    def draw_curves(self, rows, floor=None):
        """Write curves.png from the rows of metrics.csv. floor: the distance of real images, if it was measured."""
        images.save_curves(self.out / "curves.png", rows, self.training.settings.probable, floor)
