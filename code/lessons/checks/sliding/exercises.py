"""The exercises of chapter 1 in which a kernel slides over images, and learns."""

from functools import partial

from bookkit.exercises.errors import line_of
from bookkit.exercises.verdict import Exercise, Wrong

from lessons.checks.answers import function
from lessons.checks.sliding import loops, step
from lessons.checks.sliding.loops import about_convolution, convolves, convolves_like
from lessons.checks.sliding.step import about_steps, right_weights_alone, steps, steps_like
from lessons.checks.sliding.tried import changed, stopped_or_tried

LOOPS = partial(changed, loops.BODY)
STEP = partial(changed, step.BODY)

SUM = "(patch * kernel).sum()"
FOUR_LOOPS = (
    "            patch = image[row : row + size, column : column + size]\n"
    f"            response[row, column] = {SUM}",
    "            for i in range(size):\n"
    "                for j in range(size):\n"
    "                    product = image[row + i, column + j] * kernel[i, j]\n"
    "                    response[row, column] = product",
)
PADDED = "    size = len(kernel)\n    image = F.pad(image, [size // 2] * 4)\n"
MOVE = "    with torch.no_grad():\n        weights -= rate * weights.grad"
FORGET = "\n    weights.grad = None"

UNFILLED = STEP(("    loss.backward()\n", ""))
FORGOTTEN = STEP((MOVE + FORGET, FORGET.strip("\n") + "\n" + MOVE))
EXCHANGED = ("rate * weights.grad", "weights.grad * rate")
NO_SLOPES = steps_like(
    *(changed(body, *swap) for body in (UNFILLED, FORGOTTEN) for swap in ((), (EXCHANGED,)))
)

EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        id="convolve",
        read=function,
        right=convolves,
        praise=(
            "It gives what PyTorch's conv2d gives, on images and kernels of other sizes as well."
        ),
        wrong=(
            Wrong(
                name="the kernel is turned by 180°",
                see="mis-cross-correlation",
                hint=(
                    "This is what a kernel turned by 180° gives. In this book the kernel is put on"
                    " the patch as it is: its first row on the first row of pixels."
                ),
                **convolves_like(LOOPS((SUM, "(patch * kernel.flip(0, 1)).sum()"))),
            ),
            Wrong(
                name="the kernel is transposed",
                hint=(
                    "The rows of the kernel are used as its columns: the weight in row 0, column 1"
                    " meets the pixel in row 1, column 0 of the patch."
                ),
                **convolves_like(LOOPS((SUM, "(patch * kernel.T).sum()"))),
            ),
            Wrong(
                name="a border of zeros",
                hint=(
                    "The numbers in the middle are right. Around them are more, from positions at"
                    " which the kernel reaches beyond the image: only the others are asked for."
                ),
                **convolves_like(
                    LOOPS(("    size = len(kernel)\n", PADDED)),
                    LOOPS(("    size = len(kernel)\n", PADDED.replace("size // 2", "size - 1"))),
                ),
            ),
            Wrong(
                name="one row and one column too few",
                hint=(
                    "The numbers are right, but the last row and the last column are missing. Count"
                    " by hand at how many positions a kernel of 3 × 3 fits into 4 × 4 pixels."
                ),
                **convolves_like(LOOPS(("- size + 1", "- size"))),
            ),
            Wrong(
                name="positions at which the kernel does not fit",
                hint=(
                    "Close to the border a patch has fewer pixels than the kernel has weights. At"
                    " how many positions does the whole kernel lie inside the image?"
                ),
                **convolves_like(
                    LOOPS(
                        (
                            "image.shape[0] - size + 1, image.shape[1] - size + 1",
                            "image.shape[0], image.shape[1]",
                        )
                    ),
                    LOOPS(("- size + 1", "- size + 2")),
                ),
            ),
            Wrong(
                name="the last row and column stay 0",
                hint=(
                    "The result has the right shape, and its last row and last column are 0. How"
                    " often does each loop run?"
                ),
                **convolves_like(
                    LOOPS(
                        ("in range(rows)", "in range(rows - 1)"), ("(columns):", "(columns - 1):")
                    )
                ),
            ),
            Wrong(
                name="the products are not added up",
                hint=(
                    "A patch times the kernel is as many products as the kernel has weights, and"
                    " one position of the result holds one number. What becomes of the products?"
                ),
                **convolves_like(LOOPS((SUM, "patch * kernel"))),
            ),
            Wrong(
                name="each product overwrites the one before",
                hint=(
                    "Each number is the last product alone, of the lower right pixel and weight."
                    " The others have been overwritten where they should be added."
                ),
                **convolves_like(LOOPS(FOUR_LOOPS), LOOPS((SUM, "patch[-1, -1] * kernel[-1, -1]"))),
            ),
            Wrong(
                name="the mean of the products",
                hint="These are the means of the products. A convolution gives their sums.",
                **convolves_like(LOOPS((SUM, "(patch * kernel).mean()"))),
            ),
            Wrong(
                name="the pixels without the weights",
                hint=(
                    "Each number is the sum of the pixels of its patch. Which weight belongs to"
                    " which pixel?"
                ),
                **convolves_like(LOOPS((SUM, "patch.sum()"))),
            ),
            Wrong(
                name="a product of matrices",
                hint=(
                    "The sign @ multiplies matrices, rows with columns. Here each pixel is"
                    " multiplied by the one weight at its own position."
                ),
                **convolves_like(
                    LOOPS((SUM, "(patch @ kernel).sum()")), LOOPS((SUM, "(kernel @ patch).sum()"))
                ),
            ),
            Wrong(
                name="rows and columns are exchanged",
                hint=(
                    "Rows and columns are exchanged in the result: the number for row 0 and column"
                    " 1 is stored in row 1 and column 0."
                ),
                **convolves_like(LOOPS(("response[row, column]", "response[column, row]"))),
            ),
            Wrong(
                name="as many columns as rows",
                hint=(
                    "It is right for a square image. The next image that the check tries is not"
                    " square: which of its two lengths decides how many columns there are?"
                ),
                **convolves_like(
                    LOOPS(("image.shape[1] - size", "image.shape[0] - size")),
                    LOOPS(("image.shape[0] - size", "image.shape[1] - size")),
                ),
            ),
            Wrong(
                name="every kernel is 3 × 3",
                hint=(
                    "It is right for kernels of 3 × 3, and the next kernel that the check tries is"
                    " larger. Where can your function read the size?"
                ),
                **convolves_like(LOOPS(("len(kernel)", "3"))),
            ),
            Wrong(
                name="return inside the loop over rows",
                hint=(
                    "Only the first row of the result is filled, the others are 0. How far is"
                    " `return` indented?"
                ),
                **convolves_like(LOOPS(("    return response", "        return response"))),
            ),
            Wrong(
                name="return inside the loop over columns",
                hint=(
                    "Only the first number of the result is filled, the others are 0. How far is"
                    " `return` indented?"
                ),
                **convolves_like(LOOPS(("    return response", "            return response"))),
            ),
            Wrong(
                name="nothing is returned",
                hint=(
                    "Your function returns None, as every function does that has no `return` or"
                    " does not reach it."
                ),
                **convolves_like(LOOPS(("\n    return response", ""))),
            ),
            Wrong(
                name="one long row",
                hint=(
                    "The numbers are right, in one long row. Asked for is a table: a row of numbers"
                    " for each row of positions."
                ),
                **convolves_like(
                    LOOPS(
                        ("torch.zeros(rows, columns)", "[]"),
                        (f"response[row, column] = {SUM}", f"response.append({SUM})"),
                        ("return response", "return torch.stack(response)"),
                    )
                ),
            ),
            Wrong(
                name="the image is overwritten",
                hint=(
                    "A patch is a part of the image itself. Your function changes its pixels, and"
                    " the next patch reads them changed."
                ),
                **convolves_like(
                    LOOPS(
                        (
                            f"response[row, column] = {SUM}",
                            "patch *= kernel\n            response[row, column] = patch.sum()",
                        )
                    )
                ),
            ),
        ),
        otherwise=(
            "Work out the first number of the result by hand for an image of 4 × 4 and a kernel of"
            " 3 × 3, and compare."
        ),
        look=partial(stopped_or_tried, loops.try_out),
        observed=about_convolution,
    ),
    Exercise(
        id="kernel-step",
        read=function,
        right=steps,
        praise=(
            "Against the slope, a little at a time: every network of this book is trained by steps"
            " of this kind."
        ),
        wrong=(
            Wrong(
                name="uphill",
                hint=(
                    "Each weight moves the other way, so the predictions get worse. A positive"
                    " slope says that the number grows with the weight: which way should it go?"
                ),
                **steps_like(STEP(("weights -=", "weights +="))),
            ),
            Wrong(
                name="the gradient is not reset",
                hint=(
                    "The first step is right. From the second on, the slopes of all steps so far"
                    " are added up: what has to be forgotten after a step?"
                ),
                **steps_like(STEP((FORGET, ""))),
            ),
            Wrong(
                name="the rate is not used",
                hint=(
                    "Each weight moves by its whole slope, whatever the rate is. What is `rate`"
                    " for?"
                ),
                **steps_like(STEP(("rate * weights.grad", "weights.grad"))),
            ),
            Wrong(
                name="the rate without the slope",
                hint=(
                    "All weights move by the same amount, the rate. How far should a weight move"
                    " whose slope is small?"
                ),
                **steps_like(STEP(("rate * weights.grad", "rate"))),
            ),
            Wrong(
                name="no_grad is missing",
                hint=(
                    "PyTorch keeps track of everything that happens to these weights, and refuses a"
                    " change that it is to keep track of. Where should it look away?"
                ),
                **steps_like(
                    STEP(
                        (
                            MOVE,
                            "    weights -= rate * weights.grad",
                        )
                    )
                ),
            ),
            Wrong(
                name="everything under no_grad",
                hint=(
                    "PyTorch kept no track of how this number came about, so it has no slopes."
                    " Which lines need not be tracked, and which must be?"
                ),
                **steps_like(
                    "    with torch.no_grad():\n"
                    "        predictions = F.conv2d(images, weights)\n"
                    "        loss = ((predictions - targets) ** 2).mean()\n"
                    "        loss.backward()\n"
                    "        weights -= rate * weights.grad\n"
                    "    weights.grad = None\n"
                    "    return loss.item()"
                ),
            ),
            Wrong(
                name="there are no slopes yet",
                hint=(
                    "`weights.grad` holds nothing at this point. Which call fills it, and does it"
                    " come before this line, with nothing forgotten in between?"
                ),
                typed=NO_SLOPES["typed"],
                stops=lambda error: NO_SLOPES["stops"](error) and ".grad" in line_of(error),
            ),
            Wrong(
                name="the given weights do not move",
                hint=(
                    "After each call the given weights are what they were before. Are they changed,"
                    " and in place? An assignment to the bare name only makes a new tensor."
                ),
                **steps_like(
                    STEP(
                        (
                            "weights -= rate * weights.grad",
                            "weights = weights - rate * weights.grad",
                        )
                    ),
                    STEP((MOVE + "\n", "")),
                ),
            ),
            Wrong(
                name="the differences are not squared",
                hint=(
                    "This is the mean of the differences as they are. Differences above and below 0"
                    " cancel in it: what keeps them from doing so?"
                ),
                **steps_like(
                    STEP(
                        ("((predictions - targets) ** 2).mean()", "(predictions - targets).mean()")
                    )
                ),
            ),
            Wrong(
                name="the size of the differences in place of their squares",
                hint=(
                    "This is the mean size of the differences. It does measure how wrong they are;"
                    " asked for is the mean of their squares."
                ),
                **steps_like(
                    STEP(
                        (
                            "((predictions - targets) ** 2).mean()",
                            "(predictions - targets).abs().mean()",
                        )
                    )
                ),
            ),
            Wrong(
                name="the sum of the squares",
                hint=(
                    "This is the sum of the squares. It grows with the number of pixels, and the"
                    " steps with it; asked for is their mean."
                ),
                **steps_like(STEP((".mean()", ".sum()"))),
            ),
            Wrong(
                name="the root of the mean",
                hint=(
                    "This is the root of the mean of the squares. Asked for is the mean itself,"
                    " without a root."
                ),
                **steps_like(STEP((".mean()", ".mean().sqrt()"))),
            ),
            Wrong(
                name="another number than the loss is returned",
                typed=(STEP(("\n    return loss.item()", "")),),
                hint=(
                    "The weights move as they should. What your function returns is not how wrong"
                    " the predictions were: it should be that number."
                ),
                shows=right_weights_alone,
            ),
        ),
        otherwise=(
            "Go through the five parts one by one: predict, measure, slopes, move, forget. Which"
            " line does each?"
        ),
        look=partial(stopped_or_tried, step.try_out),
        observed=about_steps,
    ),
)
