"""Every exercise as a student meets it: left open, answered wrongly in many ways, and answered
rightly.

One kernel, which forgets everything between two pages, runs the cells that a page's exercises need,
from top to bottom; the others run when the book is built. At each exercise it runs the open form,
every named wrong answer, slips that nobody has named, and at last the solution, with which the page
goes on.
"""

import ast
import hashlib
import os
import re
import textwrap
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path

import pytest
from bookkit.book.mime import VERDICT
from bookkit.book.names import needed_cells
from bookkit.book.pages import read_page
from bookkit.exercises.forms import answers, fill, student_form
from jupyter_client.manager import start_new_kernel
from lessons.checks import EXERCISES
from mutants import mutants
from the_book import lecture

ROOT = Path(__file__).parents[2]
CHAPTERS = [
    file
    for file in sorted((ROOT / "chapters").rglob("*.md"))
    if "[exercise" in file.read_text(encoding="utf-8")
]
SECONDS = 300  # for one cell on a busy machine
PLAIN = (
    "None",
    "True",
)  # are typed into each blank: what does the same as one of these is nothing more than it
ALL = 256
FOREIGN = 2  # of ALL slips of other exercises are typed into each blank
CHANGED = 48  # of ALL changed solutions are typed, if they are many; in the long trial all of them
MANY = 20

FASTER_SGD = (
    "1: net = ward.Network()\n"
    "optimizer = torch.optim.SGD(net.parameters(), lr=0.07500000000000001, momentum=0.9)"
)

# Slips that are none, by exercise: the changed answer does the same, or what was asked.
EQUIVALENT = {
    "load": {  # the usual value; a line left out where the name is there from the run before
        "1: training_file = datasets.MNIST(root, transform=transforms.ToTensor())\n"
        "test_file = datasets.MNIST(root, train=False, transform=transforms.ToTensor())",
        "1: test_file = datasets.MNIST(root, train=False, transform=transforms.ToTensor())",
        "1: training_file = datasets.MNIST(root, train=True, transform=transforms.ToTensor())",
    },
    "normalise": {  # a line left out where its names are there from the run before
        "1: mean, std = (pixels.mean(), pixels.std())\nnormalised = (pixels - mean) / std",
        "1: pixels = train.images / 255\nnormalised = (pixels - mean) / std",
        "1: pixels = train.images / 255\nmean, std = (pixels.mean(), pixels.std())",
    },
    "kernel-step": {  # a loss that keeps its graph is the right loss
        "1: predictions = F.conv2d(images, weights)\nloss = ((predictions - targets) ** 2).mean()\n"
        "loss.backward()\nwith torch.no_grad():\n    weights -= rate * weights.grad\n"
        "weights.grad = None\nreturn loss"
    },
    "simple-cnn": {  # dropout's own probability is 0.5
        "2: self.fc1 = nn.Linear(128 * 7 * 7, 512)\nself.dropout = nn.Dropout()\nself.fc2 = nn.Linear(512, num_classes)"
    },
    "overfit-batch": {  # numbers that keep their graph, or what is usual anyway
        "1: optimizer = torch.optim.Adam(model.parameters())\nreturn train_epoch(model, steps * [batch], optimizer)",
    },
    "train-epoch": {  # numbers that keep their graph, or what is usual anyway
        "1: model.train()\nlosses = []\nfor images, labels in loader:\n    images, labels = (images.to(device), labels.to(device))\n    optimizer.zero_grad()\n    logits = model(images)\n    loss = F.cross_entropy(logits, labels)\n    loss.backward()\n    optimizer.step()\n    losses.append(loss)\nreturn losses",
    },
    "evaluate": {  # numbers that keep their graph, or what is usual anyway
        "1: model.eval()\nwith torch.no_grad():\n    for images, labels in loader:\n        images, labels = (images.to(device), labels.to(device))\n        logits = model(images)\n        loss += F.cross_entropy(logits, labels, reduction='sum')\n        correct += (logits.argmax(dim=1) == labels).sum().item()\n        total += len(labels)",
        "1: model.eval()\nwith torch.no_grad():\n    for images, labels in loader:\n        images, labels = (images.to(device), labels.to(device))\n        logits = model(images)\n        loss += F.cross_entropy(logits, labels, reduction='sum').item()\n        correct += (logits.argmax(dim=1) == labels).sum()\n        total += len(labels)",
    },
    "batch-norm": {  # what keeps the root from dividing by nothing may be another small number
        "1: (numbers - centre) / (variance - 1e-05).sqrt()",
        "1: (numbers - centre) / (variance + 1.5000000000000002e-05).sqrt()",
    },
    "ward-one-answer-cure": {  # a network learns as well from any range of about 1
        "1: scaled = pixels[:, None] / 255\nreturn (scaled - 0.13) / 0.31",
        "1: scaled = pixels[:, None].float() / 256\nreturn (scaled - 0.13) / 0.31",
        "1: scaled = pixels[:, None].float() / 254\nreturn (scaled - 0.13) / 0.31",
        "1: scaled = pixels[:, None].float() / 255\nreturn (scaled + 0.13) / 0.31",
        "1: scaled = pixels[:, None].float() / 255\nreturn (scaled - 0.13) / 0.46499999999999997",
        "1: scaled = pixels[:, None].float() / 255\nreturn (scaled - 0.195) / 0.31",
        "1: scaled = pixels[:, None].float() / 255\nreturn (scaled - 0.13) * 0.31",
    },
    "ward-jumps-cure": {  # an image more or less in a batch
        "1: return DataLoader(folders, batch_size=65, shuffle=True)",
        "1: return DataLoader(folders, batch_size=63, shuffle=True)",
    },
    "ward-changes-cure": {  # a tensor with one number is that number
        "1: net.eval()\nwith torch.no_grad():\n    answers = net(images).argmax(dim=1)\n"
        "return (answers == labels).float().mean()",
    },
    "ward-ten-percent-cure": {
        "1: answers = scores.argmax(dim=1)\nreturn (answers == labels).float().mean()",
    },
    "ward-tiny-loss-cure": {
        "1: with torch.no_grad():\n    for x, y in zip(images.split(batch_size), labels.split("
        "batch_size)):\n        total += F.cross_entropy(net(x), y, reduction='sum')\n"
        "return total / len(labels)",
    },
    "ward-silent-cure": {FASTER_SGD},  # half as much again is a good rate, too
    "ward-other-cure": {FASTER_SGD},
    "ward-negative-cure": {  # of two axes, PyTorch takes the second one by itself
        "1: logarithms = F.log_softmax(net(x))\nloss = F.nll_loss(logarithms, y)",
    },
    "order-split": {  # normalising takes out by what all pixels were divided
        f"1: images = pixels[:, None] / {number}\n"
        "mean, std = (images[:count].mean(), images[:count].std())\n"
        "images = (images - mean) / std\n"
        "training = TensorDataset(images[:count], labels[:count])\n"
        "validation = TensorDataset(images[count:], labels[count:])\nreturn (training, validation)"
        for number in (254, 256)
    },
    "strongest-patch": {  # the only channel is the first one and the last one
        "1: k = len(kernel)\nmaps = F.conv2d(images, kernel[None, None])[:, -1]\n"
        "number, row, column = torch.unravel_index(maps.argmax(), maps.shape)\n"
        "return images[number, 0, row:row + k, column:column + k]",
        "1: k = len(kernel)\nmaps = F.conv2d(images, kernel[None, None])[:, 0]\n"
        "number, row, column = torch.unravel_index(maps.argmax(), maps.shape)\n"
        "return images[number, -1, row:row + k, column:column + k]",
    },
    "loop-order": {  # losses that keep their graph are the right losses
        "1: losses = []\nfor images, labels in batches:\n    optimizer.zero_grad()\n    loss ="
        " F.cross_entropy(model(images), labels)\n    loss.backward()\n    optimizer.step()\n   "
        " losses.append(loss)\nreturn losses"
    },
}


def convolution(
    sizes: str = "image.shape[0] - k + 1, image.shape[1] - k + 1",
    number: str = "(patch * kernel).sum()",
    end: str = "\nreturn result",
) -> str:
    """The solution of "convolve" with something else in one of its lines."""
    return (
        f"1: k = len(kernel)\nrows, columns = ({sizes})\nresult = torch.zeros(rows, columns)\n"
        "for row in range(rows):\n    for column in range(columns):\n"
        "        patch = image[row:row + k, column:column + k]\n"
        f"        result[row, column] = {number}{end}"
    )


def step(
    loss: str = "((predictions - targets) ** 2).mean()",
    slopes: str = "\nloss.backward()",
    move: str = "\nwith torch.no_grad():\n    weights -= rate * weights.grad",
) -> str:
    """The solution of "kernel-step" with something else in one of its lines."""
    return (
        f"1: predictions = F.conv2d(images, weights)\nloss = {loss}{slopes}{move}\n"
        "weights.grad = None\nreturn loss.item()"
    )


TWO_SETS = (  # as the solution of make-loaders prepares them
    "train_images = (pixels[:, None] - mean) / std\n"
    "validation_images = (validation.images[:, None] / 255 - mean) / std\n"
    "train_set = TensorDataset(train_images, train.labels)\n"
    "validation_set = TensorDataset(validation_images, validation.labels)\n"
)

WARD_EPOCH = (  # the solution of "ward-freezes-cure" with other steps
    "1: for x, y in ward.batches(images, labels):\n    loss = F.cross_entropy(net(x), y)\n"
    "    optimizer.zero_grad()\n    loss.backward()\n    {step}\n    losses.append(loss.item()){end}"
)

# Changed solutions that are a named mistake in other words, by exercise: what was typed, and the
# name of the mistake.
NAMED: dict[str, dict[str, str]] = {
    "dense-parameters": {
        "1: 784 * 128 + 128 + 127 * 10 + 10": "the outputs have no biases",
        "1: 784 * 128 + 128 + 128 * 9 + 10": "the hidden units have no biases",
        "1: 783 * 128 + 128 + 128 * 10 + 10": "the hidden units have no biases",
        "1: 784 * 129 + 128 + 128 * 10 + 10": "pixels have biases, too",
    },
    "convolve": {
        convolution("image.shape[0] - k + 1, image.shape[1] + k + 1"): (
            "positions at which the kernel does not fit"
        ),
        convolution("image.shape[0] - k + 1, image.shape[1] - k + 2"): (
            "positions at which the kernel does not fit"
        ),
        convolution("image.shape[1] - k + 1, image.shape[1] - k + 1"): "as many columns as rows",
        convolution("image.shape[-1] - k + 1, image.shape[1] - k + 1"): "as many columns as rows",
        convolution("image.shape[0] - k + 1, image.shape[0] - k + 1"): "as many columns as rows",
        convolution(number="patch * kernel"): "the products are not added up",
        convolution(end=""): "nothing is returned",
    },
    "kernel-step": {
        step("((predictions - targets) ** 1).mean()"): "the differences are not squared",
        step(slopes="\nloss"): "there are no slopes yet",
        step(move=""): "the given weights do not move",
    },
    "load": {
        (
            "1: training_file = datasets.MNIST(root, train=True)\n"
            "test_file = datasets.MNIST(root, train=False, transform=transforms.ToTensor())"
        ): "only one file has a transform",
        (
            "1: training_file = datasets.MNIST(root, train=True, transform=transforms.ToTensor())\n"
            "test_file = datasets.MNIST(root, transform=transforms.ToTensor())"
        ): "the training file twice",
        (
            "1: training_file = datasets.MNIST(root, train=True, transform=transforms.ToTensor())\n"
            "test_file = datasets.MNIST(root, train=False)"
        ): "only one file has a transform",
        (
            "1: training_file = datasets.MNIST(root, train=False, transform=transforms.ToTensor())\n"
            "test_file = datasets.MNIST(root, train=False, transform=transforms.ToTensor())"
        ): "the test file twice",
        (
            "1: training_file = datasets.MNIST(root, train=True, transform=transforms.ToTensor())\n"
            "test_file = datasets.MNIST(root, train=True, transform=transforms.ToTensor())"
        ): "the training file twice",
    },
    "find": {
        "1: return (labels != digit).nonzero().flatten()[:count]": "the positions of all other digits",
    },
    "leak": {
        "1: return set() & set(writers[~in_training].tolist())": "no writer at all",
        "1: return set(writers[in_training].tolist()) & set()": "no writer at all",
        (
            "1: return set(writers[in_training]) & set(writers[~in_training].tolist())"
        ): "no writer at all",
        (
            "1: return set(writers[in_training].tolist()) & set(writers[~in_training])"
        ): "no writer at all",
        (
            "1: return set(writers[in_training].tolist()) & set(writers[in_training].tolist())"
        ): "the writers of training",
    },
    "normalise": {
        (
            "1: pixels = train.images / 255\n"
            "mean, std = (pixels.mean(), pixels.std())\n"
            "normalised = (pixels - mean) * std"
        ): "multiplied",
    },
    "transforms": {
        (
            "1: training_transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((std,), (mean,))])\n"
            "test_transform = training_transform"
        ): "mean and standard deviation are exchanged",
    },
    "make-loaders": {
        (
            "1: pixels = train.images / 255\n"
            "mean, std = (pixels.mean(), pixels.std())\n"
            + TWO_SETS
            + "train_loader = DataLoader(train_set, batch_size)\n"
            "validation_loader = DataLoader(validation_set, batch_size)"
        ): "nothing shuffles",
        (
            "1: pixels = train.images / 255\n"
            "mean, std = (pixels.mean(), pixels.std())\n"
            + TWO_SETS
            + "train_loader = DataLoader(train_set, batch_size, shuffle=False)\n"
            "validation_loader = DataLoader(validation_set, batch_size)"
        ): "nothing shuffles",
        (
            "1: pixels = train.images * 255\n"
            "mean, std = (pixels.mean(), pixels.std())\n"
            + TWO_SETS
            + "train_loader = DataLoader(train_set, batch_size, shuffle=True)\n"
            "validation_loader = DataLoader(validation_set, batch_size)"
        ): "the mean of whole numbers",
        (
            "1: mean, std = (pixels.mean(), pixels.std())\n"
            + TWO_SETS
            + "train_loader = DataLoader(train_set, batch_size, shuffle=True)\n"
            "validation_loader = DataLoader(validation_set, batch_size)"
        ): "mean and standard deviation from outside",
        (
            "1: pixels = train.images / 255\n"
            + TWO_SETS
            + "train_loader = DataLoader(train_set, batch_size, shuffle=True)\n"
            "validation_loader = DataLoader(validation_set, batch_size)"
        ): "mean and standard deviation from outside",
    },
    "share-of-background": {
        "1: return (images == 0).float().mean()": "one number for all images",
        "1: return (images == 0).float().mean(dim=(0, 2))": "the images and one of their axes",
        "1: return (images != 0).float().mean(dim=(1, 2))": "bright pixels instead of background",
        "1: return (images == 1).float().mean(dim=(1, 2))": "the value 1 for the background",
        "1: return (images == -1).float().mean(dim=(1, 2))": "white instead of black",
    },
    "majority": {
        (
            "1: majority = torch.bincount(train_labels).argmax()\n"
            "right = validation_labels != majority\n"
            "return right.float().mean()"
        ): "where the guess misses",
        (
            "1: majority = train_labels.argmax()\n"
            "right = validation_labels == majority\n"
            "return right.float().mean()"
        ): "the position of the largest label",
    },
    "whose-mean": {
        (
            "1: mean, std = data.pixel_statistics(train_images)\n"
            "train_prepared = data.prepare(train_images, mean, std)\n"
            "return (train_prepared, validation_images)"
        ): "the validation images stay bytes",
    },
    "one-kernel": {
        (
            "1: weights = [0] * (len(first) + len(second) - 0)\nfor i in range(len(first)):\n"
            "    for j in range(len(second)):\n        weights[i + j] += first[i] * second[j]\n"
            "return weights"
        ): "one weight too many",
    },
    "without-relu": {'1: "BADC"': "all of them"},
    "own-digit": {
        (
            "1: image = 255.0 - photo\nimage = image / 255\n"
            "row, column = moments.centre_of_mass(image[None])\n"
            "down, right = (round(14 - row.item()), round(14 - column.item()))\n"
            "return image.roll((down, right), (0, 1))"
        ): "the paper stays grey",
        (
            "1: image = 255.0 - photo\nimage[photo > 195] = 0\n"
            "row, column = moments.centre_of_mass(image[None])\n"
            "down, right = (round(14 - row.item()), round(14 - column.item()))\n"
            "return image.roll((down, right), (0, 1))"
        ): "bytes",
    },
    "split-by-group": {
        (
            "1: people = writers\n"
            "held_out = torch.randperm(len(people))[:round(fraction * len(people))]\n"
            "return ~torch.isin(writers, people[held_out])"
        ): "numbers of positions instead of writers",
        (
            "1: people = writers.unique()\n"
            "held_out = torch.randperm(len(people))[:round(fraction * len(people))]\n"
            "return torch.isin(writers, people[held_out])"
        ): "true for validation",
        (
            "1: people = writers.unique()\n"
            "held_out = torch.randperm(len(people))[:round(fraction + len(people))]\n"
            "return ~torch.isin(writers, people[held_out])"
        ): "numbers of positions instead of writers",
    },
    "receptive-field": {
        "1: side = side + (kernel_size - 0) * step\nstep = step * stride": (
            "the whole kernel is added"
        ),
        "1: side = side + (kernel_size - 1) * step": "a step stays one pixel long",
    },
    "dropout": {
        "1: 1 - 6 / 9": "what is added",
    },
    "simple-cnn": {
        "3: x = F.relu(self.bn2(x))\nx = self.pool2(x)\nreturn F.relu(self.bn3(self.conv3(x)))": (
            "batch norm before the convolution"
        ),
        "4: x = self.features(x)\nx = x.flatten(1)\nx = F.relu(self.fc1(x))\nx = x\nreturn self.fc2(x)": (
            "dropout is built and never called"
        ),
        "4: x = self.features(x)\nx = x.flatten(0)\nx = F.relu(self.fc1(x))\nx = self.dropout(x)\nreturn self.fc2(x)": (
            "the batch is flattened as well"
        ),
    },
    "trace-shapes": {
        "1: if name == 'fc1x':\n    values = values.flatten(1)\nvalues = layer(values)\nshapes[name] = values.shape": (
            "nothing is flattened"
        ),
        "1: if name == 'fc1':\n    values = values.flatten(0)\nvalues = layer(values)\nshapes[name] = values.shape": (
            "the batch is flattened as well"
        ),
    },
    "batch-flattened": {
        "1: maps = self.pool(F.relu(self.conv(images)))\nvalues = maps.flatten(0)\nreturn self.fc(values)": (
            "the batch is flattened as well"
        ),
        "1: maps = self.pool(F.relu(images))\nvalues = maps.flatten(1)\nreturn self.fc(values)": (
            "a quarter of the values"
        ),
    },
    "one-change": {
        "1: dataclasses.replace(small)": "nothing changes",
    },
    "three-steps": {
        "1: 0.75": "the weight in place of its gradient",
    },
    "train-epoch": {
        "1: model\nlosses = []\nfor images, labels in loader:\n    images, labels = (images.to(device), labels.to(device))\n    optimizer.zero_grad()\n    logits = model(images)\n    loss = F.cross_entropy(logits, labels)\n    loss.backward()\n    optimizer.step()\n    losses.append(loss.item())\nreturn losses": "in evaluation mode",
        "1: losses = []\nfor images, labels in loader:\n    images, labels = (images.to(device), labels.to(device))\n    optimizer.zero_grad()\n    logits = model(images)\n    loss = F.cross_entropy(logits, labels)\n    loss.backward()\n    optimizer.step()\n    losses.append(loss.item())\nreturn losses": "in evaluation mode",
        "1: model.train()\nlosses = []\nfor images, labels in loader:\n    images, labels = (images.to(device), labels.to(device))\n    optimizer\n    logits = model(images)\n    loss = F.cross_entropy(logits, labels)\n    loss.backward()\n    optimizer.step()\n    losses.append(loss.item())\nreturn losses": "old gradients are not forgotten",
        "1: model.train()\nlosses = []\nfor images, labels in loader:\n    images, labels = (images.to(device), labels.to(device))\n    logits = model(images)\n    loss = F.cross_entropy(logits, labels)\n    loss.backward()\n    optimizer.step()\n    losses.append(loss.item())\nreturn losses": "old gradients are not forgotten",
        "1: model.train()\nlosses = []\nfor images, labels in loader:\n    images, labels = (images.to(device), labels.to(device))\n    optimizer.zero_grad()\n    logits = model(images)\n    loss = F.cross_entropy(labels, logits)\n    loss.backward()\n    optimizer.step()\n    losses.append(loss.item())\nreturn losses": "logits and labels changed round",
        "1: model.train()\nlosses = []\nfor images, labels in loader:\n    images, labels = (images.to(device), labels.to(device))\n    optimizer.zero_grad()\n    logits = model(images)\n    loss = F.cross_entropy(logits, labels)\n    loss\n    optimizer.step()\n    losses.append(loss.item())\nreturn losses": "no gradients",
        "1: model.train()\nlosses = []\nfor images, labels in loader:\n    images, labels = (images.to(device), labels.to(device))\n    optimizer.zero_grad()\n    logits = model(images)\n    loss = F.cross_entropy(logits, labels)\n    optimizer.step()\n    losses.append(loss.item())\nreturn losses": "no gradients",
        "1: model.train()\nlosses = []\nfor images, labels in loader:\n    images, labels = (images.to(device), labels.to(device))\n    optimizer.zero_grad()\n    logits = model(images)\n    loss = F.cross_entropy(logits, labels)\n    loss.backward()\n    optimizer\n    losses.append(loss.item())\nreturn losses": "step is named and not called",
        "1: model.train()\nlosses = []\nfor images, labels in loader:\n    images, labels = (images.to(device), labels.to(device))\n    optimizer.zero_grad()\n    logits = model(images)\n    loss = F.cross_entropy(logits, labels)\n    loss.backward()\n    losses.append(loss.item())\nreturn losses": "step is named and not called",
        "1: model.train()\nlosses = []\nfor images, labels in loader:\n    optimizer.zero_grad()\n    logits = model(images)\n    loss = F.cross_entropy(logits, labels)\n    loss.backward()\n    optimizer.step()\n    losses.append(loss.item())\nreturn losses": "the batch stays on the CPU",
        "1: model.train()\nlosses = []\nfor images, labels in loader:\n    images, labels = (images.to(), labels.to(device))\n    optimizer.zero_grad()\n    logits = model(images)\n    loss = F.cross_entropy(logits, labels)\n    loss.backward()\n    optimizer.step()\n    losses.append(loss.item())\nreturn losses": "the batch stays on the CPU",
        "1: model.train()\nlosses = []\nfor images, labels in loader:\n    images, labels = (images.to(device), labels.to())\n    optimizer.zero_grad()\n    logits = model(images)\n    loss = F.cross_entropy(logits, labels)\n    loss.backward()\n    optimizer.step()\n    losses.append(loss.item())\nreturn losses": "the labels stay on the CPU",
    },
    "evaluate": {
        "1: model\nwith torch.no_grad():\n    for images, labels in loader:\n        images, labels = (images.to(device), labels.to(device))\n        logits = model(images)\n        loss += F.cross_entropy(logits, labels, reduction='sum').item()\n        correct += (logits.argmax(dim=1) == labels).sum().item()\n        total += len(labels)": "eval is named and not called",
        "1: with torch.no_grad():\n    for images, labels in loader:\n        images, labels = (images.to(device), labels.to(device))\n        logits = model(images)\n        loss += F.cross_entropy(logits, labels, reduction='sum').item()\n        correct += (logits.argmax(dim=1) == labels).sum().item()\n        total += len(labels)": "eval is named and not called",
        "1: model.eval()\nwith torch.no_grad():\n    for images, labels in loader:\n        images, labels = (images.to(device), labels.to(device))\n        logits = model(images)\n        loss += F.cross_entropy(logits, labels).item()\n        correct += (logits.argmax(dim=1) == labels).sum().item()\n        total += len(labels)": "the mean of each batch",
        "1: model.eval()\nwith torch.no_grad():\n    for images, labels in loader:\n        logits = model(images)\n        loss += F.cross_entropy(logits, labels, reduction='sum').item()\n        correct += (logits.argmax(dim=1) == labels).sum().item()\n        total += len(labels)": "the batch stays on the CPU",
        "1: model.eval()\nwith torch.no_grad():\n    for images, labels in loader:\n        images, labels = (images.to(), labels.to(device))\n        logits = model(images)\n        loss += F.cross_entropy(logits, labels, reduction='sum').item()\n        correct += (logits.argmax(dim=1) == labels).sum().item()\n        total += len(labels)": "the batch stays on the CPU",
        "1: model.eval()\nwith torch.no_grad():\n    for images, labels in loader:\n        images, labels = (images.to(device), labels.to())\n        logits = model(images)\n        loss += F.cross_entropy(logits, labels, reduction='sum').item()\n        correct += (logits.argmax(dim=1) == labels).sum().item()\n        total += len(labels)": "the labels stay on the CPU",
    },
    "occlusion": {
        "1: corners = range(0, 28 - side + 1, step)\ncovered = image.repeat(len(corners) ** 2, 1, 1, 1)\nfor number, (row, column) in enumerate(product(corners, corners)):\n    covered[number, :, row:row + side, column:column + side] = black\nwith torch.no_grad():\n    probabilities = model(covered)\nreturn probabilities[:, label].view(len(corners), len(corners))": "logits in place of probabilities",
        "1: corners = range(0, 28 - side + 1, step)\ncovered = image.repeat(len(corners) ** 2, 1, 1, 1)\nfor number, (row, column) in enumerate(product(corners, corners)):\n    covered[number, :, row:row + side, column:column + side] = black\nwith torch.no_grad():\n    probabilities = model(covered).softmax(dim=0)\nreturn probabilities[:, label].view(len(corners), len(corners))": "softmax over the positions",
        "1: corners = range(0, 28 - side + 0, step)\ncovered = image.repeat(len(corners) ** 2, 1, 1, 1)\nfor number, (row, column) in enumerate(product(corners, corners)):\n    covered[number, :, row:row + side, column:column + side] = black\nwith torch.no_grad():\n    probabilities = model(covered).softmax(dim=1)\nreturn probabilities[:, label].view(len(corners), len(corners))": "the last position is missing",
        "1: corners = range(0, 27 - side + 1, step)\ncovered = image.repeat(len(corners) ** 2, 1, 1, 1)\nfor number, (row, column) in enumerate(product(corners, corners)):\n    covered[number, :, row:row + side, column:column + side] = black\nwith torch.no_grad():\n    probabilities = model(covered).softmax(dim=1)\nreturn probabilities[:, label].view(len(corners), len(corners))": "the last position is missing",
    },
    "augmentation": {
        "1: augmentation = augment.Affine(rotation=10, translation=0.1)": "zero is taken for black",
    },
    "loop-order": {
        "1: losses = []\nfor images, labels in batches:\n    optimizer\n    loss = F.cross_entropy(model(images), labels)\n    loss.backward()\n    optimizer.step()\n    losses.append(loss.item())\nreturn losses": (
            "nothing is forgotten"
        ),
    },
    "ward-jumps-cure": {
        "1: return DataLoader(folders, batch_size=64, shuffle=False)": "one folder after the other",
    },
    "ward-two-modes-cure": {
        "1: net\nreturn (share_right(net, *train), share_right(net, *validation))": (
            "both in training mode"
        ),
        "1: return (share_right(net, *train), share_right(net, *validation))": (
            "both in training mode"
        ),
    },
    "ward-changes-cure": {
        (
            "1: net\nwith torch.no_grad():\n    answers = net(images).argmax(dim=1)\n"
            "return (answers == labels).float().mean().item()"
        ): "the gradients alone are switched off",
    },
    "ward-negative-cure": {
        "1: logarithms = net(x)\nloss = F.nll_loss(logarithms, y)": "scores are picked",
    },
    "ward-still-cure": {
        "1: optimizer\nloss.backward()\noptimizer.step()": "never cleared",
        "1: optimizer.zero_grad()\nloss\noptimizer.step()": "no step finds a gradient",
        "1: optimizer.zero_grad()\noptimizer.step()": "no step finds a gradient",
        "1: optimizer.zero_grad()\nloss.backward()\noptimizer": "still no step",
    },
    "ward-climbs-cure": {
        "1: loss\noptimizer.step()\noptimizer.zero_grad()": "no step finds a gradient",
        "1: optimizer.step()\noptimizer.zero_grad()": "no step finds a gradient",
        "1: loss.backward()\noptimizer\noptimizer.zero_grad()": "no step finds a gradient",
        "1: loss.backward()\noptimizer.zero_grad()": "no step finds a gradient",
        "1: loss.backward()\noptimizer.step()\noptimizer": "still never cleared",
    },
    "ward-freezes-cure": {
        WARD_EPOCH.format(step="optimizer", end="\nscheduler.step()"): "the scheduler's step alone",
        WARD_EPOCH.format(step="optimizer.step()", end="\nscheduler"): "no schedule at all",
    },
    "lower-right": {
        "1: 5.0 + 4.0 + 6.0": "the last weight counted as 1",
        "1: 5.0 + 6.0 - 6.0": "the kernel turned by 180°",
    },
    "side-after": {
        "1: side - 2 * padding - kernel": "the padding is taken away",
        "1: side + 1 * padding - kernel": "padding on one side only",
    },
    "three-layers": {
        "1: nn.Conv2d(1, 4, kernel_size=3)": "a convolution without padding",
        "1: nn.Conv2d(1, 4, kernel_size=3, padding=0)": "a convolution without padding",
        "2: convolved": "pooling gets what the convolution returned",
    },
    "complex-cnn": {
        "1: second = nn.Conv2d(channels_out, channels_out, kernel_size=3, padding=1)\nreturn first": (
            "nothing is pooled"
        ),
        "1: second = nn.Conv2d(channels_out, channels_out, kernel_size=3, padding=1)\nreturn nn.Sequential(first, nn.ReLU(), second, nn.ReLU(), nn.MaxPool2d(1), nn.Dropout(0.25))": (
            "nothing is pooled"
        ),
        "1: second = nn.Conv2d(channels_out, channels_out, kernel_size=3, padding=1)\nreturn nn.Sequential(first, nn.ReLU(), second, nn.ReLU(), nn.MaxPool2d(2), nn.Dropout())": (
            "dropout of one half in the blocks"
        ),
        "1: second = nn.Conv2d(channels_out, channels_out, kernel_size=3, padding=0)\nreturn nn.Sequential(first, nn.ReLU(), second, nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.25))": (
            "the second convolution is not padded"
        ),
    },
    "choose": {
        "1: table['low'] >= 1.47": "no network passes",
        "1: 100": "no network passes",  # an even number, and True: no bit in common
    },
    "wilson": {
        "1: share * (1 - share) * total": "the variance of a count",
    },
    "order-training": {
        "1: for images, labels in batches:\n    optimizer\n    for some, own in zip(images.chunk(parts), labels.chunk(parts)):\n        loss = F.cross_entropy(model(some), own) / parts\n        loss.backward()\n    optimizer.step()": (
            "old gradients are never erased"
        ),
    },
    "order-evaluation": {
        "1: model.eval()\nfor images, labels in loader:\n    answers = model(images).argmax(dim=1)\n    for answer, label in zip(labels, answers):\n        total[label] += 1\n        right[label] += answer == label": (
            "what was called so, in place of what is so"
        ),
    },
    "order-forward": {
        "1: x = self.pool(F.relu(self.conv1(x)))\nx = self.pool(F.relu(self.conv2(x)))\nx = F.relu(x)\nx = x.flatten(1)\nx = F.relu(self.fc1(x))\nreturn self.fc2(x)": (
            "one convolution is left out"
        ),
        "1: x = self.pool(F.relu(self.conv1(x)))\nx = self.pool(F.relu(self.conv2(x)))\nx = F.relu(self.conv3(x))\nx = x.flatten(0)\nx = F.relu(self.fc1(x))\nreturn self.fc2(x)": (
            "the batch is flattened as well"
        ),
        "1: x = self.pool(F.relu(x))\nx = self.pool(F.relu(self.conv2(x)))\nx = F.relu(self.conv3(x))\nx = x.flatten(1)\nx = F.relu(self.fc1(x))\nreturn self.fc2(x)": (
            "the second convolution comes first"
        ),
        "1: x = self.pool(F.relu(self.conv1(x)))\nx = self.pool(F.relu(x))\nx = F.relu(self.conv3(x))\nx = x.flatten(1)\nx = F.relu(self.fc1(x))\nreturn self.fc2(x)": (
            "the third convolution comes too early"
        ),
        "1: x = self.pool(F.relu(self.conv2(x)))\nx = F.relu(self.conv3(x))\nx = x.flatten(1)\nx = F.relu(self.fc1(x))\nreturn self.fc2(x)": (
            "the second convolution comes first"
        ),
        "1: x = self.pool(F.relu(self.conv1(x)))\nx = F.relu(self.conv3(x))\nx = x.flatten(1)\nx = F.relu(self.fc1(x))\nreturn self.fc2(x)": (
            "the third convolution comes too early"
        ),
        "1: x = self.pool(F.relu(self.conv1(x)))\nx = self.pool(F.relu(self.conv2(x)))\nx = F.relu(self.conv3(x))\nx = F.relu(self.fc1(x))\nreturn self.fc2(x)": (
            "nothing is flattened"
        ),
    },
    "order-split": {
        "1: images = pixels[:, None] / 255\nmean, std = (images[:count].mean(), images[:count].std())\ntraining = TensorDataset(images[:count], labels[:count])\nvalidation = TensorDataset(images[count:], labels[count:])\nreturn (training, validation)": (
            "both sets are taken before normalising"
        ),
    },
    "calibration": {
        "1: 4 * 10 * abs(0.7 - 0.75)": "per cent for shares",
        "1: 4 / 10 * abs(1.0499999999999998 - 0.75)": "the accuracy of the other bin",
    },
}


@dataclass(frozen=True)
class Outcome:
    """What came of one cell: its verdict, and the name and text of its error."""

    verdict: str = ""
    text: str = ""
    error: str = ""
    said: str = ""


@dataclass
class Answered:
    """What came of an exercise in all its forms."""

    exercise: object
    left_open: Outcome
    wrong: dict[str, Outcome] = field(default_factory=dict)
    slips: dict[str, Outcome] = field(default_factory=dict)
    foreign: dict[str, Outcome] = field(default_factory=dict)
    solved: Outcome = field(default_factory=Outcome)


@dataclass
class Lesson:
    """What came of a chapter: its exercises by id, and the errors of its other cells."""

    exercises: dict[str, Answered] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)


def run(client, source: str) -> Outcome:
    """Run one cell; return its last verdict and its error."""
    messages: list = []
    client.execute_interactive(
        source, output_hook=messages.append, timeout=SECONDS, store_history=False
    )
    contents = [message["content"] for message in messages]
    verdicts = [c["data"][VERDICT] for c in contents if VERDICT in c.get("data", {})]
    errors = [
        c for message, c in zip(messages, contents, strict=True) if message["msg_type"] == "error"
    ]
    verdict = verdicts[-1] if verdicts else {"verdict": "", "text": ""}
    error = errors[-1] if errors else {"ename": "", "evalue": ""}
    return Outcome(verdict["verdict"], verdict["text"], error["ename"], error["evalue"])


def slips_of(source: str) -> dict[str, tuple[str | None, ...]]:
    """Return what may be typed by a slip into one of the blanks, the others right: text to entries
    of all blanks.
    """
    right = answers(source)
    return {
        f"{number + 1}: {slip}": tuple(slip if number == k else None for k in range(len(right)))
        for number, text in enumerate(right)
        for slip in mutants(text)
    }


def foreign_slips(exercise) -> dict[str, tuple[str | None, ...]]:
    """Return what is typed by some slips of other exercises, into one of the blanks of this one."""
    others = {
        text
        for each in EXERCISES.values()
        if each.id != exercise.id
        for w in each.wrong
        for text in w.typed
        if text
    }
    chosen = sorted(
        text for text in others if "\n" not in text and is_drawn(exercise.id + text, FOREIGN)
    )
    return {
        f"{k + 1}: {text}": tuple(
            text if number == k else None for number in range(exercise.blanks)
        )
        for k in range(exercise.blanks)
        for text in [*PLAIN, *chosen]
    }


def is_drawn(text: str, share: int) -> bool:
    """Tell whether a text is one of those that are tried: the same ones, whatever others are added
    later.
    """
    return hashlib.sha256(text.encode()).digest()[0] < share


def answer(client, exercise, changed: int) -> Answered:
    """Run an exercise in all its forms, with a share of many changed solutions, and the solution
    last.
    """
    source = exercise.source
    answered = Answered(exercise, run(client, student_form(source, exercise.number)))
    for wrong in EXERCISES[exercise.id].wrong:
        answered.wrong[wrong.name] = run(client, fill(source, wrong.typed))
    slips = {} if exercise.kind == "design" else slips_of(source)  # of a design: may be right, too
    for slip, typed in slips.items():
        if len(slips) <= MANY or is_drawn(exercise.id + slip, changed):
            answered.slips[slip] = run(client, fill(source, typed))
    for slip, typed in foreign_slips(exercise).items():
        answered.foreign[slip] = run(client, fill(source, typed))
    answered.solved = run(client, fill(source, (None,) * exercise.blanks))
    return answered


def needed_for(page) -> list:
    """Return the code cells of exercises, and those which one of them, or a wrong answer, needs."""
    exercises = {exercise.source: exercise.id for exercise in page.exercises}
    needed = needed_cells(
        replace(cell, source=tried_in(cell.source, exercises[cell.source]), metadata={})
        if cell.source in exercises
        else replace(cell, metadata={"tags": ["remove-cell"]})
        for cell in page.cells
    )
    return [
        cell
        for cell in page.cells
        if cell.index in needed or (cell.is_code and cell.source in exercises)
    ]


def tried_in(source: str, id: str) -> str:
    """Return the code of an exercise and of all its listed wrong answers, one below the other."""
    return "\n".join([source, *(fill(source, wrong.typed) for wrong in EXERCISES[id].wrong)])


READY = """
import bookkit.notebook  # lets open blanks speak, as in every notebook
import firstcnn.figures, gc, lessons.checks, pandas, torch
gc.freeze()  # or each %reset would walk through all that has been imported
"""


@pytest.fixture(scope="module")
def kernel(book, profile):
    """A kernel under the profile of the built book, whose networks are kept."""
    environment = {**os.environ, "FIRSTCNN_PROFILE": profile, "TQDM_DISABLE": "1"}
    manager, client = start_new_kernel(
        extra_arguments=["--IPKernelApp.log_level=ERROR"], env=environment
    )
    run(client, READY)
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


@pytest.fixture(scope="module")
def lesson(kernel):
    """A function from a page's file to what came of it."""
    return cache(partial(taken, kernel))


def taken(kernel, file: Path, changed: int = CHANGED) -> Lesson:
    """Take a page's lesson as a student who tries everything, with a share of many changed
    solutions.
    """
    page = next(page for page in lecture() if ROOT / page.file == ROOT / file)
    exercises = {exercise.source: exercise for exercise in page.exercises}
    result = Lesson()
    run(kernel, "%reset -f")
    for cell in needed_for(page):
        if cell.source in exercises:
            answered = answer(kernel, exercises[cell.source], changed)
            result.exercises[answered.exercise.id] = answered
        else:
            outcome = run(kernel, cell.source)
            expected = "raises-exception" in cell.metadata.get("tags", [])
            if bool(outcome.error) != expected:
                result.errors.append(f"{cell.source}\n{outcome.error}: {outcome.said}")
    return result


each_chapter = pytest.mark.parametrize("file", CHAPTERS, ids=lambda file: file.stem)


@each_chapter
def test_with_the_solutions_the_chapter_runs_through(lesson, file):
    assert lesson(file).errors == []
    solved = {id: answered.solved for id, answered in lesson(file).exercises.items()}
    assert solved and {id: o for id, o in solved.items() if o.verdict != "right" or o.error} == {}


@each_chapter
def test_an_open_blank_is_told_apart_from_a_wrong_answer(lesson, file):
    for answered in lesson(file).exercises.values():
        outcome, number = answered.left_open, re.escape(answered.exercise.number)
        said = outcome.text if outcome.verdict == "open" else outcome.said
        assert outcome.verdict in ("", "open") and re.search(
            rf"Exercise {number}, blank \d+ of \d+", said
        ), outcome


@each_chapter
def test_every_named_wrong_answer_draws_its_own_hint(lesson, file):
    faults = {
        (id, wrong.name): outcome
        for id, answered in lesson(file).exercises.items()
        for wrong in EXERCISES[id].wrong
        if not is_told(outcome := answered.wrong[wrong.name], wrong.hint)
    }
    assert faults == {}


def is_told(outcome: Outcome, hint: str) -> bool:
    """Tell whether a verdict is a hint, alone or behind the error with which the answer stops."""
    alone = outcome.text == hint or (
        outcome.text.startswith("Your answer stops with") and outcome.text.endswith(f" {hint}")
    )
    return outcome.verdict == "wrong" and not outcome.error and alone


@each_chapter
def test_a_named_hint_is_given_to_its_own_mistake_alone(lesson, file):
    assert hints_of_other_mistakes(lesson(file)) == {}


@each_chapter
def test_slips_that_nobody_named_are_not_right(lesson, file):
    assert slips_that_pass(lesson(file)) == {}


@pytest.mark.soak
@each_chapter
def test_every_changed_solution_is_wrong_and_draws_no_hint_of_another_mistake(kernel, file):
    lesson = taken(kernel, file, ALL)
    assert hints_of_other_mistakes(lesson) == {} and slips_that_pass(lesson) == {}


def hints_of_other_mistakes(lesson: Lesson) -> dict[tuple[str, str], str]:
    """Return the slips of other exercises and the changed solutions that draw a named hint and are
    not that mistake in other words, with its name.
    """
    return {
        (id, slip): wrong.name
        for id, answered in lesson.exercises.items()
        for slip, outcome in {**more_than_plain(answered.foreign), **answered.slips}.items()
        for wrong in EXERCISES[id].wrong
        if outcome.verdict == "wrong"
        and wrong.hint in outcome.text
        and not is_named(id, slip, wrong)
    }


def slips_that_pass(lesson: Lesson) -> dict[str, list[str]]:
    """Return the changed solutions that count as right and are not known to be, by exercise."""
    passed = {
        id: [
            slip
            for slip, o in answered.slips.items()
            if o.verdict == "right" and slip not in EQUIVALENT.get(id, ())
        ]
        for id, answered in lesson.exercises.items()
    }
    return {id: slips for id, slips in passed.items() if slips}


def more_than_plain(foreign: dict[str, Outcome]) -> dict[str, Outcome]:
    """Return what came of foreign slips that do something else than a plain None or True in the
    same blank.
    """
    plain = {
        (slip.partition(": ")[0], o)
        for slip, o in foreign.items()
        if slip.partition(": ")[2] in PLAIN
    }
    return {slip: o for slip, o in foreign.items() if (slip.partition(": ")[0], o) not in plain}


def is_named(id: str, slip: str, wrong) -> bool:
    """Tell whether what was typed is what a mistake types, or is listed as the same in other
    words.
    """
    number, _, text = slip.partition(": ")
    typed = wrong.typed[int(number) - 1]
    alone = [each for each in wrong.typed if each is not None] == [typed]
    return NAMED.get(id, {}).get(slip) == wrong.name or (
        alone and as_written(typed) == as_written(text)
    )


def as_written(text: str) -> str:
    """Return Python code in the one form that its syntax tree has, without regard to indentation
    around it.
    """
    return ast.unparse(ast.parse(textwrap.dedent(text)))


def is_choice_or_name(text: str) -> bool:
    """Tell whether an answer is one of the words that the question offers, or a number or name that
    is too common.
    """
    return isinstance(ast.parse(text).body[0], ast.Expr) and isinstance(
        ast.parse(text).body[0].value, ast.Constant | ast.Name
    )


@each_chapter
def test_hints_give_no_solution_away(lesson, file):
    for id, answered in lesson(file).exercises.items():
        exercise = EXERCISES[id]
        said = [exercise.otherwise, *(wrong.hint for wrong in exercise.wrong)]
        solution = [
            text for text in answers(answered.exercise.source) if not is_choice_or_name(text)
        ]
        assert not [(text, hint) for text in solution for hint in said if text in hint]


def test_every_exercise_stands_in_a_chapter():
    in_chapters = {e.id for file in CHAPTERS for e in read_page(file).exercises}
    assert in_chapters == set(EXERCISES)
