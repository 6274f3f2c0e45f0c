"""The two-hour lecture's 47 topics, each in a section of the chapter where the lecture has it."""

import re

import pytest
from the_book import CORES, ROOT, lecture

# Topic, chapter, the label of its section or figure or exercise, and what has to be said there.
TOPICS = [
    ("L04 twenty digits to read", 1, "fig-twenty", r"[Tt]wenty"),
    ("L05 what makes it hard for a computer", 1, "sec-look-first", r"Discuss"),
    ("L06 parameters of 784 → 128 → 10", 1, "ex-dense-parameters", r"784 \* 128"),
    ("L07 growth with the image", 1, "fig-growth", r"parameters"),
    ("L08 weight sharing", 1, "sec-neighbours", r"weight sharing"),
    ("L08 locality", 1, "sec-assumptions", r"[Ll]ocal"),
    ("L08 equivariance", 1, "sec-assumptions", r"[Ee]quivarian"),
    ("L08 hierarchy", 1, "sec-assumptions", r"[Hh]ierarch"),
    ("L09 loading both sets", 2, "ex-load", r"datasets\.MNIST"),
    ("L10 class counts as bars", 2, "fig-counts", r"training"),
    ("L11 one sample of each class", 2, "fig-classes", r"class|digit"),
    ("L12 distribution of brightness", 2, "fig-intensity", r"pixel"),
    ("L13 variations of a digit", 2, "fig-variations", r"digit"),
    ("L13 finding one digit's examples", 2, "ex-find", r"labels == "),
    ("L14 transforms", 2, "ex-transforms", r"Normalize"),
    ("L15 loaders, and which shuffles", 2, "ex-make-loaders", r"shuffle=True"),
    ("L16 before and after normalising", 2, "fig-normalised", r"[Nn]ormalis"),
    ("L17 why normalise", 2, "sec-scale", r"Discuss"),
    (
        "L18 convolution, ReLU, pooling by hand",
        3,
        "ex-three-layers",
        r"Conv2d\(1, 4.*relu.*max_pool2d",
    ),
    ("L19 what each layer does", 3, "fig-layers", r"ReLU"),
    ("L20 SimpleCNN", 3, "ex-simple-cnn", r"Conv2d\(64, 128"),
    ("L21 its shapes", 3, "ex-trace-shapes", r"7"),
    ("L22 its parameters", 3, "fig-parameters", r"parameters"),
    ("L23 against a dense network", 3, "sec-pooled", r"dense"),
    ("L24 the flow of shapes", 3, "fig-architecture", r"scale"),
    ("L25 why fc1 holds most", 3, "sec-pooled", r"Discuss"),
    ("L26 augmentation", 4, "ex-augmentation", r"rotation"),
    ("L26 three rows of eight", 4, "fig-augmented", r"row"),
    ("L27 the augmented loader", 4, "sec-augmentation", r"batch"),
    ("L28 the loop", 4, "ex-train-epoch", r"backward"),
    ("L28 evaluation", 4, "ex-evaluate", r"no_grad"),
    ("L29 training to 98 %", 4, "sec-training", r"98"),
    ("L30 curves", 4, "fig-curves", r"[Ll]oss"),
    ("L31 learning rate against accuracy", 4, "fig-sweep", r"learning rate"),
    ("L32 filters of the first layer", 4, "fig-filters", r"filters"),
    ("L32 filters of the second layer", 4, "fig-conv2", r"16"),
    ("L33 feature maps", 4, "fig-maps", r"layer by layer"),
    ("L34 from edges to patterns", 4, "fig-guess", r"Discuss.*layer"),
    ("L35 confusion matrix", 4, "fig-confusion", r"taken for|predicted"),
    ("L35 report and confused pairs", 4, "sec-same-pairs", r"pair"),
    ("L36 TinyCNN", 5, "sec-networks", r"32 \* 7 \* 7, 64"),
    ("L36 ComplexCNN", 5, "ex-complex-cnn", r"128 \* 3 \* 3, 512"),
    ("L37 side by side", 5, "fig-comparison", r"time"),
    ("L38 how to choose", 5, "ex-choose", r"choose"),
    ("L39 what comes next", 5, "sec-next", r"ResNet.*DenseNet.*EfficientNet.*vision transformer"),
    ("L40 skills", 5, "sec-skills", r"Tick"),
    ("L41 beat our accuracy", 6, "sec-beat", r"accurac"),
    ("L42 optimisers", 6, "sec-optimisers", r"SGD.*Adam|Adam.*SGD"),
    ("L43 architecture", 6, "sec-architecture-challenge", r"7 × 7|kernel_size=7"),
    ("L44 augmentation", 6, "sec-augmentation-challenge", r"shear"),
    ("L45 confused digits", 6, "sec-analysis-challenge", r"confus"),
    ("L45 training-set size", 6, "sec-how-many-images", r"images"),
    ("L45 without batch norm", 6, "sec-without-batch-norm", r"batch norm"),
    ("L46 the reader's own", 6, "sec-your-space", r"your"),
    ("L47 batch norm before its use", 3, "sec-batch-norm", r"mean"),
    ("L47 dropout before its use", 3, "sec-dropout", r"probability|at random"),
    ("L47 cross-entropy before its use", 4, "sec-cross-entropy", r"softmax"),
]


def part(chapter: int, label: str) -> str:
    """Return what stands between a label and the next section's, wherever in its chapter."""
    for page in lecture():
        text = (ROOT / page.file).read_text()
        place = re.search(rf"^(?:\({label}\)=|:(?:label|name): {label})$", text, re.M)
        if page.chapter == chapter and place:
            return re.split(r"^\(sec-[a-z0-9-]+\)=$", text[place.start() + 1 :], flags=re.M)[0]
    raise AssertionError(f"{label} is in no page of chapter {chapter}")


@pytest.mark.parametrize(
    ("chapter", "label", "said"), [row[1:] for row in TOPICS], ids=[row[0] for row in TOPICS]
)
def test_every_topic_of_the_lecture_is_in_its_chapter(chapter, label, said):
    assert re.search(said, part(chapter, label), re.S)


def test_the_table_has_every_topic_but_those_that_other_tests_hold():
    named = {row[0].split()[0] for row in TOPICS}
    elsewhere = {"L01", "L02", "L03"}  # goals and minutes: test_anatomy; versions: the set-up page
    assert named == {f"L{number:02}" for number in range(1, 48)} - elsewhere


def test_the_topics_follow_the_lecture_s_order_of_chapters():
    chapters = [row[1] for row in TOPICS if not row[0].startswith("L47")]
    assert chapters == sorted(chapters) and set(chapters) == {page.chapter for page in CORES}
