"""Snapshots: the averaged network of a run at several steps of its training, each with its validation scores."""

from pathlib import Path

import torch

from adder.network import checkpoint
from adder.training.run import Run

FOLDER = "snapshots"
STEPS = (0, 20, 60, 150)
EPOCHS = (0.5, 1, 2, 5, 10)


def steps_of(steps: int, epochs: int) -> set[int]:
    """The steps at which a run writes a snapshot: STEPS, EPOCHS times `steps` per epoch, and the end."""
    total = steps * epochs
    return {step for step in (*STEPS, *(round(epoch * steps) for epoch in EPOCHS)) if step < total} | {total}


def write(run: Run, steps: int, validation: dict, folder: Path) -> None:
    """Writes the averaged network as float16, with its validation scores. `steps` is the number of steps per epoch."""
    description = {
        "recipe": run.settings.recipe,
        "model": run.recipe.model,
        **run.provenance,
        "step": run.updates,
        "epoch": run.updates / steps,
        "validation": validation,
    }
    save(folder / FOLDER / f"{run.updates:06}.safetensors", run.average.state_dict(), description)


def finish(folder: Path, temperature: float) -> None:
    """Gives all snapshots the temperature of the run, and no threshold: the lesson shows every answer."""
    for path in sorted((folder / FOLDER).glob("*.safetensors")):
        tensors, description = checkpoint.load(path)
        tensors["temperature"].fill_(temperature)
        save(path, tensors, description | {"calibration": {"temperature": temperature}})


def save(path: Path, tensors: dict[str, torch.Tensor], description: dict) -> None:
    halves = {name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in tensors.items()}
    checkpoint.save(path, halves, description)
