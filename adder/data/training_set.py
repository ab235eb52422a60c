"""The training set, epoch by epoch: fixed images, and strokes that worker processes render again and again."""

from collections.abc import Iterator, Sequence
from itertools import islice

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from adder.data.sources import DataError, LabelledImages, as_tensor
from adder.data.synthetic import negatives, pen_noise
from adder.drawing import raster
from adder.drawing.strokes import NO_DIGIT, Drawing, augment_strokes, draw, without_far_specks

COPIES = 2  # of each rendered drawing in an epoch; adder/training/augment.py makes them different
SYNTHETIC = 12000  # synthetic non-digits per epoch
PARTS = 16  # into which the rendered images of an epoch are split


class RenderedStrokes(Dataset):
    """Drawings and synthetic non-digits, rendered with new random changes for every epoch.

    A map-style Dataset without a length: its items have keys (seed, part), with the epoch's seed and 0 <= part < PARTS,
    so the DataLoader needs a sampler of such keys. An item is a part of the epoch, LabelledImages on the CPU. The key
    alone decides it, so processes can share the work.
    """

    def __init__(self, drawings: list[Drawing], *, synthetic: int):
        self.drawings, self.synthetic = drawings, synthetic
        self.shared: dict | None = None

    @property
    def images_per_epoch(self) -> int:
        return COPIES * len(self.drawings) + self.synthetic

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
            "synthetic": self.synthetic,
        }

    def __setstate__(self, state: dict) -> None:
        strokes = iter(np.split(state["points"].numpy(), state["lengths"].cumsum(0)[:-1]))
        rows = state["drawings"].tolist()
        drawings = [Drawing(digit, writer, list(islice(strokes, count))) for digit, writer, count in rows]
        self.__init__(drawings, synthetic=state["synthetic"])  # type: ignore[misc]

    def __getitem__(self, key: tuple[int, int]) -> LabelledImages:
        part = key[1]
        rng = np.random.default_rng(key)
        drawings = self.drawings[part::PARTS]
        images = as_tensor([render_randomly(pen_noise.rewrite(d.digit, d.strokes, rng), rng) for d in drawings])
        rendered = LabelledImages(images, torch.tensor([drawing.digit for drawing in drawings], dtype=torch.long))
        digits = [drawing.strokes for drawing in self.drawings if drawing.digit != NO_DIGIT]
        count = len(range(part, self.synthetic, PARTS))
        synthetic = [render_randomly(negatives.synthesise(rng, digits), rng) for _ in range(count)]
        return concatenate([rendered] * COPIES + [as_non_digits(as_tensor(synthetic))])


class TrainingSet:
    """All that a run learns from.

    MNIST, your own images and characters are fixed. Drawings and doodles are rendered again during training, and
    synthetic non-digits are new each time.
    """

    def __init__(
        self,
        mnist: LabelledImages,
        drawings: list[Drawing],
        characters: Tensor,
        doodles: list[Drawing],
        *,
        synthetic: int,
        limit: int | None,
        own: LabelledImages | None = None,
    ):
        few = None if limit is None else limit // 8
        self.mnist, self.drawings, self.characters = mnist.first(limit), drawings[:limit], characters[:limit]
        self.doodles = doodles[:few]
        self.own = own.first(limit) if own else as_non_digits(characters[:0])
        self.fixed = concatenate([self.mnist, as_non_digits(self.characters), self.own])
        self.rendered = RenderedStrokes(
            self.drawings + self.doodles, synthetic=synthetic if few is None else min(synthetic, few)
        )

    def __len__(self) -> int:
        """Images per epoch."""
        return len(self.fixed.digits) + self.rendered.images_per_epoch

    def epochs(self, seeds: Sequence[int], device: torch.device, *, workers: int = 0) -> Iterator[LabelledImages]:
        """Each seed's epoch, on the device. `workers` processes render ahead; 0 renders here.

        An epoch depends on its seed alone. The processes end with the iterator and with this process; DataError when
        one ends earlier.
        """
        fixed = self.fixed.to(device)
        parts = self.parts(seeds, workers if self.rendered.images_per_epoch else 0)
        for _ in seeds:
            yield concatenate([fixed, *(part.to(device) for part in islice(parts, PARTS))])

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


def concatenate(parts: Sequence[LabelledImages]) -> LabelledImages:
    return LabelledImages(*(torch.cat(tensors) for tensors in zip(*parts, strict=True)))


def as_non_digits(images: Tensor) -> LabelledImages:
    return LabelledImages(images, torch.full((len(images),), NO_DIGIT))
