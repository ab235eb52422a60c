"""Small sets of images to train on and to judge with."""

from adder.data import splits
from adder.data.images import LabelledImages, as_non_digits
from adder.data.training_set import TrainingSet


def judged(digits: LabelledImages, non_digits: LabelledImages | None = None) -> splits.Judged:
    """The same digits in each set of digits, the same non-digits, or none, in each other one."""
    others = non_digits or as_non_digits(digits.images[:0])
    return splits.Judged(**{name: digits if name in splits.DIGITS else others for name in splits.Judged._fields})


def sets_of(training: TrainingSet) -> splits.Sets:
    """Judged by MNIST's images of the training set alone."""
    nothing = training.mnist.first(0)
    return splits.Sets(training, judged(nothing)._replace(mnist=training.mnist))
