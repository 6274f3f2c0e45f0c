"""The exercises of chapter 4: loss, gradient steps, training and evaluation."""

import math

from bookkit.exercises.errors import line_of
from bookkit.exercises.verdict import Exercise, Wrong

from lessons.checks.answers import (
    array,
    equals,
    exactly,
    function,
    number,
    rounded,
    same,
    several,
    whole,
)
from lessons.checks.learning.augmentation import (
    about_moves,
    fills_black,
    moves_by,
    moves_of_two_batches,
    only_lets_in,
    turns_and_shifts,
)
from lessons.checks.learning.evaluation import (
    NO_CONTEXT,
    about_evaluation,
    evaluates_anywhere,
    evaluates_like,
    evaluation_of,
    leaves_at_home,
    watch_evaluation,
)
from lessons.checks.learning.numbers import (
    LOGITS,
    LOSS,
    LOSSES,
    PRINTED,
    about_cross_entropy,
    about_epoch,
    about_moving,
    about_step,
    about_times,
    about_weight,
    has_gradient,
    has_loss,
)
from lessons.checks.learning.occlusion import (
    about_occlusion,
    covers_like,
    maps_rightly,
    watch_occlusion,
)
from lessons.checks.learning.overfitting import (
    about_overfitting,
    learns_by_heart,
    overfits_like,
    overfitting,
    watch_overfitting,
)
from lessons.checks.learning.recall import about_recall, computes_share
from lessons.checks.learning.training import (
    LOSS_LINE,
    ONE_STEP,
    leaves,
    loop_of,
    loops_like,
    stops_at_loss,
    trains_anywhere,
    trains_like,
    trains_rightly_on_lists,
    watch_training,
)
from lessons.checks.learning.training_observed import about_training

STEPS = ("optimizer.zero_grad()", LOSS_LINE, "loss.backward()", "optimizer.step()")


def _affine(rotation: str, translation: str, fill: str) -> str:
    """Return what a student types for the augmentation."""
    return (
        f"augmentation = augment.Affine(rotation={rotation}, translation={translation},"
        f" fill={fill})"
    )


EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        id="cross-entropy",
        read=several(array, number),
        right=has_loss(LOSS),
        observed=about_cross_entropy,
        praise="F.cross_entropy takes the logits themselves and does both steps at once.",
        wrong=(
            Wrong(
                name="divided by the sum of the logits",
                typed=("logits.exp() / logits.sum()", None),
                hint=(
                    "These are the powers of e, divided by the sum of the logits. Do the three add"
                    " up to 1?"
                ),
                shows=lambda answer: same(answer[0], LOGITS.exp() / LOGITS.sum(), PRINTED),
            ),
            Wrong(
                name="divided by the largest power",
                typed=("logits.exp() / logits.exp().max()", None),
                hint=(
                    "The largest of these values is 1, and still the others are not 0. What should"
                    " the three add up to?"
                ),
                shows=lambda answer: same(answer[0], LOGITS.exp() / LOGITS.exp().max(), PRINTED),
            ),
            Wrong(
                name="the loss of another class",
                typed=(None, "-probabilities[0].log()"),
                hint=(
                    "This is the loss if the image shows a 3. Which place has the 5, counted"
                    " from 0?"
                ),
                shows=has_loss(LOSSES[0]),
            ),
            Wrong(
                name="the class counted from 1",
                typed=(None, "-probabilities[2].log()"),
                hint="This is the loss if the image shows an 8. Places are counted from 0.",
                shows=has_loss(LOSSES[2]),
            ),
            Wrong(
                name="the sign is forgotten",
                typed=(None, "probabilities[1].log()"),
                hint=(
                    "The loss has the right size and is negative, as the logarithm of a "
                    "number below 1 is. A loss grows with the mistake."
                ),
                shows=has_loss(-LOSS),
            ),
            Wrong(
                name="the logarithm to base 10",
                typed=(None, "-probabilities[1].log10()"),
                hint="This is the logarithm to base 10. The formula above has the natural one.",
                shows=has_loss(LOSS / math.log(10)),
            ),
            Wrong(
                name="the probability that is missing",
                typed=(None, "1 - probabilities[1]"),
                hint=(
                    "This is what the probability lacks to 1. The loss is a logarithm: look at the"
                    " formula above."
                ),
                shows=has_loss(1 - math.exp(-LOSS)),
            ),
            Wrong(
                name="the logarithm to base 2",
                typed=(None, "-probabilities[1].log2()"),
                hint="This is the logarithm to base 2. The formula above has the natural one.",
                shows=has_loss(LOSS / math.log(2)),
            ),
            Wrong(
                name="no logarithm",
                typed=(None, "-probabilities[1]"),
                hint=(
                    "This is the probability with a minus in front. What does the formula above"
                    " take of it first?"
                ),
                shows=has_loss(-math.exp(-LOSS)),
            ),
        ),
        otherwise=(
            "Softmax first, over all three; then the loss of one of them. Both formulas are in the"
            " text above."
        ),
    ),
    Exercise(
        id="one-step",
        read=function,
        right=has_gradient(lambda before, after, rate: (before - after) / rate),
        observed=about_step,
        praise=(
            "A step tells which gradient it followed: its length, its direction and the rate are"
            " enough."
        ),
        wrong=(
            Wrong(
                name="the wrong way",
                typed=("(after - before) / rate",),
                hint=(
                    "The size is right, the sign is not. If a weight became larger, which sign had"
                    " the gradient against which it went?"
                ),
                shows=has_gradient(lambda before, after, rate: (after - before) / rate),
            ),
            Wrong(
                name="the learning rate is left out",
                typed=("before - after",),
                hint=(
                    "This is the length of the step. A step is the gradient times the rate: how do"
                    " you undo the rate?"
                ),
                shows=has_gradient(lambda before, after, rate: before - after),
            ),
            Wrong(
                name="multiplied by the learning rate",
                typed=("(before - after) * rate",),
                hint=(
                    "The step was the gradient times the rate already. Multiplied once more, it"
                    " becomes smaller still."
                ),
                shows=has_gradient(lambda before, after, rate: (before - after) * rate),
            ),
            Wrong(
                name="the size alone",
                typed=("abs(before - after) / rate",),
                hint=(
                    "This is never below 0. Weights that became larger went against a gradient of"
                    " which sign?"
                ),
                shows=has_gradient(lambda before, after, rate: abs(before - after) / rate),
            ),
            Wrong(
                name="the rate divided by the step",
                typed=("rate / (before - after)",),
                hint=(
                    "Here a longer step has a smaller gradient. Which of the two do you divide by"
                    " which?"
                ),
                shows=has_gradient(lambda before, after, rate: rate / (before - after)),
            ),
            Wrong(
                name="without brackets",
                typed=("before - after / rate",),
                hint=(
                    "Division comes before subtraction, so only the last weight is divided here."
                    " What has to be divided?"
                ),
                shows=has_gradient(lambda before, after, rate: before - after / rate),
            ),
            Wrong(
                name="a second step",
                typed=("before - rate * after",),
                hint=(
                    "This takes the new weight for a gradient, and goes one more step by it. The"
                    " gradient is what is asked for."
                ),
                shows=has_gradient(lambda before, after, rate: before - rate * after),
            ),
        ),
        otherwise=(
            "Take the example above: from 0.50 to 0.30 with a rate of 0.1. Which sum leads back to"
            " the gradient of 2?"
        ),
    ),
    Exercise(
        id="three-steps",
        read=number,
        right=equals(0.5),
        observed=about_weight,
        praise="Each step halves what is left, because the gradient shrinks along with the weight.",
        wrong=(
            Wrong(
                name="the whole gradient taken away",
                typed=("1 - 2",),
                hint=(
                    "This is 1 less the whole gradient. Which part of it did the first two steps"
                    " take?"
                ),
                shows=equals(-1),
            ),
            Wrong(
                name="the weight in place of its gradient",
                typed=("1 - 0.25 * 1",),
                hint=(
                    "This is 1 less a quarter of the weight. The loss is its square: what is the"
                    " gradient at 1?"
                ),
                shows=equals(0.75),
            ),
            Wrong(
                name="uphill",
                typed=("1 + 0.25 * 2",),
                hint=(
                    "This is further from the bottom than 1 is. On which side of 1 does the bottom"
                    " of the parabola lie?"
                ),
                shows=equals(1.5),
            ),
            Wrong(
                name="arrived at the bottom",
                typed=("0",),
                hint=(
                    "The bottom lies there, but does it get there in one step? Work out the"
                    " gradient at 1."
                ),
                shows=equals(0),
            ),
            Wrong(
                name="old gradients added up",
                typed=("1 - 0.25 * (8 + 4 + 2)",),
                hint=(
                    "This takes the gradients of all three places together. Which of them "
                    "holds where the weight stands now?"
                ),
                shows=equals(-2.5),
            ),
        ),
        otherwise=(
            "After two steps it stands at 1. Work out the gradient there and go against a quarter"
            " of it."
        ),
    ),
    Exercise(
        id="zeros",
        read=number,
        right=equals(10),
        observed=about_moving,
        praise="The last layer's biases alone: the network learns how frequent each digit is.",
        wrong=(
            Wrong(
                name="all parameters",
                typed=("3_310_026",),
                hint=(
                    "These are all of them. A gradient is a product of what comes in and what comes"
                    " back: how often is one of the two 0?"
                ),
                shows=equals(3_310_026),
            ),
            Wrong(
                name="none",
                typed=("0",),
                hint=(
                    "The loss is not at its minimum: ten equal logits fit some digits badly. Which"
                    " parameters are added to the logits themselves?"
                ),
                shows=equals(0),
            ),
            Wrong(
                name="the whole last layer",
                typed=("512 * 10 + 10",),
                hint=(
                    "This is the whole last layer. Its weights multiply what the hidden units"
                    " answer. What do these answer here?"
                ),
                shows=equals(5_130),
            ),
            Wrong(
                name="the weights of the last layer",
                typed=("512 * 10",),
                hint=(
                    "These are the weights of the last layer. The gradient of each is multiplied by"
                    " the answer of a hidden unit: what is that?"
                ),
                shows=equals(5_120),
            ),
        ),
        otherwise=(
            "Go backwards from the loss: which parameters change the logits by themselves, and"
            " which only together with something that is 0?"
        ),
    ),
    Exercise(
        id="train-epoch",
        read=function,
        right=trains_anywhere,
        look=watch_training,
        observed=about_training,
        praise="Losses and every parameter agree with a loop of its own, under SGD and under Adam.",
        wrong=(
            Wrong(
                name="in evaluation mode",
                hint=(
                    "The model came in evaluation mode and learned in it. Which mode does learning"
                    " need?"
                ),
                **trains_like(*STEPS, mode="model.eval()"),
            ),
            Wrong(
                name="softmax before cross-entropy",
                see="mis-softmax-twice",
                hint=(
                    "Every batch has its gradients and its step. But the loss is computed from"
                    " probabilities: what is inside it already?"
                ),
                **trains_like(
                    "optimizer.zero_grad()",
                    "loss = F.cross_entropy(model(images).softmax(dim=1), labels)",
                    *STEPS[2:],
                ),
            ),
            Wrong(
                name="old gradients are not forgotten",
                hint=(
                    "At the second batch the step went by the sum of two gradients. What has to be"
                    " forgotten?"
                ),
                **trains_like(*STEPS[1:]),
            ),
            Wrong(
                name="the gradients are erased before the step",
                hint=(
                    "Each step finds its gradients erased. What is between the line that makes"
                    " them and the step?"
                ),
                **trains_like(*STEPS[1:3], "optimizer.zero_grad()", "optimizer.step()"),
            ),
            Wrong(
                name="the step comes before the gradients",
                hint=(
                    "Gradients are computed, but after the step that needs them. Each batch then"
                    " forgets them."
                ),
                **trains_like(*STEPS[:2], "optimizer.step()", "loss.backward()"),
            ),
            Wrong(
                name="step is named and not called",
                hint=(
                    "The gradients are there, and the optimiser takes no step. Is there a "
                    "step, and is it called? A bare name does nothing."
                ),
                **trains_like(*STEPS[:3], "optimizer.step"),
            ),
            Wrong(
                name="no gradients",
                hint=(
                    "The optimiser takes steps, but finds no gradients. Which line computes them,"
                    " and before what?"
                ),
                **trains_like(*STEPS[:2], "optimizer.step()"),
            ),
            Wrong(
                name="logits and labels changed round",
                hint=(
                    "The labels came first to the loss function. Which of the two does it expect"
                    " there?"
                ),
                **stops_at_loss(
                    "loss = F.cross_entropy(labels, model(images))", "'Long'", "cross_entropy(label"
                ),
            ),
            Wrong(
                name="predicted classes in place of logits",
                hint=(
                    "The loss function was given the predicted classes. How sure the network was is"
                    " lost in them."
                ),
                **stops_at_loss(
                    "loss = F.cross_entropy(model(images).argmax(dim=1), labels)",
                    "class probabilities, got Long",
                    "argmax",
                ),
            ),
            Wrong(
                name="labels as decimal numbers",
                hint=(
                    "The labels came as decimal numbers. For classes, the loss function "
                    "expects whole ones, as they were."
                ),
                **stops_at_loss(
                    "loss = F.cross_entropy(model(images), labels.float())",
                    "expected target dtype to be Long or Byte, but got Float",
                    "labels",
                ),
            ),
            Wrong(
                name="the batch stays on the CPU",
                hint=(
                    "On a CPU every number is right. If the model is on a GPU, the images are not"
                    " there: what does .to(device) return, and which name keeps it?"
                ),
                **leaves("images", "images.to(device), labels.to(device)"),
            ),
            Wrong(
                name="the labels stay on the CPU",
                hint=(
                    "On a CPU every number is right. If the model is on a GPU, its logits are"
                    " there, too, and the labels are not."
                ),
                **leaves("labels", "images = images.to(device)"),
            ),
        ),
        otherwise=(
            "Compare with the four lines of the list above: is each of them done once for every"
            " batch, and in this order?"
        ),
    ),
    Exercise(
        id="overfit-batch",
        read=function,
        right=learns_by_heart,
        look=watch_overfitting,
        observed=about_overfitting,
        praise="So many steps on one batch, and the loss falls: your loop can learn.",
        wrong=(
            Wrong(
                name="one step only",
                hint=(
                    "The network saw the batch once, whatever steps says. A list with the batch in"
                    " it can be as long as you like."
                ),
                **overfits_like("return train_epoch(model, [batch], optimizer)"),
            ),
            Wrong(
                name="the batch in place of a list of batches",
                typed=(overfitting("return train_epoch(model, batch, optimizer)"),),
                hint=(
                    "The loop went through the batch itself, and met its images where it expected"
                    " pairs. What should it go through?"
                ),
                stops=lambda error: "unpack" in str(error) and "in loader" in line_of(error),
            ),
            Wrong(
                name="the last loss alone",
                hint=(
                    "Every step is right. This returns the last loss alone, and the cell below"
                    " reads the first one, too."
                ),
                **overfits_like("return train_epoch(model, steps * [batch], optimizer)[-1]"),
            ),
            Wrong(
                name="nothing is returned",
                hint=(
                    "Every step is right, and the losses are lost: the function returns None. Which"
                    " word hands them on?"
                ),
                **overfits_like("train_epoch(model, steps * [batch], optimizer)"),
            ),
        ),
        otherwise=(
            "It takes an optimiser of this model's parameters, and your train_epoch on a list that"
            " holds the batch so many times."
        ),
    ),
    Exercise(
        id="loop-order",
        read=function,
        right=trains_rightly_on_lists,
        look=watch_training,
        observed=about_training,
        praise=(
            "The same five lines, and only their order decides whether anything is learned. No"
            " message would tell."
        ),
        wrong=(
            Wrong(
                name="the gradients are erased before the step",
                hint=(
                    "Each step finds its gradients erased. What is between the line that makes"
                    " them and the step?"
                ),
                **loops_like(
                    loop_of(
                        LOSS_LINE, "loss.backward()", "optimizer.zero_grad()", "optimizer.step()"
                    )
                ),
            ),
            Wrong(
                name="the step comes before the gradients",
                hint=(
                    "Gradients are computed, but after the step that needs them. Each batch then"
                    " forgets them."
                ),
                **loops_like(
                    loop_of(
                        "optimizer.zero_grad()", LOSS_LINE, "optimizer.step()", "loss.backward()"
                    )
                ),
            ),
            Wrong(
                name="nothing is forgotten",
                hint=(
                    "It moves now, but by the sum of all gradients so far. What has to be forgotten"
                    " at each batch?"
                ),
                **loops_like(loop_of(LOSS_LINE, "loss.backward()", "optimizer.step()")),
            ),
            Wrong(
                name="one step for all batches",
                hint=(
                    "Two batches, and one step after the last of them. What has to happen for each"
                    " batch?"
                ),
                **loops_like(ONE_STEP),
            ),
            Wrong(
                name="softmax before cross-entropy",
                see="mis-softmax-twice",
                hint=(
                    "Every batch has its gradients and its step now. But the loss is computed "
                    "from probabilities: what is inside it already?"
                ),
                **loops_like(
                    loop_of(
                        "optimizer.zero_grad()",
                        "loss = F.cross_entropy(model(images).softmax(dim=1), labels)",
                        "loss.backward()",
                        "optimizer.step()",
                    )
                ),
            ),
        ),
        otherwise=(
            "Follow one gradient: where is it made, where is it used, and what happens to it in"
            " between?"
        ),
    ),
    Exercise(
        id="sum-or-mean",
        read=number,
        right=equals(64),
        observed=about_times,
        praise=(
            "A rate that suits the mean is far too large for the sum: ask which of the two a recipe"
            " means."
        ),
        wrong=(
            Wrong(
                name="only the printed number changes",
                typed=("1",),
                hint=(
                    "This says that the step does not change. The gradient comes from the "
                    "loss: what if all its heights grow?"
                ),
                shows=equals(1),
            ),
            Wrong(
                name="the root of the number of digits",
                typed=("8",),
                hint=(
                    "This is the root of 64: how much less a mean scatters. Here the same 64 "
                    "are summed: compare heights."
                ),
                shows=equals(8),
            ),
            Wrong(
                name="the other way round",
                typed=("1 / 64",),
                hint=(
                    "This makes the step shorter. Which of the two is larger, the sum of the losses"
                    " or their mean?"
                ),
                shows=rounded(1 / 64, 4),
            ),
            Wrong(
                name="ten classes",
                typed=("10",),
                hint=(
                    "Ten is the number of classes, and they are inside each loss. By what "
                    "does the mean divide, and the sum not?"
                ),
                shows=equals(10),
            ),
        ),
        otherwise=(
            "Write sum and mean down for two digits. How many times as steep is the one, wherever"
            " you stand?"
        ),
    ),
    Exercise(
        id="evaluate",
        read=function,
        right=evaluates_anywhere,
        look=watch_evaluation,
        observed=about_evaluation,
        praise="The answers do not depend on how batches are cut, and nothing was learned.",
        wrong=(
            Wrong(
                name="parameters frozen in place of the mode",
                see="mis-eval-mode",
                hint=(
                    "This forbids all later training, and the mode stays as it was. Mode and"
                    " gradients are two things."
                ),
                **evaluates_like(mode="model.requires_grad_(False)"),
            ),
            Wrong(
                name="eval is named and not called",
                hint=(
                    "The model was evaluated in the mode in which it came. Is anything called "
                    "that changes it? A bare name does nothing."
                ),
                **evaluates_like(mode="model.eval"),
            ),
            Wrong(
                name="gradients are kept",
                hint=(
                    "The loss is right, but gradients were prepared for every image. What switches"
                    " that off?"
                ),
                **evaluates_like(gradients="torch.enable_grad()"),
            ),
            Wrong(
                name="no_grad is named and not called",
                typed=(evaluation_of(gradients="torch.no_grad"),),
                hint=(
                    "What follows the word with has to be an object, and here it is a function "
                    "or class. Does it lack its brackets?"
                ),
                stops=lambda error: (
                    NO_CONTEXT.search(str(error)) is not None and "(" not in line_of(error)
                ),
            ),
            Wrong(
                name="the mean of each batch",
                hint=(
                    "The loss is too small: the mean of each batch was added, and the sum "
                    "divided by the images once more."
                ),
                **evaluates_like(reduction='"mean"'),
            ),
            Wrong(
                name="batches counted",
                hint=(
                    "Loss and accuracy are divided by the number of batches. They are sums over"
                    " images: of what is total the number?"
                ),
                **evaluates_like(total="total += 1"),
            ),
            Wrong(
                name="the right answers of the last batch",
                hint=(
                    "The loss is right. The right answers are those of the last batch alone: how"
                    " are they added up?"
                ),
                **evaluates_like(correct="correct = (logits.argmax(dim=1) == labels).sum().item()"),
            ),
            Wrong(
                name="one loss for each image",
                typed=(evaluation_of(reduction='"none"'),),
                hint=(
                    "There is one loss for each image of the batch now, and item takes a single"
                    " number."
                ),
                stops=lambda error: (
                    "a Tensor with" in str(error)
                    and "cannot be converted to Scalar" in str(error)
                    and "cross_entropy" in line_of(error)
                ),
            ),
            Wrong(
                name="the batch stays on the CPU",
                hint=(
                    "On a CPU loss and accuracy are right. If the model is on a GPU, the images are"
                    " not there: what does .to(device) return, and which name keeps it?"
                ),
                **leaves_at_home("images", "images.to(device), labels.to(device)"),
            ),
            Wrong(
                name="the labels stay on the CPU",
                hint=(
                    "On a CPU loss and accuracy are right. If the model is on a GPU, its logits are"
                    " there, too, and the labels are not."
                ),
                **leaves_at_home("labels", "images = images.to(device)"),
            ),
        ),
        otherwise=(
            "Same images, same network: the result may depend neither on dropout nor on how batches"
            " are cut."
        ),
    ),
    Exercise(
        id="augmentation",
        read=lambda answer: moves_of_two_batches(several(function, number)(answer)),
        right=turns_and_shifts(),
        observed=about_moves,
        praise="What comes in looks like the background, so no rim gives the angle away.",
        wrong=(
            Wrong(
                name="radians",
                typed=(_affine("math.radians(10)", "0.1", "black"),),
                hint=(
                    "The digits turn by less than a quarter of a degree. In which unit does Affine"
                    " take angles?"
                ),
                shows=lambda moves: (
                    moves_by(0, 2.8)(moves) and moves.turn > 0.1 and fills_black(moves)
                ),
            ),
            Wrong(
                name="the angle from end to end",
                typed=(_affine("20", "0.1", "black"),),
                hint=(
                    "The digits turn by up to twenty degrees to each side. How does Affine count"
                    " the angle?"
                ),
                shows=turns_and_shifts(angle=20),
            ),
            Wrong(
                name="the shift in pixels",
                typed=(_affine("10", "2.8", "black"),),
                hint=(
                    "Many digits leave the image altogether. Affine takes the shift as a fraction"
                    " of the side."
                ),
                shows=lambda moves: (
                    not moves.right.isnan().all()
                    and (bool(moves.right.isnan().any()) or moves.shift > 12)
                ),
            ),
            Wrong(
                name="the shift from end to end",
                typed=(_affine("10", "0.05", "black"),),
                hint=(
                    "The digits move by up to 1.4 pixels to each side. Which fraction of the "
                    "side is asked for, and how is it counted?"
                ),
                shows=turns_and_shifts(shift=1.4),
            ),
            Wrong(
                name="zero is taken for black",
                typed=(_affine("10", "0.1", "0"),),
                hint=(
                    "The brightness 0 comes in at the rim, and that is grey here: these "
                    "images are normalised. What is black now?"
                ),
                shows=only_lets_in(lambda black, std: 0),
            ),
            Wrong(
                name="the mean with its sign changed",
                typed=(_affine("10", "0.1", "-mean"),),
                hint=(
                    "What comes in is a little too bright: normalising takes the mean away, "
                    "and what does it do after that?"
                ),
                shows=only_lets_in(lambda black, std: black * std),
            ),
            Wrong(
                name="white in place of black",
                typed=(_affine("10", "0.1", "(1 - mean) / std"),),
                hint=(
                    "What comes in is white: this is what normalising makes of 1. Which number was"
                    " black before it?"
                ),
                shows=only_lets_in(lambda black, std: black + 1 / std),
            ),
        ),
        otherwise=(
            "Asked for are up to ten degrees and up to a tenth of the side, drawn anew for "
            "each image, with black behind."
        ),
    ),
    Exercise(
        id="occlusion",
        read=several(function, number),
        right=maps_rightly,
        look=watch_occlusion,
        observed=about_occlusion,
        praise="Every position has its own copy of the image, and the image itself is as it was.",
        wrong=(
            Wrong(
                name="covered with grey",
                hint=(
                    "The squares hold 0, which is a grey in a normalised image. What does the"
                    " background hold?"
                ),
                **covers_like(value="0"),
            ),
            Wrong(
                name="logits in place of probabilities",
                hint=(
                    "These are logits: they do not lie between 0 and 1. What turns ten logits into"
                    " ten probabilities?"
                ),
                **covers_like(probabilities="model(covered)"),
            ),
            Wrong(
                name="softmax over the positions",
                hint=(
                    "The values of each label add up to 1 over all positions. Over which dimension"
                    " should softmax go?"
                ),
                **covers_like(probabilities="model(covered).softmax(dim=0)"),
            ),
            Wrong(
                name="rows and columns changed round",
                hint=(
                    "Every value is there, and the map is turned over its diagonal: rows and"
                    " columns have changed places."
                ),
                **covers_like(square="column:column + side, row:row + side"),
            ),
            Wrong(
                name="the last position is missing",
                hint=(
                    "The last position is missing where the square ends at the border. Where does"
                    " range stop?"
                ),
                **covers_like(corners="range(0, 28 - side, step)"),
            ),
            Wrong(
                name="the largest probability",
                hint=(
                    "This is the largest of the ten probabilities, whichever label it belongs to."
                    " Which one is asked for?"
                ),
                **covers_like(end="probabilities.amax(dim=1).view(len(corners), len(corners))"),
            ),
        ),
        otherwise=(
            "For each position: a copy of the image, black in one square, and of its ten"
            " probabilities the label's."
        ),
    ),
    Exercise(
        id="stop-epoch",
        read=whole,
        right=exactly(4),
        observed=about_epoch,
        praise=(
            "The validation images that chose it flatter it a little. What it is worth, others have"
            " to say."
        ),
        wrong=(
            Wrong(
                name="the best on what was learned from",
                typed=("8",),
                hint=(
                    "There the training curve is best. What do these last epochs do for digits it"
                    " has never seen?"
                ),
                shows=exactly(8),
            ),
            Wrong(
                name="where the two curves meet",
                typed=("2",),
                hint=(
                    "There the curves meet. Nothing is best about that: validation still improves"
                    " afterwards."
                ),
                shows=exactly(2),
            ),
            Wrong(
                name="counted from 0",
                typed=("3",),
                hint="One more epoch still helps. Did you count from 0? The axis counts from 1.",
                shows=exactly(3),
            ),
            Wrong(
                name="the first that is worse",
                typed=("5",),
                hint="There the dashed curves have turned already. Which network was there before?",
                shows=exactly(5),
            ),
        ),
        otherwise=(
            "Only the dashed curves ask about digits that were not learned from. Where are they"
            " best?"
        ),
    ),
    Exercise(
        id="recall",
        read=function,
        right=computes_share(lambda matrix, digit: matrix[digit, digit] / matrix[digit].sum()),
        observed=about_recall,
        praise=(
            "It asks of the digits that are there. Precision asks of the answers that were given."
        ),
        wrong=(
            Wrong(
                name="precision",
                typed=("confusion[digit, digit] / confusion[:, digit].sum()",),
                hint=(
                    "A column stands below the line, all that was called so. That is precision."
                    " What is a row?"
                ),
                shows=computes_share(
                    lambda matrix, digit: matrix[digit, digit] / matrix[:, digit].sum()
                ),
            ),
            Wrong(
                name="of all images",
                typed=("confusion[digit, digit] / confusion.sum()",),
                hint=(
                    "All images stand below the line, of all ten digits. Of which of them is the"
                    " share asked?"
                ),
                shows=computes_share(lambda matrix, digit: matrix[digit, digit] / matrix.sum()),
            ),
            Wrong(
                name="of all right answers",
                typed=("confusion[digit, digit] / confusion.trace()",),
                hint=(
                    "It comes out with the right answers to all digits below the line. Of which"
                    " images is it asked?"
                ),
                shows=computes_share(lambda matrix, digit: matrix[digit, digit] / matrix.trace()),
            ),
            Wrong(
                name="of the mistakes",
                typed=(
                    "confusion[digit, digit] / (confusion[digit].sum() - confusion[digit, digit])",
                ),
                hint=(
                    "This comes out with those that were missed below the line. A share has all of"
                    " them there."
                ),
                shows=computes_share(
                    lambda matrix, digit: (
                        matrix[digit, digit] / (matrix[digit].sum() - matrix[digit, digit])
                    )
                ),
            ),
            Wrong(
                name="of ten classes",
                typed=("confusion[digit, digit] / len(confusion)",),
                hint=(
                    "This comes out with 10, the number of classes, below the line. How many images"
                    " show this digit?"
                ),
                shows=computes_share(lambda matrix, digit: matrix[digit, digit] / 10),
            ),
            Wrong(
                name="in per cent",
                typed=("confusion[digit, digit] / (confusion[digit].sum() / 100)",),
                hint="This is the share in per cent. A share lies between 0 and 1.",
                shows=computes_share(
                    lambda matrix, digit: 100 * matrix[digit, digit] / matrix[digit].sum()
                ),
            ),
        ),
        otherwise=(
            "Above the line those that were found. Below it all that are truly this digit: a row or"
            " a column?"
        ),
    ),
)
