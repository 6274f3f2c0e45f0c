"""The exercises on the questions that beginners ask most."""

from bookkit.exercises.verdict import Exercise, Wrong

from lessons.checks.answers import equals, exactly, function, number, several, whole, wholes
from lessons.checks.choices import pairs, read_word
from lessons.checks.observed import about_number
from lessons.checks.questions import photos
from lessons.checks.questions.photos import are_prepared

FIRST_LINEAR = Exercise(
    id="first-linear",
    read=whole,
    right=exactly(16 * 4 * 4),
    praise="Maps times rows times columns: what is left of one image, in a single row.",
    wrong=(
        Wrong(
            name="the second pooling is left out",
            typed=("16 * 8 * 8",),
            hint="1,024 values there are before the second pooling. What does it leave of 8 × 8?",
            shows=exactly(16 * 8 * 8),
        ),
        Wrong(
            name="as if there were padding",
            typed=("16 * 7 * 7",),
            hint=(
                "784 would be right if both convolutions kept the size. Without padding a kernel of"
                " 5 takes something from each side."
            ),
            shows=exactly(16 * 7 * 7),
        ),
        Wrong(
            name="the channels are left out",
            typed=("4 * 4",),
            hint="16 are the positions of one map. How many maps does the last convolution write?",
            shows=exactly(16),
        ),
        Wrong(
            name="the maps of the first convolution",
            typed=("6 * 4 * 4",),
            hint="96 would be the values of 6 maps. Which convolution came last?",
            shows=exactly(96),
        ),
        Wrong(
            name="both convolutions are counted",
            typed=("6 * 16 * 4 * 4",),
            hint=(
                "1,536 is this number times 6. The second convolution reads 6 maps and adds up what"
                " it finds: do they come out as well?"
            ),
            shows=exactly(6 * 16 * 16),
        ),
    ),
    otherwise=(
        "Write down one side after each of the four layers, beginning with 28. Then multiply by"
        " what the last convolution writes."
    ),
    observed=lambda answer: about_number(answer, 256),
)

MINUS_ONE = Exercise(
    id="minus-one",
    read=wholes,
    right=lambda shape: shape == (2, 2, 3),
    praise="The sizes have to multiply to 12, so that −1 stands for what is missing.",
    wrong=(
        Wrong(
            name="the −1 stays",
            typed=("(2, -1, 3)",),
            hint="No axis has a length below 0. −1 asks PyTorch to find a size: which one fits?",
            shows=lambda shape: shape == (2, -1, 3),
        ),
        Wrong(
            name="the −1 is the last axis",
            typed=("(2, 6)",),
            hint=(
                "12 numbers in two rows: so view(2, -1) makes it. Here a third size is given, too."
            ),
            shows=lambda shape: shape == (2, 6),
        ),
        Wrong(
            name="one axis is dropped",
            typed=("(2, 3)",),
            hint="2 times 3 is 6, and there are 12 numbers. None of them may be lost.",
            shows=lambda shape: shape == (2, 3),
        ),
        Wrong(
            name="an axis of length 1",
            typed=("(2, 1, 3)",),
            hint="2 times 1 times 3 is 6, and there are 12 numbers. What has to stand for 1?",
            shows=lambda shape: shape == (2, 1, 3),
        ),
        Wrong(
            name="minus one from the count",
            typed=("(2, 11, 3)",),
            hint=(
                "11 is one less than 12. In a view, −1 is no number to count with: it leaves one"
                " size open."
            ),
            shows=lambda shape: shape == (2, 11, 3),
        ),
        Wrong(
            name="the sizes in another order",
            typed=("(3, 2, 2)",),
            hint="They multiply to 12. Which size did the call ask for first, and which one last?",
            shows=lambda shape: sorted(shape) == [2, 2, 3] and shape != (2, 2, 3),
        ),
    ),
    otherwise="The product of all sizes is the number of values, before and after a view.",
    observed=lambda shape: f"These sizes have the product {_product(shape)}." if shape else "",
)


def _product(shape: tuple[int, ...]) -> int:
    product = 1
    for size in shape[:10]:
        product *= size
    return product


SAME, ANOTHER = "the same", "another"
SOFTMAX_FIRST = Exercise(
    id="softmax-first",
    read=several(
        read_word((SAME, ANOTHER)),
        read_word(("as large", "smaller", "larger"), {"the same": "as large"}),
    ),
    right=pairs(SAME, "larger"),
    praise=(
        "Softmax keeps the order, so the answer stays. The loss takes its own softmax, and a second"
        " one in front flattens what it sees."
    ),
    wrong=(
        Wrong(
            name="softmax makes no difference",
            typed=('"the same"', '"as large"'),
            hint=(
                "The answer is right. But the loss raises e to whatever it is given: what becomes"
                " of a difference of 20 if all ten numbers lie between 0 and 1?"
            ),
            shows=pairs(SAME, "as large"),
        ),
        Wrong(
            name="softmax changes the answer",
            typed=('"another"', '"larger"'),
            hint=(
                "The loss is right. But e to a larger number is larger, and all are divided by the"
                " same sum: can another one become the largest?"
            ),
            shows=pairs(ANOTHER, "larger"),
        ),
        Wrong(
            name="softmax improves the loss",
            typed=('"the same"', '"smaller"'),
            hint=(
                "The answer is right. The loss of a network that is certain and right is nearly 0"
                " already. Can it fall below that?"
            ),
            shows=pairs(SAME, "smaller"),
        ),
        Wrong(
            name="softmax changes the answer alone",
            typed=('"another"', '"as large"'),
            hint=(
                "It is the other way round: the order of ten numbers survives softmax, their"
                " differences do not. Which of your two needs the order?"
            ),
            shows=pairs(ANOTHER, "as large"),
        ),
    ),
    otherwise='The first of the two is "the same" or "another", the second "as large", "smaller"'
    ' or "larger".',
)

STEPS = 391 * 3
COUNT_STEPS = Exercise(
    id="count-steps",
    read=number,
    right=equals(STEPS, 0),
    praise="A step for each batch, the last one included, and again in every epoch.",
    wrong=(
        Wrong(
            name="the last batch is dropped",
            typed=("390 * 3",),
            hint=(
                "1,170 are the steps of full batches. Some images are left in each epoch: are they"
                " left out?"
            ),
            shows=equals(1170, 0),
        ),
        Wrong(
            name="rounded up once",
            typed=("1172",),
            hint=(
                "This is the number of all images that are shown, over 128, rounded up. But a batch"
                " does not go on into the next epoch."
            ),
            shows=equals(1172, 0),
        ),
        Wrong(
            name="parts of a step",
            typed=("50_000 / 128 * 3",),
            hint="A step is taken or not. What happens with the images that fill no whole batch?",
            shows=equals(50_000 / 128 * 3, 1e-3),
        ),
        Wrong(
            name="one epoch",
            typed=("391",),
            hint="So many steps has one epoch. How often does the network see all images?",
            shows=equals(391, 0),
        ),
        Wrong(
            name="a step for each image",
            typed=("3 * 50_000",),
            hint=(
                "So many images are shown. The weights move once for a whole batch, not once for"
                " each image."
            ),
            shows=equals(150_000, 0),
        ),
        Wrong(
            name="a step for each epoch",
            typed=("3",),
            hint="3 is the number of epochs. How many batches does each of them have?",
            shows=equals(3, 0),
        ),
    ),
    otherwise="Cut 50,000 images into batches of 128: how many are full, and what is left?",
    observed=lambda answer: about_number(answer, STEPS),
)

GRADIENT_KEPT = Exercise(
    id="gradient-kept",
    read=number,
    right=equals(10),
    praise="backward adds, zero_grad clears, and a step does neither.",
    wrong=(
        Wrong(
            name="everything adds up",
            typed=("20",),
            hint="20 is the sum of all four. One line in between clears what was there.",
            shows=equals(20),
        ),
        Wrong(
            name="a step clears",
            typed=("5",),
            hint=(
                "5 is one gradient alone. So it would be if the step before had cleared. What does"
                " a step do with .grad but read it?"
            ),
            shows=equals(5),
        ),
        Wrong(
            name="nothing is cleared before the step",
            typed=("15",),
            hint="15 is the sum of three. How many gradients come after the line that clears?",
            shows=equals(15),
        ),
        Wrong(
            name="zero_grad comes last",
            typed=("0",),
            hint="It would be 0 just after the line that clears. What comes after that line?",
            shows=equals(0),
        ),
        Wrong(
            name="the weight in place of its gradient",
            typed=("2.5",),
            hint=(
                "2.5 is what the weight itself comes to: one step by 0.1 times 5, from 3. The"
                " question asks for .grad."
            ),
            shows=equals(2.5),
        ),
    ),
    otherwise="Write two columns, the weight and its .grad, and go through the cell line by line.",
    observed=lambda answer: about_number(answer, 10),
)

EVAL, NO_GRAD = "eval()", "no_grad()"
MODES = (EVAL, NO_GRAD, "both", "neither")
OTHER_NAMES = {
    "eval": EVAL,
    "model.eval()": EVAL,
    "model.eval": EVAL,
    "no_grad": NO_GRAD,
    "torch.no_grad()": NO_GRAD,
    "torch.no_grad": NO_GRAD,
}
EVAL_OR_NO_GRAD = Exercise(
    id="eval-or-no-grad",
    read=several(read_word(MODES, OTHER_NAMES), read_word(MODES, OTHER_NAMES)),
    right=pairs(EVAL, NO_GRAD),
    praise=(
        "The one changes what layers do, the other what PyTorch notes down. To evaluate a network"
        " you want the two together."
    ),
    wrong=(
        Wrong(
            name="the two are mixed up",
            typed=('"no_grad()"', '"eval()"'),
            hint=(
                "You have them the other way round. Which of the two is a method of the network,"
                " and so can reach its layers?"
            ),
            shows=pairs(NO_GRAD, EVAL),
        ),
        Wrong(
            name="eval does both",
            typed=('"eval()"', '"eval()"'),
            hint=(
                "The first is right. After eval() alone you can still call backward(): nothing has"
                " stopped the notes."
            ),
            shows=pairs(EVAL, EVAL),
        ),
        Wrong(
            name="no_grad does both",
            typed=('"no_grad()"', '"no_grad()"'),
            hint=(
                "The second is right. no_grad() knows no layers: what tells dropout that training"
                " is over?"
            ),
            shows=pairs(NO_GRAD, NO_GRAD),
        ),
        Wrong(
            name="each does both",
            typed=('"both"', '"both"'),
            hint=(
                "If each did both, nobody would write the two. One changes layers, the other the"
                " notes for gradients."
            ),
            shows=pairs("both", "both"),
        ),
    ),
    otherwise='Each of the two is one of "eval()", "no_grad()", "both" and "neither", in quotes.',
)

IMPORT_FREE = """\
    image = {start}
    {paper}
    image = image / {scale}
    row, column = moments.centre_of_mass(image[None])
    down, right = {down}, {right}
    return image.roll((down, right), (0, 1))"""


def photo(**other: str) -> str:
    """Return the body of the function that prepares a photograph, with something else in it."""
    usual = {
        "start": "255.0 - photo",
        "paper": "image[photo > 195] = 0",
        "scale": "255",
        "down": "round(14 - row.item())",
        "right": "round(14 - column.item())",
    }
    return IMPORT_FREE.format(**(usual | other))


OWN_DIGIT = Exercise(
    id="own-digit",
    read=function,
    right=lambda prepare: are_prepared()(photos.prepared_by(prepare)),
    look=photos.prepared_by,
    praise=(
        "Bright on black, from 0 to 1, in the middle: now a photograph has what the network has"
        " learned from."
    ),
    wrong=(
        Wrong(
            name="dark on white",
            typed=(photo(start="1.0 * photo"),),
            hint=(
                "Dark strokes stay dark here. In MNIST a stroke is bright, and what is around it"
                " is 0."
            ),
            shows=are_prepared(inverted=False),
        ),
        Wrong(
            name="the paper stays grey",
            typed=(photo(paper="pass"),),
            hint=(
                "The paper comes out dark grey and not black, and it moves the centre of mass, too."
                " Which pixels of the photograph are paper?"
            ),
            shows=are_prepared(paper=False),
        ),
        Wrong(
            name="bytes",
            typed=(photo(scale="1"),),
            hint="All is right but the scale, which ends far above 1. What did ToTensor divide by?",
            shows=are_prepared(scaled=False),
        ),
        Wrong(
            name="off the centre",
            typed=(photo(down="0", right="0"),),
            hint=(
                "The numbers are right, and the digit is where it was on the photograph. Where do"
                " the makers of MNIST have its centre of mass?"
            ),
            shows=are_prepared(centred=False),
        ),
        Wrong(
            name="rows and columns exchanged",
            typed=(photo(down="round(14 - column.item())", right="round(14 - row.item())"),),
            hint=(
                "It moves down by what it should move right, and the other way round. Which of the"
                " two numbers counts rows?"
            ),
            shows=are_prepared(exchanged=True),
        ),
        Wrong(
            name="the wrong way",
            typed=(photo(down="round(row.item() - 14)", right="round(column.item() - 14)"),),
            hint=(
                "It moves by the right number of pixels, and away from the middle. A centre at row"
                " 10 has to go down by 4."
            ),
            shows=are_prepared(backwards=True),
        ),
    ),
    otherwise=(
        "Show one photograph before and after, beside a training image: compare what is bright,"
        " what is 0, and where the middle is."
    ),
    observed=photos.about_prepared,
)

EXERCISES: tuple[Exercise, ...] = (
    FIRST_LINEAR,
    MINUS_ONE,
    SOFTMAX_FIRST,
    COUNT_STEPS,
    GRADIENT_KEPT,
    EVAL_OR_NO_GRAD,
    OWN_DIGIT,
)
