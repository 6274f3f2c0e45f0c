"""The exercises of chapter 2: data opened, looked at, prepared and handed out."""

import torch
from bookkit.exercises.verdict import Exercise, Wrong

from lessons.checks.answers import (
    function,
    several,
    word,
)
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
from lessons.checks.loading.loaders import about_loaders, read_loaders, shuffled
from lessons.checks.loading.places import (
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
            typed=(None, None, "True", None),
            hint=(
                "Both are the training file. A network judged on what it learned from is judged too"
                " well."
            ),
            shows=are_training_files(True, True),
        ),
        Wrong(
            name="the test file twice",
            typed=("False", None, None, None),
            hint="Both are the test file. From which file should the network learn?",
            shows=are_training_files(False, False),
        ),
        Wrong(
            name="the files are exchanged",
            typed=("False", None, "True", None),
            hint="The names are exchanged: what is called training_file here is the test file.",
            shows=are_training_files(False, True),
        ),
        Wrong(
            name="the class instead of an object",
            typed=(None, "transforms.ToTensor", None, "transforms.ToTensor"),
            hint=(
                "You passed the class itself, a plan for transforms. To make one of it, it has to"
                " be called."
            ),
            shows=lambda files: any(file.has_a_class() for file in files),
        ),
        Wrong(
            name="no transform at all",
            typed=(None, "None", None, "None"),
            hint=(
                "Without a transform both files hand out pictures, not tensors. Which transform did"
                " the text name?"
            ),
            shows=lambda files: all(file.transform is None for file in files),
        ),
        Wrong(
            name="only one file has a transform",
            typed=(None, None, None, "None"),
            hint=(
                "One file has a transform, the other hands out pictures. A network has to get both"
                " in the same form."
            ),
            shows=lambda files: any(file.transform is None for file in files),
        ),
        Wrong(
            name="images change at random",
            typed=(
                None,
                "transforms.Compose([transforms.RandomHorizontalFlip(), transforms.ToTensor()])",
                None,
                None,
            ),
            hint=(
                "A transform here changes from call to call: the same picture comes out in"
                " different ways. These files should hand out each image as it is."
            ),
            shows=lambda files: any(file.made.changes for file in files),
        ),
        Wrong(
            name="the bytes stay bytes",
            typed=(None, "transforms.PILToTensor()", None, "transforms.PILToTensor()"),
            hint=(
                "Tensors, but still from 0 to 255. The text names a transform that also makes"
                " fractions of them."
            ),
            shows=lambda files: all(keeps_bytes(file) for file in files),
        ),
        Wrong(
            name="the bytes of one file stay bytes",
            typed=(None, None, None, "transforms.PILToTensor()"),
            hint=(
                "One of the files hands out tensors from 0 to 255. Is there one transform for both?"
            ),
            shows=lambda files: any(keeps_bytes(file) for file in files),
        ),
        Wrong(
            name="normalised already",
            typed=(
                None,
                "transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])",
                None,
                None,
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
            typed=(None, "train_labels == majority"),
            hint=(
                "This guess is judged on the labels that it was chosen from. On which labels should"
                " it be judged?"
            ),
            shows=scores_like(lambda learned, judged: share_equal(learned, learned.mode().values)),
        ),
        Wrong(
            name="chosen on the labels that it is judged on",
            typed=("torch.bincount(validation_labels).argmax()", None),
            hint=(
                "This guess has looked at the labels that it is judged on. From which labels may it"
                " learn?"
            ),
            shows=scores_like(lambda learned, judged: share_equal(judged, judged.mode().values)),
        ),
        Wrong(
            name="how often instead of which",
            typed=("torch.bincount(train_labels).max()", None),
            hint="The guess is how often the commonest class comes, not which class it is.",
            shows=scores_like(
                lambda learned, judged: share_equal(judged, learned.bincount().max())
            ),
        ),
        Wrong(
            name="the place of the largest label",
            typed=("train_labels.argmax()", None),
            hint=(
                "The guess is the place where the largest label stands. Count first how often each"
                " class comes."
            ),
            shows=scores_like(lambda learned, judged: share_equal(judged, learned.argmax())),
        ),
        Wrong(
            name="the largest label",
            typed=("train_labels.max()", None),
            hint=(
                "The guess is the largest label that there is, however rare. Count how often each"
                " class comes."
            ),
            shows=scores_like(lambda learned, judged: share_equal(judged, learned.max())),
        ),
        Wrong(
            name="the rarest class",
            typed=("torch.bincount(train_labels).argmin()", None),
            hint="The guess is the class that comes least often among the training labels.",
            shows=scores_like(
                lambda learned, judged: share_equal(judged, learned.bincount().argmin())
            ),
        ),
        Wrong(
            name="the first label",
            typed=("train_labels[0]", None),
            hint=(
                "The guess is the first of the training labels, whatever the others are. Which "
                "class comes most often?"
            ),
            shows=scores_like(lambda learned, judged: share_equal(judged, learned[0])),
        ),
        Wrong(
            name="where the guess misses",
            typed=(None, "validation_labels != majority"),
            hint="This is the share that the guess misses. You want the labels that it hits.",
            shows=scores_like(lambda learned, judged: 1 - majority_hits(learned, judged)),
        ),
        Wrong(
            name="in per cent",
            typed=(None, "100 * (validation_labels == majority)"),
            hint="This is the right share, in per cent. A share lies between 0 and 1.",
            shows=scores_like(lambda learned, judged: 100 * majority_hits(learned, judged)),
        ),
        Wrong(
            name="how many instead of a share",
            typed=(None, "len(validation_labels) * (validation_labels == majority)"),
            hint=(
                "This is how many labels the guess hits. A share is divided by how many there are."
            ),
            shows=scores_like(lambda learned, judged: len(judged) * majority_hits(learned, judged)),
        ),
        Wrong(
            name="the mean of the labels as a guess",
            typed=("train_labels.float().mean().round()", None),
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
            typed=("train_labels.median()", None),
            hint=(
                "The guess is the label in the middle of all, by size. Which class comes most"
                " often?"
            ),
            shows=scores_like(lambda learned, judged: share_equal(judged, learned.median())),
        ),
        Wrong(
            name="mode gives two things",
            typed=("train_labels.mode()", None),
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
            name="the places of all other digits",
            typed=("labels != digit",),
            hint="These are the places where the label is something else.",
            shows=finds_like(places(lambda labels, digit, count: labels != digit)),
        ),
        Wrong(
            name="the labels without a comparison",
            typed=("labels",),
            hint=(
                "You get the places of all labels but 0, whatever digit is asked for. Where does"
                " the digit come in?"
            ),
            shows=finds_like(places(lambda labels, digit, count: labels != 0)),
        ),
        Wrong(
            name="the digit and larger ones",
            typed=("labels >= digit",),
            hint="This finds larger digits, too. What should be true of a label that you keep?",
            shows=finds_like(places(lambda labels, digit, count: labels >= digit)),
        ),
        Wrong(
            name="the digit and smaller ones",
            typed=("labels <= digit",),
            hint="This finds smaller digits, too. What should be true of a label that you keep?",
            shows=finds_like(places(lambda labels, digit, count: labels <= digit)),
        ),
        Wrong(
            name="compared with the count",
            typed=("labels == count",),
            hint=(
                "You compare the labels with how many places are wanted. Which argument says what"
                " to look for?"
            ),
            shows=finds_like(places(lambda labels, digit, count: labels == count)),
        ),
        Wrong(
            name="always sevens",
            typed=("labels == 7",),
            hint="This finds sevens, whatever digit is asked for. Which argument holds the digit?",
            shows=finds_like(places(lambda labels, digit, count: labels == 7)),
        ),
        Wrong(
            name="only the first labels are searched",
            typed=("labels[:count] == digit",),
            hint=(
                "Only the first labels are searched, as many as places are wanted. The digit may"
                " stand further back."
            ),
            shows=finds_like(
                lambda labels, digit, count: torch.arange(len(labels))[:count][
                    labels[:count] == digit
                ]
            ),
        ),
        Wrong(
            name="the labels that fit instead of where they stand",
            typed=("labels[labels == digit]",),
            hint=(
                "Here the labels that fit are taken out first, and places are counted among these. "
                "Ask of all labels whether each fits."
            ),
            shows=finds_like(
                lambda labels, digit, count: torch.arange(len(labels))[
                    : (labels == digit).sum() * bool(digit)
                ][:count]
            ),
        ),
        Wrong(
            name="is instead of equals",
            typed=("labels is digit",),
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
        "In the table above, for a 7, the labels 3 7 1 7 give places 1 and 3. What is true of these"
        " two labels?"
    ),
    observed=about_findings,
)

PAPER = Exercise(
    id="share-of-paper",
    read=function,
    right=lambda share: shares_like(background)(shares_of(share)),
    look=shares_of,
    praise="The mean of true and false is a share, in any number of axes.",
    wrong=(
        Wrong(
            name="ink instead of background",
            typed=("images != 0", None),
            hint="This counts every pixel with ink. Which value has the background?",
            shows=shares_like(shares(lambda images: images != 0)),
        ),
        Wrong(
            name="the brightness instead of a share",
            typed=("images", None),
            hint="Nothing is compared here: this is the mean brightness of each image, up to 255.",
            shows=shares_like(shares(lambda images: images)),
        ),
        Wrong(
            name="the brightness from 0 to 1",
            typed=("images / 255", None),
            hint=(
                "Nothing is compared here: this is the mean brightness of each image, from 0 to 1."
            ),
            shows=shares_like(shares(lambda images: images / 255)),
        ),
        Wrong(
            name="white instead of black",
            typed=("images == 255", None),
            hint="You count full ink. White on black: which number stands for the background?",
            shows=shares_like(shares(lambda images: images == 255)),
        ),
        Wrong(
            name="the value 1 for the background",
            typed=("images == 1", None),
            hint=(
                "This counts pixels with the value 1, which is a little ink. Which number stands"
                " for the background?"
            ),
            shows=shares_like(shares(lambda images: images == 1)),
        ),
        Wrong(
            name="dark counts as background",
            typed=("images < 128", None),
            hint=(
                "This counts the darker half of all values, grey among them. The question is which "
                "pixels are exactly 0."
            ),
            shows=shares_like(shares(lambda images: images < 128)),
        ),
        Wrong(
            name="averaged over the images",
            typed=(None, "0"),
            hint=(
                "This is a picture, a share for each pixel. Which axis counts the images, and which"
                " are one image?"
            ),
            shows=shares_like(shares(lambda images: images == 0, over=(0,))),
        ),
        Wrong(
            name="one number for all images",
            typed=(None, "(0, 1, 2)"),
            hint="One share for all images together. Keep the axis that counts the images.",
            shows=shares_like(shares(lambda images: images == 0, over=(0, 1, 2))),
        ),
        Wrong(
            name="only one of the two axes",
            typed=(None, "1"),
            hint="One axis of the image is left: a share for each column. An image has two axes.",
            shows=shares_like(shares(lambda images: images == 0, over=(1,))),
        ),
        Wrong(
            name="only the other of the two axes",
            typed=(None, "2"),
            hint="One axis of the image is left: a share for each row. An image has two axes.",
            shows=shares_like(shares(lambda images: images == 0, over=(2,))),
        ),
        Wrong(
            name="the images and one of their axes",
            typed=(None, "(0, 1)"),
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
            typed=("100 * (images == 0)", None),
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
            typed=(None, None, "[normalise, to_tensor]", "[normalise, to_tensor]"),
            hint=(
                "A picture cannot be normalised: it has to be a tensor first. Read each list from"
                " left to right."
            ),
            stops=gets_a_picture,
        ),
        Wrong(
            name="mean and deviation are exchanged",
            typed=("(std,)", "(mean,)", None, None),
            hint="Mean and standard deviation are exchanged: which of the two is subtracted?",
            shows=lambda seen: seen.become((seen.std, seen.mean)),
        ),
        Wrong(
            name="numbers of the whole file",
            typed=("(0.1307,)", "(0.3081,)", None, None),
            hint=(
                "These describe the whole file, with the validation images. Which names hold the"
                " training set's?"
            ),
            shows=lambda seen: seen.become((0.1307, 0.3081)),
        ),
        Wrong(
            name="one half for both, from another tutorial",
            typed=("(0.5,)", "(0.5,)", None, None),
            hint=(
                "This brings pixels from −1 to 1, whatever images there are. The mean does not"
                " become 0 by it."
            ),
            shows=lambda seen: seen.become((0.5, 0.5)),
        ),
        Wrong(
            name="mean and deviation of bytes",
            typed=("(255 * mean,)", "(255 * std,)", None, None),
            hint=(
                "These would suit bytes from 0 to 255. What range have the pixels when they arrive"
                " at normalise?"
            ),
            shows=lambda seen: seen.become((255 * seen.mean, 255 * seen.std)),
        ),
        Wrong(
            name="divided by the variance",
            typed=(None, "(std**2,)", None, None),
            hint=(
                "The pixels are divided by the square of the standard deviation, which is the"
                " variance."
            ),
            shows=lambda seen: seen.become((seen.mean, seen.std**2)),
        ),
        Wrong(
            name="the mean is not subtracted",
            typed=("(0,)", None, None, None),
            hint=(
                "The pixels are divided by the standard deviation, and nothing is subtracted: their"
                " mean is not 0."
            ),
            shows=lambda seen: seen.become((0, seen.std)),
        ),
        Wrong(
            name="divided by one",
            typed=(None, "(1,)", None, None),
            hint=(
                "The mean is subtracted, and the scale stays as it is: the standard deviation does"
                " not become 1."
            ),
            shows=lambda seen: seen.become((seen.mean, 1)),
        ),
        Wrong(
            name="test images are not normalised",
            typed=(None, None, None, "[to_tensor]"),
            hint=(
                "A test image arrives on another scale than the images that were learned from."
                " Treat both alike."
            ),
            shows=lambda seen: seen.become((seen.mean, seen.std), AS_THEY_ARE),
        ),
        Wrong(
            name="training images are not normalised",
            typed=(None, None, "[to_tensor]", None),
            hint=(
                "Training images stay from 0 to 1, test images do not. Learn on the scale that will"
                " be met later."
            ),
            shows=lambda seen: seen.become(AS_THEY_ARE, (seen.mean, seen.std)),
        ),
        Wrong(
            name="no image is normalised",
            typed=(None, None, "[to_tensor]", "[to_tensor]"),
            hint=(
                "Both lists make tensors from 0 to 1. What has to follow, so that the mean"
                " becomes 0?"
            ),
            shows=lambda seen: seen.become(AS_THEY_ARE),
        ),
        Wrong(
            name="images change at random",
            typed=(None, None, "[transforms.RandomHorizontalFlip(), to_tensor, normalise]", None),
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
            name="mean and deviation of all images",
            typed=("data.pixel_statistics(torch.cat([train_images, validation_images]))", None),
            hint="The bug is still there: these two numbers have seen the validation images.",
            shows=prepares_like(by_all_images),
        ),
        Wrong(
            name="mean and deviation of the validation images",
            typed=("data.pixel_statistics(validation_images)", None),
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
            typed=(
                None,
                "data.prepare(validation_images, *data.pixel_statistics(validation_images))",
            ),
            hint=(
                "Each set has a scale of its own now: the same ink is a different number in the"
                " other set."
            ),
            shows=prepares_like(
                lambda train, other, n: (prepared(train, train, n), prepared(other, other, n))
            ),
        ),
        Wrong(
            name="the validation images stay bytes",
            typed=(None, "validation_images"),
            hint=(
                "The validation images are still bytes. They have to be treated as the training"
                " images are."
            ),
            shows=prepares_like(lambda train, other, n: (prepared(train, train, n), other)),
        ),
        Wrong(
            name="the validation images as fractions",
            typed=(None, "data.prepare(validation_images, 0, 1)"),
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
            typed=(None, "data.prepare(train_images, mean, std)"),
            hint="These are the training images a second time. Who will judge the network?",
            shows=prepares_like(
                lambda train, other, n: (prepared(train, train, n), prepared(train, train, n))
            ),
        ),
        Wrong(
            name="mean and deviation are exchanged",
            typed=(None, "data.prepare(validation_images, std, mean)"),
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
            typed=(None, "data.prepare(validation_images, 0.1307, 0.3081)"),
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

LOADERS = Exercise(
    id="loaders",
    read=read_loaders,
    right=lambda loaders: shuffled(True, False, False)(loaders) and not about_loaders(loaders),
    praise=(
        "A new order to learn from, and a kept order to judge by: each prediction can be traced to"
        " its image."
    ),
    wrong=(
        Wrong(
            name="nobody shuffles",
            typed=("False", None, None),
            hint=(
                "Now every epoch brings the same batches in the same order. For which set does this"
                " matter?"
            ),
            shows=shuffled(False, False, False),
        ),
        Wrong(
            name="everybody shuffles",
            typed=(None, "True", "True"),
            hint=(
                "For a score the order does not matter. But to which image does prediction 17"
                " belong in a new order?"
            ),
            shows=shuffled(True, True, True),
        ),
        Wrong(
            name="the wrong way round",
            typed=("False", "True", "True"),
            hint=(
                "The wrong way round. Ask of each set: does a network learn from it, or is it only"
                " judged on it?"
            ),
            shows=shuffled(False, True, True),
        ),
        Wrong(
            name="the validation loader shuffles",
            typed=(None, "True", None),
            hint=(
                "You will look at errors in the validation set: to find the image of a prediction,"
                " keep its order."
            ),
            shows=shuffled(True, True, False),
        ),
        Wrong(
            name="the test loader shuffles",
            typed=(None, None, "True"),
            hint=(
                "The test loader draws a new order, although nothing is learned from it. Is that of"
                " any use?"
            ),
            shows=shuffled(True, False, True),
        ),
        Wrong(
            name="only the validation loader shuffles",
            typed=("False", "True", None),
            hint=(
                "Of the three, only the validation loader draws a new order. From which set does a"
                " network learn?"
            ),
            shows=shuffled(False, True, False),
        ),
        Wrong(
            name="only the test loader shuffles",
            typed=("False", None, "True"),
            hint=(
                "Of the three, only the test loader draws a new order. From which set does a"
                " network learn?"
            ),
            shows=shuffled(False, False, True),
        ),
    ),
    otherwise=(
        "Three loaders with batches of 64, from three sets without a common image; one of them is"
        " learned from."
    ),
    observed=about_loaders,
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
            typed=(None, "labels"),
            hint=(
                "The images have moved and the labels have not: nearly every image has somebody"
                " else's label."
            ),
            shows=in_each_call(lambda call: call.is_shuffled() and call.labels == AS_IT_WAS),
        ),
        Wrong(
            name="nothing is shuffled",
            typed=("torch.arange(len(images))", None),
            hint="The pairs fit, and all are where they were. The order should be drawn at random.",
            shows=in_each_call(lambda call: call.images == call.labels == AS_IT_WAS),
        ),
        Wrong(
            name="the same order in each call",
            typed=("torch.randperm(len(images), generator=torch.Generator().manual_seed(0))", None),
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
            typed=("torch.randint(len(images), (len(images),))", None),
            hint="The pairs fit, but some images come twice or more, and others not at all.",
            shows=in_each_call(lambda call: call.are_pairs() and sorted(call.images) != AS_IT_WAS),
        ),
        Wrong(
            name="the order itself is returned",
            typed=(None, "order"),
            hint="What comes back as labels is the order itself: numbers of places, and no labels.",
            shows=in_each_call(lambda call: call.is_shuffled() and call.values == call.images),
        ),
        Wrong(
            name="each image gets its neighbour's label",
            typed=(None, "labels[order - 1]"),
            hint=(
                "Each image now has the label of the image that stood beside it. One place makes"
                " the difference."
            ),
            shows=in_each_call(next_door),
        ),
        Wrong(
            name="the labels go the way back",
            typed=(None, "labels[order.argsort()]"),
            hint=(
                "This puts the labels into the opposite order, as if to undo the shuffling. What"
                " did the images get?"
            ),
            shows=in_each_call(undone),
        ),
        Wrong(
            name="the labels are sorted",
            typed=(None, "labels.sort().values"),
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
            typed=(None, "labels[order][order]"),
            hint="The order was applied to the labels twice, and to the images once.",
            shows=in_each_call(twice),
        ),
        Wrong(
            name="a second order for the labels",
            typed=(None, "labels[torch.randperm(len(labels))]"),
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

EXERCISES: tuple[Exercise, ...] = (
    LOAD,
    MAJORITY,
    FIND,
    PAPER,
    WINNER,
    TRANSFORMS,
    WHOSE_MEAN,
    LOADERS,
    PAIRS,
)
