"""Small networks in many styles, as readers write them: tutorials, unusual layers, unusual ends,
loops.

Every one reads images (N, 1, 28, 28) and returns logits (N, K).
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils import parametrizations, parametrize, prune

CLASSES = 10


class Through(nn.Module):
    """A network whose forward is a function of its layers and the images."""

    def __init__(self, forward: Callable[[nn.Module, Tensor], Tensor], **layers: nn.Module):
        super().__init__()
        self.steps = forward
        for name, layer in layers.items():
            self.add_module(name, layer)

    def forward(self, x: Tensor) -> Tensor:
        return self.steps(self, x)


def flat(channels: int, side: int) -> nn.Sequential:
    """The usual end."""
    return nn.Sequential(nn.Flatten(), nn.Linear(channels * side * side, CLASSES))


def after(*layers: nn.Module, channels: int = 4, side: int = 9) -> nn.Sequential:
    """Layers between a convolution that gives (N, 4, 9, 9) and the usual end."""
    return nn.Sequential(nn.Conv2d(1, 4, 3, stride=3), *layers, flat(channels, side))


# Ends: the last layer, and what follows it


def viewed(end: Callable[[Tensor], Tensor], channels: int = CLASSES) -> Through:
    """A convolution to (N, 10, 1, 1) and a view of it."""
    return Through(
        lambda self, x: end(self.last(self.conv(x))),
        conv=nn.Conv2d(1, 4, 3, 3),
        last=nn.Conv2d(4, channels, 9),
    )


class TutorialCNN(nn.Module):
    """As in PyTorch's tutorial on what torch.nn is."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, kernel_size=3, stride=2, padding=1)
        self.conv2 = nn.Conv2d(16, 16, kernel_size=3, stride=2, padding=1)
        self.conv3 = nn.Conv2d(16, 10, kernel_size=3, stride=2, padding=1)

    def forward(self, xb: Tensor) -> Tensor:
        xb = xb.view(-1, 1, 28, 28)
        xb = F.relu(self.conv1(xb))
        xb = F.relu(self.conv2(xb))
        xb = F.relu(self.conv3(xb))
        xb = F.avg_pool2d(xb, 4)
        return xb.view(-1, xb.size(1))


class ExampleNet(nn.Module):
    """As in PyTorch's example for MNIST."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, 1)
        self.conv2 = nn.Conv2d(8, 16, 3, 1)
        self.dropout1 = nn.Dropout(0.25)
        self.dropout2 = nn.Dropout(0.5)
        self.fc1 = nn.Linear(2304, 32)
        self.fc2 = nn.Linear(32, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        x = self.dropout1(F.max_pool2d(x, 2))
        x = torch.flatten(x, 1)
        x = self.dropout2(F.relu(self.fc1(x)))
        return F.log_softmax(self.fc2(x), dim=1)


class LeNet(nn.Module):
    """Average pooling, tanh, and a flattened size that is computed."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 6, 5, padding=2),
            nn.Tanh(),
            nn.AvgPool2d(2),
            nn.Conv2d(6, 16, 5),
            nn.Tanh(),
            nn.AvgPool2d(2),
        )
        self.classifier = nn.Sequential(
            nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10)
        )

    def forward(self, x: Tensor) -> Tensor:
        x = self.features(x)
        return self.classifier(x.view(-1, math.prod(x.shape[1:])))


class BasicBlock(nn.Module):
    """As in ResNet, with a projection."""

    def __init__(self, inputs: int, outputs: int, stride: int):
        super().__init__()
        self.conv1, self.bn1 = (
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        self.conv2, self.bn2 = (
            nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        self.relu = nn.ReLU(inplace=True)
        self.downsample = nn.Sequential(
            nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
        )

    def forward(self, x: Tensor) -> Tensor:
        out = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        out += self.downsample(x)
        return self.relu(out)


def resnet() -> nn.Module:
    head = [nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten(), nn.Linear(8, CLASSES)]
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, 2, 1), nn.MaxPool2d(3, 2, 1), BasicBlock(4, 8, 2), *head
    )


class Dense(nn.Module):
    """As in DenseNet: every layer reads all before it."""

    def __init__(self):
        super().__init__()
        self.convs = nn.ModuleList(
            nn.Conv2d(1 + 3 * number, 3, 3, padding=1) for number in range(3)
        )
        self.fc = nn.Linear(10, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        x = F.avg_pool2d(x, 4)
        for conv in self.convs:
            x = torch.cat((x, F.relu(conv(x))), dim=1)
        return self.fc(x.amax(dim=(2, 3)))


class SqueezeExcite(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.down, self.up = (
            nn.Conv2d(1, 8, 3, 3),
            nn.Conv2d(8, 2, 1),
            nn.Conv2d(2, 8, 1),
        )
        self.fc = nn.Linear(8 * 81, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        x = F.silu(self.conv(x))
        gate = F.adaptive_avg_pool2d(x, 1)
        x = x * F.hardsigmoid(self.up(F.relu6(self.down(gate))))
        return self.fc(x.flatten(1))


class Inception(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(1, 4, 3, 3)
        self.one, self.three = nn.Conv2d(4, 2, 1), nn.Conv2d(4, 2, 3, padding="same")
        self.pool = nn.Sequential(nn.AvgPool2d(3, 1, 1), nn.Conv2d(4, 2, 1))
        self.last = nn.Conv2d(6, CLASSES, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        x = torch.cat([self.one(x), self.three(x), self.pool(x)], 1)
        return self.last(x).mean(dim=(-2, -1))


# Rows, patches, sequences


class Rows(nn.Module):
    """A recurrent network that reads an image row by row."""

    def __init__(self, kind: type[nn.Module] = nn.LSTM, **options):
        super().__init__()
        self.recurrent = kind(28, 8, batch_first=True, **options)
        self.fc = nn.Linear(16 if options.get("bidirectional") else 8, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        out, _ = self.recurrent(x.squeeze(1))
        return self.fc(out[:, -1, :])


class Patches(nn.Module):
    """A small vision transformer."""

    def __init__(self, attention: Callable[[Tensor, Tensor, Tensor], Tensor]):
        super().__init__()
        self.embed = nn.Conv2d(1, 8, 7, 7)
        self.place = nn.Parameter(torch.randn(1, 17, 8))
        self.token = nn.Parameter(torch.randn(1, 1, 8))
        self.qkv, self.norm, self.head = nn.Linear(8, 24), nn.LayerNorm(8), nn.Linear(8, CLASSES)
        self.attention = attention

    def forward(self, x: Tensor) -> Tensor:
        x = self.embed(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], dim=1) + self.place
        q, k, v = self.qkv(self.norm(x)).chunk(3, dim=-1)
        x = x + self.attention(q, k, v)
        return self.head(x[:, 0])


def by_hand(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    return torch.softmax(q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1]), dim=-1) @ v


class EveryPixel(nn.Module):
    """A running sum over pixels, one by one."""

    def __init__(self, count: int):
        super().__init__()
        self.count, self.fc = count, nn.Linear(1, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        pixels, state = x.flatten(1), x.new_zeros(x.shape[0], 1)
        for number in range(self.count):
            state = 0.9 * state + pixels[:, number : number + 1]
        return self.fc(state)


def deep(blocks: int) -> nn.Module:
    """Three layers for each block."""
    parts = [nn.Conv2d(1, 2, 3, stride=3)]
    for _ in range(blocks):
        parts += [nn.Conv2d(2, 2, 3, padding=1), nn.BatchNorm2d(2), nn.ReLU()]
    return nn.Sequential(*parts, flat(2, 9))


class Scales(nn.Module):
    """A layer of one's own with numbers of its own."""

    def __init__(self):
        super().__init__()
        self.register_buffer("window", torch.hann_window(28))
        self.gain = nn.Parameter(torch.ones(1))
        self.fc = nn.Linear(784, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc((x * self.window * self.gain).reshape(x.size(0), -1))


class Prototypes(nn.Module):
    """Logits are distances from learned images."""

    def __init__(self):
        super().__init__()
        self.prototypes = nn.Parameter(torch.randn(CLASSES, 784))

    def forward(self, x: Tensor) -> Tensor:
        return -((x.flatten(1)[:, None] - self.prototypes) ** 2).mean(-1)


class Cosine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(CLASSES, 784))

    def forward(self, x: Tensor) -> Tensor:
        return 10 * F.linear(F.normalize(x.flatten(1)), F.normalize(self.weight))


class Maxout(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(784, 32), nn.Linear(16, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(self.fc1(x.flatten(1)).view(-1, 16, 2).max(dim=2).values)


def spectral(self: nn.Module, x: Tensor) -> Tensor:
    """Frequencies in place of pixels."""
    return self.fc(torch.view_as_real(torch.fft.rfft2(x)).flatten(1))


def shared() -> nn.Module:
    """One layer, used three times."""

    def forward(self: nn.Module, x: Tensor) -> Tensor:
        x = self.enter(x)
        for _ in range(3):
            x = F.relu(self.same(x))
        return self.leave(x.flatten(1))

    return Through(
        forward,
        enter=nn.Conv2d(1, 4, 3, 3),
        same=nn.Conv2d(4, 4, 3, padding=1),
        leave=nn.Linear(324, CLASSES),
    )


def with_(layer_change: Callable[[nn.Module], object]) -> nn.Module:
    """The same small network after something was done to its convolution."""
    network = after(nn.ReLU())
    layer_change(network[0])
    return network


def pruned(layer: nn.Module) -> None:
    prune.l1_unstructured(layer, "weight", amount=0.5)


def quantised_by_hand() -> nn.Module:
    """Weights rounded in forward, as in training for few bits."""

    class Rounded(nn.Linear):
        def forward(self, x: Tensor) -> Tensor:
            scale = self.weight.abs().max() / 7
            return F.linear(x, torch.round(self.weight / scale) * scale, self.bias)

    return nn.Sequential(nn.Flatten(), Rounded(784, CLASSES))


def complex_weights() -> nn.Module:
    layer = nn.Linear(784, CLASSES, bias=False)
    layer.weight = nn.Parameter(torch.randn(CLASSES, 784, dtype=torch.complex64))
    return layer


class Symmetric(nn.Module):
    def forward(self, weight: Tensor) -> Tensor:
        return weight + weight.flip(-1)


def warped(self: nn.Module, x: Tensor) -> Tensor:
    """A spatial transformer."""
    theta = self.where(x.flatten(1)).view(-1, 2, 3)
    x = F.grid_sample(
        x, F.affine_grid(theta, list(x.shape), align_corners=False), align_corners=False
    )
    return self.fc(x.flatten(1))


ZOO: dict[str, Callable[[], nn.Module]] = {
    # the end
    "tutorial": TutorialCNN,
    "conv-flatten": lambda: nn.Sequential(nn.Conv2d(1, 10, 28), nn.Flatten()),
    "conv-squeeze": lambda: viewed(lambda x: x.squeeze(-1).squeeze(-1)),
    "conv-index": lambda: viewed(lambda x: x[:, :, 0, 0]),
    "conv-mean": lambda: viewed(lambda x: x.mean((2, 3))),
    "conv-permute": lambda: viewed(lambda x: x.permute(0, 2, 3, 1).reshape(x.shape[0], -1)),
    "conv-transposed": lambda: viewed(lambda x: x.view(-1, 2, 5).transpose(1, 2).flatten(1)),
    "conv-flipped": lambda: viewed(lambda x: x.flatten(1).flip(1)),
    "conv-scaled": lambda: viewed(lambda x: x.flatten(1) / 2),
    "global-pool": lambda: nn.Sequential(
        nn.Conv2d(1, 10, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten()
    ),
    "pool-of-maps": lambda: nn.Sequential(
        nn.Conv2d(1, 5, 3, 3), nn.AvgPool2d(9, 9), nn.Conv2d(5, 10, 1), nn.Flatten()
    ),
    "maps-as-logits": lambda: nn.Sequential(
        nn.Conv2d(1, 3, 3, 3), nn.AdaptiveAvgPool2d((2, 2)), nn.Flatten()
    ),
    "bn-flatten": lambda: nn.Sequential(nn.Conv2d(1, 10, 28), nn.BatchNorm2d(10), nn.Flatten()),
    "dropout-last": lambda: nn.Sequential(nn.Flatten(), nn.Linear(784, 10), nn.Dropout(0.5)),
    # tutorials and known networks
    "example": ExampleNet,
    "lenet": LeNet,
    "resnet": resnet,
    "densenet": Dense,
    "squeeze-excite": SqueezeExcite,
    "inception": Inception,
    "functions": lambda: Through(
        lambda self, x: x.flatten(1) @ self.w.weight.T + self.w.bias, w=nn.Linear(784, 10)
    ),
    # norms
    "bn-no-statistics": lambda: after(nn.BatchNorm2d(4, track_running_stats=False), nn.ReLU()),
    "bn-no-affine": lambda: after(nn.BatchNorm2d(4, affine=False)),
    "bn1d": lambda: nn.Sequential(
        nn.Flatten(), nn.Linear(784, 8), nn.BatchNorm1d(8), nn.Linear(8, 10)
    ),
    "bn1d-no-statistics": lambda: after(
        nn.Flatten(2), nn.BatchNorm1d(4, track_running_stats=False)
    ),
    "instance-norm": lambda: after(nn.InstanceNorm2d(4, affine=True)),
    "instance-norm-statistics": lambda: after(nn.InstanceNorm2d(4, track_running_stats=True)),
    "group-norm": lambda: after(nn.GroupNorm(2, 4), nn.GELU()),
    "layer-norm": lambda: after(nn.LayerNorm([4, 9, 9]), nn.Mish()),
    "local-response": lambda: after(nn.LocalResponseNorm(3)),
    "rms-norm": lambda: after(nn.RMSNorm(9)),
    # windows
    "avg-ceil-padded": lambda: after(nn.AvgPool2d(3, 2, 1, ceil_mode=True), side=5),
    "avg-not-counted": lambda: after(nn.AvgPool2d(3, 2, 1, count_include_pad=False), side=5),
    "max-ceil-on-two": lambda: after(nn.MaxPool2d(4), nn.MaxPool2d(3, 2, ceil_mode=True), side=1),
    "max-ceil": lambda: after(nn.MaxPool2d(2, ceil_mode=True), side=5),
    "max-dilated": lambda: after(nn.MaxPool2d(2, dilation=3), side=3),
    "max-indices": lambda: after(
        nn.MaxPool2d((3, 1), stride=(1, 2), padding=(1, 0)), channels=4 * 9 * 5, side=1
    ),
    "lp-pool": lambda: after(nn.LPPool2d(2, 3), side=3),
    "adaptive": lambda: after(nn.AdaptiveAvgPool2d(3), side=3),
    "transposed": lambda: after(
        nn.ConvTranspose2d(4, 3, 3, 2, 1, output_padding=1, groups=1), channels=3, side=18
    ),
    "conv1d": lambda: nn.Sequential(
        nn.Flatten(2), nn.Conv1d(1, 4, 9, 5, 2), nn.MaxPool1d(2), nn.Flatten(), nn.LazyLinear(10)
    ),
    "conv-reflect": lambda: after(nn.Conv2d(4, 4, 3, padding=1, padding_mode="reflect")),
    "unfold": lambda: Through(
        lambda self, x: self.fc(F.unfold(x, 4, stride=4).flatten(1)), fc=nn.Linear(784, 10)
    ),
    "pixel-shuffle": lambda: after(nn.PixelUnshuffle(3), nn.PixelShuffle(3)),
    "interpolate": lambda: Through(
        lambda self, x: self.fc(F.interpolate(x, scale_factor=0.5, mode="bilinear").flatten(1)),
        fc=nn.Linear(196, 10),
    ),
    "warped": lambda: Through(warped, where=nn.Linear(784, 6), fc=nn.Linear(784, 10)),
    # rows, patches, loops
    "lstm": Rows,
    "gru-both-ways": lambda: Rows(nn.GRU, bidirectional=True),
    "vit": lambda: Patches(by_hand),
    "vit-heads": lambda: Patches(
        lambda *parts: F.scaled_dot_product_attention(*(part[:, None] for part in parts))[:, 0]
    ),
    "encoder": lambda: Through(
        lambda self, x: self.fc(self.encoder(x.squeeze(1)).mean(1)),
        encoder=nn.TransformerEncoderLayer(28, 4, 16, batch_first=True),
        fc=nn.Linear(28, 10),
    ),
    "every-pixel": lambda: EveryPixel(30),
    "deep": lambda: deep(12),
    # of one's own
    "scales": Scales,
    "prototypes": Prototypes,
    "cosine": Cosine,
    "maxout": Maxout,
    "spectral": lambda: Through(spectral, fc=nn.Linear(28 * 15 * 2, 10)),
    "shared": shared,
    "where": lambda: Through(
        lambda self, x: self.fc(torch.where(x > 0, x, x * 0.1).flatten(1)), fc=nn.Linear(784, 10)
    ),
    "thresholded": lambda: Through(
        lambda self, x: self.fc((x > 0.5).float().flatten(1)), fc=nn.Linear(784, 10)
    ),
    "activations": lambda: after(
        *[kind() for kind in (nn.ELU, nn.SELU, nn.Softplus, nn.Hardswish, nn.PReLU, nn.CELU)]
    ),
    "clamped": lambda: Through(
        lambda self, x: self.fc(x.clamp(0, 1).sqrt().add(1).log().abs().flatten(1)),
        fc=nn.Linear(784, 10),
    ),
    "sorted": lambda: Through(
        lambda self, x: self.fc(x.flatten(1).topk(5, dim=1).values), fc=nn.Linear(5, 10)
    ),
    "bilinear": lambda: Through(
        lambda self, x: self.fc(x.mean((1, 2)), x.mean((1, 3))), fc=nn.Bilinear(28, 28, 10)
    ),
    # changed after they were made
    "weight-norm": lambda: with_(parametrizations.weight_norm),
    "spectral-norm": lambda: with_(parametrizations.spectral_norm),
    "orthogonal": lambda: with_(parametrizations.orthogonal),
    "symmetric": lambda: with_(
        lambda layer: parametrize.register_parametrization(layer, "weight", Symmetric())
    ),
    "pruned": lambda: with_(pruned),
    "rounded": quantised_by_hand,
    "complex-weights": lambda: Through(
        lambda self, x: (x.flatten(1).cfloat() @ self.w.weight.T).abs(), w=complex_weights()
    ),
    "compiled-inside": lambda: nn.Sequential(
        torch.compile(nn.Conv2d(1, 4, 3, 3)), nn.ReLU(), flat(4, 9)
    ),
    "double": lambda: after(nn.ReLU()).double(),
    "half": lambda: after(nn.BatchNorm2d(4)).half(),
    "three-axes": lambda: Through(
        lambda self, x: self.fc(
            x.view(-1, 4, 7, 4, 7).permute(0, 1, 3, 2, 4).softmax(-1).flatten(1)
        ),
        fc=nn.Linear(784, 10),
    ),
    "unpooled": lambda: Through(
        lambda self, x: self.fc(
            F.max_unpool2d(*F.max_pool2d(x, 2, return_indices=True), 2).flatten(1)
        ),
        fc=nn.Linear(784, 10),
    ),
}

# What the page runs itself: made of layers that it explains, and of what the exporter writes around
# them.
IN_THE_PAGE = """
    tutorial conv-flatten conv-squeeze conv-mean global-pool pool-of-maps bn-flatten dropout-last
    lenet resnet bn-no-affine bn1d avg-ceil-padded avg-not-counted max-ceil-on-two max-ceil
    max-dilated max-indices adaptive deep shared weight-norm spectral-norm orthogonal symmetric
    pruned compiled-inside double half
"""

# What differs most: `make test` opens these, `make soak` all of them.
DAILY = """
    tutorial resnet bn1d avg-ceil-padded deep weight-norm half functions conv-transposed
    bn-no-statistics lstm encoder where spectral
"""
