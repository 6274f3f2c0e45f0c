"""MNIST, or any data set in its format: brought to the disk, checked, split, and made ready for a
network.

A data set is a folder with four files in the IDX format of Yann LeCun's MNIST page: a magic number
(2051 for images, 2049 for labels), the size of every dimension, both big-endian, then one byte for
each value. Fashion-MNIST and KMNIST come the same way. Each file may be gzipped; if one is there
under several names (raw and gzipped, in the folder and in a ``raw`` below it), all of them have to
hold the same.

Two environment variables matter: FIRSTCNN_DATA names a folder of such files to use instead of
MNIST, FIRSTCNN_CACHE the folder for downloads. ``python -m firstcnn.data`` fetches the files and
says where.
"""

from firstcnn.data.errors import DataError
from firstcnn.data.folders import cache_folder
from firstcnn.data.known import DISPUTED_TEST_LABELS
from firstcnn.data.reading import checksum, fetch, fetch_and_tell, files, torchvision_root
from firstcnn.data.sets import (
    ImageSet,
    open_test_set,
    open_training_sets,
    pixel_statistics,
    prepare,
    test_image,
    test_labels,
)

__all__ = [
    "DISPUTED_TEST_LABELS",
    "DataError",
    "ImageSet",
    "cache_folder",
    "checksum",
    "fetch",
    "fetch_and_tell",
    "files",
    "open_test_set",
    "open_training_sets",
    "pixel_statistics",
    "prepare",
    "test_image",
    "test_labels",
    "torchvision_root",
]
