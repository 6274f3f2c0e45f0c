"""What students type into the larger pieces of chapter 2: the solution with one part changed."""

TO_TENSOR = "transforms.ToTensor()"
NORMALISE = "transforms.Normalize((mean,), (std,))"
BOTH = f"{TO_TENSOR}, {NORMALISE}"
Typed = tuple[str]


def opened(
    train: str = "True", first: str = TO_TENSOR, test: str = "False", second: str = TO_TENSOR
) -> Typed:
    """Return two files: which they are, and their transforms."""
    return (
        f"training_file = datasets.MNIST(root, train={train}, transform={first})\n"
        f"test_file = datasets.MNIST(root, train={test}, transform={second})",
    )


def guessed(
    guess: str = "torch.bincount(train_labels).argmax()",
    right: str = "validation_labels == majority",
) -> Typed:
    """Return the score of a guess."""
    return (f"majority = {guess}\nright = {right}\nreturn right.float().mean()",)


def found(condition: str) -> Typed:
    """Return the positions at which something is true."""
    return (f"return ({condition}).nonzero().flatten()[:count]",)


def share_of(condition: str = "images == 0", axes: str = "(1, 2)") -> Typed:
    """Return the fraction of pixels of which something is true."""
    return (f"return ({condition}).float().mean(dim={axes})",)


def leaking(
    train: str = "set(writers[in_training].tolist())",
    validation: str = "set(writers[~in_training].tolist())",
    joined: str = "&",
) -> Typed:
    """Return the writers of two sides."""
    return (f"return {train} {joined} {validation}",)


def normalised(
    pixels: str = "train.images / 255",
    mean: str = "pixels.mean()",
    std: str = "pixels.std()",
    made: str = "(pixels - mean) / std",
) -> Typed:
    """Return two numbers and normalised images."""
    return (f"pixels = {pixels}\nmean, std = {mean}, {std}\nnormalised = {made}",)


def transformed(training: str, testing: str = "") -> Typed:
    """Return the transforms for training and, if they are others, for testing."""
    return (
        f"training_transform = transforms.Compose([{training}])\n"
        f"test_transform = transforms.Compose([{testing or training}])",
    )


def normalising(mean: str, std: str) -> Typed:
    """Return transforms that normalise by two numbers."""
    return transformed(f"{TO_TENSOR}, transforms.Normalize(({mean},), ({std},))")


LOADERS = "train_loader = DataLoader({})\nvalidation_loader = DataLoader({})"
SHUFFLED, KEPT = "train_set, batch_size, shuffle=True", "validation_set, batch_size"


def loading_by(mean: str, std: str) -> Typed:
    """Return two loaders, without measuring anything."""
    prepared = (
        "train_set, validation_set = (\n"
        f"    TensorDataset((images[:, None] / 255 - {mean}) / {std}, labels)\n"
        "    for images, labels in (train, validation)\n"
        ")\n"
    )
    return (prepared + LOADERS.format(SHUFFLED, KEPT),)


def loading_parts(validation: str) -> Typed:
    """Return two loaders of parts that are prepared one by one."""
    measured = "mean, std = (train.images / 255).mean(), (train.images / 255).std()\n"
    prepared = (
        "train_set = TensorDataset((train.images[:, None] / 255 - mean) / std, train.labels)\n"
        f"validation_set = TensorDataset({validation}, validation.labels)\n"
    )
    return (measured + prepared + LOADERS.format(SHUFFLED, KEPT),)


def loading(
    pixels: str = "train.images / 255",
    mean: str = "pixels.mean()",
    std: str = "pixels.std()",
    made: str = "(images[:, None] / 255 - mean) / std",
    parts: str = "(train, validation)",
    train: str = SHUFFLED,
    validation: str = KEPT,
) -> Typed:
    """Return two loaders."""
    return (
        f"pixels = {pixels}\nmean, std = {mean}, {std}\n"
        "train_set, validation_set = (\n"
        f"    TensorDataset({made}, labels)\n"
        f"    for images, labels in {parts}\n"
        ")\n" + LOADERS.format(train, validation),
    )


def set_by(
    measured: str = "data.pixel_statistics(train_images)",
    other: str = "data.prepare(validation_images, mean, std)",
) -> Typed:
    """Return both sets, prepared."""
    return (
        f"mean, std = {measured}\n"
        "train_prepared = data.prepare(train_images, mean, std)\n"
        f"return train_prepared, {other}",
    )


def ordered(order: str = "torch.randperm(len(images))", labels: str = "labels[order]") -> Typed:
    """Return images and labels in an order."""
    return (f"order = {order}\nreturn images[order], {labels}",)


def split(
    people: str = "writers.unique()",
    drawn: str = "torch.randperm(len(people))[: round(fraction * len(people))]",
    mask: str = "~torch.isin(writers, people[held_out])",
) -> Typed:
    """Return a split of writers."""
    return (f"people = {people}\nheld_out = {drawn}\nreturn {mask}",)
