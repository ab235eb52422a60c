"""The training set, epoch by epoch: fixed images, and strokes that each epoch renders again, in worker processes."""

from collections.abc import Iterator, Sequence
from itertools import islice

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from adder.data.sources import DataError, Split, as_tensor
from adder.data.synthetic import negatives, pen_noise
from adder.drawing import raster
from adder.drawing.strokes import NO_DIGIT, Drawing, augment_strokes, draw, without_far_specks

REPEATS = 2  # of each drawing in an epoch; random warps make them different
INVENTED = 12000  # synthetic non-digits an epoch
PARTS = 16  # of the rendered images of an epoch


class RenderedStrokes(Dataset):
    """Drawings and synthetic non-digits, rendered with new random changes for every epoch.

    Item (seed, part), with the epoch's seed and 0 <= part < PARTS, is a Split on the CPU. It depends on the two numbers
    alone, so that processes can share the work.
    """

    def __init__(self, drawings: list[Drawing], *, invented: int):
        self.drawings, self.invented = drawings, invented
        self.shared: dict | None = None

    def __len__(self) -> int:
        """Images in an epoch."""
        return REPEATS * len(self.drawings) + self.invented

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
            "invented": self.invented,
        }

    def __setstate__(self, state: dict) -> None:
        strokes = iter(np.split(state["points"].numpy(), state["lengths"].cumsum(0)[:-1]))
        rows = state["drawings"].tolist()
        drawings = [Drawing(digit, writer, list(islice(strokes, count))) for digit, writer, count in rows]
        self.__init__(drawings, invented=state["invented"])  # type: ignore[misc]

    def __getitem__(self, key: tuple[int, int]) -> Split:
        part = key[1]
        rng = np.random.default_rng(key)
        drawings = self.drawings[part::PARTS]
        images = as_tensor([render_randomly(pen_noise.rewrite(d.digit, d.strokes, rng), rng) for d in drawings])
        drawn = Split(images, torch.tensor([drawing.digit for drawing in drawings], dtype=torch.long))
        digits = [drawing.strokes for drawing in self.drawings if drawing.digit != NO_DIGIT]
        count = len(range(part, self.invented, PARTS))
        invented = [render_randomly(negatives.invent(rng, digits), rng) for _ in range(count)]
        return concatenate([drawn] * REPEATS + [as_non_digits(as_tensor(invented))])


class TrainingSet:
    """All that a run learns from: MNIST, your own images and characters, which are fixed; drawings and doodles, which
    every epoch renders again; and synthetic non-digits.
    """

    def __init__(
        self,
        mnist: Split,
        drawings: list[Drawing],
        characters: Tensor,
        doodles: list[Drawing],
        *,
        invented: int,
        limit: int | None,
        own: Split | None = None,
    ):
        few = None if limit is None else limit // 8
        self.mnist, self.drawings, self.characters = mnist.first(limit), drawings[:limit], characters[:limit]
        self.doodles = doodles[:few]
        self.own = own.first(limit) if own else as_non_digits(characters[:0])
        self.fixed = concatenate([self.mnist, as_non_digits(self.characters), self.own])
        self.drawn = RenderedStrokes(
            self.drawings + self.doodles, invented=invented if few is None else min(invented, few)
        )

    def __len__(self) -> int:
        """Images in an epoch."""
        return len(self.fixed.digits) + len(self.drawn)

    def epochs(self, seeds: Sequence[int], device: torch.device, *, workers: int = 0) -> Iterator[Split]:
        """Each seed's epoch, on the device. `workers` processes render ahead; 0 renders here.

        An epoch depends on its seed alone. The processes end with the iterator and with this process; DataError when
        one ends earlier.
        """
        fixed = self.fixed.to(device)
        parts = self.parts(seeds, workers if len(self.drawn) else 0)
        for _ in seeds:
            yield concatenate([fixed, *(part.to(device) for part in islice(parts, PARTS))])

    def parts(self, seeds: Sequence[int], workers: int) -> Iterator[Split]:
        """The rendered images of each seed, in PARTS."""
        loader = DataLoader(
            self.drawn,
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
                yield Split(*map(torch.from_numpy, part))
        except (RuntimeError, OSError) as error:
            if not workers:
                raise
            reason = str(error).strip().splitlines()[-1]
            raise DataError(
                f"the processes that render images ended ({reason}); train without them: --workers 0"
            ) from error


def as_arrays(split: Sequence[Tensor]) -> tuple[np.ndarray, ...]:
    """Arrays, which travel through a pipe. Tensors need shared memory, and a container may have only 64 MB of it."""
    return tuple(tensor.numpy() for tensor in split)


def use_one_thread(worker: int) -> None:
    cv2.setNumThreads(1)  # the images are too small to share among cores


def render_randomly(strokes: list[np.ndarray], rng: np.random.Generator) -> np.ndarray | None:
    """Strokes with random changes -> image (28, 28): drawn as the page does with a pen of random width, or as ink."""
    strokes = augment_strokes(pen_noise.spoil(strokes, rng), rng)
    if rng.random() < 0.85:
        return raster.strokes_to_mnist(strokes, width=rng.uniform(1.8, 3.6))
    canvas = int(rng.integers(60, 400))
    size = canvas * rng.uniform(0.25, 0.95)
    brush = max(1.5, size * rng.uniform(0.02, 0.2))
    return raster.to_mnist(draw(without_far_specks(strokes), canvas=canvas, size=size, brush=brush))


def concatenate(splits: Sequence[Split]) -> Split:
    return Split(*(torch.cat(tensors) for tensors in zip(*splits, strict=True)))


def as_non_digits(images: Tensor) -> Split:
    return Split(images, torch.full((len(images),), NO_DIGIT))
