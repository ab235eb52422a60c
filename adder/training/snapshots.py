"""Networks on their way: the averaged weights of a run after chosen steps, small, each with how good it was by then."""

from pathlib import Path

import torch

from adder.network import checkpoint
from adder.training.run import Run

FOLDER = "snapshots"
STEPS = (0, 20, 60, 150)
EPOCHS = (0.5, 1, 2, 5, 10)


def moments(steps: int, epochs: int) -> set[int]:
    """After how many steps one is taken, of a run with so many steps an epoch; the last is the end."""
    total = steps * epochs
    return {step for step in (*STEPS, *(round(epoch * steps) for epoch in EPOCHS)) if step < total} | {total}


def take(run: Run, steps: int, validation: dict, folder: Path) -> None:
    """Writes the averaged network as float16, named by its steps; `steps` an epoch, `validation` its scores by now."""
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
    """Gives all of them the run's own temperature, and no threshold: they are to answer whatever is drawn."""
    for path in sorted((folder / FOLDER).glob("*.safetensors")):
        tensors, description = checkpoint.load(path)
        tensors["temperature"].fill_(temperature)
        save(path, tensors, description | {"calibration": {"temperature": temperature}})


def save(path: Path, tensors: dict[str, torch.Tensor], description: dict) -> None:
    halves = {name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in tensors.items()}
    checkpoint.save(path, halves, description)
