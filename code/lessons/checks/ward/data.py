"""The exercises of the page on data: what to print first, and how to cure it."""

from bookkit.exercises.verdict import Exercise, Wrong
from torch import Tensor

from lessons.checks.answers import function
from lessons.checks.ward.arranged import (
    Handed,
    Pairs,
    Sides,
    about_batches,
    about_order,
    about_pixels,
    about_sides,
    arranged,
    can_be_learned_from,
    handed_out,
    is_in_one_new_order,
    makes,
    mixes,
    sides,
    splits_cleanly,
)
from lessons.checks.ward.judged import TRAINING, observation

OTHERWISE = "Choose one of the four observations that the text above lists."


def _as_stored(pixels: Tensor) -> Tensor:
    return pixels[:, None].float()


def _scaled_twice(pixels: Tensor) -> Tensor:
    return pixels[:, None].float() / 255 / 255


def _cut_to_bits(pixels: Tensor) -> Tensor:
    return pixels[:, None].float() // 255


def _as_before(pixels: Tensor) -> Tensor:
    return pixels[:, None].float() - 33


def _hardly_moved(pixels: Tensor) -> Tensor:
    return pixels[:, None].float() - 0.13


CURE_9 = Exercise(
    id="ward-one-answer-cure",
    read=function,
    seconds=TRAINING,
    right=can_be_learned_from,
    observed=about_pixels,
    praise=(
        "The check trained with these pixels, and the network learned as a healthy one does. Any"
        " range of about 1 would do."
    ),
    otherwise="From where to where should the values go that reach the first layer?",
    wrong=(
        Wrong(
            name="the pixels as they are in the file",
            typed=("return pixels[:, None].float()",),
            hint="The values are those of the file: the largest pixel is still 255.",
            shows=makes(_as_stored),
        ),
        Wrong(
            name="scaled twice",
            typed=("return pixels[:, None].float() / 255 / 255",),
            hint=(
                "The largest pixel is now 1/255. With a hundredth of the usual size, the steps are"
                " as much too short as they were too long."
            ),
            shows=makes(_scaled_twice),
        ),
        Wrong(
            name="divided without a remainder",
            typed=("return pixels[:, None].float() // 255",),
            hint=(
                "Division by // gives whole numbers: every pixel below 255 is now 0. Little is left"
                " of the digits."
            ),
            shows=makes(_cut_to_bits),
        ),
        Wrong(
            name="the mean taken off, as before",
            typed=("return pixels[:, None].float() - 33",),
            hint="The values are those of patient 9: the mean is gone, the largest pixel is 222.",
            shows=makes(_as_before),
        ),
        Wrong(
            name="the mean of another scale taken off",
            typed=("return pixels[:, None].float() - 0.13",),
            hint="This moves all pixels by a little. The largest one is still above 254.",
            shows=makes(_hardly_moved),
        ),
    ),
)


def _moved(values: list[int], unmoved: list[int]) -> bool:
    return values != unmoved and sorted(values) == sorted(unmoved)


_NUMBERS = list(range(80))
_LABELS = [number // 3 % 10 for number in _NUMBERS]


def _two_orders(seen: Pairs) -> bool:
    both = _moved(seen.numbers, _NUMBERS) and _moved(seen.labels, _LABELS)
    return both and not seen.in_step()


def _images_alone(seen: Pairs) -> bool:
    return _moved(seen.numbers, _NUMBERS) and seen.labels == _LABELS


def _labels_alone(seen: Pairs) -> bool:
    return seen.numbers == _NUMBERS and _moved(seen.labels, _LABELS)


def _drawn_again(seen: Pairs) -> bool:
    as_many = len(seen.numbers) == len(_NUMBERS)
    return as_many and seen.in_step() and len(set(seen.numbers)) < len(_NUMBERS)


def _as_they_came(seen: Pairs) -> bool:
    return seen.numbers == _NUMBERS and seen.labels == _LABELS


CURE_10 = Exercise(
    id="ward-chance-cure",
    read=function,
    seconds=TRAINING,
    right=is_in_one_new_order,
    look=arranged,
    observed=about_order,
    praise=(
        "Each label still belongs to its image. The check trained with this order, and the network"
        " learned as a healthy one does."
    ),
    otherwise="How many orders are drawn, and which of them does each of the two follow?",
    wrong=(
        Wrong(
            name="two orders",
            typed=(
                "images = images[torch.randperm(len(images))]\n"
                "labels = labels[torch.randperm(len(labels))]\n"
                "return images, labels",
            ),
            hint="Images and labels both moved, and not alike: they follow two orders, as before.",
            shows=_two_orders,
        ),
        Wrong(
            name="the images alone",
            typed=("order = torch.randperm(len(labels))\nreturn images[order], labels",),
            hint="The images have a new order, and the labels are in the old one.",
            shows=_images_alone,
        ),
        Wrong(
            name="the labels alone",
            typed=("order = torch.randperm(len(labels))\nreturn images, labels[order]",),
            hint="The labels have a new order, and the images are in the old one.",
            shows=_labels_alone,
        ),
        Wrong(
            name="drawn with repeats",
            typed=(
                "order = torch.randint(len(labels), (len(labels),))\n"
                "return images[order], labels[order]",
            ),
            hint=(
                "Each label belongs to its image. Some images are there twice and others not at"
                " all: an order has each number once."
            ),
            shows=_drawn_again,
        ),
        Wrong(
            name="as they came",
            typed=("return images, labels",),
            hint="They are in step, and in the order in which they came. A new one was asked for.",
            shows=_as_they_came,
        ),
    ),
)


def _sorted(seen: Handed) -> bool:
    all_of_them = seen.all()
    in_order = all_of_them.labels == sorted(all_of_them.labels)
    return all_of_them.in_step() and all_of_them.complete() and in_order


def _one_batch(seen: Handed) -> bool:
    return len(seen.batches) == 1 and seen.all().complete() and seen.all().in_step()


def _one_by_one(seen: Handed) -> bool:
    single = all(len(each.numbers) == 1 for each in seen.batches)
    return single and seen.all().complete() and seen.all().in_step()


def _out_of_step(seen: Handed) -> bool:
    return seen.all().complete() and not seen.all().in_step()


CURE_11 = Exercise(
    id="ward-jumps-cure",
    read=function,
    seconds=TRAINING,
    right=mixes,
    look=handed_out,
    observed=about_batches,
    praise=(
        "Each batch is mixed, and anew in each epoch. The check trained with your batches, and the"
        " network learned as a healthy one does."
    ),
    otherwise="Each batch should hold 64 images of many digits, each with its own label.",
    wrong=(
        Wrong(
            name="one folder after the other",
            typed=("return DataLoader(folders, batch_size=64)",),
            hint=(
                "The batches come one digit after the other, as before. What has a DataLoader to"
                " be told?"
            ),
            shows=_sorted,
        ),
        Wrong(
            name="everything in one batch",
            typed=("return DataLoader(folders, batch_size=len(labels), shuffle=True)",),
            hint=(
                "All of the check's 80 images come in a single batch. An epoch is one step then:"
                " how many images should a batch have?"
            ),
            shows=_one_batch,
        ),
        Wrong(
            name="one image at a time",
            typed=("return DataLoader(folders, shuffle=True)",),
            hint=(
                "The order is mixed, and each batch holds a single image. How does a DataLoader"
                " learn the size of a batch?"
            ),
            shows=_one_by_one,
        ),
        Wrong(
            name="the images mixed without their labels",
            typed=(
                "mixed = TensorDataset(images[torch.randperm(len(labels))], labels)\n"
                "return DataLoader(mixed, batch_size=64, shuffle=True)",
            ),
            hint="The batches are mixed, and images have labels of others: this is patient 10.",
            shows=_out_of_step,
        ),
    ),
)


def _learned_from_all(seen: Sides) -> bool:
    return _in_step(seen) and seen.train.complete() and seen.in_both() > 0


def _exchanged(seen: Sides) -> bool:
    whole = not seen.in_both() and not seen.missing()
    return _in_step(seen) and whole and len(seen.test.numbers) > len(seen.train.numbers)


def _labels_slipped(seen: Sides) -> bool:
    return not seen.in_both() and not seen.train.in_step() and seen.test.in_step()


def _some_lost(seen: Sides) -> bool:
    return _in_step(seen) and not seen.in_both() and seen.missing() > 0


def _in_step(seen: Sides) -> bool:
    return seen.train.in_step() and seen.test.in_step()


CURE_12 = Exercise(
    id="ward-too-good-cure",
    read=function,
    seconds=TRAINING,
    right=splits_cleanly,
    look=sides,
    observed=about_sides,
    praise=(
        "No image is in both sets. The check trained on one and tested on the other, and got about"
        " what fresh images give."
    ),
    otherwise="Each image belongs to one of the two sets, with its label: a quarter to the test.",
    wrong=(
        Wrong(
            name="learned from all of them",
            typed=("train = images, labels\ntest = images[:count], labels[:count]",),
            hint=(
                "All images are to learn from, those of the test included. Which of them should"
                " the training not see?"
            ),
            shows=_learned_from_all,
        ),
        Wrong(
            name="the two exchanged",
            typed=(
                "train = images[:count], labels[:count]\ntest = images[count:], labels[count:]",
            ),
            hint="The sets are apart, and the larger one is the test. A quarter was asked for.",
            shows=_exchanged,
        ),
        Wrong(
            name="labels from another position",
            typed=(
                "train = images[count:], labels[:-count]\ntest = images[:count], labels[:count]",
            ),
            hint=(
                "The images are apart. Those to learn from have labels of other images: both have"
                " to be cut at the same position."
            ),
            shows=_labels_slipped,
        ),
        Wrong(
            name="some in neither",
            typed=(
                "train = images[2 * count:], labels[2 * count:]\n"
                "test = images[:count], labels[:count]",
            ),
            hint="The sets are apart, and some images are in neither. None needs to be lost.",
            shows=_some_lost,
        ),
    ),
)

EXERCISES = (
    observation(
        "ward-one-answer",
        right="largest pixel",
        praise=(
            "What reaches the network is the same in both suspects, and another in this patient."
            " It costs one line and no training."
        ),
        otherwise=OTHERWISE,
        wrong={
            "last loss": (
                "In all three trainings it is far above that of a healthy one. It says that"
                " something is wrong, and not what. Which of the three is given other images?"
            ),
            "number of answers": (
                "All three answer badly, and with how many digits depends on the cause less than"
                " on chance. Which of the three is given other images?"
            ),
            "first step": (
                "Weights move in the first step of all three trainings, and far. Which of them is"
                " given other images?"
            ),
        },
    ),
    CURE_9,
    observation(
        "ward-chance",
        right="64 images by heart",
        praise=(
            "Who learns 64 images by heart has a network and a loop that work. What is left is"
            " what the images are called."
        ),
        otherwise=OTHERWISE,
        wrong={
            "first loss": (
                "A new network gives ten nearly equal scores, whatever is wrong with the data. The"
                " first loss is near 2.30 in all three."
            ),
            "count of each label": (
                "A new order changes how often no label occurs. The counts are the same in all"
                " three."
            ),
            "mean of the pixels": (
                "All three are given the same images, only in other orders. Their mean is the same."
            ),
        },
    ),
    CURE_10,
    observation(
        "ward-jumps",
        right="labels of one batch",
        praise="One line shows it: 64 images of one digit. No step of such a batch needs to look.",
        otherwise=OTHERWISE,
        wrong={
            "count of each label": (
                "Counted over the whole set, each label occurs as often in all three trainings."
                " Where in the set does it occur?"
            ),
            "accuracy": (
                "It is near 10 % in all three: this is what makes them look alike. Look at what"
                " the network is given instead."
            ),
            "largest pixel": (
                "The images are the same and rightly normalised in all three. Their largest pixel"
                " is the same."
            ),
        },
    ),
    CURE_11,
    observation(
        "ward-too-good",
        right="images in both sets",
        praise="An image that was learned from says nothing about images that were not.",
        otherwise=OTHERWISE,
        wrong={
            "last training loss": (
                "It is near 0 in all three: a few images, many times over, are learned by heart."
                " What does the test consist of?"
            ),
            "training accuracy": (
                "It is near 100 % in all three, as for any network that learned its images by"
                " heart. What does the test consist of?"
            ),
            "the test once more": (
                "The same network reads the same images in the same way. The number is the same"
                " the second time, in all three."
            ),
        },
    ),
    CURE_12,
)
