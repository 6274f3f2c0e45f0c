"""The exercises that give a specification in place of a blank: many answers are right."""

from collections.abc import Callable
from typing import Any

from bookkit.exercises.verdict import Exercise, Wrong

from lessons.checks.designs import rolls, small, views


def shows(name: str) -> Callable[[Any], bool]:
    """Return a test whether this is the first thing in which a design is not what was asked for."""
    return lambda design: design.fault == name


def stack(first: str, more: str, count: int, between: str = "nn.ReLU(), ") -> str:
    """Return the code of a stack: a first layer, and so many others behind a function each."""
    return (
        f"parts = [{first}]\nfor _ in range({count}):\n    parts += [{between}{more}]\n"
        "wide = nn.Sequential(*parts)"
    )


def three_by_three(channels: int = 8, padding: int = 1) -> tuple[str, str]:
    """Return the code of the first convolution of a stack, and of each other one."""
    options = f"kernel_size=3, padding={padding}"
    return f"nn.Conv2d(1, {channels}, {options})", f"nn.Conv2d({channels}, {channels}, {options})"


IN_A_LIST = """\
class Wide(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(1, 8, kernel_size=3, padding=1)
        self.others = [nn.Conv2d(8, 8, kernel_size=3, padding=1) for _ in range(6)]

    def forward(self, x):
        x = self.first(x)
        for layer in self.others:
            x = layer(F.relu(x))
        return x

wide = Wide()"""

WIDE_VIEW = Exercise(
    id="wide-view",
    read=views.read_view,
    right=lambda view: view.fault == "",
    praise=(
        "It keeps every position, and one value still sees a square of 15 × 15 pixels. Compare with"
        " a neighbour: there are many such designs."
    ),
    wrong=(
        Wrong(
            name="one convolution too few",
            typed=(stack(*three_by_three(), 5),),
            hint=(
                "The maps are large enough, but one value sees a smaller square than 15 × 15. By"
                " how many pixels does the side of the square grow with each of your layers?"
            ),
            shows=lambda view: view.fault == "near" and view.square == view.reach > 1,
        ),
        Wrong(
            name="pooling",
            typed=(stack(*three_by_three(), 4, "nn.ReLU(), nn.MaxPool2d(2), "),),
            hint=(
                "Somewhere it skips positions: a pooling, a stride above 1, or something that acts"
                " like one. How else can a value reach further?"
            ),
            shows=shows("skips"),
        ),
        Wrong(
            name="no padding",
            typed=(stack(*three_by_three(padding=0), 6),),
            hint=(
                "Its maps have another size than 28 × 28, though nothing is pooled. What does each"
                " convolution take away at the border, and what gives it back?"
            ),
            shows=shows("small"),
        ),
        Wrong(
            name="too many channels",
            typed=(stack(*three_by_three(32), 6),),
            hint=(
                "It keeps every position, and has 5,000 parameters or more. In which of its layers"
                " are most of them, and which number there could be smaller?"
            ),
            shows=shows("budget"),
        ),
        Wrong(
            name="one large kernel",
            typed=("wide = nn.Conv2d(1, 8, kernel_size=15, padding=7)",),
            hint=(
                "One of its kernels is wider than 3 × 3. What do several small kernels see, one"
                " after the other?"
            ),
            shows=shows("wide"),
        ),
        Wrong(
            name="no ReLU",
            typed=(stack(*three_by_three(), 6, ""),),
            hint=(
                "Its answer to the sum of two images is the sum of its answers, but for a constant."
                " So all its layers are worth a single one. What is missing between them?"
            ),
            shows=shows("one"),
        ),
        Wrong(
            name="layers in a plain list",
            typed=(IN_A_LIST,),
            hint=(
                "It computes with numbers that parameters() does not list, so no optimiser would"
                " ever change them. nn.Sequential and nn.ModuleList list the layers in them."
            ),
            shows=shows("hidden"),
        ),
        Wrong(
            name="holes",
            typed=("wide = nn.Sequential(nn.Conv2d(1, 8, 3, padding=7, dilation=7), nn.ReLU())",),
            hint=(
                "From the first pixel to the last that a value sees it is far enough, but it does"
                " not see all of them: a kernel with dilation leaves pixels out. What can a layer"
                " before it do about that?"
            ),
            shows=shows("holes"),
        ),
        Wrong(
            name="fewer than eight maps",
            typed=(stack(*three_by_three(), 6).replace("*parts)", "*parts, nn.Conv2d(8, 1, 1))"),),
            hint=(
                "It writes fewer than eight maps. Which number of the last layer says how many maps"
                " come out?"
            ),
            shows=shows("maps"),
        ),
    ),
    otherwise=(
        "Try your network on torch.zeros(1, 1, 28, 28): which shape comes out, and how does the"
        " square that one value sees grow from layer to layer?"
    ),
    observed=views.about_view,
)


def rolled_network(
    padding: str = 'padding=1, padding_mode="circular"',
    between: str = "",
    end: str = "self.fc(x.mean(dim=(2, 3)))",
    reads: str = "16",
    kernel: int = 3,
) -> str:
    """Return the code of a network with something else in one of its lines."""
    return f"""\
class SameAnswer(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, kernel_size={kernel}, {padding})
        self.conv2 = nn.Conv2d(8, 16, kernel_size={kernel}, {padding})
        self.fc = nn.Linear({reads}, 10)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x)){between}
        return {end}"""


SAME_ANSWER = Exercise(
    id="same-answer",
    read=rolls.read_rolled,
    right=lambda rolled: rolled.fault == "",
    praise=(
        "No training made it so, and none can undo it: this network is invariant by construction,"
        " at every size of the shift."
    ),
    wrong=(
        Wrong(
            name="zeros at the border",
            typed=(rolled_network("padding=1"),),
            hint=(
                "Away from the border all is well: it would be right if the padding of its"
                " convolutions came round, too. What do they see beyond the last column now?"
            ),
            shows=shows("border"),
        ),
        Wrong(
            name="pooling in steps of two",
            typed=(rolled_network(between="\n        x = F.max_pool2d(x, 2)"),),
            hint=(
                "Shifts by even numbers of pixels change nothing, the others do. Which layer goes"
                " in steps of two?"
            ),
            shows=shows("even"),
        ),
        Wrong(
            name="weights for each position",
            typed=(rolled_network(end="self.fc(x.flatten(1))", reads="16 * 28 * 28"),),
            hint=(
                "A fully connected layer reads the maps position by position. What moves meets"
                " other weights there. What could it read in their place?"
            ),
            shows=shows("flattens"),
        ),
        Wrong(
            name="the order of pixels does not matter",
            typed=(rolled_network("padding=0", kernel=1),),
            hint=(
                "It does not mind a shift. Nor does it mind if all pixels are shuffled: it counts"
                " how bright they are, and sees no stroke. Which layer reads neighbours?"
            ),
            shows=shows("order"),
        ),
        Wrong(
            name="the same for all images",
            typed=(rolled_network(end="self.fc(0 * x.mean(dim=(2, 3)))"),),
            hint=(
                "Every image gets the same ten numbers. That is invariant, and of no use: it has to"
                " tell different images apart."
            ),
            shows=shows("constant"),
        ),
    ),
    otherwise=(
        "Give it an image and images.roll(1, 3), the same one pixel further right. At which layer"
        " do the two begin to differ by more than their position?"
    ),
    observed=rolls.about_rolled,
)


def trained_network(
    layers: str = "",
    end: str = "self.fc(x.flatten(1))",
    channels: int = 8,
    train: str = "training.fit(small, train_set, validation_set, recipe)",
    made: str = "Small()",
    reads: str = "16 * 7 * 7",
) -> str:
    """Return the code of a network and its training with something else in one of its lines."""
    return f"""\
class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, {channels}, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d({channels}, 16, kernel_size=3, padding=1)
        self.fc = nn.Linear({reads}, 10){layers}

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return {end}

torch.manual_seed(0)
small = {made}
{train}"""


UNTRAINED = {"train": "small.eval()"}

SMALL_NETWORK = Exercise(
    id="small-network",
    read=small.read_trained,
    right=lambda trained: trained.fault == "",
    praise=(
        "It keeps to the budget, and the check has counted itself how many validation images it"
        " reads."
    ),
    wrong=(
        Wrong(
            name="over the budget",
            typed=(trained_network(**UNTRAINED),),
            hint=(
                "It has 8,000 parameters or more, so the check did not try how well it reads. Which"
                " layer holds most of them, and what does that layer read?"
            ),
            shows=shows("budget"),
        ),
        Wrong(
            name="not trained",
            typed=(
                trained_network(
                    end="self.fc(x.mean(dim=(2, 3)))", reads="16", train="small.eval()"
                ),
            ),
            hint=(
                "The size is right, but it reads less than a quarter of the validation images. Has"
                " it been trained, and were these the weights that you gave to the check?"
            ),
            shows=shows("guesses"),
        ),
        Wrong(
            name="softmax inside",
            typed=(
                trained_network(
                    end="self.fc(x.mean(dim=(2, 3))).softmax(dim=1)", reads="16", **UNTRAINED
                ),
            ),
            hint=(
                "Its ten numbers are above 0 and add up to 1: these are probabilities, and logits"
                " are asked for. Which line makes them, and who does it again in training?"
            ),
            shows=shows("shares"),
        ),
        Wrong(
            name="parameters hidden in a list",
            typed=(
                trained_network(
                    layers="\n        self.more = [nn.Linear(16 * 7 * 7, 64), nn.Linear(64, 10)]",
                    end="self.more[1](F.relu(self.more[0](x.flatten(1))))",
                    reads="16",
                    **UNTRAINED,
                ),
            ),
            hint=(
                "parameters() lists fewer than it computes with. With all of them it has 8,000 or"
                " more, and those in a plain list or elsewhere would never be trained."
            ),
            shows=shows("hidden"),
        ),
        Wrong(
            name="maps in place of ten numbers",
            typed=(trained_network(end="x", **UNTRAINED).replace("16 * 7 * 7, 10", "16, 10"),),
            hint=(
                "The budget is kept. But to N images it does not answer with a shape of (N, 10):"
                " ten logits for each. Print the shape of its answer."
            ),
            shows=shows("shape"),
        ),
        Wrong(
            name="the class in place of a network",
            typed=(
                trained_network(
                    made="Small", train="", end="self.fc(x.mean(dim=(2, 3)))", reads="16"
                ),
            ),
            hint=(
                "This is a class. Only a network that was made of it has weights that training can"
                " change: which name holds yours?"
            ),
            shows=shows("class"),
        ),
        Wrong(
            name="dropout that never stops",
            typed=(
                trained_network(
                    end="self.fc(F.dropout(x.mean(dim=(2, 3)), 0.5))", reads="16", **UNTRAINED
                ),
            ),
            hint=(
                "In evaluation mode it gives the same images other answers when it is asked again."
                " What draws random numbers there?"
            ),
            shows=shows("restless"),
        ),
    ),
    otherwise=(
        "Look at the curves of your training: would more epochs, other channels or batch norm bring"
        " more for the same number of parameters?"
    ),
    observed=small.about_trained,
)

EXERCISES: tuple[Exercise, ...] = (WIDE_VIEW, SAME_ANSWER, SMALL_NETWORK)
