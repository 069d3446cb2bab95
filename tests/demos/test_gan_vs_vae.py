"""demos/gan_vs_vae.py: the GAN that it trains is not told labels, as the VAE beside it is not."""

import gan_vs_vae
import pytest


def test_the_gan_is_unconditional(monkeypatch):
    def train_gan(data, settings):
        assert not settings.conditional
        raise InterruptedError

    monkeypatch.setattr(gan_vs_vae, "train_gan", train_gan)
    monkeypatch.setattr("minigan.data.N_DRAWN", 200)
    monkeypatch.setattr("sys.argv", ["gan_vs_vae.py", "--data", "drawn"])
    with pytest.raises(InterruptedError):
        gan_vs_vae.main()
