"""The four files of a data set, and what is known of MNIST's and Fashion-MNIST's."""

import hashlib
from functools import lru_cache

from firstcnn.data.idx import check_idx

TRAIN_IMAGES, TRAIN_LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
TEST_IMAGES, TEST_LABELS = "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"
FILES = (TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS)

# md5 of the unpacked files
MNIST_MD5 = {
    TRAIN_IMAGES: "6bbc9ace898e44ae57da46a324031adb",
    TRAIN_LABELS: "a25bea736e30d166cdddb491f175f624",
    TEST_IMAGES: "2646ac647ad5339dbf082846283269ea",
    TEST_LABELS: "27ae3e4e09519cfbb04c329615203637",
}
FASHION_MD5 = {
    TRAIN_IMAGES: "f4a8712d7a061bf5bd6d2ca38dc4d50a",
    TRAIN_LABELS: "9018921c3c673c538a1fc5bad174d6f9",
    TEST_IMAGES: "8181f5470baa50b63fa0f6fddb340f0a",
    TEST_LABELS: "15d484375f8d13e6eb1aabb0c3f46965",
}
KNOWN_SETS = {"MNIST": MNIST_MD5, "Fashion-MNIST": FASHION_MD5}

# Test images whose given label most annotators reject, by their place in the file: cleanlab's
# label-errors (Northcutt, Athalye and Mueller, "Pervasive Label Errors in Test Sets Destabilize
# Machine Learning Benchmarks", 2021).
DISPUTED_TEST_LABELS = (
    *(947, 1621, 1901, 2130, 2462, 2597, 2654, 3520),
    *(3558, 5937, 6651, 6783, 8527, 9679, 9729),
)


def check_mnist(name: str, content: bytes) -> None:
    """Require MNIST's file of that name, unpacked, byte for byte.

    Raises
    ------
    ValueError
        Otherwise; the message goes on where the file's name ends, as in "is truncated".
    """
    digest = md5(content)
    if digest != MNIST_MD5[name]:
        check_idx(name, content)
        raise ValueError(f"has the wrong checksum: md5 {digest}, expected {MNIST_MD5[name]}")


@lru_cache(maxsize=8)  # of the same content, one check after another asks for it
def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
