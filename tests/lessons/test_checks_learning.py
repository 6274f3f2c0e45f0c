"""Chapter 4's checks: what they say to wrong answers that no list names, and right answers in other
forms.
"""

import linecache
import math
from itertools import count, product

import numpy as np
import pytest
import torch
from firstcnn import augment, data
from lessons.checks import EXERCISES, check
from lessons.checks.learning.evaluation import evaluation_of
from lessons.checks.learning.occlusion import covering
from torch.nn import functional as F
from torchvision import transforms
from typed_answers import cells, verdict_on

BLACK = -0.1307 / 0.3081
NUMBERS = count()
LOSS_LINE = "loss = F.cross_entropy(model(images), labels)"
MOVE = "images, labels = images.to(device), labels.to(device)"
MOVES = [  # a batch to the device of the model, in other forms
    "labels = labels.to(device); images = images.to(device)",
    "images, labels = (each.to(device) for each in (images, labels))",
    "images, labels = images.to(device=device), labels.to(device=device, non_blocking=True)",
    "images, labels = [images.to(model.fc.weight), labels.to(next(model.parameters()).device)]",
]


def epoch(mode="model.train()", forget="optimizer.zero_grad()",
          loss="F.cross_entropy(logits, labels)", backward="loss.backward()",
          step="optimizer.step()", end="return losses", move=MOVE):  # fmt: skip
    """Return a student's training function with something in its lines."""
    return made(f"""
def answer(model, loader, optimizer):
    device = next(model.parameters()).device
    {mode}
    losses = []
    for images, labels in loader:
        {move}
        {forget}
        logits = model(images)
        loss = {loss}
        {backward}
        {step}
        losses.append(loss.item())
    {end}
""")


def evaluation(mode="model.eval()", gradients="torch.no_grad()", reduction='"sum"',
               end="return loss / total, correct / total", move=MOVE):  # fmt: skip
    return made(f"""
def answer(model, loader):
    device = next(model.parameters()).device
    loss, correct, total = 0.0, 0, 0
    {mode}
    with {gradients}:
        for images, labels in loader:
            {move}
            logits = model(images)
            loss += F.cross_entropy(logits, labels, reduction={reduction}).item()
            correct += (logits.argmax(dim=1) == labels).sum().item()
            total += len(labels)
    {end}
""")


def overfitting(*lines):
    body = "\n".join(f"    {line}" for line in lines)
    return made(f"def answer(model, batch, steps):\n{body}", train_epoch=epoch())


def loop(*lines, end="return losses"):
    body = "\n".join(f"        {line}" for line in lines)
    return made(f"""
def answer(model, batches, optimizer):
    model.train()
    losses = []
    for images, labels in batches:
{body}
        losses.append(loss.item())
    {end}
""")


def made(source, **used):
    names = {"torch": torch, "F": F, "math": math, "product": product, "black": BLACK, **used}
    file = f"<answer {next(NUMBERS)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    exec(compile(source, file, "exec"), names)
    return names["answer"]


def hints(exercise):
    return {wrong.hint for wrong in EXERCISES[exercise].wrong}


@pytest.mark.parametrize(
    ("typed", "said", "hint"),
    [
        ({"loss": "criterion(logits, labels)"}, "NameError: name 'criterion'", ""),
        ({"loss": "F.cross_entropy(outputs, labels)"}, "given model, loader and optimizer", ""),
        ({"mode": "model.training()"}, "'bool' object is not callable", ""),
        ({"mode": "train()"}, "NameError: name 'train'", ""),
        (
            {"loss": "F.cross_entropy(logits, labels).item()"},
            "'float' object has no attribute 'backward'",
            "",
        ),
        ({"step": "optim.step()"}, "NameError: name 'optim'", ""),
        ({"backward": "loss.backwards()"}, "Did you mean `backward`?", ""),
        ({"backward": "logits.backward()"}, "only for scalar outputs", ""),
        ({"loss": "F.cross_entropy(logits, images)"}, "RuntimeError", ""),
        (
            {"loss": "F.cross_entropy(logits, labels.float())"},
            "RuntimeError",
            "labels came as decimal numbers",
        ),
        ({"loss": "F.cross_entropy(labels, logits)"}, "Error", "The labels came first"),
        (
            {"loss": "F.cross_entropy(logits.argmax(dim=1), labels)"},
            "RuntimeError",
            "the predicted classes",
        ),
        ({"loss": "F.cross_entropy(logits, F.one_hot(labels, 3).long())"}, "RuntimeError", ""),
    ],
)
def test_an_epoch_that_stops_is_told_its_own_error_first(typed, said, hint):
    text = check("train-epoch", epoch(**typed)).text
    assert text.startswith("Your answer stops with") and said in text and hint in text
    assert hint or not any(each in text for each in hints("train-epoch"))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"loss": "F.cross_entropy(logits, labels) * 2"}, "2 times as large"),
        ({"loss": 'F.cross_entropy(logits, labels, reduction="sum")'}, "8 times as large"),
        ({"loss": "F.cross_entropy(F.relu(logits), labels)"}, "not those of this batch"),
        ({"loss": "F.multi_margin_loss(logits, labels)"}, "not those of this batch"),
        ({"loss": "F.cross_entropy(model(images), labels)"}, "calls the model 4 times"),
        ({"loss": "F.cross_entropy(logits, labels.flip(0))"}, "not those of this batch"),
        ({"step": "optimizer.step(); model.eval()"}, "in evaluation mode in 1 of 2 passes"),
        ({"end": "return sum(losses) / len(losses)"}, "The list of losses"),
        ({"end": "model.eval(); return losses"}, "not what it should be afterwards"),
    ],
)
def test_an_epoch_that_nobody_named_is_told_what_was_seen(typed, said):
    text = check("train-epoch", epoch(**typed)).text
    assert said in text and not any(each in text for each in hints("train-epoch"))


@pytest.mark.parametrize(
    "typed",
    [
        {"loss": "F.cross_entropy(input=logits, target=labels)"},
        {"loss": "torch.nn.CrossEntropyLoss()(logits, labels)"},
        {"mode": "model.train(True)"},
        {"forget": "model.zero_grad()"},
        {"forget": "optimizer.zero_grad(set_to_none=False)"},
        {"backward": "loss.backward(retain_graph=True)"},
        {"loss": "F.cross_entropy(logits.log_softmax(1), labels)"},
        {"loss": "F.nll_loss(logits.log_softmax(1), labels)"},
        {"end": "return torch.tensor(losses)"},
        *({"move": move} for move in MOVES),
        {"move": f"{MOVE}; float(images.sum()); images.cpu().numpy(); labels.tolist()"},
    ],
)
def test_an_epoch_in_another_form_is_right(typed):
    assert check("train-epoch", epoch(**typed))


@pytest.mark.parametrize(
    ("move", "stays"),
    [
        ("pass", "images"),
        ("images.to(device), labels.to(device)", "images"),
        ("device = 'cpu'; images, labels = images.to(device), labels.to(device)", "images"),
        ("labels = labels.to(device)", "images"),
        ("images = images.to(device)", "labels"),
        ("images, labels = images.to(device), labels.to('cpu')", "labels"),
    ],
)
@pytest.mark.parametrize(("exercise", "answer"), [("train-epoch", epoch), ("evaluate", evaluation)])
def test_what_would_stay_on_the_cpu_beside_a_model_on_a_gpu_is_named(exercise, answer, move, stays):
    verdict = check(exercise, answer(move=move))
    words = {"images": "the images are not there", "labels": "and the labels are not"}
    assert not verdict and words[stays] in verdict.text
    assert not any(word in verdict.text for name, word in words.items() if name != stays)


def test_a_loop_with_another_mistake_hears_of_that_first():
    assert "evaluation mode" in check("train-epoch", epoch(mode="model.eval()", move="pass")).text
    assert (
        "mean of each batch" in check("evaluate", evaluation(reduction='"mean"', move="pass")).text
    )


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (
            ("return [0.1] * steps",),
            "For 12 steps, your function calls the model 0 times.",
        ),
        (
            (
                "optimizer = torch.optim.SGD(model.parameters(), lr=0.001)",
                "return train_epoch(model, steps * [batch], optimizer)",
            ),
            "The losses are not those of Adam with a rate of 0.001",
        ),
        (
            (
                "optimizer = torch.optim.Adam(model.parameters(), lr=0.001)",
                "return train_epoch(model, steps * [(batch[0] / 2, batch[1])], optimizer)",
            ),
            "not given the images of the batch",
        ),
        (
            (
                "optimizer = torch.optim.Adam(model.parameters(), lr=0.001)",
                "return train_epoch(model, (steps + 1) * [batch], optimizer)",
            ),
            "For 12 steps, your function calls the model 13 times.",
        ),
        (
            (
                "optimizer = torch.optim.Adam(model.parameters(), lr=0.001)",
                "return train_epoch(model, 12 * [batch], optimizer)",
            ),
            "For 3 steps, your function calls the model 12 times.",
        ),
        (("return train_epoch(model, steps * [batch], optimizer)",), "NameError: name 'optimizer'"),
    ],
)
def test_an_overfitting_that_nobody_named_is_told_what_was_seen(lines, said):
    text = check("overfit-batch", overfitting(*lines)).text
    assert said in text and not any(each in text for each in hints("overfit-batch"))


@pytest.mark.parametrize(
    "lines",
    [
        (
            "optimizer = torch.optim.Adam(model.parameters())",
            "return train_epoch(model, [batch for _ in range(steps)], optimizer)",
        ),
        (
            "optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)",
            "return [train_epoch(model, [batch], optimizer)[0] for _ in range(steps)]",
        ),
    ],
)
def test_an_overfitting_in_another_form_is_right(lines):
    assert check("overfit-batch", overfitting(*lines))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"mode": "model.evaluate()"}, "has no attribute 'evaluate'"),
        ({"mode": "model.eval(True)"}, "TypeError"),
        ({"gradients": "torch.nograd()"}, "Did you mean `no_grad`?"),
        ({"gradients": "no_grad()"}, "NameError: name 'no_grad'"),
        ({"reduction": '"avg"'}, "avg is not a valid value for reduction"),
        (
            {"mode": "model.dropout.eval()"},
            "in training mode in 3 of 3 passes, batch norm included",
        ),
        ({"mode": "model.norm.eval()"}, "in training mode in 3 of 3 passes, dropout included"),
        ({"mode": "model.train()"}, "dropout and batch norm included"),
        (
            {"mode": "model.eval(); model.dropout.train()"},
            "Dropout worked as in training in at least one pass.",
        ),
        (
            {"gradients": "model.eval()"},
            "'Network' object does not support the context manager protocol",
        ),
    ],
)
def test_an_evaluation_that_nobody_named_is_told_its_error_or_what_was_seen(typed, said):
    text = check("evaluate", evaluation(**typed)).text
    assert said in text and not any(each in text for each in hints("evaluate"))


@pytest.mark.parametrize(
    "typed",
    [
        {"mode": "model.train(False)"},
        {
            "mode": "was = model.training; model.eval()",
            "end": "model.train(was); return loss / total, correct / total",
        },
        {"end": "return loss / len(loader.dataset), correct / len(loader.dataset)"},
        {"gradients": "torch.inference_mode()"},
        {"gradients": "torch.set_grad_enabled(False)"},
        *({"move": move} for move in MOVES),
    ],
)
def test_an_evaluation_in_another_form_is_right(typed):
    assert check("evaluate", evaluation(**typed))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (loop("optimizer.zero_grad()", LOSS_LINE, "optimizer.step()"), "No gradients are ever computed."),
        (loop("optimizer.zero_grad()", LOSS_LINE, *2 * ["loss.backward()"], "optimizer.step()"), "RuntimeError"),
        (loop("optimizer.zero_grad()", "loss = F.cross_entropy(logits, labels)"), "NameError: name 'logits'"),
        (loop("optimizer.zero_grad()", LOSS_LINE, "loss.backward()", "optimizer.step()", end="return loss.item()"),
         "Every step is right. The list of losses has the shape ()"),
        (loop("optimizer.zero_grad()", LOSS_LINE, "loss.backward()", "optimizer.step()", end="pass"),
         "it returned None"),
        (loop("optimizer.zero_grad()", LOSS_LINE, "loss.backward()", "optimizer.step()", end="    return losses"),
         "calls the model once"),
        (loop("model.eval()", "optimizer.zero_grad()", LOSS_LINE, "loss.backward()", "optimizer.step()"),
         "in evaluation mode in 2 of 2 passes"),
    ],
)  # fmt: skip
def test_a_loop_that_nobody_named_is_told_its_error_or_what_was_seen(answer, said):
    text = check("loop-order", answer).text
    assert said in text and not any(each in text for each in hints("loop-order"))


def test_the_order_of_the_loop_may_be_another_right_one():
    assert check(
        "loop-order",
        loop(LOSS_LINE, "optimizer.zero_grad()", "loss.backward()", "optimizer.step()"),
    )
    assert check(
        "loop-order",
        loop(LOSS_LINE, "loss.backward()", "optimizer.step()", "optimizer.zero_grad()"),
    )


@pytest.mark.parametrize("loss", [2.17, 2.1698, torch.tensor(2.1698460)])
def test_a_loss_counts_as_the_page_prints_it(loss):
    assert check("cross-entropy", (torch.tensor([3.0, 1, 0]).exp() / 23.80, loss))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            (torch.tensor([3.0, 1, 0]).exp() / 4, 1.0),
            "powers of e, divided by the sum of the logits",
        ),
        ((torch.tensor([3.0, 1, 0]).exp(), 1.0), "add up to 23.8"),
        ((torch.tensor([3.0, 1, 0]) / 4, 1.0), "The first value that differs, 0.75"),
        ((torch.tensor([3.0, 1, 0]).softmax(0), 21.7), "It is ten times what is asked for."),
        ((torch.tensor([3.0, 1, 0]).softmax(0), 0.1142), "0.1142 is too small"),
        (
            (
                torch.tensor([3.0, 1, 0]).softmax(0),
                -torch.tensor([3.0, 1, 0]).log_softmax(0).mean(),
            ),
            "is too small",
        ),
        (
            (torch.tensor([3.0, 1, 0]).softmax(0), torch.zeros(3)),
            "Value 2 of 2: This asks for one number",
        ),
    ],
)
def test_what_is_wrong_with_a_loss_is_told(answer, said):
    assert said in check("cross-entropy", answer).text


def test_a_step_is_judged_at_negative_and_at_positive_slopes():
    assert check("one-step", lambda before, after, rate: before / rate - after / rate)
    said = check("one-step", lambda before, after, rate: abs(after - before) / rate).text
    assert "This is never below 0" in said
    said = check("one-step", lambda before, after, rate: after / rate).text
    assert said.startswith("For a step from 0.5 to 0.7 with the rate 0.1, your function gives 7")


RIGHT = augment.Affine(rotation=10, translation=0.1, fill=BLACK)


def image_by_image(images):
    turn = transforms.RandomAffine(10, translate=(0.1, 0.1), fill=BLACK)
    return torch.stack([turn(image) for image in images])


def test_an_augmentation_of_another_library_is_right():
    assert check("augmentation", (image_by_image, BLACK))


@pytest.mark.parametrize(
    ("augmentation", "said"),
    [
        (lambda x: augment.Affine(translation=0.1, fill=BLACK)(augment.rotate(x, 10, fill=BLACK)),
         "the same amount for all images of a batch (10.0 degrees)"),
        (transforms.RandomAffine(10, translate=(0.1, 0.1), fill=BLACK), "the same amount for all images of a batch"),
        (augment.Affine(rotation=20, translation=0.2, fill=BLACK), "up to 5.6 pixels"),
        (augment.Affine(rotation=10, translation=0.1, fill=1.0), "lets the brightness 1.000 come in"),
        (augment.Affine(rotation=10, translation=0.1, shear=20, fill=BLACK), "It also stretches or shears them."),
        (lambda x: x, "turns images by 0 degrees, moves them by 0 pixels"),
        (lambda x: 0 * x, "No digit is left in any image."),
        (lambda x: RIGHT(x).flip(-2), "It also mirrors images."),
        (lambda x: (RIGHT(x) - BLACK) / 2 + BLACK, "It also changes how bright a point is."),
        (lambda x: 2 * BLACK - RIGHT(x), "It also changes how bright a point is."),
        (augment.Affine(rotation=10, translation=10 / 28, fill=BLACK), "by more than 8 pixels along an axis"),
        (lambda x: x[:, 0], "returns as many images as it is given"),
    ],
)  # fmt: skip
def test_what_an_augmentation_does_is_told(augmentation, said):
    text = check("augmentation", (augmentation, BLACK)).text
    assert said in text and not any(each in text for each in hints("augmentation"))


@pytest.mark.parametrize("name", ["white in place of black", "the mean with its sign changed"])
def test_a_wrong_brightness_is_named_whatever_the_images(name, tmp_path, monkeypatch):
    draw = np.random.default_rng(0)
    for part, number in (("train", 3000), ("t10k", 500)):
        images = draw.integers(0, 100, (number, 28, 28), np.uint8)
        head = np.array([2051, number, 28, 28], ">u4").tobytes()
        (tmp_path / f"{part}-images-idx3-ubyte").write_bytes(head + images.tobytes())
        head = np.array([2049, number], ">u4").tobytes()
        labels = (np.arange(number) % 10).astype(np.uint8)
        (tmp_path / f"{part}-labels-idx1-ubyte").write_bytes(head + labels.tobytes())
    monkeypatch.setenv("FIRSTCNN_DATA", str(tmp_path))
    mean, std = data.pixel_statistics(data.open_training_sets()[0].images)
    names = {"augment": augment, "math": math, "mean": mean, "std": std, "black": -mean / std}
    wrong = next(each for each in EXERCISES["augmentation"].wrong if each.name == name)
    cell = cells("4-training")["augmentation"]
    assert verdict_on(cell, (None,), names)
    assert verdict_on(cell, wrong.typed, names).text.endswith(wrong.hint)


def test_recall_may_be_rounded_to_four_decimals_and_not_to_two():
    assert check(
        "recall",
        lambda confusion, digit: round(confusion[digit, digit] / confusion[digit].sum(), 4),
    )
    said = check(
        "recall",
        lambda confusion, digit: round(confusion[digit, digit] / confusion[digit].sum(), 2),
    ).text
    assert (
        "[[5, 2], [3, 8]] and the digit 0, your function gives 0.71, where 0.7143 is right" in said
    )


def test_recall_is_told_by_an_example():
    said = check(
        "recall", lambda confusion, digit: confusion[digit, digit] / confusion[digit].max()
    ).text
    assert (
        "For the matrix [[6, 2], [3, 9]] and the digit 0, your function gives 1, where 0.75 is"
        " right" in said
    )


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (
            {"mode": "model.train(); model.dropout.eval()"},
            "Dropout worked as in evaluation while the model was called",
        ),
        ({"mode": "model.training = True"}, "Dropout and batch norm worked as in evaluation"),
        (
            {"mode": "model.dropout.train()"},
            "in evaluation mode in 2 of 2 passes, batch norm included",
        ),
        (
            {"forget": "model.fc.zero_grad()"},
            "At step 2 of the optimiser the gradients are not those",
        ),
        ({"loss": "F.cross_entropy(model(images / 255), labels)"}, "calls the model 4 times"),
        (
            {"mode": "model.train(); model.fc.requires_grad_(False)"},
            "At step 1 of the optimiser `fc.weight` has no gradient",
        ),
        (
            {"mode": "model.train(); model.conv.requires_grad_(False)"},
            "`conv.weight` has no gradient, so it does not",
        ),
    ],
)
def test_what_is_said_of_an_epoch_is_true_of_each_of_its_layers(typed, said):
    assert said in check("train-epoch", epoch(**typed)).text


@pytest.mark.parametrize("order", ["flip(0)", "roll(1, 0)"])
def test_images_may_change_places_in_their_batch_with_their_labels(order):
    change = f"optimizer.zero_grad(); images, labels = images.{order}, labels.{order}"
    assert check("train-epoch", epoch(forget=change))
    steps = ["optimizer.zero_grad()", LOSS_LINE, "loss.backward()", "optimizer.step()"]
    assert check("loop-order", loop(change, *steps))


def test_an_evaluation_that_fails_on_many_images_alone_hears_so():
    def answer(model, loader):
        loss, accuracy = evaluation()(model, loader)
        return (loss + 1, accuracy) if len(loader.dataset) == 30 else (loss, accuracy)

    assert "The loss of 30 images, in batches of 10:" in check("evaluate", answer).text


def test_a_recall_that_is_nearly_right_is_not_a_rounded_one():
    nearly = check(
        "recall", lambda matrix, digit: 1.00005 * matrix[digit, digit] / matrix[digit].sum()
    )
    assert not nearly


def test_an_epoch_on_other_images_is_told_so():
    def answer(model, loader, optimizer):
        return epoch()(model, [(images / 255, labels) for images, labels in loader], optimizer)

    assert "not given the images of the batch as they came" in check("train-epoch", answer).text


def test_an_epoch_that_fails_on_other_batches_is_told_on_which():
    def two_batches(model, loader, optimizer):
        return epoch()(model, list(loader)[:2], optimizer)

    said = check("train-epoch", two_batches).text
    assert said.startswith("For batches of 5, 7, 1 images, your function calls the model 2 times.")


@pytest.mark.parametrize(
    "line", ["torch.set_default_dtype(torch.float64)", "torch.set_grad_enabled(False)"]
)
def test_what_an_answer_sets_is_gone_for_the_next_one(line):
    assert not check("train-epoch", epoch(step=line))
    assert not check("evaluate", evaluation(mode=line))
    assert check("train-epoch", epoch()) and check("evaluate", evaluation())


def test_results_may_be_rounded_to_four_decimals():
    def rounded_epoch(*given):
        return [round(loss, 4) for loss in epoch()(*given)]

    def rounded_evaluation(*given):
        return tuple(round(value, 4) for value in evaluation()(*given))

    assert check("train-epoch", rounded_epoch) and check("evaluate", rounded_evaluation)


@pytest.mark.parametrize("line", ["torch.manual_seed(0)", "torch.rand(5)"])
def test_other_random_numbers_do_not_make_a_training_wrong(line):
    steps = ["optimizer.zero_grad()", LOSS_LINE, "loss.backward()", "optimizer.step()"]
    assert check("loop-order", loop(line, *steps)) and check(
        "loop-order", loop(*steps[:2], line, *steps[2:])
    )
    assert check("train-epoch", epoch(mode=f"model.train(); {line}"))


@pytest.mark.parametrize(
    ("lines", "end", "said"),
    [
        (
            ("optimizer.zero_grad",),
            "return losses",
            "by the sum of all gradients so far. What has to be forgotten",
        ),
        (
            ("optimizer.zero_grad()",),
            "return losses[::-1]",
            "For batches of 5, 7, 1 images: the list of losses",
        ),
        (
            ("optimizer.zero_grad()",),
            "return losses, 1",
            "should return the list of losses, but it returned a tuple",
        ),
        (
            ("losses.append('0.5')", "optimizer.zero_grad()"),
            "return losses",
            "it returned a list with a str in it",
        ),
        (
            ("if len(losses) > 2: break", "optimizer.zero_grad()"),
            "return losses",
            "calls the model 3 times",
        ),
    ],
)
def test_a_loop_is_told_what_is_true_of_it(lines, end, said):
    answer = loop(*lines, LOSS_LINE, "loss.backward()", "optimizer.step()", end=end)
    assert said in check("loop-order", answer).text


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("model.eval(); model.norm.momentum = 0", "Your function changes parts of the model"),
        ("model.eval(); model.dropout.p = 0", "Your function changes parts of the model"),
        (
            "model.eval(); model.norm.running_mean.zero_()",
            "Your function changes what the model has stored",
        ),
    ],
)
def test_an_evaluation_leaves_the_model_as_it_was(mode, said):
    assert said in check("evaluate", evaluation(mode=mode)).text


def test_a_copy_may_be_evaluated():
    assert check("evaluate", evaluation(mode="import copy; model = copy.deepcopy(model).eval()"))


def test_results_that_have_changed_places_are_told_so():
    def swapped(*given):
        loss, accuracy = evaluation()(*given)
        return accuracy, loss

    assert "they have changed places" in check("evaluate", swapped).text


def test_an_evaluation_that_stops_on_some_batches_alone_is_told_its_error():
    def answer(model, loader):
        if loader.batch_size == 2:
            raise LookupError("batches of two")
        loss, accuracy = evaluation()(model, loader)
        return loss + 1, accuracy

    assert "Your answer stops with LookupError: batches of two" in check("evaluate", answer).text


def test_brackets_that_are_there_are_not_asked_for():
    cell = cells("4-training")["evaluate"]
    typed = (evaluation_of(gradients="torch.no_grad(False)"),)
    said = verdict_on(cell, typed, {"torch": torch, "F": F}).text
    assert "does not support the context manager protocol" in said and "brackets" not in said


def occlusion(**slip):
    source = f"def answer(model, image, label, side, step):\n{covering(**slip)}"
    return made(source), BLACK


def one_position_after_the_other(model, image, label, side, step):
    corners = range(0, 28 - side + 1, step)
    rows = []
    for row in corners:
        rows.append([])
        for column in corners:
            covered = image.clone()
            covered[..., row : row + side, column : column + side] = BLACK
            rows[-1].append(model(covered).softmax(1)[0, label].item())
    return rows


def test_an_occlusion_map_in_another_form_is_right():
    assert check("occlusion", occlusion())
    assert check("occlusion", (one_position_after_the_other, BLACK))
    assert check("occlusion", occlusion(end=occlusion_end("reshape(len(corners), -1)")))


def occlusion_end(arranged):
    return f"probabilities[:, label].{arranged}"


@pytest.mark.parametrize(
    ("slip", "said"),
    [
        ({"value": "-1"}, "the map of label 3 first differs at row 0, column 0"),
        ({"end": "probabilities[:, label]"}, "where a tensor of shape (8, 8) is right"),
        ({"start": "image.expand(len(corners) ** 2, 1, 28, 28)"}, "first differs at"),
        ({"start": "image.repeat(len(corners), 1, 1, 1)"}, "IndexError"),
        ({"square": "row:row + side, :"}, "first differs at row 0, column 0"),
        ({"square": "row:row + side - 1, column:column + side"}, "first differs at row 0"),
        ({"end": "1 - " + occlusion_end("view(len(corners), len(corners))")}, "first differs at"),
    ],
)
def test_an_occlusion_map_that_nobody_named_is_told_where_it_differs(slip, said):
    text = check("occlusion", occlusion(**slip)).text
    assert said in text and not any(each in text for each in hints("occlusion"))


def test_an_occlusion_map_may_not_change_its_image():
    def answer(model, image, label, side, step):
        right = one_position_after_the_other(model, image, label, side, step)
        image.zero_()
        return right

    assert "your function changes its image" in check("occlusion", (answer, BLACK)).text


@pytest.mark.parametrize(
    "exercise", ["train-epoch", "overfit-batch", "evaluate", "occlusion", "augmentation"]
)
def test_every_named_slip_of_a_typed_function_draws_its_own_hint(exercise):
    names = {"torch": torch, "F": F, "math": math, "product": product, "black": BLACK,
             "mean": 0.1307, "std": 0.3081, "augment": augment, "train_epoch": epoch()}  # fmt: skip
    cell = cells("4-training")[exercise]
    assert verdict_on(cell, (None,), names)
    for wrong in EXERCISES[exercise].wrong:
        assert verdict_on(cell, wrong.typed, names).text.endswith(wrong.hint), wrong.name


@pytest.mark.parametrize(
    ("rotation", "translation"),
    [(9.5, 0.1), (10.5, 0.1), (10, 0.11), (10, 3 / 28), (10, 0.095), (10.5, 0.105)],
)
def test_an_augmentation_that_is_nearly_right_is_not_right(rotation, translation):
    said = check(
        "augmentation",
        (augment.Affine(rotation=rotation, translation=translation, fill=BLACK), BLACK),
    )
    assert (
        not said
        and "Your augmentation turns images by up to" in said.text
        and "come more often" not in said.text
    )


@pytest.mark.parametrize(
    ("augmentation", "said", "unsaid"),
    [
        (lambda x: RIGHT(x) + 0.1 * torch.randn_like(x), "Black images do not stay black", "turns"),
        (lambda x: x.flip(-1), "It also mirrors images.", "180"),
        (lambda x: RIGHT(x).clamp(max=1), "It also changes how bright a point is.", "mirrors"),
        (augment.Affine(rotation=10, translation=0.1, scaling=0.03, fill=BLACK), "stretches or shears", "mirrors"),
        (augment.Affine(rotation=10, translation=0.1, shear=3, fill=BLACK), "stretches or shears", "mirrors"),
        (lambda x: torch.where(torch.rand(len(x), 1, 1, 1) < 0.5, RIGHT(x), x),
         "Among the angles and shifts, small ones come more often", "mirrors"),
    ],
)  # fmt: skip
def test_only_what_could_be_measured_of_an_augmentation_is_told(augmentation, said, unsaid):
    text = check("augmentation", (augmentation, BLACK)).text
    assert said in text and unsaid not in text


@pytest.mark.parametrize(
    ("exercise", "answer", "said"),
    [
        ("cross-entropy", (torch.tensor([3.0, 1, 0]).softmax(0), 5.5095), "what all three classes give together"),
        ("three-steps", 1, "1 is where the second step ends"),
        ("three-steps", 0.25, "where a fourth step would end"),
        ("zeros", 512, "512 is the number of hidden units"),
        ("zeros", 11, "11 is too large"),
        ("sum-or-mean", 640, "all the logits of the batch"),
        ("sum-or-mean", 0.0156, "This makes the step shorter"),
        ("stop-epoch", 6, "By epoch 6 the validation loss has risen again"),
        ("stop-epoch", 1, "After epoch 1 the validation loss still falls"),
        ("stop-epoch", 9, "the axis goes from 1 to 8"),
        ("one-step", lambda before, after, rate: None, "What your function returned: This asks for a number"),
        ("recall", lambda confusion, digit: confusion[digit, digit] / confusion[8].sum(),
         "For one with ten classes and the digit 0, your function gives"),
        ("recall", lambda confusion, digit: confusion[digit, digit] / (confusion[digit] > 0).sum(), "where 0.75 is"),
    ],
)  # fmt: skip
def test_a_wrong_answer_is_told_what_it_is(exercise, answer, said):
    assert said in check(exercise, answer).text


def test_a_recall_that_is_right_for_some_digits_is_wrong():
    assert not check(
        "recall", lambda confusion, digit: confusion[digit, digit] / confusion[min(digit, 8)].sum()
    )


def test_a_name_that_is_hardly_used_is_not_proposed():
    said = check("one-step", made("def answer(before, after, rate):\n    return gone")).text
    assert "The function around this line is given before, after and rate" in said
    assert "Did you mean" not in check("train-epoch", epoch(mode="torch.train()")).text


def test_a_function_that_never_calls_the_model_is_told_so():
    assert "never calls the model." in check("evaluate", lambda *given: (0.5, 1.0)).text
