"""The exercises of chapter 2: data opened, looked at, prepared and handed out."""

import torch
from bookkit.exercises.verdict import Exercise, Wrong

from lessons.checks.answers import (
    function,
    several,
    word,
)
from lessons.checks.loading import groups, loaders, measured
from lessons.checks.loading.background import (
    about_shares,
    background,
    shares,
    shares_like,
    shares_of,
)
from lessons.checks.loading.files import (
    about_files,
    are_training_files,
    has_opened,
    is_normalised,
    keeps_bytes,
    read_data_set,
)
from lessons.checks.loading.guesses import (
    about_scores,
    majority_hits,
    scores_like,
    scores_of,
    share_equal,
)
from lessons.checks.loading.positions import (
    FINDS,
    about_findings,
    findings,
    findings_for_tensors,
    finds_like,
    places,
)
from lessons.checks.loading.preparation import (
    about_sets,
    by_all_images,
    exchanged,
    prepared,
    prepared_by,
    prepared_sets,
    prepares_like,
    rightly_prepared,
)
from lessons.checks.loading.shuffling import (
    AS_IT_WAS,
    about_calls,
    calls_of,
    drawn_twice,
    in_each_call,
    is_order,
    keeps_pairs,
    next_door,
    twice,
    undone,
)
from lessons.checks.loading.transforms import (
    AS_THEY_ARE,
    about_transforms,
    gets_a_picture,
    read_transforms,
)
from lessons.checks.loading.typed import (
    BOTH,
    NORMALISE,
    TO_TENSOR,
    found,
    guessed,
    leaking,
    loading,
    loading_by,
    loading_parts,
    normalised,
    normalising,
    opened,
    ordered,
    set_by,
    share_of,
    split,
    transformed,
)
from lessons.checks.observed import not_offered

LOAD = Exercise(
    id="load",
    read=several(read_data_set, read_data_set),
    right=has_opened,
    praise=(
        "The transform runs whenever an image is asked for; the bytes on the disk stay as they are."
    ),
    wrong=(
        Wrong(
            name="the training file twice",
            typed=opened(test="True"),
            hint=(
                "Both are the training file. A network judged on what it learned from is judged too"
                " well."
            ),
            shows=are_training_files(True, True),
        ),
        Wrong(
            name="the test file twice",
            typed=opened(train="False"),
            hint="Both are the test file. From which file should the network learn?",
            shows=are_training_files(False, False),
        ),
        Wrong(
            name="the files are exchanged",
            typed=opened(train="False", test="True"),
            hint="The names are exchanged: what is called training_file here is the test file.",
            shows=are_training_files(False, True),
        ),
        Wrong(
            name="the class instead of an object",
            typed=opened(first="transforms.ToTensor", second="transforms.ToTensor"),
            hint=(
                "You passed the class itself, a plan for transforms. To make one of it, it has to"
                " be called."
            ),
            shows=lambda files: any(file.has_a_class() for file in files),
        ),
        Wrong(
            name="no transform at all",
            typed=opened(first="None", second="None"),
            hint=(
                "Without a transform both files hand out pictures, not tensors. Which transform did"
                " the text name?"
            ),
            shows=lambda files: all(file.transform is None for file in files),
        ),
        Wrong(
            name="only one file has a transform",
            typed=opened(second="None"),
            hint=(
                "One file has a transform, the other hands out pictures. A network has to get both"
                " in the same form."
            ),
            shows=lambda files: any(file.transform is None for file in files),
        ),
        Wrong(
            name="images change at random",
            typed=opened(
                first=f"transforms.Compose([transforms.RandomHorizontalFlip(), {TO_TENSOR}])"
            ),
            hint=(
                "A transform here changes from call to call: the same picture comes out in"
                " different ways. These files should hand out each image as it is."
            ),
            shows=lambda files: any(file.made.changes for file in files),
        ),
        Wrong(
            name="the bytes stay bytes",
            typed=opened(first="transforms.PILToTensor()", second="transforms.PILToTensor()"),
            hint=(
                "Tensors, but still from 0 to 255. The text names a transform that also makes"
                " fractions of them."
            ),
            shows=lambda files: all(keeps_bytes(file) for file in files),
        ),
        Wrong(
            name="the bytes of one file stay bytes",
            typed=opened(second="transforms.PILToTensor()"),
            hint=(
                "One of the files hands out tensors from 0 to 255. Is there one transform for both?"
            ),
            shows=lambda files: any(keeps_bytes(file) for file in files),
        ),
        Wrong(
            name="normalised already",
            typed=opened(
                first="transforms.Compose([transforms.ToTensor(), transforms.Normalize(0.5, 0.5)])"
            ),
            hint=(
                "Pixels are also moved or stretched here: they are not the bytes divided by 255. "
                "Normalisation comes later in the chapter."
            ),
            shows=lambda files: any(is_normalised(file) for file in files),
        ),
    ),
    otherwise=(
        "One file to learn from, one to test on; both hand out each image as a tensor (1, 28, 28)"
        " from 0 to 1."
    ),
    observed=about_files,
)

MAJORITY = Exercise(
    id="majority",
    read=function,
    right=lambda score: scores_like(majority_hits)(scores_of(score)),
    look=scores_of,
    praise="Chosen on one set, judged on another: so is every network in this book.",
    wrong=(
        Wrong(
            name="judged on the labels that it was chosen from",
            typed=guessed(right="train_labels == majority"),
            hint=(
                "This guess is judged on the labels that it was chosen from. On which labels should"
                " it be judged?"
            ),
            shows=scores_like(lambda learned, judged: share_equal(learned, learned.mode().values)),
        ),
        Wrong(
            name="chosen on the labels that it is judged on",
            typed=guessed(guess="torch.bincount(validation_labels).argmax()"),
            hint=(
                "This guess has looked at the labels that it is judged on. From which labels may it"
                " learn?"
            ),
            shows=scores_like(lambda learned, judged: share_equal(judged, judged.mode().values)),
        ),
        Wrong(
            name="how often instead of which",
            typed=guessed(guess="torch.bincount(train_labels).max()"),
            hint="The guess is how often the commonest class comes, not which class it is.",
            shows=scores_like(
                lambda learned, judged: share_equal(judged, learned.bincount().max())
            ),
        ),
        Wrong(
            name="the position of the largest label",
            typed=guessed(guess="train_labels.argmax()"),
            hint=(
                "The guess is the position of the largest label. Count first how often each"
                " class comes."
            ),
            shows=scores_like(lambda learned, judged: share_equal(judged, learned.argmax())),
        ),
        Wrong(
            name="the largest label",
            typed=guessed(guess="train_labels.max()"),
            hint=(
                "The guess is the largest label that there is, however rare. Count how often each"
                " class comes."
            ),
            shows=scores_like(lambda learned, judged: share_equal(judged, learned.max())),
        ),
        Wrong(
            name="the rarest class",
            typed=guessed(guess="torch.bincount(train_labels).argmin()"),
            hint="The guess is the class that comes least often among the training labels.",
            shows=scores_like(
                lambda learned, judged: share_equal(judged, learned.bincount().argmin())
            ),
        ),
        Wrong(
            name="the first label",
            typed=guessed(guess="train_labels[0]"),
            hint=(
                "The guess is the first of the training labels, whatever the others are. Which "
                "class comes most often?"
            ),
            shows=scores_like(lambda learned, judged: share_equal(judged, learned[0])),
        ),
        Wrong(
            name="where the guess misses",
            typed=guessed(right="validation_labels != majority"),
            hint="This is the share that the guess misses. You want the labels that it hits.",
            shows=scores_like(lambda learned, judged: 1 - majority_hits(learned, judged)),
        ),
        Wrong(
            name="in per cent",
            typed=guessed(right="100 * (validation_labels == majority)"),
            hint="This is the right share, in per cent. A share lies between 0 and 1.",
            shows=scores_like(lambda learned, judged: 100 * majority_hits(learned, judged)),
        ),
        Wrong(
            name="how many instead of a share",
            typed=guessed(right="len(validation_labels) * (validation_labels == majority)"),
            hint=(
                "This is how many labels the guess hits. A share is divided by how many there are."
            ),
            shows=scores_like(lambda learned, judged: len(judged) * majority_hits(learned, judged)),
        ),
        Wrong(
            name="the mean of the labels as a guess",
            typed=guessed(guess="train_labels.float().mean().round()"),
            hint=(
                "A mean of labels says nothing: a 4 is not between a 1 and a 7. Count how often"
                " each class comes."
            ),
            shows=scores_like(
                lambda learned, judged: share_equal(judged, learned.double().mean().round())
            ),
        ),
        Wrong(
            name="the median of the labels as a guess",
            typed=guessed(guess="train_labels.median()"),
            hint=(
                "The guess is the label in the middle of all, by size. Which class comes most"
                " often?"
            ),
            shows=scores_like(lambda learned, judged: share_equal(judged, learned.median())),
        ),
        Wrong(
            name="mode gives two things",
            typed=guessed(guess="train_labels.mode()"),
            hint=(
                "The comparison gave one truth value, not one for each label. What are its "
                "two sides, and how are they compared?"
            ),
            stops=lambda error: (
                isinstance(error, AttributeError) and "'bool' object has no attribute" in str(error)
            ),
        ),
    ),
    otherwise=(
        "Which class is the guess, from which labels is it chosen, and on which labels is it"
        " judged?"
    ),
    observed=about_scores,
)

FIND = Exercise(
    id="find",
    read=function,
    right=lambda find: FINDS(findings(find)) and FINDS(findings_for_tensors(find)),
    look=findings,
    praise=(
        "A comparison of all labels at once, and no loop: so it goes through thousands in no time."
    ),
    wrong=(
        Wrong(
            name="the positions of all other digits",
            typed=found("labels != digit"),
            hint="These are the positions where the label is something else.",
            shows=finds_like(places(lambda labels, digit, count: labels != digit)),
        ),
        Wrong(
            name="the labels without a comparison",
            typed=found("labels"),
            hint=(
                "You get the positions of all labels but 0, whatever digit is asked for. Where does"
                " the digit come in?"
            ),
            shows=finds_like(places(lambda labels, digit, count: labels != 0)),
        ),
        Wrong(
            name="the digit and larger ones",
            typed=found("labels >= digit"),
            hint="This finds larger digits, too. What should be true of a label that you keep?",
            shows=finds_like(places(lambda labels, digit, count: labels >= digit)),
        ),
        Wrong(
            name="the digit and smaller ones",
            typed=found("labels <= digit"),
            hint="This finds smaller digits, too. What should be true of a label that you keep?",
            shows=finds_like(places(lambda labels, digit, count: labels <= digit)),
        ),
        Wrong(
            name="compared with the count",
            typed=found("labels == count"),
            hint=(
                "You compare the labels with how many positions are wanted. Which argument says"
                " what to look for?"
            ),
            shows=finds_like(places(lambda labels, digit, count: labels == count)),
        ),
        Wrong(
            name="always sevens",
            typed=found("labels == 7"),
            hint="This finds sevens, whatever digit is asked for. Which argument holds the digit?",
            shows=finds_like(places(lambda labels, digit, count: labels == 7)),
        ),
        Wrong(
            name="only the first labels are searched",
            typed=found("labels[:count] == digit"),
            hint=(
                "Only the first labels are searched, as many as positions are wanted. The digit"
                " may come further back."
            ),
            shows=finds_like(
                lambda labels, digit, count: torch.arange(len(labels))[:count][
                    labels[:count] == digit
                ]
            ),
        ),
        Wrong(
            name="the labels that fit instead of where they stand",
            typed=found("labels[labels == digit]"),
            hint=(
                "Here the labels that fit are taken out first, and positions are counted among"
                " these. Ask of all labels whether each fits."
            ),
            shows=finds_like(
                lambda labels, digit, count: torch.arange(len(labels))[
                    : (labels == digit).sum() * bool(digit)
                ][:count]
            ),
        ),
        Wrong(
            name="is instead of equals",
            typed=found("labels is digit"),
            hint=(
                "A condition gave one truth value here, not one for each label. Which comparison "
                "goes through all labels?"
            ),
            stops=lambda error: (
                isinstance(error, AttributeError) and "'bool' object has no attribute" in str(error)
            ),
        ),
    ),
    otherwise=(
        "In the table above, for a 7, the labels 3 7 1 7 give positions 1 and 3. What is true of"
        " these two labels?"
    ),
    observed=about_findings,
)

BACKGROUND = Exercise(
    id="share-of-background",
    read=function,
    right=lambda share: shares_like(background)(shares_of(share)),
    look=shares_of,
    praise="The mean of true and false is a share, in any number of axes.",
    wrong=(
        Wrong(
            name="bright pixels instead of background",
            typed=share_of("images != 0"),
            hint="This counts every pixel that is not 0. Which value does the background have?",
            shows=shares_like(shares(lambda images: images != 0)),
        ),
        Wrong(
            name="the brightness instead of a share",
            typed=share_of("images"),
            hint="Nothing is compared here: this is the mean brightness of each image, up to 255.",
            shows=shares_like(shares(lambda images: images)),
        ),
        Wrong(
            name="the brightness from 0 to 1",
            typed=share_of("images / 255"),
            hint=(
                "Nothing is compared here: this is the mean brightness of each image, from 0 to 1."
            ),
            shows=shares_like(shares(lambda images: images / 255)),
        ),
        Wrong(
            name="white instead of black",
            typed=share_of("images == 255"),
            hint="You count white pixels, the value 255. Which number stands for the background?",
            shows=shares_like(shares(lambda images: images == 255)),
        ),
        Wrong(
            name="the value 1 for the background",
            typed=share_of("images == 1"),
            hint=(
                "This counts pixels with the value 1, which is almost black. Which number stands"
                " for the background?"
            ),
            shows=shares_like(shares(lambda images: images == 1)),
        ),
        Wrong(
            name="dark counts as background",
            typed=share_of("images < 128"),
            hint=(
                "This counts the darker half of all values, grey among them. The question is which "
                "pixels are exactly 0."
            ),
            shows=shares_like(shares(lambda images: images < 128)),
        ),
        Wrong(
            name="averaged over the images",
            typed=share_of(axes="0"),
            hint=(
                "This is a picture, a share for each pixel. Which axis counts the images, and which"
                " are one image?"
            ),
            shows=shares_like(shares(lambda images: images == 0, over=(0,))),
        ),
        Wrong(
            name="one number for all images",
            typed=share_of(axes="(0, 1, 2)"),
            hint="One share for all images together. Keep the axis that counts the images.",
            shows=shares_like(shares(lambda images: images == 0, over=(0, 1, 2))),
        ),
        Wrong(
            name="only one of the two axes",
            typed=share_of(axes="1"),
            hint="One axis of the image is left: a share for each column. An image has two axes.",
            shows=shares_like(shares(lambda images: images == 0, over=(1,))),
        ),
        Wrong(
            name="only the other of the two axes",
            typed=share_of(axes="2"),
            hint="One axis of the image is left: a share for each row. An image has two axes.",
            shows=shares_like(shares(lambda images: images == 0, over=(2,))),
        ),
        Wrong(
            name="the images and one of their axes",
            typed=share_of(axes="(0, 1)"),
            hint=(
                "The axis of the images is averaged away, and one axis of each image is left. Which"
                " one should be left?"
            ),
            shows=lambda seen: any(
                shares_like(shares(lambda images: images == 0, over=over))(seen)
                for over in ((0, 1), (0, 2))
            ),
        ),
        Wrong(
            name="in per cent",
            typed=share_of("100 * (images == 0)"),
            hint="These are the right shares, in per cent. A share lies between 0 and 1.",
            shows=shares_like(lambda images: 100 * background(images)),
        ),
    ),
    otherwise=(
        "For each image one share: what is true of a pixel of the background, and which axes "
        "belong to the pixels?"
    ),
    observed=about_shares,
)

FOUR = ("better", "as good", "like the others", "worse than the others")

WINNER = Exercise(
    id="winner-elsewhere",
    read=word,
    right=lambda answer: answer in ("like the others", "like others", "like the other"),
    praise="Being chosen changes the score that you saw, and nothing in the program.",
    wrong=(
        Wrong(
            name="the score stays",
            typed=('"as good"',),
            hint=(
                "So it would be if the score came from skill. What has a program that says random"
                " digits learned?"
            ),
            shows=lambda answer: answer in ("as good", "as well", "as good as before"),
        ),
        Wrong(
            name="luck has to be paid back",
            typed=('"worse than the others"',),
            hint=(
                "Luck does not even out: a coin does not remember. What does any guesser score on"
                " new images?"
            ),
            shows=lambda answer: (
                answer
                in (
                    "worse than the others",
                    "worse than others",
                    "worse than the other",
                    "worse",
                )
            ),
        ),
        Wrong(
            name="winners get better",
            typed=('"better"',),
            hint=(
                "Nothing was learned since. Where could a program that says random digits take more"
                " from?"
            ),
            shows=lambda answer: answer == "better",
        ),
    ),
    otherwise=(
        "Choose one of the four answers in quotes. The two programs that toss a coin are a good"
        " model."
    ),
    observed=lambda answer: not_offered([answer], FOUR),
)

TRANSFORMS = Exercise(
    id="transforms",
    read=read_transforms,
    right=lambda seen: seen.become((seen.mean, seen.std)),
    praise=(
        "One mean and one standard deviation, learned from the training set, for every image that "
        "the network will "
        "ever see."
    ),
    wrong=(
        Wrong(
            name="normalised before it is a tensor",
            typed=transformed(NORMALISE + ", " + TO_TENSOR),
            hint=(
                "A picture cannot be normalised: it has to be a tensor first. Read each list from"
                " left to right."
            ),
            stops=gets_a_picture,
        ),
        Wrong(
            name="mean and standard deviation are exchanged",
            typed=normalising("std", "mean"),
            hint="Mean and standard deviation are exchanged: which of the two is subtracted?",
            shows=lambda seen: seen.become((seen.std, seen.mean)),
        ),
        Wrong(
            name="numbers of the whole file",
            typed=normalising("0.1307", "0.3081"),
            hint=(
                "These describe the whole file, with the validation images. Which names hold the"
                " training set's?"
            ),
            shows=lambda seen: seen.become((0.1307, 0.3081)),
        ),
        Wrong(
            name="one half for both, from another tutorial",
            typed=normalising("0.5", "0.5"),
            hint=(
                "This brings pixels from −1 to 1, whatever images there are. The mean does not"
                " become 0 by it."
            ),
            shows=lambda seen: seen.become((0.5, 0.5)),
        ),
        Wrong(
            name="mean and standard deviation of bytes",
            typed=normalising("255 * mean", "255 * std"),
            hint=(
                "These would suit bytes from 0 to 255. Which range do pixels have behind ToTensor?"
            ),
            shows=lambda seen: seen.become((255 * seen.mean, 255 * seen.std)),
        ),
        Wrong(
            name="divided by the variance",
            typed=normalising("mean", "std**2"),
            hint=(
                "The pixels are divided by the square of the standard deviation, which is the"
                " variance."
            ),
            shows=lambda seen: seen.become((seen.mean, seen.std**2)),
        ),
        Wrong(
            name="the mean is not subtracted",
            typed=normalising("0", "std"),
            hint=(
                "The pixels are divided by the standard deviation, and nothing is subtracted: their"
                " mean is not 0."
            ),
            shows=lambda seen: seen.become((0, seen.std)),
        ),
        Wrong(
            name="divided by one",
            typed=normalising("mean", "1"),
            hint=(
                "The mean is subtracted, and the scale stays as it is: the standard deviation does"
                " not become 1."
            ),
            shows=lambda seen: seen.become((seen.mean, 1)),
        ),
        Wrong(
            name="test images are not normalised",
            typed=transformed(BOTH, TO_TENSOR),
            hint=(
                "A test image arrives on another scale than the images that were learned from."
                " Treat both alike."
            ),
            shows=lambda seen: seen.become((seen.mean, seen.std), AS_THEY_ARE),
        ),
        Wrong(
            name="training images are not normalised",
            typed=transformed(TO_TENSOR, BOTH),
            hint=(
                "Training images stay from 0 to 1, test images do not. Learn on the scale that will"
                " be met later."
            ),
            shows=lambda seen: seen.become(AS_THEY_ARE, (seen.mean, seen.std)),
        ),
        Wrong(
            name="no image is normalised",
            typed=transformed(TO_TENSOR),
            hint=(
                "Both lists make tensors from 0 to 1. What has to follow, so that the mean"
                " becomes 0?"
            ),
            shows=lambda seen: seen.become(AS_THEY_ARE),
        ),
        Wrong(
            name="images change at random",
            typed=transformed("transforms.RandomHorizontalFlip(), " + BOTH, BOTH),
            hint=(
                "A transform here changes from call to call: the same picture comes out in"
                " different ways. Normalisation does the same to every image, every time."
            ),
            shows=lambda seen: seen.training.changes or seen.testing.changes,
        ),
    ),
    otherwise=(
        "Both should do the same: first 0 to 1, then minus the training set's mean, over its"
        " standard deviation."
    ),
    observed=about_transforms,
)

WHOSE_MEAN = Exercise(
    id="whose-mean",
    read=function,
    right=lambda prepare: prepares_like(rightly_prepared)(prepared_sets(prepare)),
    look=prepared_sets,
    praise="What is measured on images is learned from them, be it a weight or a mean.",
    wrong=(
        Wrong(
            name="mean and standard deviation of all images",
            typed=set_by(
                measured="data.pixel_statistics(torch.cat([train_images, validation_images]))"
            ),
            hint="The bug is still there: these two numbers have seen the validation images.",
            shows=prepares_like(by_all_images),
        ),
        Wrong(
            name="mean and standard deviation of the validation images",
            typed=set_by(measured="data.pixel_statistics(validation_images)"),
            hint=(
                "Now both numbers come from the validation images alone. Which images may be"
                " learned from?"
            ),
            shows=prepares_like(
                lambda train, other, n: (prepared(train, other, n), prepared(other, other, n))
            ),
        ),
        Wrong(
            name="each set by its own mean",
            typed=set_by(
                other="data.prepare(validation_images, *data.pixel_statistics(validation_images))"
            ),
            hint=(
                "Each set has a scale of its own now: the same picture becomes different numbers in"
                " the other set."
            ),
            shows=prepares_like(
                lambda train, other, n: (prepared(train, train, n), prepared(other, other, n))
            ),
        ),
        Wrong(
            name="the validation images stay bytes",
            typed=set_by(other="validation_images"),
            hint=(
                "The validation images are still bytes. They have to be treated as the training"
                " images are."
            ),
            shows=prepares_like(lambda train, other, n: (prepared(train, train, n), other)),
        ),
        Wrong(
            name="the validation images as fractions",
            typed=set_by(other="data.prepare(validation_images, 0, 1)"),
            hint=(
                "The validation images lie between 0 and 1, the training images do not. Treat both"
                " alike."
            ),
            shows=prepares_like(
                lambda train, other, n: (prepared(train, train, n), prepared_by(other, 0, 1))
            ),
        ),
        Wrong(
            name="the training images twice",
            typed=set_by(other="data.prepare(train_images, mean, std)"),
            hint="These are the training images a second time. Who will judge the network?",
            shows=prepares_like(
                lambda train, other, n: (prepared(train, train, n), prepared(train, train, n))
            ),
        ),
        Wrong(
            name="mean and standard deviation are exchanged",
            typed=set_by(other="data.prepare(validation_images, std, mean)"),
            hint=(
                "From the validation images the standard deviation is subtracted, and they are"
                " divided by the mean. Which comes first?"
            ),
            shows=prepares_like(
                lambda train, other, n: (prepared(train, train, n), exchanged(other, train, n))
            ),
        ),
        Wrong(
            name="numbers typed in",
            typed=set_by(other="data.prepare(validation_images, 0.1307, 0.3081)"),
            hint=(
                "The validation images are prepared by 0.1307 and 0.3081, whatever training images"
                " there are. Which two numbers did the training images get?"
            ),
            shows=prepares_like(
                lambda train, other, n: (
                    prepared(train, train, n),
                    prepared_by(other, 0.1307, 0.3081),
                )
            ),
        ),
    ),
    otherwise=(
        "Two questions: from whose pixels are mean and std taken, and what does each of the two"
        " sets get?"
    ),
    observed=about_sets,
)

PAIRS = Exercise(
    id="shuffled-pairs",
    read=function,
    right=keeps_pairs,
    look=calls_of,
    praise=(
        "One order, drawn once and used twice. Data sets and loaders do so for you: they hand out"
        " pairs."
    ),
    wrong=(
        Wrong(
            name="the labels stay where they were",
            typed=ordered(labels="labels"),
            hint=(
                "The images have moved and the labels have not: nearly every image now has the"
                " label of another one."
            ),
            shows=in_each_call(lambda call: call.is_shuffled() and call.labels == AS_IT_WAS),
        ),
        Wrong(
            name="nothing is shuffled",
            typed=ordered(order="torch.arange(len(images))"),
            hint="The pairs fit, and all are where they were. The order should be drawn at random.",
            shows=in_each_call(lambda call: call.images == call.labels == AS_IT_WAS),
        ),
        Wrong(
            name="the same order in each call",
            typed=ordered(
                order="torch.randperm(len(images), generator=torch.Generator().manual_seed(0))"
            ),
            hint=(
                "The pairs fit, but all calls gave the same order. Each call should draw an order"
                " of its own."
            ),
            shows=lambda calls: (
                len({tuple(call.images) for call in calls}) == 1
                and in_each_call(lambda call: call.are_pairs() and is_order(call.images))(calls)
            ),
        ),
        Wrong(
            name="some come twice and others never",
            typed=ordered(order="torch.randint(len(images), (len(images),))"),
            hint="The pairs fit, but some images come twice or more, and others not at all.",
            shows=in_each_call(lambda call: call.are_pairs() and sorted(call.images) != AS_IT_WAS),
        ),
        Wrong(
            name="the order itself is returned",
            typed=ordered(labels="order"),
            hint="What comes back as labels is the order itself: positions, and no labels.",
            shows=in_each_call(lambda call: call.is_shuffled() and call.values == call.images),
        ),
        Wrong(
            name="each image gets its neighbour's label",
            typed=ordered(labels="labels[order - 1]"),
            hint=(
                "Each image now has the label of the image that was beside it. One position makes"
                " the difference."
            ),
            shows=in_each_call(next_door),
        ),
        Wrong(
            name="the labels go the way back",
            typed=ordered(labels="labels[order.argsort()]"),
            hint=(
                "This puts the labels into the opposite order, as if to undo the shuffling. What"
                " did the images get?"
            ),
            shows=in_each_call(undone),
        ),
        Wrong(
            name="the labels are sorted",
            typed=ordered(labels="labels.sort().values"),
            hint="The labels come back sorted by size, wherever their images went.",
            shows=in_each_call(
                lambda call: (
                    call.is_shuffled()
                    and call.labels != call.images
                    and call.values == sorted(call.values)
                    and -1 not in call.labels
                )
            ),
        ),
        Wrong(
            name="the labels are shuffled twice",
            typed=ordered(labels="labels[order][order]"),
            hint="The order was applied to the labels twice, and to the images once.",
            shows=in_each_call(twice),
        ),
        Wrong(
            name="a second order for the labels",
            typed=ordered(labels="labels[torch.randperm(len(labels))]"),
            hint=(
                "The bug is still there: the labels get an order of their own, drawn a second time."
            ),
            shows=drawn_twice,
        ),
    ),
    otherwise=(
        "Follow one image: where does it go, does its label go there too, and does the next call"
        " differ?"
    ),
    observed=about_calls,
)

LEAK = Exercise(
    id="leak",
    read=function,
    right=lambda find: groups.finds(lambda train, other: train & other)(groups.found_by(find)),
    look=groups.found_by,
    praise="Run such a function on every split before you train: an empty set is what you want.",
    wrong=(
        Wrong(
            name="all writers",
            typed=leaking(joined="|"),
            hint=(
                "These are the writers of at least one side. A leak needs writers of both sides at"
                " once."
            ),
            shows=groups.finds(lambda train, other: train | other),
        ),
        Wrong(
            name="the writers of one side only",
            typed=leaking(joined="^"),
            hint="These writers are on one side only. They leak nothing. Which writers do?",
            shows=groups.finds(lambda train, other: train ^ other),
        ),
        Wrong(
            name="the writers that training has and validation lacks",
            typed=leaking(joined="-"),
            hint="These writers are in training and not in validation. Ask for those in both.",
            shows=groups.finds(lambda train, other: train - other),
        ),
        Wrong(
            name="the writers that validation has and training lacks",
            typed=leaking(
                "set(writers[~in_training].tolist())", "set(writers[in_training].tolist())", "-"
            ),
            hint="These writers are in validation and not in training. Ask for those in both.",
            shows=groups.finds(lambda train, other: other - train),
        ),
        Wrong(
            name="the writers of training",
            typed=leaking(validation="set(writers[in_training].tolist())"),
            hint="These are all writers of training. How do you get those of the other side?",
            shows=groups.finds(lambda train, other: train),
        ),
        Wrong(
            name="the writers of validation",
            typed=leaking(train="set(writers[~in_training].tolist())"),
            hint="These are all writers of validation. How do you get those of the other side?",
            shows=groups.finds(lambda train, other: other),
        ),
        Wrong(
            name="no writer at all",
            typed=leaking("set(writers[in_training])", "set(writers[~in_training])"),
            hint=(
                "It finds no writer in any split. Do your sets hold tensors? Two tensors count as"
                " different in a set, whatever they hold. Numbers do not."
            ),
            shows=groups.finds(lambda train, other: ()),
        ),
        Wrong(
            name="not for tilde",
            typed=leaking(validation="set(writers[not in_training].tolist())"),
            hint="`not` makes one truth value. The text names a sign that turns each of them.",
            stops=lambda error: "more than one value is ambiguous" in str(error),
        ),
        Wrong(
            name="and of two lists",
            typed=leaking("writers[in_training].tolist()", "writers[~in_training].tolist()"),
            hint="`&` compares sets, and these are lists. Make a set of each list first.",
            stops=lambda error: "for &: 'list' and 'list'" in str(error),
        ),
    ),
    otherwise="Which writers have digits in training, which in validation, and who is in both?",
    observed=groups.about_writers,
)

NORMALISED = Exercise(
    id="normalise",
    read=measured.read_measured,
    right=measured.is_right,
    praise="Two numbers for all images, whatever they show; and no other set was looked at.",
    wrong=(
        Wrong(
            name="the bytes are measured",
            typed=normalised(pixels="train.images.float()"),
            hint=(
                "Both numbers are 255 times as large as asked for: those of the bytes. From which"
                " scale does the text want them?"
            ),
            shows=measured.measured_on("training", 255),
        ),
        Wrong(
            name="mean and standard deviation are exchanged",
            typed=normalised(mean="pixels.std()", std="pixels.mean()"),
            hint="Mean and standard deviation are exchanged: which name holds which number?",
            shows=measured.are_exchanged,
        ),
        Wrong(
            name="the variance",
            typed=normalised(std="pixels.var()"),
            hint="std holds the variance, which is the square of the standard deviation.",
            shows=measured.is_variance,
        ),
        Wrong(
            name="measured on the validation images",
            typed=normalised(
                mean="(validation.images / 255).mean()", std="(validation.images / 255).std()"
            ),
            hint="Both numbers come from the validation images. Which images may be learned from?",
            shows=measured.measured_on("validation"),
        ),
        Wrong(
            name="measured on all images",
            typed=normalised(
                mean="(torch.cat([train.images, validation.images]) / 255).mean()",
                std="(torch.cat([train.images, validation.images]) / 255).std()",
            ),
            hint=(
                "Both numbers come from training and validation images together. Which images may"
                " be learned from?"
            ),
            shows=measured.measured_on("both"),
        ),
        Wrong(
            name="numbers typed in",
            typed=normalised(mean="0.1307", std="0.3081"),
            hint=(
                "These are exactly 0.1307 and 0.3081, rounded numbers that many programs have for"
                " the whole file. Measure the training images, and keep all digits."
            ),
            shows=measured.is_typed,
        ),
        Wrong(
            name="the pixels as they are",
            typed=normalised(made="pixels"),
            hint="mean and std are right. normalised holds the pixels from 0 to 1, unchanged.",
            shows=measured.after(lambda pixels, mean, std: pixels),
        ),
        Wrong(
            name="nothing is subtracted",
            typed=normalised(made="pixels / std"),
            hint="mean and std are right. In normalised nothing was subtracted from the pixels.",
            shows=measured.after(lambda pixels, mean, std: pixels / std),
        ),
        Wrong(
            name="nothing is divided",
            typed=normalised(made="pixels - mean"),
            hint="mean and std are right. In normalised the pixels are not divided by anything.",
            shows=measured.after(lambda pixels, mean, std: pixels - mean),
        ),
        Wrong(
            name="brackets forgotten",
            typed=normalised(made="pixels - mean / std"),
            hint=(
                "mean and std are right. In normalised the division came first: mean / std was"
                " subtracted. Where do brackets belong?"
            ),
            shows=measured.after(lambda pixels, mean, std: pixels - mean / std),
        ),
        Wrong(
            name="the wrong way round",
            typed=normalised(made="(mean - pixels) / std"),
            hint="mean and std are right. normalised has every sign turned: white is below zero.",
            shows=measured.after(lambda pixels, mean, std: (mean - pixels) / std),
        ),
        Wrong(
            name="multiplied",
            typed=normalised(made="(pixels - mean) * std"),
            hint="mean and std are right. In normalised the pixels are multiplied by std.",
            shows=measured.after(lambda pixels, mean, std: (pixels - mean) * std),
        ),
        Wrong(
            name="the bytes are normalised",
            typed=normalised(made="(train.images - mean) / std"),
            hint=(
                "mean and std are right. In normalised they were applied to bytes from 0 to 255:"
                " the two numbers belong to pixels from 0 to 1."
            ),
            shows=measured.after(lambda pixels, mean, std: (255 * pixels - mean) / std),
        ),
    ),
    otherwise="Measure over all pixels of train.images / 255, then subtract, then divide.",
    observed=measured.about_measured,
)

MAKE_LOADERS = Exercise(
    id="make-loaders",
    read=lambda answer: loaders.made_by(function(answer)),
    right=lambda made: not loaders.about_loaders(made),
    praise=(
        "Measured on one part, applied to both, and only the training images come in a new order."
        " This is what your network will learn from."
    ),
    wrong=(
        Wrong(
            name="mean and standard deviation from outside",
            typed=loading_by("mean", "std"),
            hint=(
                "This name is defined outside of the function. In another chapter it is not there:"
                " measure inside, from what the function has opened."
            ),
            stops=loaders.is_from_outside,
        ),
        Wrong(
            name="the mean of whole numbers",
            typed=loading(pixels="train.images"),
            hint="The images are whole numbers as they are stored. Divide them by 255 first.",
            stops=lambda error: "could not infer output dtype" in str(error),
        ),
        Wrong(
            name="nothing shuffles",
            typed=loading(train="train_set, batch_size"),
            hint=(
                "Neither loader draws a new order, so every epoch brings the same batches. For"
                " which set does this matter?"
            ),
            shows=loaders.shuffled(False, False),
        ),
        Wrong(
            name="both shuffle",
            typed=loading(validation="validation_set, batch_size, shuffle=True"),
            hint=(
                "Both loaders draw a new order. For a score the order does not matter, but to"
                " which image does prediction 17 belong?"
            ),
            shows=loaders.shuffled(True, True),
        ),
        Wrong(
            name="the wrong one shuffles",
            typed=loading(
                train="train_set, batch_size",
                validation="validation_set, batch_size, shuffle=True",
            ),
            hint=(
                "Only the validation loader draws a new order. From which set does a network learn?"
            ),
            shows=loaders.shuffled(False, True),
        ),
        Wrong(
            name="measured on all images",
            typed=loading(pixels="torch.cat([train.images, validation.images]) / 255"),
            hint=(
                "Mean and standard deviation were measured on both parts together. The validation"
                " images have leaked into the training."
            ),
            shows=loaders.scaled("both"),
        ),
        Wrong(
            name="measured on the validation images",
            typed=loading(pixels="validation.images / 255"),
            hint=(
                "Mean and standard deviation come from the validation images. Which images may be"
                " learned from?"
            ),
            shows=loaders.scaled("validation"),
        ),
        Wrong(
            name="each part by its own mean",
            typed=loading(
                made="(images[:, None] / 255 - (images / 255).mean()) / (images / 255).std()"
            ),
            hint=(
                "Each part has a mean of its own here, so the same picture becomes different"
                " numbers in the two. Take one mean for both."
            ),
            shows=loaders.scaled("training", "validation"),
        ),
        Wrong(
            name="numbers typed in",
            typed=loading(mean="0.1307", std="0.3081"),
            hint=(
                "The pixels are normalised by 0.1307 and 0.3081, which describe the whole file."
                " Measure the training part."
            ),
            shows=loaders.scaled((0.1307, 0.3081)),
        ),
        Wrong(
            name="one half for both",
            typed=loading(mean="0.5", std="0.5"),
            hint="The pixels are normalised by 0.5 and 0.5, which are no measured numbers.",
            shows=loaders.scaled((0.5, 0.5)),
        ),
        Wrong(
            name="mean and standard deviation are exchanged",
            typed=loading(made="(images[:, None] / 255 - std) / mean"),
            hint="Mean and standard deviation are exchanged: which of the two is subtracted?",
            shows=loaders.exchanged,
        ),
        Wrong(
            name="the signs are turned",
            typed=loading(made="(mean - images[:, None] / 255) / std"),
            hint="Every sign is turned: white comes out below zero. What is subtracted from what?",
            shows=loaders.turned,
        ),
        Wrong(
            name="not normalised",
            typed=loading(made="images[:, None] / 255"),
            hint="The pixels come from 0 to 1, and are not normalised.",
            shows=loaders.scaled((0.0, 1.0)),
        ),
        Wrong(
            name="bytes",
            typed=loading(made="images[:, None]"),
            hint="The loaders hand out the bytes from 0 to 255, as they are stored.",
            shows=loaders.scaled((0.0, 1 / 255)),
        ),
        Wrong(
            name="bytes less the mean of fractions",
            typed=loading(made="(images[:, None] - mean) / std"),
            hint=(
                "Mean and standard deviation of pixels from 0 to 1 were applied to bytes from 0 to"
                " 255. Bring the images to the same scale first."
            ),
            shows=loaders.scaled_by(1 / 255),
        ),
        Wrong(
            name="the mean of bytes",
            typed=loading(pixels="train.images.float()"),
            hint=(
                "Mean and standard deviation of bytes were applied to pixels from 0 to 1. Measure"
                " on the scale on which you subtract."
            ),
            shows=loaders.scaled_by(255),
        ),
        Wrong(
            name="validation images are not normalised",
            typed=loading_parts("validation.images[:, None] / 255"),
            hint=(
                "The training images are normalised and the validation images are not: the same"
                " picture becomes different numbers. Treat both alike."
            ),
            shows=loaders.scaled("training", (0.0, 1.0)),
        ),
        Wrong(
            name="no axis for the channel",
            typed=loading(made="(images / 255 - mean) / std"),
            hint=(
                "The images have no axis for the channel: a batch is (B, 28, 28). Where does the"
                " text put that axis in?"
            ),
            shows=loaders.has_images((28, 28)),
        ),
        Wrong(
            name="the axis of the channel is last",
            typed=loading(made="(images[..., None] / 255 - mean) / std"),
            hint="The axis of the channel stands last: a batch is (B, 28, 28, 1).",
            shows=loaders.has_images((28, 28, 1)),
        ),
        Wrong(
            name="the validation images in both loaders",
            typed=loading(train="validation_set, batch_size, shuffle=True"),
            hint="Both loaders hand out the validation images. From which should a network learn?",
            shows=loaders.hold(1, 1),
        ),
        Wrong(
            name="the training images in both loaders",
            typed=loading(validation="train_set, batch_size"),
            hint=(
                "Both loaders hand out the training images. A network judged on what it learned"
                " from is judged too well."
            ),
            shows=loaders.hold(0, 0),
        ),
        Wrong(
            name="the parts are exchanged",
            typed=loading(parts="(validation, train)"),
            hint=(
                "The training loader hands out the validation part, and the validation loader the"
                " training part."
            ),
            shows=loaders.hold(1, 0),
        ),
        Wrong(
            name="a second split",
            typed=(
                "images = torch.cat([train.images, validation.images])\n"
                "labels = torch.cat([train.labels, validation.labels])\n"
                "mean, std = (train.images / 255).mean(), (train.images / 255).std()\n"
                "everything = TensorDataset((images[:, None] / 255 - mean) / std, labels)\n"
                "sizes = [len(train.labels), len(validation.labels)]\n"
                "train_set, validation_set = torch.utils.data.random_split(everything, sizes)\n"
                "train_loader = DataLoader(train_set, batch_size, shuffle=True)\n"
                "validation_loader = DataLoader(validation_set, batch_size)",
            ),
            hint=(
                "The images are split a second time: each loader has images of both parts. The"
                " split is made already; hand out its two parts as they are."
            ),
            shows=loaders.are_mixed,
        ),
        Wrong(
            name="the batch size is typed in",
            typed=loading(
                train="train_set, batch_size=64, shuffle=True",
                validation="validation_set, batch_size=64",
            ),
            hint=(
                "Both loaders have batches of 64, whatever batch_size is. Which argument should"
                " they get?"
            ),
            shows=lambda made: made.asked == (loaders.BATCH, loaders.BATCH),
        ),
        Wrong(
            name="no batch size",
            typed=loading(train="train_set, shuffle=True", validation="validation_set"),
            hint="Both loaders hand out one image at a time. They were not told the batch size.",
            shows=lambda made: all(set(side.sizes) == {1} for side in made.sides),
        ),
        Wrong(
            name="the last batch is dropped",
            typed=loading(train="train_set, batch_size, shuffle=True, drop_last=True"),
            hint=(
                "The training loader leaves the last, smaller batch out of every epoch, other"
                " images each time. Let it hand out all."
            ),
            shows=loaders.drops_last,
        ),
    ),
    otherwise=(
        "Follow one training image: which part is it in, which two numbers does it get, in which"
        " batch does it come?"
    ),
    observed=loaders.about_loaders,
)

SPLIT = Exercise(
    id="split-by-group",
    read=function,
    right=lambda make: not groups.about_masks(groups.masks_of(make)),
    look=groups.masks_of,
    praise="Whole writers on each side: on such a split a score says how a new hand is read.",
    wrong=(
        Wrong(
            name="true for validation",
            typed=split(mask="torch.isin(writers, people[held_out])"),
            hint=(
                "As many writers as should be held out are true in your mask, and all others are"
                " false. Which of the two should be true?"
            ),
            shows=groups.in_each(groups.is_inverted),
        ),
        Wrong(
            name="digits are drawn instead of writers",
            typed=(
                "held_out = torch.randperm(len(writers))[: round(fraction * len(writers))]\n"
                "mask = torch.ones(len(writers), dtype=torch.bool)\n"
                "mask[held_out] = False\n"
                "return mask",
            ),
            hint=(
                "As many digits as asked for are held out, and writers are divided. Draw writers,"
                " and take all digits of each."
            ),
            shows=groups.draws_digits,
        ),
        Wrong(
            name="always the same writers",
            typed=split(drawn="torch.arange(round(fraction * len(people)))"),
            hint="No writer is divided. Each call holds out the same writers; draw them at random.",
            shows=lambda seen: groups.in_each(groups.is_whole)(seen) and not groups.is_drawn(seen),
        ),
        Wrong(
            name="numbers of positions instead of writers",
            typed=split(mask="~torch.isin(writers, held_out)"),
            hint=(
                "No writer is divided, but not as many are held out as asked for. Are the numbers"
                " that you drew those of writers, or of their positions in the list?"
            ),
            shows=groups.holds_out_others,
        ),
    ),
    otherwise="Which writers are there, which of them are drawn, and who wrote each digit?",
    observed=groups.about_masks,
)

EXERCISES: tuple[Exercise, ...] = (
    LOAD,
    MAJORITY,
    FIND,
    BACKGROUND,
    WINNER,
    LEAK,
    NORMALISED,
    TRANSFORMS,
    MAKE_LOADERS,
    WHOSE_MEAN,
    PAIRS,
    SPLIT,
)
