"""The exercises of the page on loss and last layer."""

from collections.abc import Callable
from functools import partial

from bookkit.exercises.verdict import Wrong
from torch import Tensor, nn
from torch.nn import functional as F

from lessons.checks.ward.judged import cure, like, observation
from lessons.ward import Network


def softmax_in_front(scores: Tensor, labels: Tensor) -> Tensor:
    """The loss of patient 1."""
    return F.cross_entropy(scores.softmax(dim=1), labels)


def sigmoid_in_front(scores: Tensor, labels: Tensor) -> Tensor:
    """Its loss with another function in front."""
    return F.cross_entropy(scores.sigmoid(), labels)


def probabilities_picked(scores: Tensor, labels: Tensor) -> Tensor:
    """The loss of patient 3."""
    return F.nll_loss(scores.softmax(dim=1), labels)


def probabilities_to_shrink(scores: Tensor, labels: Tensor) -> Tensor:
    """The loss of patient 3 with its sign changed."""
    return -probabilities_picked(scores, labels)


def behind(layer: Callable[[], nn.Module]) -> Callable[[], nn.Module]:
    """Return what builds the ward's network with another layer behind its last one."""
    return lambda: nn.Sequential(Network(), layer())


def _network(code: str) -> str:
    return f"net = {code}\noptimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)"


EXERCISES = (
    observation(
        "ward-floor",
        right="perfect scores",
        praise=(
            "A healthy loss of right and certain answers is 0. This one cannot fall below 1.46,"
            " however long it learns."
        ),
        otherwise="Choose one of the four observations that the text above lists.",
        wrong={
            "first loss": (
                "Ten nearly equal scores give about 2.30 in all three, with or without a second"
                " softmax. The first loss is the same."
            ),
            "more epochs": (
                "With a rate that is too small the loss goes on falling. With wrong labels it stays"
                " high, as with patient 1: those two look alike still."
            ),
            "largest pixel": (
                "All three get the same images. The largest pixel is the same in all of them."
            ),
        },
    ),
    cure(
        1,
        "ward-floor-cure",
        praise=(
            "F.cross_entropy takes the scores: softmax is inside it. The training that the check"
            " ran with your loss came within a point of a healthy one."
        ),
        otherwise="Which function turns scores into a loss, and what does it expect to be given?",
        wrong=(
            Wrong(
                name="softmax is still in front",
                typed=(
                    "probabilities = net(x).softmax(dim=1)\n"
                    "loss = F.cross_entropy(probabilities, y)",
                ),
                hint=(
                    "The loss is computed from probabilities, as before. What does"
                    " F.cross_entropy do first with what it is given?"
                ),
                shows=like(loss_of=softmax_in_front),
            ),
            Wrong(
                name="sigmoid instead of softmax",
                typed=("loss = F.cross_entropy(net(x).sigmoid(), y)",),
                hint=(
                    "The sigmoid puts scores between 0 and 1, and the second softmax cannot tell"
                    " them far apart either. What should F.cross_entropy be given?"
                ),
                shows=like(loss_of=sigmoid_in_front),
            ),
            Wrong(
                name="probabilities for the negative log-likelihood",
                typed=("loss = F.nll_loss(net(x).softmax(dim=1), y)",),
                hint=(
                    "F.nll_loss picks one number of each row and changes its sign. It takes no"
                    " logarithm: this loss is negative."
                ),
                shows=like(loss_of=probabilities_picked),
            ),
        ),
    ),
    observation(
        "ward-twice",
        right="one batch, both ways",
        praise=(
            "The two losses are equal up to rounding. There is nothing to cure, only a call to"
            " save."
        ),
        otherwise="Choose one of the four observations that the text above lists.",
        wrong={
            "final accuracy": (
                "Accuracy differs a little from seed to seed in any training. Near equality would"
                " not prove that the losses are equal."
            ),
            "first loss": (
                "It is near 2.30 whichever function comes in front, because all scores of a new"
                " network are nearly equal."
            ),
            "sign of the loss": (
                "It tells patient 3 from the other two. Patients 1 and 2 both have positive losses."
            ),
        },
    ),
    cure(
        2,
        "ward-twice-shorter",
        praise=(
            "Loss and accuracy are those of a healthy training. Before as after, logarithms of"
            " probabilities are what the loss is made of."
        ),
        otherwise="Softmax, logarithm, minus the entry of the true class: each is needed once.",
        wrong=(
            Wrong(
                name="softmax in front of cross-entropy",
                typed=("loss = F.cross_entropy(net(x).softmax(dim=1), y)",),
                hint=(
                    "Without the logarithm this is patient 1: probabilities go where scores are"
                    " expected."
                ),
                shows=like(loss_of=softmax_in_front),
            ),
            Wrong(
                name="probabilities for the negative log-likelihood",
                typed=("loss = F.nll_loss(net(x).softmax(dim=1), y)",),
                hint=(
                    "The loss is negative: no logarithm is taken anywhere. Which of the two"
                    " functions takes it by itself?"
                ),
                shows=like(loss_of=probabilities_picked),
            ),
            Wrong(
                name="scores for the negative log-likelihood",
                typed=("loss = F.nll_loss(net(x), y)",),
                hint=(
                    "F.nll_loss takes neither softmax nor logarithm, and the scores have no limit."
                    " What is missing before it?"
                ),
                shows=like(loss_of=F.nll_loss),
            ),
        ),
    ),
    observation(
        "ward-negative",
        right="lowest loss",
        praise=(
            "Minus a probability is never below -1. The other two losses fall without a limit, and"
            " are far below it after ten steps."
        ),
        otherwise="Choose one of the four observations that the text above lists.",
        wrong={
            "shape of the scores": (
                "It finds the network with one output. The other two have ten, so they still look"
                " alike."
            ),
            "sign of the loss": "All three have negative losses. That is what made them suspects.",
            "range of the labels": (
                "The labels are the same in all three, from 0 to 9. Only what is done with them"
                " differs."
            ),
        },
    ),
    cure(
        3,
        "ward-negative-cure",
        praise=(
            "Minus the logarithm of a probability is never negative, and grows without limit for"
            " confident mistakes. Trained so, the network came within a point of a healthy one."
        ),
        otherwise="What does F.nll_loss expect of each class: score, probability or logarithm?",
        wrong=(
            Wrong(
                name="probabilities are still picked",
                typed=("loss = F.nll_loss(net(x).softmax(dim=1), y)",),
                hint=(
                    "The loss is still minus a probability. What is to be taken of a probability"
                    " before its sign changes?"
                ),
                shows=like(loss_of=probabilities_picked),
            ),
            Wrong(
                name="the sign is changed",
                typed=("loss = -F.nll_loss(net(x).softmax(dim=1), y)",),
                hint=(
                    "The loss is positive now: it is the probability of the true class. Training"
                    " makes a loss small. Is that wanted here?"
                ),
                shows=like(loss_of=probabilities_to_shrink),
            ),
            Wrong(
                name="scores are picked",
                typed=("loss = F.nll_loss(net(x), y)",),
                hint=(
                    "F.nll_loss gets the scores as they are, and they have no limit: the loss falls"
                    " until it is no number."
                ),
                shows=like(loss_of=F.nll_loss),
            ),
            Wrong(
                name="softmax twice",
                typed=("loss = F.cross_entropy(net(x).softmax(dim=1), y)",),
                hint="This is the loss of patient 1. What is inside F.cross_entropy already?",
                shows=like(loss_of=softmax_in_front),
            ),
        ),
    ),
    observation(
        "ward-silent",
        right="smallest score",
        praise=(
            "It is exactly 0 only where a ReLU comes behind the last layer. Scores that nobody"
            " changes are negative for some digits."
        ),
        otherwise="Choose one of the four observations that the text above lists.",
        wrong={
            "answers": (
                "A network that never saw a digit does not answer it either. The counts look alike."
            ),
            "more epochs": (
                "A rate that is too small gives itself away by this. A digit that is missing stays"
                " missing, and so does one whose score no gradient raises."
            ),
            "first loss": (
                "The scores of a new network are nearly equal, cut at 0 or not. Each of the three"
                " begins near 2.30."
            ),
        },
    ),
    cure(
        4,
        "ward-silent-cure",
        praise=(
            "Scores may be negative. Every digit gets its gradient again, and the network came"
            " within a point of a healthy one."
        ),
        otherwise="What comes behind the last layer, and what does it do to the scores?",
        wrong=(
            Wrong(
                name="ReLU is still behind the last layer",
                typed=(_network("nn.Sequential(ward.Network(), nn.ReLU())"),),
                hint=(
                    "No score is below 0: something behind the last layer still cuts them. Scores"
                    " may be any numbers."
                ),
                shows=like(build=behind(nn.ReLU)),
            ),
            Wrong(
                name="a sigmoid behind the last layer",
                typed=(_network("nn.Sequential(ward.Network(), nn.Sigmoid())"),),
                hint=(
                    "All scores are between 0 and 1 now: the sigmoid squeezes them, and to"
                    " cross-entropy they are nearly equal."
                ),
                shows=like(build=behind(nn.Sigmoid)),
            ),
            Wrong(
                name="softmax behind the last layer",
                typed=(_network("nn.Sequential(ward.Network(), nn.Softmax(dim=1))"),),
                hint=(
                    "The network returns probabilities now, and cross-entropy takes another softmax"
                    " of them. That is the illness of patient 1."
                ),
                shows=like(build=behind(partial(nn.Softmax, dim=1))),
            ),
        ),
    ),
)
