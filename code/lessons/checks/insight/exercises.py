"""The exercises on what an activation is for, what maps show, and where a convolution fits."""

import torch
from bookkit.exercises.verdict import Exercise, Wrong

from lessons.checks.answers import function
from lessons.checks.choices import about_letters, are, read_letters, read_order
from lessons.checks.insight import kernels
from lessons.checks.insight.kernels import finds, joins_as, strongest


def joined(inner: str = "weights[i + j] += first[i] * second[j]", more: str = " - 1") -> str:
    """Return the body of the function that joins two kernels, with something else in a line."""
    return (
        f"    weights = [0] * (len(first) + len(second){more})\n"
        "    for i in range(len(first)):\n        for j in range(len(second)):\n"
        f"            {inner}\n    return weights"
    )


ONE_KERNEL = Exercise(
    id="one-kernel",
    read=function,
    right=lambda join: joins_as(kernels.one_kernel)(kernels.joined_by(join)),
    look=kernels.joined_by,
    praise=(
        "Weighted sums of weighted sums are weighted sums. However many such layers you stack, one"
        " kernel does the same."
    ),
    wrong=(
        Wrong(
            name="weight by weight",
            typed=("    return [one * other for one, other in zip(first, second)]",),
            hint=(
                "Here each weight of the first kernel meets one weight of the second. In a row of"
                " two, each of the first meets every one of the second."
            ),
            shows=joins_as(
                lambda first, second: [a * b for a, b in zip(first, second, strict=False)]
            ),
        ),
        Wrong(
            name="the last product alone",
            typed=(joined("weights[i + j] = first[i] * second[j]"),),
            hint=(
                "At each position one product is left. Several pairs of weights meet the same"
                " pixel: what becomes of their products?"
            ),
            shows=joins_as(kernels.last_kept),
        ),
        Wrong(
            name="the second kernel turned round",
            typed=(joined("weights[i + j] += first[i] * second[-1 - j]"),),
            hint=(
                "This is what comes out if the second kernel is turned round. Which of its weights"
                " reads the first kernel's first answer?"
            ),
            shows=joins_as(lambda first, second: kernels.one_kernel(first, second[::-1])),
        ),
        Wrong(
            name="weights are added",
            typed=(joined("weights[i + j] += first[i] + second[j]"),),
            hint=(
                "Here two weights that meet are added. A pixel is multiplied by the one, and the"
                " result by the other."
            ),
            shows=joins_as(kernels.sums),
        ),
        Wrong(
            name="one weight too many",
            typed=(joined(more=""),),
            hint=(
                "The weights are right, and a 0 follows that no pixel needs. Kernels of 2 and 2 see"
                " three pixels together: how many are it in general?"
            ),
            shows=joins_as(lambda first, second: [*kernels.one_kernel(first, second), 0.0]),
        ),
        Wrong(
            name="one behind the other",
            typed=("    return first + second",),
            hint=(
                "These are all weights of both, one list behind the other. The second kernel reads"
                " answers, not pixels: follow one pixel through both."
            ),
            shows=joins_as(lambda first, second: [*first, *second]),
        ),
    ),
    otherwise=(
        "Follow one pixel: by which weights of the first kernel is it read, and by which of the"
        " second are these answers read?"
    ),
    observed=kernels.about_joined,
)

WITHOUT_RELU = Exercise(
    id="without-relu",
    read=read_letters,
    right=are("ac"),
    praise=(
        "Whatever only adds and weights can be joined. What looks at the numbers first, to keep or"
        " to drop them, cannot."
    ),
    wrong=(
        Wrong(
            name="an average is no weighted sum",
            typed=('["A"]',),
            hint=(
                "A is one of them, and there is another. Write the mean of four numbers as a sum:"
                " is there a weight before each of them?"
            ),
            shows=are("a"),
        ),
        Wrong(
            name="every pooling can be joined",
            typed=('["A", "C", "D"]',),
            hint=(
                "Two of these are right. Take a square with 1 and 5, then turn both signs: does the"
                " largest value turn its sign, too?"
            ),
            shows=are("acd"),
        ),
        Wrong(
            name="all of them",
            typed=('["A", "B", "C", "D"]',),
            hint=(
                "If all four could be replaced, no network would need more than one layer. Which"
                " steps treat a number by its sign or its size?"
            ),
            shows=are("abcd"),
        ),
        Wrong(
            name="those that cannot be replaced",
            typed=('["B", "D"]',),
            hint=(
                "These two are those that no single convolution can do. The question asks for the"
                " others."
            ),
            shows=are("bd"),
        ),
        Wrong(
            name="ReLU makes no difference",
            typed=('["A", "B"]',),
            hint=(
                "In one of these, negative numbers become 0 on the way. Give it an image and its"
                " negative: can one weighted sum answer 0 to both?"
            ),
            shows=are("ab"),
        ),
        Wrong(
            name="none of them",
            typed=("[]",),
            hint=(
                "You named none. Begin with the first: you have just joined two kernels into one."
            ),
            shows=are(),
        ),
    ),
    otherwise=(
        "Ask of each step: if every number that goes in changes its sign, does every number that"
        " comes out, too?"
    ),
    observed=about_letters("ac", "abcd"),
)

MAPS = "bdac"  # of kernels 1 to 4
MAPS_OF_KERNELS = Exercise(
    id="maps-of-kernels",
    read=read_order("abcd"),
    right=lambda order: order == MAPS,
    praise=(
        "A map says where its kernel's pattern is. Signs say on which side it is brighter, and an"
        " average finds nothing: it blurs."
    ),
    wrong=(
        Wrong(
            name="signs are exchanged",
            typed=('"CDAB"',),
            hint=(
                "Two of the four are right, and two are exchanged that see the same edges with"
                " opposite signs. Where is a stroke's upper edge orange?"
            ),
            shows=lambda order: order == "cdab",
        ),
        Wrong(
            name="rows and columns are exchanged",
            typed=('"ADBC"',),
            hint=(
                "The blurred one is right. Two others are exchanged: which kernel compares what is"
                " above with what is below, and which one left with right?"
            ),
            shows=lambda order: order == "adbc",
        ),
        Wrong(
            name="in the order in which they are drawn",
            typed=('"ABCD"',),
            hint=(
                "This is the order in which the maps are drawn. Look for the one that has no blue"
                " edges first: which kernel has only equal weights?"
            ),
            shows=lambda order: order == "abcd",
        ),
        Wrong(
            name="the blurred map is taken for an edge",
            typed=('"BADC"',),
            hint=(
                "The two that look up and down are right. Of the other two, one averages nine"
                " pixels: does an average tell left from right?"
            ),
            shows=lambda order: order == "badc",
        ),
        Wrong(
            name="kernels for the maps",
            typed=('"CADB"',),
            hint=(
                "So it would be if you were asked for the number of each map's kernel, in letters."
                " The first letter is that of the map of kernel 1."
            ),
            shows=lambda order: order == "cadb",
        ),
    ),
    otherwise=(
        "Take one kernel and one edge of the digit. Which sign must the answer have there? Then"
        " look which map has it."
    ),
    observed=lambda order: (
        f"Of the four maps, {sum(a == b for a, b in zip(order, MAPS, strict=True))} have their"
        " kernel."
    ),
)


def patch(find: str = "maps.argmax()", at: str = "row:row + k, column:column + k") -> str:
    """Return the body of the function that finds a patch, with something else in a line."""
    return (
        "    k = len(kernel)\n"
        "    maps = F.conv2d(images, kernel[None, None])[:, 0]\n"
        f"    number, row, column = torch.unravel_index({find}, maps.shape)\n"
        f"    return images[number, 0, {at}]"
    )


STRONGEST_PATCH = Exercise(
    id="strongest-patch",
    read=function,
    right=lambda find: finds(strongest())(kernels.patches_by(find)),
    look=kernels.patches_by,
    praise=(
        "You have looked through many images for what one kernel answers to. The same works for any"
        " layer, and for networks that read photographs."
    ),
    wrong=(
        Wrong(
            name="the smallest response",
            typed=(patch("maps.argmin()"),),
            hint=(
                "These are the patches with the smallest response, so the kernel's opposite. Which"
                " end is asked for?"
            ),
            shows=finds(strongest(lambda maps: -maps)),
        ),
        Wrong(
            name="the sign does not count",
            typed=(patch("maps.abs().argmax()"),),
            hint=(
                "Here the sign of a response does not count, so that a strongly negative one wins,"
                " too. Is that an answer to the kernel's pattern?"
            ),
            shows=finds(strongest(torch.abs)),
        ),
        Wrong(
            name="the kernel turned round",
            typed=(patch().replace("kernel[None", "kernel.flip(0, 1)[None"),),
            hint=(
                "These patches answer most to the kernel turned by 180°. conv2d lays a kernel as it"
                " is."
            ),
            shows=finds(strongest(turned=True)),
        ),
        Wrong(
            name="the brightest patch",
            typed=(patch().replace("kernel[None", "torch.ones_like(kernel)[None"),),
            hint=(
                "These are the brightest patches, whatever the weights are. Where does the kernel"
                " come in?"
            ),
            shows=finds(strongest(plain=True)),
        ),
        Wrong(
            name="the first image alone",
            typed=(patch().replace("F.conv2d(images,", "F.conv2d(images[:1],"),),
            hint=(
                "All patches come from the first image. The largest response of all images is asked"
                " for."
            ),
            shows=finds(strongest(first_image=True)),
        ),
        Wrong(
            name="the response in place of the patch",
            typed=("    return F.conv2d(images, kernel[None, None]).max()",),
            hint=(
                "This is the largest response, a number. Which pixels were under the kernel when it"
                " came out?"
            ),
            shows=kernels.are_numbers,
        ),
    ),
    otherwise=(
        "Try it on two small images and a kernel with a single 1 in it: then the patch has to hold"
        " the largest pixel that the 1 can reach."
    ),
    observed=kernels.about_patches,
)

WHEN_CONVOLUTION = Exercise(
    id="when-convolution",
    read=read_letters,
    right=are("acf"),
    praise=(
        "Not the picture decides, but the neighbours: in these three, what is side by side belongs"
        " together, and a pattern means the same everywhere."
    ),
    wrong=(
        Wrong(
            name="images alone",
            typed=('["A"]',),
            hint=(
                "This one is right, and not the only one. Neighbours in time are neighbours, too:"
                " would a pattern of them mean the same an hour later?"
            ),
            shows=are("a"),
        ),
        Wrong(
            name="whatever is an image",
            typed=('["A", "D"]',),
            hint=(
                "Both are images. In one of them nobody can say which pixels are neighbours, and"
                " above a convolution was measured on it. In which?"
            ),
            shows=are("ad"),
        ),
        Wrong(
            name="shuffled pixels as well",
            typed=('["A", "C", "D", "F"]',),
            hint=(
                "Three of these are right. One was shuffled once, so that what is side by side no"
                " longer belongs together. Look at what TinyCNN lost above."
            ),
            shows=are("acdf"),
        ),
        Wrong(
            name="everything",
            typed=('["A", "B", "C", "D", "E", "F"]',),
            hint=(
                "You named all six. Exchange two columns of the table of blood values in your mind:"
                " is anything lost that you could see before?"
            ),
            shows=are("abcdef"),
        ),
        Wrong(
            name="those for a dense network",
            typed=('["B", "D", "E"]',),
            hint=(
                "These are the three in which neighbours mean nothing. The question asks for the"
                " others."
            ),
            shows=are("bde"),
        ),
        Wrong(
            name="a table with an order",
            typed=('["A", "C", "E", "F"]',),
            hint=(
                "Three of these are right. In one the order comes from the alphabet: does it say"
                " which of the values have to do with each other?"
            ),
            shows=are("acef"),
        ),
    ),
    otherwise=(
        "Put each case to the test of this page: shuffle its columns or pixels, all in the same"
        " way. If you could not tell, there is nothing for a kernel to see."
    ),
    observed=about_letters("acf", "abcdef"),
)

EXERCISES: tuple[Exercise, ...] = (
    ONE_KERNEL,
    WITHOUT_RELU,
    MAPS_OF_KERNELS,
    STRONGEST_PATCH,
    WHEN_CONVOLUTION,
)
