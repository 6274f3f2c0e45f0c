"""Right answers to the exercises as other people would write them: judged right, in any form.

Whoever wrote these has read the pages, and not the checks.
"""

import dataclasses
import math
from collections import OrderedDict
from functools import cache, partial
from itertools import product
from textwrap import dedent

import numpy as np
import pandas as pd
import pytest
import torch
from firstcnn import augment, data, models, moments, training
from lessons import setting, ward
from one_block import OneBlock
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset
from torchvision import datasets, transforms
from typed_answers import cells, verdict_on

CHAPTERS = (
    "1-why-convolution", "2-data", "3-architecture", "4-training", "5-comparison", "6-challenges"
)  # fmt: skip
IMPORTED = (
    *(math, dataclasses, torch, nn, augment, data, models, moments, training, datasets, transforms),
    *(Tensor, DataLoader, TensorDataset, OrderedDict, partial, product),
)

WARD = {
    "ward-floor-cure": [
        """
        scores = net(x)  # raw scores, no softmax
        criterion = torch.nn.CrossEntropyLoss(reduction="mean")
        loss = criterion(scores, y)
        """,
        """
        probabilities = net(x).softmax(dim=1)
        loss = -probabilities[torch.arange(len(y)), y].log().mean()
        """,
        """
        total = 0
        z = net(x)
        for row, label in zip(z, y):
            total = total - row[label] + torch.logsumexp(row, dim=0)
        loss = total / len(y)
        """,
        """
        one_hot = F.one_hot(y, num_classes=10).float()
        loss = -(one_hot * F.log_softmax(net(x), -1)).sum(dim=1).mean()
        """,
        "loss = F.cross_entropy(net(x), F.one_hot(y, 10).float())  # targets as probabilities",
        """
        def loss_function(outputs, targets):
            return nn.NLLLoss()(nn.LogSoftmax(dim=1)(outputs), targets)

        loss = loss_function(net(x), y)
        """,
        "loss = F.cross_entropy(F.log_softmax(net(x), dim=1), y)  # as patient 2 will do",
    ],
    "ward-twice-shorter": [
        "criterion = nn.CrossEntropyLoss()\nloss = criterion(net(x), y)",
        "loss = -F.log_softmax(net(x), dim=1).gather(1, y.unsqueeze(1)).mean()",
        "loss = nn.NLLLoss()(nn.LogSoftmax(dim=1)(net(x)), y)",
        """
        z = net(x)
        loss = (z.logsumexp(1) - z[torch.arange(len(y)), y]).mean()
        """,
        "loss = torch.nn.functional.cross_entropy(net(x), y, label_smoothing=0.0)",
    ],
    "ward-negative-cure": [
        "probabilities = net(x).softmax(dim=1)\nloss = F.nll_loss(torch.log(probabilities), y)",
        """
        probabilities = net(x).softmax(dim=1)
        loss = F.nll_loss(probabilities.clamp(min=1e-8).log(), y)
        """,
        """
        scores = net(x)
        m = scores.max(dim=1, keepdim=True).values.detach()
        logs = scores - m - (scores - m).exp().sum(dim=1, keepdim=True).log()
        loss = F.nll_loss(logs, y, reduction="none").mean()
        """,
        """
        losses_of_batch = []
        for scores, label in zip(net(x), y):
            losses_of_batch.append(-scores.log_softmax(0)[label])
        loss = torch.stack(losses_of_batch).mean()
        """,
        "loss = -torch.distributions.Categorical(logits=net(x)).log_prob(y).mean()",
        """
        probabilities = net(x).softmax(dim=1)
        p = torch.einsum("nk,nk->n", probabilities, torch.eye(10)[y])  # of the true class
        loss = -p.log().mean()
        """,
    ],
    "ward-silent-cure": [
        """
        net = nn.Sequential(*ward.Network())
        optimizer = torch.optim.SGD(params=net.parameters(), momentum=0.9, lr=5e-2)
        """,
        """
        from torch import optim

        net = ward.Network(dropout=0.0)
        groups = [{"params": net.parameters(), "lr": 0.05}]
        optimizer = optim.SGD(groups, momentum=0.9)
        """,
        """
        net = nn.Sequential(ward.Network(), nn.Identity())
        optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
        """,
        """
        # cross_entropy takes logarithms of probabilities as well
        net = nn.Sequential(ward.Network(), nn.LogSoftmax(dim=1))
        optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
        """,
        """
        class Bare(nn.Module):
            def __init__(self):
                super().__init__()
                self.body = ward.Network()

            def forward(self, x):
                return self.body(x)

        net = Bare()
        rate = 0.05
        optimizer = torch.optim.SGD(list(net.parameters()), rate, 0.9)
        """,
        """
        net = nn.Sequential(ward.Network(), nn.ReLU())
        net = net[:-1]  # without the last layer
        optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
        """,
    ],
    "ward-still-cure": [
        """
        loss.backward()
        optimizer.step()
        for p in net.parameters():
            p.grad = None
        """,
        "net.zero_grad(set_to_none=True)\nloss.backward()\noptimizer.step()",
        """
        parameters = list(net.parameters())
        for p, g in zip(parameters, torch.autograd.grad(loss, parameters)):
            p.grad = g
        optimizer.step()
        """,
        """
        def closure():
            optimizer.zero_grad()
            loss.backward()
            return loss

        optimizer.step(closure)
        """,
        """
        for group in optimizer.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    p.grad.zero_()
        torch.autograd.backward(loss)
        optimizer.step()
        """,
    ],
    "ward-other-cure": [
        """
        def begin():
            network = ward.Network()
            return network, torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9)

        net, optimizer = begin()
        """,
        """
        net = ward.Network()
        optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
        net = ward.Network()  # begin afresh
        optimizer.param_groups[0]["params"] = list(net.parameters())
        """,
        """
        net = ward.Network()
        optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
        net.load_state_dict(ward.Network().state_dict())  # begin afresh, in the same object
        """,
        """
        net = ward.Network()
        optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
        net = ward.Network()  # begin afresh
        optimizer.add_param_group({"params": net.parameters()})
        """,
        """
        net = (lambda: ward.Network())()
        settings = dict(lr=0.05, momentum=0.9)
        optimizer = torch.optim.SGD((p for p in net.parameters()), **settings)
        assert optimizer.param_groups[0]["params"][0] is next(net.parameters())
        """,
    ],
    "ward-climbs-cure": [
        """
        optimizer.zero_grad(set_to_none=False)
        loss.backward()
        optimizer.step()
        """,
        """
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()  # to be sure
        """,
        """
        gradients = torch.autograd.grad(loss, list(net.parameters()))
        for p, gradient in zip(net.parameters(), gradients):
            p.grad = gradient
        optimizer.step()
        """,
        """
        for layer in net.children():
            layer.zero_grad()
        loss.backward()
        optimizer.step()
        """,
        """
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            for p in net.parameters():
                p.grad *= 0
        """,
    ],
    "ward-freezes-cure": [
        """
        def one_step(x, y):
            loss = F.cross_entropy(net(x), y)
            net.zero_grad()
            loss.backward()
            optimizer.step()
            return float(loss)

        losses += [one_step(x, y) for x, y in ward.batches(images, labels)]
        scheduler.step()
        """,
        """
        last = (len(labels) - 1) // 64
        for i, (x, y) in enumerate(ward.batches(images, labels)):
            optimizer.zero_grad()
            loss = nn.CrossEntropyLoss()(net(x), y)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            if i == last:
                scheduler.step()
        """,
        """
        iterator = iter(ward.batches(images, labels))
        while (batch := next(iterator, None)) is not None:
            x, y = batch
            scores = net(x)
            loss = F.cross_entropy(scores, y)
            losses.append(loss.detach().item())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        else:
            scheduler.step()
        """,
        """
        of_epoch = []
        for batch in list(ward.batches(images, labels)):
            loss = F.cross_entropy(net(batch[0]), batch[1])
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            of_epoch.append(loss.item())
        losses.extend(of_epoch)
        scheduler.step()
        """,
    ],
    "ward-one-answer-cure": [
        "return pixels[:, None] / 255",
        """
        x = pixels.clone().float()
        x /= 255
        x -= 0.1307
        x /= 0.3081
        return x.unsqueeze(dim=1)
        """,
        "return pixels.view(-1, 1, 28, 28).to(torch.float32).div(127.5).sub(1)  # from -1 to 1",
        """
        import numpy as np

        array = np.expand_dims(pixels.numpy(), 1).astype(np.float32) / 255
        return torch.from_numpy((array - array.mean()) / array.std())
        """,
        """
        from firstcnn import data

        mean, std = data.pixel_statistics(pixels)
        return data.prepare(pixels, mean, std)
        """,
        "return (pixels > 127).float()[:, None]  # black or white",
        """
        x = pixels[:, None].float()
        return x / x.amax(dim=(1, 2, 3), keepdim=True)  # each image by its brightest pixel
        """,
    ],
    "ward-chance-cure": [
        """
        import numpy as np

        order = np.random.permutation(len(labels))
        return images[order], labels[order]
        """,
        """
        order = torch.rand(len(labels)).argsort()
        return images.index_select(0, order), labels.index_select(0, order)
        """,
        """
        import random

        pairs = list(zip(images, labels))
        random.shuffle(pairs)
        images, labels = zip(*pairs)
        return torch.stack(images), torch.stack(labels)
        """,
        """
        seed = torch.randint(1000000, (1,)).item()
        torch.manual_seed(seed)
        images = images[torch.randperm(len(images))]
        torch.manual_seed(seed)  # the same order again
        labels = labels[torch.randperm(len(labels))]
        return images, labels
        """,
        """
        loader = DataLoader(TensorDataset(images, labels), batch_size=len(labels), shuffle=True)
        return next(iter(loader))
        """,
        """
        count = len(labels)
        order = torch.multinomial(torch.ones(count), count, replacement=False)
        return tuple(values[order] for values in (images, labels))
        """,
    ],
    "ward-jumps-cure": [
        "return DataLoader(folders, 64, True)",
        """
        mixed = torch.randperm(len(folders))
        return DataLoader(TensorDataset(*folders[mixed]), batch_size=64)
        """,
        """
        from torch.utils.data import RandomSampler

        return DataLoader(folders, batch_size=64, sampler=RandomSampler(folders))
        """,
        """
        for rows in torch.randperm(len(folders)).split(64):
            yield folders[rows]
        """,
        "return ward.batches(images[order], labels[order])",
        """
        x, y = folders.tensors
        rows = torch.randperm(len(y))
        batches = []
        for begin in range(0, len(y), 64):
            these = rows[begin:begin + 64]
            batches.append((x[these], y[these]))
        return batches
        """,
        "return DataLoader(dataset=folders, batch_size=64, shuffle=True, drop_last=True)",
        """
        steps = -(-len(folders) // 64)
        return [folders[i::steps] for i in range(steps)]  # each has something of every folder
        """,
    ],
    "ward-too-good-cure": [
        """
        order = torch.randperm(len(labels))
        test = images[order[:count]], labels[order[:count]]
        train = images[order[count:]], labels[order[count:]]
        """,
        """
        test = (images[-count:], labels[-count:])
        train = (images[:-count], labels[:-count])
        """,
        """
        held_out = torch.zeros(len(labels), dtype=torch.bool)
        held_out[3::4] = True  # every fourth image
        train, test = [(images[rows], labels[rows]) for rows in (~held_out, held_out)]
        """,
        """
        sizes = [count, len(labels) - count]
        test_images, train_images = torch.split(images, sizes)
        test_labels, train_labels = torch.split(labels, sizes)
        train, test = [train_images, train_labels], [test_images, test_labels]
        """,
        """
        from torch.utils.data import random_split

        parts = random_split(TensorDataset(images, labels), [len(labels) - count, count])
        train, test = ((images[part.indices], labels[part.indices]) for part in parts)
        """,
        """
        test_rows = [i for i in range(len(labels)) if i < count]
        train_rows = [i for i in range(len(labels)) if i not in set(test_rows)]
        train = images[train_rows], labels[train_rows]
        test = images[test_rows], labels[test_rows]
        """,
    ],
    "ward-changes-cure": [
        """
        was = net.training
        net.eval()
        with torch.no_grad():
            predicted = net(images).max(dim=1).indices
        net.train(was)
        return (predicted == labels).sum().item() / len(labels)
        """,
        """
        net.train(False)
        with torch.inference_mode():
            right = 0
            for x, y in zip(images.split(250), labels.split(250)):
                right += int((net(x).softmax(1).argmax(1) == y).sum())
        return right / labels.shape[0]
        """,
        "return ward.accuracy(net, images, labels)",
        """
        from copy import deepcopy

        frozen = deepcopy(net).eval()
        return frozen(images).argmax(dim=1).eq(labels).double().mean().item()
        """,
        """
        import numpy as np

        @torch.no_grad()
        def answers():
            return net.eval()(images).numpy().argmax(axis=1)

        return np.mean(answers() == labels.numpy())
        """,
        """
        net.eval()
        with torch.no_grad():
            scores = net(images)
        return (scores.topk(1).indices[:, 0] == labels).float().mean()
        """,
        """
        torch.set_grad_enabled(False)
        net.eval()
        right = [net(x[None]).argmax() == y for x, y in zip(images[:300], labels[:300])]
        right += list(net(images[300:]).argmax(1) == labels[300:])
        torch.set_grad_enabled(True)
        return sum(bool(each) for each in right) / len(right)
        """,
    ],
    "ward-two-modes-cure": [
        """
        net.eval()
        return tuple(share_right(net, *part) for part in (train, validation))
        """,
        "return share_right(net.eval(), *train), share_right(net.eval(), *validation)",
        """
        model = net.train(False)
        x, y = train
        seen = share_right(model, x, y)
        x, y = validation
        unseen = share_right(model, x, y)
        return [seen, unseen]
        """,
        "return ward.accuracy(net, *train), ward.accuracy(net, *validation)",
        """
        def measure(pair):
            images, labels = pair
            net.eval()
            with torch.no_grad():
                return torch.sum(net(images).argmax(1) == labels).item() / len(labels)

        training_accuracy, validation_accuracy = map(measure, [train, validation])
        return training_accuracy, validation_accuracy
        """,
        """
        before = net.training
        try:
            net.eval()
            results = share_right(net, *train), share_right(net, *validation)
        finally:
            net.train(before)
        return results
        """,
    ],
    "ward-ten-percent-cure": [
        """
        answers = scores.argmax(dim=1, keepdim=True)
        return (answers == labels[:, None]).float().mean().item()
        """,
        """
        answers = scores.argmax(dim=1, keepdim=True).squeeze(1)
        assert answers.shape == labels.shape
        return answers.eq(labels).sum().item() / len(labels)
        """,
        "_, answers = torch.max(scores, 1)\nreturn (answers == labels).double().mean()",
        """
        right = 0
        for row, label in zip(scores.tolist(), labels.tolist()):
            if row.index(max(row)) == label:
                right += 1
        return right / len(labels)
        """,
        """
        import numpy as np

        return float(np.mean(np.argmax(scores.numpy(), axis=1) == labels.numpy()))
        """,
        """
        of_label = scores.gather(1, labels.view(-1, 1)).flatten()
        return (of_label == scores.amax(dim=1)).float().mean().item()
        """,
        """
        table = torch.bincount(10 * labels + scores.argmax(1), minlength=100).view(10, 10)
        return (table.trace() / table.sum()).item()
        """,
        "wrong = (scores.argmax(-1) != labels).float().mean()\nreturn 1 - wrong.item()",
    ],
    "ward-tiny-loss-cure": [
        """
        with torch.no_grad():
            for x, y in zip(images.split(batch_size), labels.split(batch_size)):
                total += F.cross_entropy(net(x), y).item() * len(y)
        return total / len(labels)
        """,
        "with torch.no_grad():\n    return F.cross_entropy(net(images), labels).item()",
        """
        each = []
        with torch.inference_mode():
            for x, y in zip(images.split(batch_size), labels.split(batch_size)):
                each.append(F.cross_entropy(net(x), y, reduction="none"))
        return torch.cat(each).mean().item()
        """,
        """
        from torch.utils.data import DataLoader, TensorDataset

        count = 0
        for x, y in DataLoader(TensorDataset(images, labels), batch_size=batch_size):
            with torch.no_grad():
                loss = torch.nn.CrossEntropyLoss(reduction="sum")(net(x), y)
            total += loss
            count += y.size(0)
        return total / count
        """,
        """
        for begin in range(0, len(labels), batch_size):
            x, y = images[begin:begin + batch_size], labels[begin:begin + batch_size]
            with torch.no_grad():
                logarithms = net(x).log_softmax(dim=1)
            total -= logarithms[range(len(y)), y].sum().item()
        return total / len(images)
        """,
        """
        import numpy as np

        means, sizes = [], []
        with torch.no_grad():
            for x, y in zip(images.split(batch_size), labels.split(batch_size)):
                means.append(F.cross_entropy(net(x), y).item())
                sizes.append(len(y))
        return np.average(means, weights=sizes)
        """,
    ],
}
DESIGNS = {
    "wide-view": [
        """
        wide = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(),
            nn.Conv2d(8, 8, 3, padding=2, dilation=2), nn.ReLU(),
            nn.Conv2d(8, 8, 3, padding=4, dilation=4),
        )
        """,
        """
        class Wide(nn.Module):
            def __init__(self):
                super().__init__()
                self.first = nn.Conv2d(1, 8, 3, padding="same")
                self.again = nn.Conv2d(8, 8, 3, padding="same")

            def forward(self, x):
                x = self.first(x)
                for _ in range(6):  # the same weights six times
                    x = self.again(F.relu(x))
                return x

        wide = Wide()
        """,
        """
        # each channel by itself, then a mixture of all
        layers_ = [nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(inplace=True)]
        for _ in range(6):
            layers_.append(nn.Conv2d(8, 8, 3, padding=1, groups=8))
            layers_.append(nn.Conv2d(8, 8, 1))
            layers_.append(nn.ReLU(inplace=True))
        wide = nn.Sequential(*layers_)
        """,
        """
        wide = nn.Sequential(OrderedDict([
            ("conv1", nn.Conv2d(1, 4, 3, padding=1)), ("act1", nn.LeakyReLU(0.1)),
            ("conv2", nn.Conv2d(4, 4, 3, padding=3, dilation=3)), ("act2", nn.LeakyReLU(0.1)),
            ("conv3", nn.Conv2d(4, 16, 3, padding=3, dilation=3)),
        ]))
        """,
        """
        class Residual(nn.Module):
            def __init__(self, channels, dilation):
                super().__init__()
                self.conv = nn.Conv2d(
                    channels, channels, 3, padding=dilation, dilation=dilation, bias=False)
                self.norm = nn.BatchNorm2d(channels)

            def forward(self, x):
                return x + F.gelu(self.norm(self.conv(x)))

        wide = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), *(Residual(8, d) for d in (1, 2, 4)))
        """,
        """
        def pair(c_in, c_out):  # first along the rows, then along the columns
            return [nn.Conv2d(c_in, c_out, (1, 3), padding=(0, 1)),
                    nn.Conv2d(c_out, c_out, (3, 1), padding=(1, 0)), nn.Tanh()]

        parts = pair(1, 8)
        for i in range(7):
            parts.extend(pair(8, 8))
        wide = nn.Sequential(*parts)
        """,
        """
        class Wide(nn.Module):
            def __init__(self):
                super().__init__()
                self.convs = nn.ModuleList([nn.Conv2d(1, 10, 3)])
                for _ in range(3):
                    self.convs.append(nn.Conv2d(10, 10, 3, dilation=2))
                self.convs.append(nn.Conv2d(10, 10, 3))

            def forward(self, x):
                for conv in self.convs:
                    d = conv.dilation[0]
                    x = torch.relu(conv(F.pad(x, (d, d, d, d))))
                return x

        wide = Wide()
        """,
        """
        wide = nn.Sequential()
        channels = 1
        for dilation in [1, 2, 4, 8]:
            wide.append(nn.ZeroPad2d(dilation))
            wide.append(nn.Conv2d(channels, 8, 3, dilation=dilation))
            wide.append(nn.ELU())
            channels = 8
        """,
        """
        parts = [nn.Conv2d(1, 6, 3, padding=1, padding_mode="replicate"), nn.Softplus()]
        for k in range(7):
            parts += [nn.Conv2d(6, 6, 3, padding=1, padding_mode="replicate"), nn.Softplus()]
        parts += [nn.Conv2d(6, 12, kernel_size=1)]
        wide = nn.Sequential(*parts)
        wide.eval()
        """,
        """
        block = lambda c_in, c_out, d: nn.Sequential(
            nn.Conv2d(c_in, c_out, 3, padding=d, dilation=d), nn.PReLU())
        wide = nn.Sequential(block(1, 8, 1), block(8, 8, 2), block(8, 8, 4))
        """,
    ],
    "same-answer": [
        """
        class SameAnswer(nn.Module):
            def __init__(self):
                super().__init__()
                self.conv = nn.Conv2d(1, 16, 5, padding=2, padding_mode="circular")
                self.fc = nn.Linear(16, 10)

            def forward(self, x):
                x = F.relu(self.conv(x))
                return self.fc(x.amax(dim=(2, 3)))  # the strongest answer of each map
        """,
        """
        class SameAnswer(nn.Sequential):
            def __init__(self):
                around = dict(padding=1, padding_mode="circular")
                super().__init__(
                    nn.Conv2d(1, 8, 3, **around), nn.ReLU(),
                    nn.Conv2d(8, 16, 3, **around), nn.ReLU(),
                    nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10),
                )
        """,
        """
        class SameAnswer(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc1 = nn.Linear(28 * 28, 64)
                self.fc2 = nn.Linear(64, 10)

            def forward(self, x):
                spectrum = torch.fft.fft2(x).abs().flatten(1)  # a shift changes phases alone
                return self.fc2(F.relu(self.fc1(spectrum / 28)))
        """,
        """
        class SameAnswer(nn.Module):
            def __init__(self):
                super().__init__()
                self.conv1 = nn.Conv2d(1, 8, 3)  # without padding: we pad ourselves
                self.conv2 = nn.Conv2d(8, 10, 3)

            def forward(self, x):
                x = torch.tanh(self.conv1(F.pad(x, (1, 1, 1, 1), mode="circular")))
                x = self.conv2(F.pad(x, (1, 1, 1, 1), mode="circular"))
                return x.logsumexp(dim=(-2, -1))
        """,
        """
        class SameAnswer(nn.Module):
            shifts = [(i, j) for i in range(5) for j in range(-4, 5)]

            def __init__(self):
                super().__init__()
                self.head = nn.Linear(len(self.shifts), 10)

            def forward(self, x):
                # how alike an image is to itself, moved
                alike = [(x * x.roll(s, (2, 3))).mean(dim=(1, 2, 3)) for s in self.shifts]
                return self.head(torch.stack(alike, dim=1))
        """,
        """
        class SameAnswer(nn.Module):
            def __init__(self, width=12):
                super().__init__()
                kwargs = {"kernel_size": 3, "padding": "same", "padding_mode": "circular"}
                self.layers = nn.ModuleList(
                    [nn.Conv2d(1, width, **kwargs), nn.Conv2d(width, width, **kwargs)])
                self.norms = nn.ModuleList([nn.BatchNorm2d(width), nn.BatchNorm2d(width)])
                self.drop = nn.Dropout(0.5)
                self.out = nn.Linear(2 * width, 10)

            def forward(self, x):
                for layer, norm in zip(self.layers, self.norms):
                    x = F.relu(norm(layer(x)))
                both = torch.cat([x.mean((2, 3)), x.flatten(2).max(dim=2).values], dim=1)
                return self.out(self.drop(both))
        """,
        """
        class SameAnswer(nn.Module):
            def __init__(self):
                super().__init__()
                self.weights = nn.Parameter(0.3 * torch.randn(10, 3, 3))

            def forward(self, x):  # a convolution by hand: each weight times a rolled image
                maps = 0
                for i in range(3):
                    for j in range(3):
                        rolled = torch.roll(x, shifts=(1 - i, 1 - j), dims=(2, 3))
                        maps = maps + self.weights[None, :, i, j, None, None] * rolled
                return (maps.clamp(min=0) ** 2).mean(dim=(2, 3))
        """,
        """
        class SameAnswer(nn.Module):
            def __init__(self):
                super().__init__()
                self.conv1 = nn.Conv2d(1, 8, 3, padding=1, padding_mode="circular")
                self.conv2 = nn.Conv2d(
                    8, 16, 3, padding=2, dilation=2, padding_mode="circular")
                self.head = nn.Conv2d(16, 10, 1)

            def forward(self, x):
                x = self.conv1(x).relu()
                x = F.max_pool2d(F.pad(x, (0, 1, 0, 1), mode="circular"), 2, stride=1)
                x = self.head(self.conv2(x).relu())
                return torch.einsum("nchw->nc", x) / (28 * 28)
        """,
    ],
    "small-network": [
        """
        small = nn.Sequential(
            nn.Conv2d(1, 8, 5, padding=2), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 24, 3, padding=1), nn.BatchNorm2d(24), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(216, 10),
        )
        adam = torch.optim.Adam(small.parameters(), lr=0.005)
        for epoch in range(2):
            for rows in torch.randperm(len(train_set[1])).split(32):
                loss = F.cross_entropy(small(train_set[0][rows]), train_set[1][rows])
                adam.zero_grad()
                loss.backward()
                adam.step()
        """,
        """
        def train(net, images, labels, epochs):
            sgd = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
            loader = DataLoader(TensorDataset(images, labels), batch_size=16, shuffle=True)
            net.train()
            for _ in range(epochs):
                for x, y in loader:
                    sgd.zero_grad()
                    F.cross_entropy(net(x), y).backward()
                    sgd.step()
            return net

        small = train(models.SmallCNN((8, 16, 16), batch_norm=True), *train_set, 1)
        """,
    ],
}
SILENT = {
    "whose-mean": [
        """
        pixels = train_images.float() / 255
        mean, std = pixels.mean(), pixels.std()
        return tuple((x[:, None].float() / 255 - mean) / std
                     for x in (train_images, validation_images))
        """,
        """
        mean, std = data.pixel_statistics(train_images)
        return [data.prepare(images, mean, std) for images in (train_images, validation_images)]
        """,
        """
        numbers = data.pixel_statistics(train_images)  # of the training images only

        def prepare(images):
            return data.prepare(images, *numbers)

        train_prepared = prepare(train_images)
        validation_prepared = prepare(validation_images)
        return train_prepared, validation_prepared
        """,
        """
        mean, std = data.pixel_statistics(train_images)
        normalise = transforms.Normalize((mean,), (std,))
        return normalise(train_images[:, None] / 255), normalise(validation_images[:, None] / 255)
        """,
        """
        import numpy as np

        known = train_images.numpy().astype(np.float64) / 255
        new = validation_images.numpy().astype(np.float64) / 255
        m, s = known.mean(), known.std()
        known, new = (known - m) / s, (new - m) / s
        return torch.tensor(known[:, np.newaxis]).float(), torch.tensor(new[:, np.newaxis]).float()
        """,
        """
        everything = torch.cat([train_images, validation_images])
        mean, std = data.pixel_statistics(everything[: len(train_images)])
        prepared = data.prepare(everything, mean, std)
        return prepared[: len(train_images)], prepared[len(train_images) :]
        """,
    ],
    "shuffled-pairs": [
        """
        order = torch.randperm(len(labels))
        images = images[order]
        labels = labels[order]
        return images, labels
        """,
        """
        import random

        numbers = list(range(len(images)))
        random.shuffle(numbers)
        return images[numbers], labels[numbers]
        """,
        """
        import numpy as np

        order = np.random.default_rng().permutation(len(images))
        return images[order], labels[order]
        """,
        """
        pairs = [(images[i], labels[i]) for i in torch.randperm(len(images))]
        return torch.stack([image for image, _ in pairs]), torch.stack([name for _, name in pairs])
        """,
        """
        loader = DataLoader(TensorDataset(images, labels), batch_size=len(images), shuffle=True)
        for x, y in loader:
            return x, y
        """,
        """
        new_order = torch.argsort(torch.rand(labels.shape[0]))
        return [images.index_select(0, new_order), torch.take(labels, new_order)]
        """,
    ],
}
WHY = {
    "dense-parameters": [
        "sum(n_in * n_out + n_out for n_in, n_out in [(784, 128), (128, 10)])",
        "(784 + 1) * 128 + (128 + 1) * 10",
        "101_770",
        "float(100480 + 1290)",
        "sum(p.numel() for n, m in [(784, 128), (128, 10)] for p in nn.Linear(n, m).parameters())",
        "torch.tensor(28 * 28 * 128 + 128 + 1280 + 10)",
    ],
    "convolve": [
        """
        k = kernel.shape[0]
        patches = image.unfold(0, k, 1).unfold(1, k, 1)  # (H - K + 1, W - K + 1, K, K)
        return torch.einsum("rcij,ij->rc", patches, kernel)
        """,
        """
        H, W = image.shape
        K = len(kernel)
        result = torch.zeros(H - K + 1, W - K + 1)
        for i in range(K):
            for j in range(K):
                result += kernel[i, j] * image[i:H - K + 1 + i, j:W - K + 1 + j]
        return result
        """,
        """
        K = len(kernel)
        rows = []
        for r in range(image.shape[0] - K + 1):
            row = []
            for c in range(image.shape[1] - K + 1):
                total = 0.0
                for i in range(K):
                    for j in range(K):
                        total += float(image[r + i][c + j]) * float(kernel[i][j])
                row.append(total)
            rows.append(row)
        return torch.tensor(rows)
        """,
        "return F.conv2d(image[None, None], kernel[None, None])[0, 0]",
        """
        import numpy as np

        windows = np.lib.stride_tricks.sliding_window_view(image.numpy(), tuple(kernel.shape))
        return torch.from_numpy((windows * kernel.numpy()).sum(axis=(-2, -1)))
        """,
        """
        height, width = image.size()
        size = kernel.size(0)
        columns = F.unfold(image.view(1, 1, height, width), size)  # (1, K * K, positions)
        answers = kernel.flatten() @ columns[0]
        return answers.reshape(height - size + 1, width - size + 1)
        """,
        """
        def at(row, column):
            patch = image[row:row + len(kernel), column:column + len(kernel)]
            return torch.dot(patch.flatten(), kernel.flatten()).item()

        result = torch.zeros(len(image) - len(kernel) + 1, image.shape[1] - len(kernel) + 1)
        for position in range(result.numel()):
            row, column = divmod(position, result.shape[1])
            result[row, column] = at(row, column)
        return result
        """,
    ],
    "kernel-step": [
        """
        loss = F.mse_loss(F.conv2d(images, weights), targets)
        (slopes,) = torch.autograd.grad(loss, weights)
        with torch.no_grad():
            weights.sub_(rate * slopes)
        return loss.item()
        """,
        """
        optimizer = torch.optim.SGD([weights], lr=rate)
        optimizer.zero_grad()
        error = nn.MSELoss()(F.conv2d(images, weights), targets)
        error.backward()
        optimizer.step()
        optimizer.zero_grad()
        return float(error)
        """,
        """
        difference = F.conv2d(images, weights) - targets
        loss = difference.square().mean()
        loss.backward()
        weights.data -= rate * weights.grad.data
        weights.grad = None
        return loss.detach().item()
        """,
        """
        wrong = torch.mean(torch.pow(F.conv2d(images, weights) - targets, 2))
        wrong.backward()
        with torch.no_grad():
            for i in range(3):
                for j in range(3):
                    weights[0, 0, i, j] -= rate * weights.grad[0, 0, i, j]
        weights.grad.zero_()
        return wrong.item()
        """,
        """
        weights.grad = None  # forget what may be left
        predictions = F.conv2d(images, weights)
        loss = ((predictions - targets) ** 2).sum() / targets.numel()
        loss.backward()
        with torch.no_grad():
            weights.add_(weights.grad, alpha=-rate)
            weights.grad = None
            return loss.item()
        """,
        """
        loss = F.conv2d(images, weights).sub(targets).pow(2).mean()
        loss.backward()
        with torch.no_grad():
            weights.copy_(weights - rate * weights.grad)
        weights.grad = None
        return loss.tolist()
        """,
    ],
    "side-doubles": ["2**2", "(56 * 56) / (28 * 28)", "4.0"],
    "one-mark-further": ["33.6", "4 * 2 * 2 * 2.0972", "8.39 + 8.39 + 8.39 + 8.39"],
    "window-by-hand": ["-12", "sum([-4, -4, -4])", "torch.tensor(-12.0)"],
    "turned-window": [
        "torch.tensor([[-1, 0, 1]] * 3)",
        "[[0, 0, 0], [-3, 0, 3], [0, 0, 0]]  # the middle row alone",
        "[[-0.75, 0, 0.75], [-1.5, 0, 1.5], [-0.75, 0, 0.75]]",
        "torch.tensor([[-1., -1., -1.], [0., 0., 0.], [1., 1., 1.]]).T",
        "((-1, 0, 1), (-1, 0, 1), (-1, 0, 1))",
        "[[float(column - 1) for column in range(3)] for row in range(3)]",
    ],
    "one-kernel": [
        """
        n = len(first) + len(second) - 1
        return [
            sum(first[i] * second[k - i] for i in range(len(first)) if 0 <= k - i < len(second))
            for k in range(n)
        ]
        """,
        """
        from collections import defaultdict

        at = defaultdict(float)
        for i, a in enumerate(first):
            for j, b in enumerate(second):
                at[i + j] += a * b
        return [at[position] for position in sorted(at)]
        """,
        """
        import numpy as np

        table = np.outer(first, second)[:, ::-1]
        last = len(second) - 1
        return [table.trace(offset=last - k) for k in range(len(first) + last)]
        """,
        """
        if len(first) == 1:
            return [first[0] * weight for weight in second]
        rest = [0] + one_kernel(first[1:], second)
        own = [first[0] * weight for weight in second] + [0] * (len(first) - 1)
        return [a + b for a, b in zip(own, rest)]
        """,
        """
        weights = torch.zeros(len(first) + len(second) - 1)
        for i, a in enumerate(first):
            weights[i:i + len(second)] += a * torch.tensor(second, dtype=torch.float)
        return weights.tolist()
        """,
    ],
    "without-relu": ['["C", "A"]', '("A", "C")', 'list("AC")', '{"A", "C"}'],
}
DATA = {
    "load": [
        """
        to_tensor = transforms.ToTensor()
        training_file = datasets.MNIST(root=root, train=True, transform=to_tensor, download=False)
        test_file = datasets.MNIST(root=root, train=False, transform=to_tensor)
        """,
        """
        training_file, test_file = (
            datasets.MNIST(root, train=which, transform=transforms.Compose([transforms.ToTensor()]))
            for which in (True, False)
        )
        """,
        """
        def opened(train):
            return datasets.MNIST(root, train, transforms.ToTensor())

        test_file = opened(False)
        training_file = opened(True)
        """,
        """
        def transform(picture):
            return transforms.functional.to_tensor(picture)

        training_file = datasets.MNIST(str(root), transform=transform)
        test_file = datasets.MNIST(str(root), train=False, transform=transform)
        """,
        """
        training_file = datasets.MNIST(root, train=True)
        training_file.transform = transforms.ToTensor()
        test_file = datasets.MNIST(root, train=False)
        test_file.transform = transforms.ToTensor()
        """,
    ],
    "find": [
        "return torch.where(labels == digit)[0][:count]",
        """
        found = []
        for position, label in enumerate(labels):
            if label == digit:
                found.append(position)
            if len(found) == count:
                break
        return torch.tensor(found)
        """,
        "return torch.arange(len(labels))[labels == digit][:count]",
        """
        import numpy as np

        return torch.from_numpy(np.flatnonzero(labels.numpy() == digit)[:count])
        """,
        "return torch.nonzero(torch.eq(labels, digit), as_tuple=True)[0][0:count]",
        """
        is_digit = labels == digit
        positions = is_digit.nonzero().squeeze(1)
        return positions[0:count]
        """,
        "return [i for i, label in enumerate(labels.tolist()) if label == digit][:count]",
    ],
    "leak": [
        """
        training, validation = set(), set()
        for writer, learns in zip(writers.tolist(), in_training.tolist()):
            if learns:
                training.add(writer)
            else:
                validation.add(writer)
        return training.intersection(validation)
        """,
        """
        both = torch.isin(writers[in_training], writers[~in_training])
        return set(writers[in_training][both].tolist())
        """,
        """
        return {
            w.item() for w in writers.unique()
            if in_training[writers == w].any() and not in_training[writers == w].all()
        }
        """,
        """
        import numpy as np

        w, t = writers.numpy(), in_training.numpy()
        return set(np.intersect1d(w[t], w[np.logical_not(t)]).tolist())
        """,
        """
        sides = {}
        for writer, side in zip(writers, in_training):
            sides.setdefault(int(writer), set()).add(bool(side))
        return {writer for writer, seen in sides.items() if len(seen) == 2}
        """,
        """
        left = {int(w) for w in writers[in_training]}
        right = {int(w) for w in writers[in_training == False]}
        return left - (left - right)
        """,
    ],
    "normalise": [
        """
        mean, std = data.pixel_statistics(train.images)
        normalised = (train.images.float().div(255) - mean) / std
        """,
        """
        pixels = train.images.float() / 255
        std, mean = torch.std_mean(pixels, correction=0)
        normalised = pixels.sub(mean).div(std)
        """,
        """
        pixels = train.images.to(torch.float64) / 255.0
        mean = pixels.mean().item()
        std = (((pixels - mean) ** 2).mean() ** 0.5).item()
        normalised = (pixels - mean) / std
        """,
        """
        import numpy as np

        array = train.images.numpy() / 255
        mean, std = array.mean(), np.std(array)
        normalised = torch.tensor((array - mean) / std)
        """,
        """
        mean = train.images.float().mean() / 255
        std = train.images.float().std() / 255
        normalised = torch.empty(train.images.shape)
        for number, image in enumerate(train.images):
            normalised[number] = (image / 255 - mean) / std
        """,
        """
        pixels = train.images / 255
        mean, std = pixels.mean(), pixels.var().sqrt()
        normalised = transforms.Normalize((mean,), (std,))(pixels[:, None])[:, 0]
        """,
    ],
    "transforms": [
        """
        training_transform = transforms.Compose(
            [transforms.ToTensor(), transforms.Normalize(mean=[mean], std=[std])])
        test_transform = transforms.Compose(
            [transforms.ToTensor(), transforms.Normalize(mean=[mean], std=[std])])
        """,
        """
        def normalised(x):
            return (x - mean) / std

        steps = [transforms.ToTensor(), transforms.Lambda(normalised)]
        training_transform, test_transform = transforms.Compose(steps), transforms.Compose(steps)
        """,
        """
        m, s = mean.item(), std.item()
        make = lambda: transforms.Compose([
            transforms.PILToTensor(),
            transforms.ConvertImageDtype(torch.float32),
            transforms.Normalize(m, s),
        ])
        training_transform = make()
        test_transform = make()
        """,
        """
        class Normalise:
            def __init__(self, mean, std):
                self.mean, self.std = mean, std

            def __call__(self, tensor):
                return tensor.sub(self.mean).div(self.std)

        training_transform = transforms.Compose([transforms.ToTensor(), Normalise(mean, std)])
        test_transform = transforms.Compose(training_transform.transforms)
        """,
        """
        training_transform = test_transform = transforms.Compose((
            transforms.ToTensor(),
            transforms.Normalize((float(mean),), (float(std),), inplace=True),
        ))
        """,
    ],
    "make-loaders": [
        """
        mean, std = data.pixel_statistics(train.images)
        train_loader = DataLoader(
            TensorDataset(data.prepare(train.images, mean, std), train.labels),
            batch_size=batch_size, shuffle=True)
        validation_loader = DataLoader(
            TensorDataset(data.prepare(validation.images, mean, std), validation.labels),
            batch_size=batch_size, shuffle=False)
        """,
        """
        scaled = train.images.float() / 255
        m, s = scaled.mean().item(), scaled.std().item()

        def dataset(part):
            x = part.images.unsqueeze(1).float().div_(255).sub_(m).div_(s)
            return TensorDataset(x, part.labels)

        train_loader, validation_loader = (
            DataLoader(dataset(part), batch_size, shuffle=part is train)
            for part in (train, validation)
        )
        """,
        """
        from torch.utils.data import Dataset, RandomSampler

        class Digits(Dataset):
            def __init__(self, images, labels):
                self.images, self.labels = images, labels

            def __len__(self):
                return len(self.labels)

            def __getitem__(self, i):
                return self.images[i], self.labels[i]

        std, mean = torch.std_mean(train.images / 255)
        prepare = transforms.Normalize((mean,), (std,))
        train_set = Digits(prepare(train.images[:, None] / 255), train.labels)
        validation_set = Digits(prepare(validation.images[:, None] / 255), validation.labels)
        train_loader = DataLoader(train_set, batch_size, sampler=RandomSampler(train_set))
        validation_loader = DataLoader(validation_set, batch_size)
        """,
        """
        a = train.images.numpy() / 255
        mean, std = float(a.mean()), float(a.std())
        train_images = torch.tensor((a - mean) / std, dtype=torch.float32).reshape(-1, 1, 28, 28)
        b = validation.images.numpy() / 255
        validation_images = torch.tensor((b - mean) / std, dtype=torch.float32)[:, None]
        train_loader = DataLoader(list(zip(train_images, train.labels)), batch_size, True)
        validation_loader = DataLoader(list(zip(validation_images, validation.labels)), batch_size)
        """,
    ],
    "share-of-background": [
        "return (images == 0).sum(dim=(1, 2)) / (images.shape[1] * images.shape[2])",
        "return 1 - torch.count_nonzero(images, dim=(1, 2)) / images[0].numel()",
        """
        shares = []
        for image in images:
            background = 0
            for row in image:
                background += int((row == 0).sum())
            shares.append(background / image.numel())
        return torch.tensor(shares)
        """,
        "return images.eq(0).flatten(1).double().mean(1)",
        """
        import numpy as np

        return torch.from_numpy(np.mean(images.numpy() == 0, axis=(1, 2)))
        """,
        "return torch.where(images > 0, 0.0, 1.0).mean(-1).mean(-1)",
    ],
    "own-digit": [
        """
        image = torch.where(photo > 195, 0.0, 255 - photo.float()) / 255
        rows, columns = moments.centre_of_mass(image.unsqueeze(0))
        image = image.roll(round(14 - float(rows)), 0)
        return image.roll(round(14 - float(columns)), 1)
        """,
        """
        inverted = 255 - photo.clone().float()
        inverted[inverted < 60] = 0  # brighter than 195 on the photograph
        inverted /= 255.0
        position = torch.arange(28).float()
        row = (inverted.sum(1) * position).sum() / inverted.sum()
        column = (inverted.sum(0) * position).sum() / inverted.sum()
        shifts = (int(torch.round(14 - row)), int(torch.round(14 - column)))
        return torch.roll(inverted, shifts, dims=(0, 1))
        """,
        """
        import numpy as np

        array = photo.numpy().astype(np.float32)
        ink = np.where(array > 195, 0, 255 - array) / 255
        rows, columns = np.indices(ink.shape)
        down = int(np.rint(14 - (rows * ink).sum() / ink.sum()))
        right = int(np.rint(14 - (columns * ink).sum() / ink.sum()))
        return torch.from_numpy(np.roll(ink, (down, right), axis=(0, 1)).astype(np.float32))
        """,
        """
        image = 255.0 - photo
        for r in range(28):
            for c in range(28):
                if photo[r, c] > 195:
                    image[r, c] = 0.0
        image = image / 255
        centre = [each.item() for each in moments.centre_of_mass(image[None])]
        moved = torch.zeros(28, 28)
        down, right = [round(14 - each) for each in centre]
        for r in range(28):
            for c in range(28):
                moved[(r + down) % 28, (c + right) % 28] = image[r, c]
        return moved
        """,
        """
        sheet = photo > 195
        image = (255.0 - photo).masked_fill(sheet, 0).div(255)
        while True:  # a pixel at a time
            row, column = (each.item() for each in moments.centre_of_mass(image[None]))
            down, right = (row < 13.5) - (row > 14.5), (column < 13.5) - (column > 14.5)
            if not (down or right):
                return image
            image = image.roll((down, right), (0, 1))
        """,
    ],
    "majority": [
        """
        commonest = train_labels.mode().values
        return (validation_labels == commonest).float().mean().item()
        """,
        """
        from collections import Counter

        guess, _ = Counter(train_labels.tolist()).most_common(1)[0]
        return validation_labels.tolist().count(guess) / len(validation_labels)
        """,
        """
        values, counts = torch.unique(train_labels, return_counts=True)
        majority = values[counts.argmax()]
        return torch.sum(validation_labels == majority) / validation_labels.numel()
        """,
        """
        best, most = None, -1
        for digit in range(10):
            count = (train_labels == digit).sum().item()
            if count > most:
                best, most = digit, count
        right = 0
        for label in validation_labels:
            right += int(label == best)
        return right / len(validation_labels)
        """,
        """
        import numpy as np

        guess = np.bincount(train_labels.numpy()).argmax()
        return np.mean(validation_labels.numpy() == guess)
        """,
        """
        guess = max(set(train_labels.tolist()), key=train_labels.tolist().count)
        return validation_labels.eq(guess).double().mean()
        """,
    ],
    "split-by-group": [
        """
        import random

        people = sorted(set(writers.tolist()))
        held_out = set(random.sample(people, round(fraction * len(people))))
        return torch.tensor([writer not in held_out for writer in writers.tolist()])
        """,
        """
        people = torch.unique(writers)
        people = people[torch.randperm(len(people))]
        validation = people[:int(len(people) * fraction)]
        mask = torch.ones(len(writers), dtype=torch.bool)
        for person in validation:
            mask[writers == person] = False
        return mask
        """,
        """
        import numpy as np

        people = np.unique(writers.numpy())
        count = round(fraction * len(people))
        out = np.random.choice(people, size=count, replace=False)
        return torch.from_numpy(~np.isin(writers.numpy(), out))
        """,
        """
        people, number = writers.unique(return_inverse=True)
        learns = torch.rand(len(people)).argsort() >= round(fraction * len(people))
        return learns[number]  # what holds for its writer, for each digit
        """,
        """
        people = writers.unique()
        order = torch.randperm(len(people))
        learners = people[order[round(fraction * len(people)):]]
        return (writers[:, None] == learners[None]).any(dim=1)
        """,
    ],
}
ARCHITECTURE = {
    "side-after": [
        "padding + side + padding - kernel",
        "sum([side, padding, padding, -kernel])",
        "2 * padding - (kernel - side)",
    ],
    "three-layers": [
        (
            'nn.Conv2d(in_channels=1, out_channels=4, kernel_size=(3, 3), padding="same")',
            "torch.relu(convolved)",
            "nn.MaxPool2d(2)(rectified)",
            "[convolved.shape, rectified.shape, pooled.shape]",
        ),
        (
            "nn.Conv2d(1, 4, 3, 1, 1)",
            "convolved.clamp(min=0)",
            "rectified.unfold(2, 2, 2).unfold(3, 2, 2).amax(dim=(-2, -1))",
            "((1, 4, 28, 28), (1, 4, 28, 28), (1, 4, 14, 14))",
        ),
        (
            "nn.Conv2d(1, 4, kernel_size=3, padding=(1, 1), bias=True)",
            "torch.where(convolved > 0, convolved, 0.0)",
            "F.max_pool2d(rectified, kernel_size=(2, 2), stride=2)",
            "[[1, 4, 28, 28], [1, 4, 28, 28], [1, 4, 14, 14]]",
        ),
        (
            "nn.Conv2d(1, 4, 3, padding=1)",
            "nn.ReLU()(convolved)",
            "F.adaptive_max_pool2d(rectified, 14)",
            "[(1, 4, 28, 28)] * 2 + [(1, 4, 14, 14)]",
        ),
        (
            "nn.Sequential(nn.Conv2d(1, 4, 3, padding=1))[0]",
            "convolved * (convolved > 0)",
            "rectified.reshape(1, 4, 14, 2, 14, 2).amax((3, 5))",
            "[torch.Size([1, 4, 28, 28]), torch.Size([1, 4, 28, 28]), torch.Size([1, 4, 14, 14])]",
        ),
    ],
    "receptive-field": [
        "side += (kernel_size - 1) * step\nstep *= stride",
        "side, step = side + (kernel_size - 1) * step, step * stride",
        """
        for neighbour in range(kernel_size - 1):
            side = side + step
        if stride == 2:
            step = 2 * step
        """,
        "side = step * kernel_size + side - step\nstep = stride * step",
    ],
    "simple-cnn": [
        (
            """
            self.conv2 = nn.Conv2d(in_channels=32, out_channels=64, kernel_size=3, padding="same")
            self.bn2 = nn.BatchNorm2d(num_features=64)
            self.pool2 = nn.MaxPool2d(kernel_size=2, stride=2)
            self.conv3 = nn.Conv2d(in_channels=64, out_channels=128, kernel_size=3, padding="same")
            self.bn3 = nn.BatchNorm2d(num_features=128)
            """,
            """
            self.fc1 = nn.Linear(in_features=6272, out_features=512)
            self.dropout = nn.Dropout(p=0.5)
            self.fc2 = nn.Linear(in_features=512, out_features=num_classes)
            """,
            """
            x = self.bn2(self.conv2(x)).relu()
            x = self.pool2(x)
            x = self.bn3(self.conv3(x)).relu()
            return x
            """,
            """
            out = torch.flatten(self.features(x), start_dim=1)
            out = self.fc2(self.dropout(self.fc1(out).relu()))
            return out
            """,
        ),
        (
            """
            for number, (read, written) in enumerate([(32, 64), (64, 128)], start=2):
                setattr(self, f"conv{number}", nn.Conv2d(read, written, 3, 1, 1))
                setattr(self, f"bn{number}", nn.BatchNorm2d(written))
                if number == 2:
                    self.pool2 = nn.MaxPool2d(2)
            """,
            """
            hidden = 512
            self.fc1, self.dropout, self.fc2 = (
                nn.Linear(128 * 7 * 7, hidden), nn.Dropout(), nn.Linear(hidden, num_classes))
            """,
            """
            for conv, norm, after in [
                (self.conv2, self.bn2, self.pool2), (self.conv3, self.bn3, lambda maps: maps)
            ]:
                x = after(torch.relu(norm(conv(x))))
            return x
            """,
            """
            x = self.features(x)
            x = x.view(x.size(0), -1)
            for layer in (self.fc1, F.relu, self.dropout, self.fc2):
                x = layer(x)
            return x
            """,
        ),
        (
            """
            self.conv2 = nn.Conv2d(32, 64, 3, padding=1)
            self.conv3 = nn.Conv2d(64, 128, 3, padding=1)
            self.bn2, self.bn3 = nn.BatchNorm2d(64), nn.BatchNorm2d(128)
            self.pool2 = self.pool1  # the same kind of pooling
            """,
            """
            self.fc1 = nn.Linear(7 * 7 * 128, 512)
            self.fc2 = nn.Linear(512, num_classes)
            self.dropout = nn.Dropout(0.5)
            """,
            """
            x = F.max_pool2d(F.relu(self.bn2(self.conv2(x)), inplace=True), 2)
            return F.relu(self.bn3(self.conv3(x)), inplace=True)
            """,
            """
            values = self.features(x).reshape(len(x), 6272)
            hidden = F.dropout(F.relu(self.fc1(values)), 0.5, self.training)
            return self.fc2(hidden)
            """,
        ),
        (
            """
            def conv(a: int, b: int) -> nn.Conv2d:
                return nn.Conv2d(a, b, kernel_size=3, stride=1, padding=1)

            self.conv2 = conv(32, 64)
            self.bn2 = nn.BatchNorm2d(64)
            self.pool2 = nn.MaxPool2d((2, 2))
            self.conv3 = conv(64, 128)
            self.bn3 = nn.BatchNorm2d(128)
            self.relu = nn.ReLU()
            """,
            """
            self.flatten = nn.Flatten()
            self.fc1 = nn.Linear(128 * (28 // 4) ** 2, 512)
            self.dropout = nn.Dropout(0.5)
            self.fc2 = nn.Linear(512, num_classes)
            """,
            """
            block2 = nn.Sequential(self.conv2, self.bn2, self.relu, self.pool2)
            block3 = nn.Sequential(self.conv3, self.bn3, self.relu)
            return block3(block2(x))
            """,
            "return self.fc2(self.dropout(self.relu(self.fc1(self.flatten(self.features(x))))))",
        ),
    ],
    "trace-shapes": [
        """
        values = layer(values.flatten(1) if name == "fc1" else values)
        shapes[name] = values.shape
        """,
        """
        if isinstance(layer, nn.Linear) and values.ndim == 4:
            values = torch.flatten(values, 1)
        values = layer(values)
        shapes[name] = tuple(values.shape)
        """,
        """
        if name.startswith("fc"):
            values = values.reshape(len(values), -1)
        values = layer.forward(values)
        shapes.update({name: values.size()})
        """,
        """
        if name != "fc1":
            values = layer(values)
        else:
            values = layer(values.view(values.shape[0], 6272))
        shapes[name] = values.shape
        """,
    ],
    "lower-right": ["3", "3.0", "5 * 1 + 4 * 1 + 6 * -1", "torch.tensor([5., 4., -6.]).sum()"],
    "batch-norm": [
        "(numbers - numbers.mean()) / numbers.std(correction=0)",
        "F.batch_norm(numbers[:, None], None, None, training=True).flatten()",
        "nn.BatchNorm1d(1)(numbers.view(-1, 1)).squeeze()",
        "torch.stack([(each - centre) / torch.sqrt(variance) for each in numbers])",
        "(numbers - 4) / 5**0.5",
        "F.layer_norm(numbers, (4,))",
    ],
    "dropout": ["0.25", "1 / 4", "2 / 8", "1 - 6 * (1 / 8)", "torch.tensor(0.25)"],
    "batch-flattened": [
        """
        x = self.conv(images)
        x = self.pool(torch.relu(x))
        return self.fc(torch.flatten(x, start_dim=1))
        """,
        "return self.fc(self.pool(self.conv(images).clamp(min=0)).view(len(images), -1))",
        """
        maps = F.max_pool2d(self.conv(images).relu(), 2)
        n = maps.size(0)
        return self.fc(maps.reshape(n, 4 * 14 * 14))
        """,
        """
        rows = []
        for image in images:
            maps = self.pool(F.relu(self.conv(image[None])))
            rows.append(self.fc(maps.flatten()))
        return torch.stack(rows)
        """,
        """
        steps = nn.Sequential(self.conv, nn.ReLU(), self.pool, nn.Flatten(), self.fc)
        return steps(images)
        """,
        "return torch.vmap(lambda image: OneBlock.forward(self, image))(images)",
    ],
    "conv2-parameters": [
        "73856",
        "128 * (64 * 9 + 1)",
        "73_728 + 128",
        "sum(p.numel() for p in nn.Conv2d(64, 128, 3).parameters())",
    ],
    "pooled-cnn": [
        (
            "self.fc = nn.Linear(in_features=128, out_features=num_classes, bias=True)",
            """
            maps = self.features(x)
            averages = F.adaptive_avg_pool2d(maps, 1).flatten(1)
            return self.fc(averages)
            """,
        ),
        (
            "self.fc = nn.Linear(128, num_classes)\nself.average = nn.AvgPool2d(7)",
            "return self.fc(self.average(self.features(x)).squeeze(-1).squeeze(-1))",
        ),
        (
            "self.fc = nn.Linear(128, num_classes)",
            "return self.fc(torch.einsum('nchw->nc', self.features(x)) / 49)",
        ),
        (
            "self.add_module('fc', nn.Linear(128, num_classes))",
            """
            x = self.features(x)
            n, channels, height, width = x.shape
            x = x.view(n, channels, height * width).sum(dim=2) / (height * width)
            x = self.fc(x)
            return x
            """,
        ),
        (None, "return self.fc(self.features(x).mean(-1).mean(-1))"),
    ],
    "residual-block": [
        """
        out = self.conv1(x)
        out = self.bn1(out)
        out = torch.relu(out)
        out = self.conv2(out)
        out = self.bn2(out)
        out += x
        return out.relu()
        """,
        "return F.relu(x + self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))))",
        """
        shortcut = x
        for conv, bn in ((self.conv1, self.bn1), (self.conv2, self.bn2)):
            y = bn(conv(x))
            x = y.clamp(min=0)
        return (y + shortcut).clamp(min=0)
        """,
        """
        identity = x.clone()
        inside = nn.Sequential(self.conv1, self.bn1, nn.ReLU(), self.conv2, self.bn2)
        return nn.ReLU()(torch.add(identity, inside(x)))
        """,
    ],
}
TRAINING = {
    "cross-entropy": [
        ("logits.softmax(dim=0)", "F.cross_entropy(logits, torch.tensor(1))"),
        ("torch.exp(logits - logits.logsumexp(0))", "-math.log(probabilities[1])"),
        (
            "torch.stack([math.e**z / sum(math.e**each for each in logits) for z in logits])",
            "torch.log(1 / probabilities[1])",
        ),
        ("nn.Softmax(dim=-1)(logits)", "logits.exp().sum().log() - logits[1]"),
        ("torch.tensor([20.0855, 2.7183, 1.0]) / 23.8038", "-np.log(probabilities[1].item())"),
    ],
    "one-step": [
        "-(after - before) / rate",
        "(before - after) * (1 / rate)",
        "(after - before) / -rate",
        "before / rate - after / rate",
    ],
    "train-epoch": [
        """
        model.train()
        losses = []
        criterion = nn.CrossEntropyLoss()
        for i, batch in enumerate(loader):
            x = batch[0].to(device)
            y = batch[1].to(device)
            loss = criterion(model(x), y)
            model.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(float(loss))
        return losses
        """,
        """
        def one_step(images, labels):
            loss = F.cross_entropy(model(images.to(device)), labels.to(device))
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            return loss.item()

        model.train(True)
        optimizer.zero_grad(set_to_none=True)
        return [one_step(*batch) for batch in loader]
        """,
        """
        losses = []
        model = model.train()
        for images, labels in iter(loader):
            optimizer.zero_grad()
            logits = model.forward(images.to(device=device))
            loss = F.nll_loss(logits.log_softmax(dim=1), labels.to(device=device))
            loss.backward()
            optimizer.step()
            losses += [loss.detach().cpu().item()]
        return losses
        """,
        """
        losses = list()
        iterator = iter(loader)
        while True:
            try:
                images, labels = next(iterator)
            except StopIteration:
                return losses
            model.train()
            images, labels = images.to(device), labels.to(device)

            def closure():
                optimizer.zero_grad()
                loss = F.cross_entropy(model(images), labels)
                loss.backward()
                losses.append(loss.item())
                return loss

            optimizer.step(closure)
        """,
    ],
    "overfit-batch": [
        """
        adam = torch.optim.Adam(params=model.parameters(), lr=1e-3)
        return train_epoch(model, [batch for _ in range(steps)], adam)
        """,
        """
        from itertools import repeat

        optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
        return train_epoch(model, repeat(batch, steps), optimizer)
        """,
        """
        images, labels = batch
        optimizer = torch.optim.Adam(model.parameters())  # 0.001 is its default
        model.train()
        losses = []
        for _ in range(steps):
            optimizer.zero_grad()
            loss = F.cross_entropy(model(images), labels)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses
        """,
        """
        losses = []
        optimizer = torch.optim.Adam([{"params": model.parameters(), "lr": 0.001}])
        for step in range(steps):
            losses.extend(train_epoch(model, [batch], optimizer))
        return losses
        """,
    ],
    "evaluate": [
        """
        model.eval()
        for images, labels in loader:
            with torch.no_grad():
                logits = model(images.to(device))
            labels = labels.to(device)
            loss += F.cross_entropy(logits, labels).item() * len(labels)
            correct += int((logits.max(1)[1] == labels).sum())
            total += labels.size(0)
        """,
        """
        model.train(False)
        with torch.inference_mode():
            pairs = [(model(x.to(device)), y.to(device)) for x, y in loader]
        logits = torch.cat([scores for scores, _ in pairs])
        labels = torch.cat([names for _, names in pairs])
        loss = F.cross_entropy(logits, labels, reduction="sum").item()
        correct = torch.count_nonzero(logits.argmax(1) == labels).item()
        total = len(labels)
        """,
        """
        was_training = model.training
        model.eval()
        torch.set_grad_enabled(False)
        for x, y in loader:
            x, y = x.to(device), y.to(device)
            logarithms = model(x).log_softmax(dim=1)
            for row, label in zip(logarithms, y):
                loss -= row[label].item()
                correct += int(row.argmax() == label)
                total += 1
        torch.set_grad_enabled(True)
        model.train(was_training)
        """,
        """
        @torch.no_grad()
        def judge(images, labels):
            logits = model(images)
            each = F.cross_entropy(logits, labels, reduction="none")
            return each.sum().item(), logits.argmax(dim=1).eq(labels).sum().item(), len(each)

        model.eval()
        sums = [judge(x.to(device), y.to(device)) for x, y in loader]
        loss, correct, total = map(sum, zip(*sums))
        """,
        """
        model.eval()
        total = len(loader.dataset)
        with torch.no_grad():
            for images, labels in loader:
                images, labels = images.to(device), labels.to(device)
                logits = model(images)
                loss += F.cross_entropy(logits, labels, reduction="sum").item()
                correct += (logits.argmax(dim=1) == labels).sum().item()
        """,
    ],
    "augmentation": [
        "augmentation = augment.Affine(rotation=10.0, translation=2.8 / 28, fill=black)",
        'settings = {"rotation": 10, "translation": 0.1, "fill": -mean / std}\n'
        "augmentation = augment.Affine(**settings)",
        "augmentation = augment.Affine(fill=float(black), translation=0.1, rotation=10)",
    ],
    "stop-epoch": ["4.0", "int(2 + 2)", "torch.tensor(4)"],
    "recall": [
        "confusion[digit][digit] / sum(confusion[digit])",
        "confusion.diagonal()[digit] / confusion.sum(axis=1)[digit]",
        "confusion[digit, digit] / sum(confusion[digit, other] for other in range(10))",
        "float(confusion[digit, digit]) / float(confusion[digit, :].sum())",
    ],
    "strongest-patch": [
        """
        k = kernel.shape[-1]
        patches = images[:, 0].unfold(1, k, 1).unfold(2, k, 1)  # (N, rows, columns, K, K)
        answers = (patches * kernel).sum(dim=(-2, -1))
        return patches.reshape(-1, k, k)[answers.argmax()]
        """,
        """
        best, winner = -math.inf, None
        k = len(kernel)
        for image in images[:, 0]:
            for row in range(image.shape[0] - k + 1):
                for column in range(image.shape[1] - k + 1):
                    patch = image[row:row + k, column:column + k]
                    answer = (patch * kernel).sum().item()
                    if answer > best:
                        best, winner = answer, patch
        return winner
        """,
        """
        size = len(kernel)
        maps = F.conv2d(images, kernel.view(1, 1, size, size))
        n, _, height, width = maps.shape
        position = int(maps.flatten().argmax())
        number, rest = divmod(position, height * width)
        row, column = divmod(rest, width)
        return images[number].squeeze(0)[row:row + size, column:column + size].clone()
        """,
        """
        k = kernel.size(0)
        columns = F.unfold(images, k)  # (N, K * K, positions)
        answers = torch.einsum("nkp,k->np", columns, kernel.flatten())
        n, p = (answers == answers.max()).nonzero()[0].tolist()
        return columns[n, :, p].view(k, k)
        """,
        """
        k = kernel.shape[0]
        maps = nn.functional.conv2d(images, kernel[None, None]).squeeze(1)
        of_each, where = maps.flatten(1).max(dim=1)
        image = of_each.argmax().item()
        row, column = where[image] // maps.shape[2], where[image] % maps.shape[2]
        return images[image, 0].narrow(0, row.item(), k).narrow(1, column.item(), k)
        """,
    ],
    "occlusion": [
        """
        n = (28 - side) // step + 1
        result = torch.zeros(n, n)
        for i in range(n):
            for j in range(n):
                covered = image.clone()
                covered[..., i * step:i * step + side, j * step:j * step + side] = black
                with torch.no_grad():
                    logits = model(covered.view(1, 1, 28, 28))
                result[i, j] = F.softmax(logits, dim=1)[0, label]
        return result
        """,
        """
        starts = list(range(0, 29 - side, step))
        rows = []
        for top in starts:
            copies = []
            for left in starts:
                mask = torch.zeros(28, 28, dtype=torch.bool)
                mask[top:top + side, left:left + side] = True
                copies.append(torch.where(mask, black, image.reshape(1, 28, 28)))
            with torch.inference_mode():
                rows.append(model(torch.stack(copies)).softmax(-1)[:, label])
        return torch.stack(rows)
        """,
        """
        at = torch.arange(28)
        starts = torch.arange(0, 28 - side + 1, step)
        inside = (at >= starts[:, None]) & (at < starts[:, None] + side)  # (n, 28)
        squares = inside[:, None, :, None] & inside[None, :, None, :]  # (n, n, 28, 28)
        covered = image.reshape(1, 28, 28).masked_fill(squares.flatten(0, 1), black)
        with torch.no_grad():
            scores = model(covered[:, None])
        return scores.softmax(dim=1)[:, label].reshape(len(starts), len(starts))
        """,
        """
        def probability(row, column):
            covered = image.detach().clone().view(1, 1, 28, 28)
            covered[0, 0, row:row + side, column:column + side].fill_(black)
            logits = model(covered)[0]
            return (logits[label] - logits.logsumexp(0)).exp().item()

        corners = range(0, 28 - side + 1, step)
        return torch.tensor([[probability(r, c) for c in corners] for r in corners])
        """,
    ],
    "three-steps": ["1 / 2", "4 * 0.5**3", "torch.tensor(0.5)"],
    "loop-order": [
        """
        losses = []
        for images, labels in batches:
            loss = nn.CrossEntropyLoss()(model(images), labels)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            losses.append(loss.item())
        return losses
        """,
        """
        def step(images, labels):
            for p in model.parameters():
                p.grad = None
            loss = F.cross_entropy(model(images), labels)
            loss.backward()
            optimizer.step()
            return float(loss)

        return [step(*batch) for batch in batches]
        """,
        """
        history = torch.zeros(len(batches))
        for number, (x, y) in enumerate(batches):
            model.zero_grad()
            loss = F.cross_entropy(model(x), y)
            history[number] = loss.detach()
            loss.backward()
            optimizer.step()
        return history.tolist()
        """,
        """
        parameters = [p for p in model.parameters() if p.requires_grad]
        losses = []
        for images, labels in batches:
            loss = F.cross_entropy(input=model(images), target=labels)
            for p, g in zip(parameters, torch.autograd.grad(loss, parameters)):
                p.grad = g
            optimizer.step()
            losses = losses + [loss.item()]
        return losses
        """,
    ],
}

COMPARISON = {
    "complex-cnn": [
        (
            """
            second = nn.Conv2d(channels_out, channels_out, 3, padding="same")
            parts = [first, nn.ReLU(inplace=True), second, nn.ReLU(inplace=True)]
            parts += [nn.MaxPool2d(kernel_size=2, stride=2), nn.Dropout(p=0.25)]
            return nn.Sequential(*parts)
            """,
            "1152",
        ),
        (
            """
            block = nn.Sequential()
            for layer in (first, nn.Conv2d(channels_out, channels_out, 3, 1, 1)):
                block.append(layer)
                block.append(nn.ReLU())
            block.append(nn.MaxPool2d((2, 2)))
            block.append(nn.Dropout(0.25))
            return block
            """,
            "128 * (28 // 2 // 2 // 2) ** 2",
        ),
        (
            """
            def with_relu(conv):
                return nn.Sequential(conv, nn.ReLU())

            second = nn.Conv2d(channels_out, first.out_channels, kernel_size=(3, 3), padding=1)
            pool, drop = nn.MaxPool2d(2), nn.Dropout(0.25)
            return nn.Sequential(with_relu(first), with_relu(second), pool, drop)
            """,
            "3 * 3 * 128",
        ),
        (
            """
            return nn.Sequential(OrderedDict(
                conv1=first, relu1=nn.ReLU(),
                conv2=nn.Conv2d(channels_out, channels_out, 3, padding=1), relu2=nn.ReLU(),
                pool=nn.MaxPool2d(2), dropout=nn.Dropout(0.25),
            ))
            """,
            None,
        ),
    ],
    "choose": [
        "table.low.ge(0.98)",
        "~(table['low'] < 0.98)",
        "table['low'].apply(lambda low: low >= 0.98)",
        "pd.Series([low >= 98 / 100 for low in table['low']], index=table.index)",
        "100 * table['low'] >= 98",
    ],
    "wilson": [
        "(share - share**2) / total",
        "share / total * (1 - share)",
        "(count * (total - count)) / total**3",
        "math.pow(math.sqrt(share * (1 - share) / total), 2)",
    ],
    "draw": [
        "table[rows[:, None], columns]",
        "table[np.ix_(rows, columns)]",
        "table.take(rows, axis=0).take(columns, axis=1)",
        "np.array([[table[row, column] for column in columns] for row in rows])",
        "table[:, columns][rows, :]",
    ],
    "coverage": [
        "np.mean(np.logical_and(low <= truth, high >= truth))",
        "sum(a <= truth <= b for a, b in zip(low, high)) / len(low)",
        "1 - ((low > truth) | (high < truth)).mean()",
        "np.count_nonzero((low <= truth) * (truth <= high)) / low.size",
        "((truth - low) * (high - truth) >= 0).mean()",
    ],
    "speaking-images": ["100 + 50", "150.0", "int(1.5e2)"],
    "false-finds": [
        "1 - math.pow(0.95, count)",
        "1 - math.exp(count * math.log(0.95))",
        "sum(0.05 * 0.95**k for k in range(count))",
        "1 - np.prod([0.95] * count)",
        "sum(math.comb(count, k) * 0.05**k * 0.95**(count - k) for k in range(1, count + 1))",
    ],
    "pool-shift": ["torch.tensor([[9., 0.]])", "(9, 0)", "[9, 0]", "np.array([9.0, 0.0])"],
    "twin": [
        "dense.fc1.weight.index_select(1, order)",
        "dense.fc1.weight.T[order].T",
        "torch.stack([dense.fc1.weight[:, pixel] for pixel in order], dim=1)",
        "dense.fc1.weight.detach().clone()[..., order.tolist()]",
        "dense.fc1.weight.gather(1, order.expand(len(dense.fc1.weight), -1))",
        "dense.fc1.weight @ torch.eye(784)[:, order]",
    ],
    "when-convolution": ['("A", "C", "F")', 'list("FCA")', '{"A", "F", "C"}'],
    "calibration": [
        "0.4 * 0.05",
        "0.4 * (0.75 - 0.7)",
        "abs(4 * 0.7 - 3) / 10",
        "0.02",
    ],
}

CHALLENGES = {
    "attempts": ['["B"]', '("B",)', 'list("B")', '{"B"}'],
    "choice": [
        'runs.groupby("case").validation.mean()',
        'runs.pivot_table(index="case", values="validation")["validation"]',
        'pd.Series({case: rows["validation"].mean() for case, rows in runs.groupby("case")})',
        'runs.pivot(index="case", columns="seed", values="validation").mean(axis=1)',
        'runs.groupby("case").agg({"validation": "mean"})["validation"]',
        'runs.groupby("case")["validation"].sum() / runs.groupby("case")["validation"].count()',
    ],
    "twice-the-filters": [
        "sum(p.numel() for p in models.SmallCNN((16, 32)).parameters())",
        "160 + 4640 + 15690",
        "20_490",
        "(16 * 9 + 16) + (32 * 16 * 9 + 32) + (32 * 7 * 7 * 10 + 10)",
    ],
    "scanner": [
        "augment.Affine(rotation=20.0, translation=1 / 7, fill=black)",
        "augment.Affine(fill=black, translation=4 / 28, rotation=20)",
        "augment.Affine(**dict(rotation=20, translation=0.14285714, fill=float(black)))",
    ],
    "one-change": [
        "dataclasses.replace(small, **{'label_smoothing': 0.1})",
        "training.Recipe(**{**vars(small), 'label_smoothing': 0.1})",
        "(lambda recipe: dataclasses.replace(recipe, label_smoothing=1 / 10))(small)",
    ],
}
WHOLE = {  # cells that somebody has written anew, up to the line of the check
    "convolve": [
        """
        class Convolve:
            def __call__(self, image, kernel):
                k = len(kernel)
                return (image.unfold(0, k, 1).unfold(1, k, 1) * kernel).sum((-1, -2))

        convolve = Convolve()
        """,
        """
        convolve = lambda picture, w: torch.conv2d(picture[None, None], w[None, None])[0, 0]
        """,
        """
        @torch.no_grad()
        def convolve(img: torch.Tensor, ker: torch.Tensor) -> torch.Tensor:
            (h, w), (k, l) = img.shape, ker.shape
            assert k <= h and l <= w
            out = img.new_zeros(h - k + 1, w - l + 1)
            for index in np.ndindex(*out.shape):
                out[index] = (img[index[0]:index[0] + k, index[1]:index[1] + l] * ker).sum()
            return out
        """,
    ],
    "kernel-step": [
        """
        def error_of(w, x, t):
            return (F.conv2d(x, w) - t).pow(2).mean()

        def step(w, x, t, lr):
            e = error_of(w, x, t)
            e.backward()
            w.data = w.data - lr * w.grad
            w.grad = None
            return e.item()
        """,
    ],
    "one-kernel": [
        """
        def one_kernel(a: list, b: list) -> list:
            product = [0.0 for _ in a + b][1:]
            for (i, x), (j, y) in product_of(enumerate(a), list(enumerate(b))):
                product[i + j] += x * y
            return product

        from itertools import product as product_of
        """,
    ],
    "find": [
        "find = lambda labels, digit, count: (labels == digit).nonzero()[:count, 0]",
        """
        def find(names, wanted, how_many=10):
            return torch.tensor([i for i in range(len(names)) if names[i] == wanted][:how_many])
        """,
    ],
    "leak": [
        """
        def on_both_sides(who, learns):
            def side(which):
                return set(who[which].tolist())
            return side(learns) & side(~learns)
        """,
        "on_both_sides = lambda w, t: {*w[t].tolist()} & {*w[t.logical_not()].tolist()}",
    ],
    "share-of-background": [
        "share_of_background = lambda images: (images == 0).double().mean((1, 2))",
        """
        share_of_background = torch.vmap(lambda image: (image == 0).float().mean())
        """,
    ],
    "majority": [
        """
        class Guesser:
            def fit(self, labels):
                self.guess = torch.mode(labels)[0]
                return self

            def score(self, labels):
                return (labels == self.guess).sum() / len(labels)

        def majority_score(train_labels, validation_labels):
            return Guesser().fit(train_labels).score(validation_labels).item()
        """,
    ],
    "split-by-group": [
        """
        def training_mask(writers, fraction=0.25, generator=None):
            people = writers.unique()
            order = torch.randperm(len(people), generator=generator)
            out = people[order][:round(fraction * len(people))]
            return (writers.view(-1, 1) != out).all(dim=1)
        """,
    ],
    "make-loaders": [
        """
        def normalised(images, mean, std):
            return (images[:, None].float() / 255 - mean) / std

        def make_loaders(batch_size: int = 64) -> tuple[DataLoader, DataLoader]:
            train, validation = data.open_training_sets()
            mean, std = data.pixel_statistics(train.images)
            sets = [TensorDataset(normalised(part.images, mean, std), part.labels)
                    for part in (train, validation)]
            return DataLoader(sets[0], batch_size, shuffle=True), DataLoader(sets[1], batch_size)
        """,
    ],
    "whose-mean": [
        """
        normalised_sets = lambda a, b: tuple(
            data.prepare(each, *data.pixel_statistics(a)) for each in (a, b))
        """,
    ],
    "shuffled-pairs": [
        "shuffled = lambda x, y: (lambda p: (x[p], y[p]))(torch.randperm(len(y)))",
    ],
    "side-after": [
        "side_after = lambda n, k, p=0, s=1: (n + 2 * p - k) // s + 1",
        """
        def side_after(side, kernel, padding=0, stride=1):
            return len(range(0, side + 2 * padding - kernel + 1, stride))
        """,
        """
        def side_after(side, kernel, padding=0, stride=1):
            line = torch.zeros(1, side)
            return F.max_pool1d(F.pad(line, (padding, padding)), kernel, stride).shape[-1]
        """,
    ],
    "simple-cnn": [
        """
        class SimpleCNN(nn.Module):
            def __init__(self, num_classes: int = 10) -> None:
                super(SimpleCNN, self).__init__()
                self.conv1 = nn.Conv2d(1, 32, 3, padding=1)
                self.conv2 = nn.Conv2d(32, 64, 3, padding=1)
                self.conv3 = nn.Conv2d(64, 128, 3, padding=1)
                self.bn1 = nn.BatchNorm2d(32)
                self.bn2 = nn.BatchNorm2d(64)
                self.bn3 = nn.BatchNorm2d(128)
                self.pool1, self.pool2 = nn.MaxPool2d(2), nn.MaxPool2d(2)
                self.fc1 = nn.Linear(128 * 7 * 7, 512)
                self.dropout = nn.Dropout(p=0.5)
                self.fc2 = nn.Linear(512, num_classes)

            def features(self, images):
                maps = self.pool1(self.bn1(self.conv1(images)).relu())
                maps = self.pool2(self.bn2(self.conv2(maps)).relu())
                return self.bn3(self.conv3(maps)).relu()

            def forward(self, images):
                return self.fc2(self.dropout(self.fc1(self.features(images).flatten(1)).relu()))
        """,
    ],
    "trace-shapes": [
        """
        def trace(model, values):
            shapes, hooks = {}, []
            for name, layer in model.named_children():
                hooks.append(layer.register_forward_hook(
                    lambda layer, given, made, name=name: shapes.update({name: made.shape})))
            model(values)
            for hook in hooks:
                hook.remove()
            return shapes
        """,
    ],
    "batch-flattened": [
        """
        class Repaired(OneBlock):
            def __init__(self):
                super().__init__()
                self.flatten = nn.Flatten()

            def forward(self, x):
                return self.fc(self.flatten(self.pool(self.conv(x).relu())))
        """,
    ],
    "residual-block": [
        """
        class ResidualBlock(nn.Module):
            def __init__(self, c):
                super().__init__()
                self.conv1, self.conv2 = (nn.Conv2d(c, c, 3, padding=1) for _ in range(2))
                self.bn1, self.bn2 = (nn.BatchNorm2d(c) for _ in range(2))

            def forward(self, x):
                return (x + self.residue(x)).relu()

            def residue(self, x):
                return self.bn2(self.conv2(self.bn1(self.conv1(x)).relu()))
        """,
    ],
    "pooled-cnn": [
        """
        class PooledCNN(SimpleCNN):
            def __init__(self, num_classes=10):
                super().__init__(num_classes)
                del self.fc1, self.dropout, self.fc2
                self.pool = nn.AdaptiveAvgPool2d((1, 1))
                self.fc = nn.Linear(128, num_classes)

            def forward(self, x):
                return self.fc(torch.flatten(self.pool(self.features(x)), 1))
        """,
    ],
    "one-step": ["gradient_of = lambda w0, w1, eta: (w0 - w1) / eta"],
    "train-epoch": [
        """
        def train_epoch(model: nn.Module, loader, optimizer: torch.optim.Optimizer) -> list[float]:
            device = next(model.parameters()).device
            criterion = nn.CrossEntropyLoss().to(device)
            running: list[float] = []
            model.train()
            for inputs, targets in loader:
                inputs = inputs.to(device, non_blocking=True)
                targets = targets.to(device, non_blocking=True)
                optimizer.zero_grad(set_to_none=True)
                outputs = model(inputs)
                loss = criterion(outputs, targets)
                loss.backward()
                optimizer.step()
                running.append(loss.item())
            return running
        """,
    ],
    "overfit-batch": [
        """
        def overfit(net, pair, n):
            adam = torch.optim.Adam(net.parameters(), lr=10**-3)
            return sum((train_epoch(net, [pair], adam) for _ in range(n)), [])
        """,
    ],
    "evaluate": [
        """
        @torch.no_grad()
        def evaluate(model, loader):
            model.eval()
            device = next(model.parameters()).device
            losses, rights = [], []
            for images, labels in loader:
                images, labels = images.to(device), labels.to(device)
                logits = model(images)
                losses.append(F.cross_entropy(logits, labels, reduction="none"))
                rights.append(logits.argmax(dim=1) == labels)
            return torch.cat(losses).mean().item(), torch.cat(rights).float().mean().item()
        """,
    ],
    "recall": ["recall = lambda table, d: table[d, d] / table[d].sum()"],
    "strongest-patch": [
        """
        def strongest_patch(images, kernel):
            k = len(kernel)
            pieces = F.unfold(images, k).transpose(1, 2).flatten(0, 1)  # (all, K * K)
            return pieces[(pieces @ kernel.flatten()).argmax()].view(k, k)
        """,
    ],
    "occlusion": [
        """
        @torch.no_grad()
        def occlusion_map(net, digit, name, side, step):
            def row_of(top):
                many = []
                for left in range(0, 28 - side + 1, step):
                    copy = digit.reshape(28, 28).clone()
                    copy[top:top + side, left:left + side] = black
                    many.append(copy)
                return net(torch.stack(many)[:, None]).softmax(1)[:, name]

            return torch.stack([row_of(top) for top in range(0, 28 - side + 1, step)])
        """,
    ],
    "loop-order": [
        """
        def learns_something(net, pairs, opt):
            net.train()
            losses = []
            for pair in pairs:
                opt.zero_grad()
                losses.append(F.cross_entropy(net(pair[0]), pair[1]))
                losses[-1].backward()
                opt.step()
            return [loss.item() for loss in losses]
        """,
    ],
    "ward-floor-cure": [
        """
        cured_1 = partial(ward.trained, loss_of=nn.CrossEntropyLoss())
        """,
        """
        class Cured:
            def loss(self, net, x, y):
                return -net(x).log_softmax(1).gather(1, y[:, None]).mean()

            def __call__(self, images, labels, epochs):
                net = ward.Network()
                optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
                losses = []
                for _ in range(epochs):
                    for x, y in ward.batches(images, labels):
                        optimizer.zero_grad()
                        value = self.loss(net, x, y)
                        value.backward()
                        optimizer.step()
                        losses.append(value.item())
                return net, optimizer, losses

        cured_1 = Cured()
        """,
    ],
    "ward-climbs-cure": [
        """
        def cured_7(x, y, n, lr=0.05):
            return ward.trained(x, y, n, lr=lr)
        """,
    ],
    "ward-one-answer-cure": [
        "cured_9 = lambda pixels: pixels[:, None].float() / 255",
        """
        cured_9 = transforms.Compose([
            lambda pixels: pixels[:, None] / 255, transforms.Normalize((0.1307,), (0.3081,))])
        """,
        "cured_9 = lambda x: ((x.float() - 33.3) / 78.6)[:, None]",
    ],
    "ward-chance-cure": ["cured_10 = lambda x, y: TensorDataset(x, y)[torch.randperm(len(y))]"],
    "ward-jumps-cure": ["cured_11 = ward.batches"],
    "ward-too-good-cure": [
        """
        def cured_12(x, y):
            cut = 3 * len(y) // 4
            p = torch.randperm(len(y))
            return (x[p[:cut]], y[p[:cut]]), (x[p[cut:]], y[p[cut:]])
        """,
    ],
    "ward-changes-cure": ["cured_13 = ward.accuracy"],
    "ward-two-modes-cure": [
        "cured_14 = lambda net, *pairs: tuple(ward.accuracy(net, *pair) for pair in pairs)",
    ],
    "ward-ten-percent-cure": [
        """
        @torch.inference_mode()
        def cured_15(net, images, labels):
            net.eval()
            return net(images).argmax(dim=1).eq(labels).float().mean().item()
        """,
    ],
    "ward-tiny-loss-cure": [
        """
        @torch.no_grad()
        def cured_16(net, images, labels, batch_size=64):
            net.eval()
            scores = torch.cat([net(x) for x in images.split(batch_size)])
            return F.cross_entropy(scores, labels).item()
        """,
    ],
    "same-answer": [
        """
        class SameAnswer(nn.Sequential):
            def __init__(self, maps=12):
                super(SameAnswer, self).__init__(
                    nn.CircularPad2d(1), nn.Conv2d(1, maps, 3), nn.ReLU(),
                    nn.CircularPad2d(1), nn.Conv2d(maps, maps, 3), nn.ReLU(),
                    nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(maps, 10))
        """,
        """
        class Sorted(nn.Module):
            def __init__(self, maps=4):
                super().__init__()
                self.conv = nn.Conv2d(1, maps, 3, padding=1, padding_mode="circular")
                self.fc = nn.Linear(maps * 784, 10)

            def forward(self, x):
                values = self.conv(x).relu().flatten(2).sort(dim=2).values  # the places are gone
                return self.fc(values.flatten(1))

        SameAnswer = Sorted
        """,
        """
        class SameAnswer(nn.Module):
            def __init__(self):
                super().__init__()
                self.kernels = nn.Parameter(torch.randn(10, 28, 28) / 28)

            def forward(self, x):  # all cyclic shifts of a large kernel, by Fourier's way
                product = torch.fft.rfft2(x) * torch.fft.rfft2(self.kernels).conj()[None]
                return torch.fft.irfft2(product, s=(28, 28)).flatten(2).amax(dim=2)
        """,
    ],
    "wide-view": [
        """
        relu = nn.ReLU()  # one for all
        wide = nn.Sequential(
            nn.Conv2d(1, 8, (3, 3), stride=(1, 1), padding=(1, 1)), relu,
            nn.Conv2d(8, 8, (3, 3), padding=(2, 2), dilation=(2, 2)), relu,
            nn.Conv2d(8, 8, (3, 3), padding=(4, 4), dilation=(4, 4)), nn.GroupNorm(2, 8), relu)
        """,
        """
        class Dense(nn.Module):
            def __init__(self):
                super().__init__()
                self.a = nn.Conv2d(1, 6, 3, padding=1)
                self.b = nn.Conv2d(7, 6, 3, padding=2, dilation=2)
                self.c = nn.Conv2d(13, 6, 3, padding=4, dilation=4)

            def forward(self, x):
                for layer in (self.a, self.b, self.c):
                    x = torch.cat([x, F.relu(layer(x))], dim=1)
                return x

        wide = Dense().eval()
        """,
        """
        parts = [nn.ConvTranspose2d(1, 8, 3, padding=1)]
        for _ in range(6):
            parts += [nn.Hardswish(), nn.Dropout2d(0.1), nn.ConvTranspose2d(8, 8, 3, padding=1)]
        wide = nn.Sequential(*parts)
        """,
    ],
    "complex-cnn": [
        """
        class ComplexCNN(nn.Module):
            def __init__(self):
                super().__init__()
                layers_, c = [], 1
                for width in (32, 64, 128):
                    layers_ += [nn.Conv2d(c, width, 3, padding=1), nn.ReLU(),
                                nn.Conv2d(width, width, 3, padding=1), nn.ReLU(),
                                nn.MaxPool2d(2), nn.Dropout(0.25)]
                    c = width
                self.body = nn.Sequential(*layers_, nn.Flatten())
                self.head = nn.Sequential(
                    nn.Linear(1152, 512), nn.ReLU(), nn.Dropout(0.5),
                    nn.Linear(512, 256), nn.ReLU(), nn.Dropout(0.5), nn.Linear(256, 10))

            def forward(self, x):
                return self.head(self.body(x))

        complex_cnn = ComplexCNN
        """,
    ],
    "choose": [
        """
        def acceptable(table):
            return [row["name"] for _, row in table.iterrows()
                    if row["low"] >= 0.98 and row["parameters"] <= 2e6]
        """,
        'acceptable = lambda t: list(t.query("low >= 0.98 and parameters <= 2000000").name)',
    ],
    "wilson": [
        """
        def wilson(k, n, q=1.96):
            a, b, c = 1 + q * q / n, -(2 * k / n + q * q / n), (k / n) ** 2
            root = math.sqrt(b * b - 4 * a * c)
            return (-b - root) / (2 * a), (-b + root) / (2 * a)
        """,
    ],
    "coverage": [
        "covered = lambda low, high, truth: float(np.mean((low <= truth) & (high >= truth)))"
    ],
    "false-finds": ["chance_of_any = lambda n: -math.expm1(n * math.log1p(-0.05))"],
    "twin": [
        """
        def twin_of(dense, order):
            from copy import deepcopy

            twin = deepcopy(dense)
            twin.fc1.weight.data = dense.fc1.weight.data[:, order].clone()
            return twin
        """,
        """
        def twin_of(dense, order):
            state = dict(dense.state_dict())
            state["fc1.weight"] = state["fc1.weight"][:, order]
            twin = models.DenseNetwork()
            twin.load_state_dict(state)
            return twin
        """,
    ],
    "choice": [
        """
        def choice(runs):
            means = {}
            for case in runs["case"].unique():
                means[case] = runs.loc[runs["case"] == case, "validation"].mean()
            return max(means, key=means.get)
        """,
        'choice = lambda runs: runs.groupby("case").validation.mean().sort_values().index[-1]',
    ],
    "cross-entropy": [
        """
        z = torch.tensor([3.0, 1.0, 0.0])
        probabilities = torch.tensor([math.exp(score) for score in z])
        probabilities /= probabilities.sum()
        loss = F.nll_loss(probabilities.log()[None], torch.tensor([1]))
        """,
    ],
    "receptive-field": [
        """
        side, step, sides = 1, 1, []
        for k, s in [(3, 1), (2, 2), (3, 1), (2, 2), (3, 1)]:
            side, step = side + step * (k - 1), step * s
            sides = [*sides, side]
        """,
        """
        kernels, strides = torch.tensor([3, 2, 3, 2, 3]), torch.tensor([1, 2, 1, 2, 1])
        steps = torch.cat([torch.ones(1), strides.cumprod(0)[:-1]])
        sides = (1 + ((kernels - 1) * steps).cumsum(0)).tolist()
        """,
    ],
    "draw": [
        """
        def draw(table, generator):
            seeds = generator.integers(len(table), size=len(table))
            images = generator.integers(table.shape[1], size=table.shape[1])
            return float(np.mean([table[seed, images].mean() for seed in seeds]))
        """,
    ],
    "own-digit": [
        """
        class AsMnist:
            sheet = 195

            def __call__(self, photo):
                ink = (255 - photo.float()) * (photo <= self.sheet) / 255
                (row,), (column,) = moments.centre_of_mass(ink[None])
                by = [int(torch.round(14 - each)) for each in (row, column)]
                return torch.roll(ink, by, (0, 1))

        as_mnist = AsMnist()
        """,
    ],
    "ward-freezes-cure": ["cured_8 = partial(ward.trained, gamma=0.9)"],
    "ward-silent-cure": ["cured_4 = lambda x, y, n: ward.trained(x, y, n, build=ward.Network)"],
    "ward-still-cure": [
        """
        def cured_5(images, labels, epochs):
            def step(net, optimizer, loss):
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()

            return ward.trained(images, labels, epochs, step=step)
        """,
    ],
    "transforms": [
        """
        test_transform = transforms.Compose([
            transforms.ToTensor(), lambda x: (x - mean) / std])
        training_transform = test_transform
        """,
    ],
    "normalise": [
        """
        values = train.images.float()
        mean, std = values.mean() / 255, values.std() / 255
        normalised = values.sub_(255 * mean).div_(255 * std)
        """,
    ],
}

FORMS = {
    **WARD,
    **DESIGNS,
    **SILENT,
    **WHY,
    **DATA,
    **ARCHITECTURE,
    **TRAINING,
    **COMPARISON,
    **CHALLENGES,
}
TRAINED = ("small-network",)  # answers that train on as few images as a trial has


def share_right(net, images, labels):
    """As on the page about reports."""
    with torch.no_grad():
        return (net(images).argmax(dim=1) == labels).float().mean().item()


def train_epoch(model, batches, optimizer):
    """As in chapter 4, without a device."""
    model.train()
    losses = []
    for images, labels in batches:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@cache
def names():
    """What the cells before an exercise have imported and defined, of all pages together."""
    train, _ = data.open_training_sets()
    mean, std = map(torch.tensor, data.pixel_statistics(train.images))
    train_set, validation_set = setting.normalised_sets()
    return {
        **{each.__name__.rpartition(".")[2]: each for each in IMPORTED},
        **{"np": np, "pd": pd, "F": F},
        **{"OneBlock": OneBlock, "share_right": share_right, "ward": ward},
        **{"train": train, "mean": mean, "std": std, "black": -mean / std},
        **{"train_set": tuple(part[:800] for part in train_set), "validation_set": validation_set},
        **{"recipe": training.Recipe(epochs=3, batch_size=64), "x": train_set[0][:1]},
        **{"SimpleCNN": models.SimpleCNN, "train_epoch": train_epoch},
        "small": setting.small_recipe(),
    }


@cache
def exercises():
    return {id: cell for chapter in CHAPTERS for id, cell in cells(chapter).items()}


def texts_of(typed):
    """What stands in each blank; None is the book's own text."""
    texts = (typed,) if isinstance(typed, str) else typed
    return tuple(text and dedent(text).strip() for text in texts)


@pytest.mark.parametrize(
    ("id", "typed"),
    [
        pytest.param(id, typed, id=f"{id}-{number}")
        for id, forms in FORMS.items()
        for number, typed in enumerate(forms)
    ],
)
def test_a_right_answer_of_somebody_else_is_right(monkeypatch, id, typed):
    known = names()
    if id in TRAINED:
        monkeypatch.setenv("FIRSTCNN_PROFILE", "trial")
    torch.manual_seed(0)
    verdict = verdict_on(exercises()[id], texts_of(typed), known)
    assert verdict and not isinstance(verdict, str), verdict


def check_of(cell):
    """The line of an exercise's cell that asks for the verdict."""
    return next(line for line in cell.splitlines() if line.startswith("check("))


@pytest.mark.parametrize(
    ("id", "cell"),
    [
        pytest.param(id, cell, id=f"{id}-{number}")
        for id, cells_ in WHOLE.items()
        for number, cell in enumerate(cells_)
    ],
)
def test_a_right_cell_of_somebody_else_is_right(id, cell):
    torch.manual_seed(0)
    verdict = verdict_on(f"{dedent(cell).strip()}\n{check_of(exercises()[id])}", (), names())
    assert verdict and not isinstance(verdict, str), verdict
