"""The training set, epoch by epoch: fixed images, and strokes that worker processes render again and again."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from types import MappingProxyType

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from adder.data.images import LabelledImages, as_non_digits, as_tensor, concatenate
from adder.data.mnist import DataError
from adder.data.synthetic import negatives, noise, pen_noise
from adder.drawing import raster
from adder.drawing.strokes import NO_DIGIT, Drawing, augment_strokes, draw, without_far_specks

COPIES = 2  # of each rendered drawing in an epoch; adder/training/augment.py makes them different
OFTEN = {"doodles": 3, "printed digits": 20}  # times as many an epoch as there are
SYNTHETIC = 16_000  # synthetic non-digits per epoch, drawn with strokes
BLOBS = 2_000  # of noise, per epoch
TURNED = 2_000  # of MNIST's digits per epoch, as non-digits
PARTS = 16  # into which the rendered images of an epoch are split


class RenderedStrokes(Dataset):
    """Drawings and synthetic non-digits, rendered with new random changes for every epoch.

    A map-style Dataset without a length: its items have keys (seed, part), with the epoch's seed and 0 <= part < PARTS,
    so the DataLoader needs a sampler of such keys. An item is a part of the epoch, LabelledImages on the CPU. The key
    alone decides it, so processes can share the work. `weights` float64 (N,), which sum to 1, are the probabilities
    with which an epoch picks each drawing.
    """

    def __init__(self, drawings: list[Drawing], weights: np.ndarray, *, synthetic: int, blobs: int):
        self.drawings, self.weights, self.synthetic, self.blobs = drawings, weights, synthetic, blobs
        self.shared: dict | None = None

    @property
    def images_per_epoch(self) -> int:
        return COPIES * len(self.drawings) + self.synthetic + self.blobs

    def __getstate__(self) -> dict:
        """Few tensors instead of many arrays: processes start faster, because they share tensors."""
        self.shared = self.shared or self.as_tensors()
        return self.shared

    def as_tensors(self) -> dict:
        strokes = [stroke for drawing in self.drawings for stroke in drawing.strokes]
        return {
            "points": torch.from_numpy(np.concatenate([*strokes, np.zeros((0, 2))])),
            "lengths": torch.tensor([len(stroke) for stroke in strokes], dtype=torch.long),
            "drawings": torch.tensor([(d.digit, d.writer, len(d.strokes)) for d in self.drawings]).view(-1, 3),
            "weights": torch.from_numpy(self.weights),
            "synthetic": self.synthetic,
            "blobs": self.blobs,
        }

    def __setstate__(self, state: dict) -> None:
        strokes = iter(np.split(state["points"].numpy(), state["lengths"].cumsum(0)[:-1]))
        rows = state["drawings"].tolist()
        drawings = [Drawing(digit, writer, list(islice(strokes, count))) for digit, writer, count in rows]
        counts = {name: state[name] for name in ("synthetic", "blobs")}
        self.__init__(drawings, state["weights"].numpy(), **counts)  # type: ignore[misc]

    def __getitem__(self, key: tuple[int, int]) -> LabelledImages:
        rng = np.random.default_rng(key)
        count, synthetic, blobs = (
            len(range(key[1], total, PARTS)) for total in (len(self.drawings), self.synthetic, self.blobs)
        )
        picked = rng.choice(len(self.drawings), count, p=self.weights) if count else ()
        drawings = [self.drawings[index] for index in picked]
        images = as_tensor([render_randomly(pen_noise.rewrite(d.digit, d.strokes, rng), rng) for d in drawings])
        rendered = LabelledImages(images, torch.tensor([drawing.digit for drawing in drawings], dtype=torch.long))
        digits = [drawing.strokes for drawing in self.drawings if drawing.digit != NO_DIGIT]
        non_digits = [drawing.strokes for drawing in self.drawings if drawing.digit == NO_DIGIT]
        made = [render_randomly(negatives.synthesise(rng, digits, non_digits), rng) for _ in range(synthetic)]
        made += [raster.to_mnist(noise.blobs(rng)) for _ in range(blobs)]
        return concatenate([rendered] * COPIES + [as_non_digits(as_tensor(made))])


def writer_weights(drawings: list[Drawing]) -> np.ndarray:
    """float64 (N,), which sum to N: a writer of n drawings has weight sqrt(n).

    So one who drew much does not drown the others, and one who drew two digits is not shown as often as one who drew
    two hundred.
    """
    if not drawings:
        return np.zeros(0)
    _, index, counts = np.unique([drawing.writer for drawing in drawings], return_inverse=True, return_counts=True)
    weights = 1 / np.sqrt(counts[index])
    return len(drawings) * weights / weights.sum()


class TrainingSet:
    """All that a run learns from.

    Images are fixed. The drawings of each kind are rendered again during training, as many an epoch as there are,
    picked with `writer_weights`; of your own, each equally often. Synthetic non-digits are new each time:
    `synthetic` drawings, `blobs` of noise, and `turned` digits of MNIST.
    """

    def __init__(
        self,
        mnist: LabelledImages,
        *,
        characters: LabelledImages | None = None,
        own_images: LabelledImages | None = None,
        own_drawings: list[Drawing] | None = None,
        drawings: Mapping[str, list[Drawing]] = MappingProxyType({}),
        synthetic: int = 0,
        blobs: int = 0,
        turned: int = 0,
    ):
        self.mnist, self.drawings, self.turned = mnist, drawings, turned
        self.characters, self.own_images = characters or mnist.first(0), own_images or mnist.first(0)
        self.fixed = concatenate([mnist, self.characters, self.own_images])
        self.own_drawings = own_drawings or []
        kinds = [kind * OFTEN.get(name, 1) for name, kind in drawings.items()]
        everything = [*self.own_drawings, *(drawing for kind in kinds for drawing in kind)]
        weights = np.concatenate([np.ones(len(self.own_drawings)), *map(writer_weights, kinds)])
        self.rendered = RenderedStrokes(everything, weights / max(1, len(weights)), synthetic=synthetic, blobs=blobs)

    def __len__(self) -> int:
        """Images per epoch."""
        return len(self.fixed.digits) + self.turned + self.rendered.images_per_epoch

    def epochs(self, seeds: Sequence[int], device: torch.device, *, workers: int = 0) -> Iterator[LabelledImages]:
        """Each seed's epoch, on the device. `workers` processes render ahead; 0 renders here.

        An epoch depends on its seed alone. The processes end with the iterator and with this process; DataError when
        one ends earlier.
        """
        fixed = self.fixed.to(device)
        parts = self.parts(seeds, workers if self.rendered.images_per_epoch else 0)
        for seed in seeds:
            rendered = (part.to(device) for part in islice(parts, PARTS))
            yield concatenate([fixed, turned_digits(self.mnist, self.turned, seed).to(device), *rendered])

    def parts(self, seeds: Sequence[int], workers: int) -> Iterator[LabelledImages]:
        """The rendered images of each seed, in PARTS."""
        loader = DataLoader(
            self.rendered,
            batch_size=None,
            sampler=[(seed, part) for seed in seeds for part in range(PARTS)],
            num_workers=workers,
            collate_fn=as_arrays,
            prefetch_factor=-(-PARTS // workers) if workers else None,  # together, a whole epoch ahead
            worker_init_fn=use_one_thread,
            multiprocessing_context="spawn" if workers else None,
        )
        try:
            for part in loader:
                yield LabelledImages(*map(torch.from_numpy, part))
        except (RuntimeError, OSError) as error:
            if not workers:
                raise
            reason = str(error).strip().splitlines()[-1]
            raise DataError(
                f"the processes that render images ended ({reason}); train without them: --workers 0"
            ) from error


def as_arrays(part: Sequence[Tensor]) -> tuple[np.ndarray, ...]:
    """Arrays, which travel through a pipe. Tensors need shared memory, and a container may have only 64 MB of it."""
    return tuple(tensor.numpy() for tensor in part)


def use_one_thread(worker: int) -> None:
    cv2.setNumThreads(1)  # the images are too small to share among cores


def render_randomly(strokes: list[np.ndarray], rng: np.random.Generator) -> np.ndarray | None:
    """Strokes with random changes -> image (28, 28): rendered as on the page, with a random pen, or by way of ink."""
    strokes = augment_strokes(pen_noise.spoil(strokes, rng), rng)
    if rng.random() < 0.85:
        return raster.strokes_to_mnist(strokes, width=rng.uniform(1.8, 3.6))
    canvas = int(rng.integers(60, 400))
    size = canvas * rng.uniform(0.25, 0.95)
    brush = max(1.5, size * rng.uniform(0.02, 0.2))
    return raster.to_mnist(draw(without_far_specks(strokes), canvas=canvas, size=size, brush=brush))


TURNS: tuple[Callable[[Tensor], Tensor], ...] = (  # of images (N, 1, 28, 28)
    lambda images: images.transpose(2, 3),
    lambda images: images.rot90(1, (2, 3)),
    lambda images: images.rot90(3, (2, 3)),
    lambda images: images.rot90(2, (2, 3)).transpose(2, 3),
)
TURNED_DIGITS = (  # digit, and the index of a turn after which a person sees no digit; chosen by eye
    *((2, turn) for turn in range(4)),
    *((3, turn) for turn in range(4)),
    *((4, 1), (4, 3), (5, 0), (6, 0), (6, 3), (7, 0), (7, 2)),
)


def turned_digits(
    labelled: LabelledImages, count: int, seed: int, turned: Sequence[tuple[int, int]] = TURNED_DIGITS
) -> LabelledImages:
    """About `count` of the images, rotated by 90 degrees or mirrored on a diagonal, as non-digits.

    `turned` names the digits and turns, which are equally frequent. Where a digit is missing, its images are, too.
    """
    generator = torch.Generator().manual_seed(seed)
    pairs = [((labelled.digits == digit).nonzero().flatten(), TURNS[turn]) for digit, turn in turned]
    found = []
    for index, (images, turn) in enumerate((images, turn) for images, turn in pairs if len(images)):
        chosen = images[torch.randint(len(images), (len(range(index, count, len(pairs))),), generator=generator)]
        found.append(turn(labelled.images[chosen]))
    return as_non_digits(torch.cat([labelled.images[:0], *found]))
