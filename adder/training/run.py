"""One run: what determines it, its moving parts, and the file from which it resumes. Knows no data and no loss."""

import hashlib
import json
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from adder.network import checkpoint
from adder.network import model as models
from adder.training import distillation, distributed
from adder.training.recipes import RECIPES

STATE = "checkpoint.safetensors"
FILES = ("extra", "teachers", "start")  # of Settings: absolute paths


@dataclass(frozen=True)
class Settings:
    """What a run is determined by, besides the data's content and the machine."""

    recipe: str
    epochs: int
    batch_size: int
    lr: float
    seed: int
    without: tuple[str, ...] = ()  # data sets left out
    all_writers: bool = False  # the validation writers are trained on too
    limit: int | None = None  # images of each set, for a dry run
    supervision: str = "both"  # or "sum": no digit is told, only sums
    extra: tuple[str, ...] = ()  # files of collected drawings
    teachers: tuple[str, ...] = ()  # weights files of networks to learn from beside the labels
    snapshots: bool = False  # networks on the way are kept
    start: tuple[str, ...] = ()  # weights files to go on from, or from their mean, in the place of chance
    data_dir: str = ""  # folder of the data sets

    def published(self) -> dict:
        """For the record: of files their names alone, for a path says whose machine it is of."""
        names = {field: [Path(path).name for path in getattr(self, field)] for field in FILES}
        return {name: value for name, value in (asdict(self) | names).items() if name != "data_dir"}


class Run:
    """One run's moving parts: network, its average, optimiser, and the log of the epochs behind it.

    `provenance` tells where the run comes from (command, commit) and is kept through every resume.
    """

    def __init__(self, settings: Settings, device: torch.device, provenance: dict):
        self.settings, self.device, self.provenance = settings, device, provenance
        self.recipe = RECIPES[settings.recipe]
        torch.manual_seed(settings.seed)
        self.network = models.build(**self.recipe.model).to(device)
        if settings.start:
            self.network.load_state_dict(start_weights(settings.start, self.recipe.model))
        distributed.convert_sync_batchnorm(self.network)
        self.teachers = distillation.load(settings.teachers, device)
        self.average = deepcopy(self.network)
        pairs = list(zip(self.average.state_dict().values(), self.network.state_dict().values(), strict=True))
        self.averaged = [pair for pair in pairs if pair[0].is_floating_point()]
        self.copied = [pair for pair in pairs if not pair[0].is_floating_point()]
        self.updates = 0  # of the average
        self.optimiser = self.recipe.optimiser(self.network.parameters(), settings.lr)
        self.graphs: dict[tuple, Callable[..., Tensor]] = {}  # on CUDA, what a step has been captured as
        self.log: list[dict] = []
        self.extra: dict[str, str] = {}  # the SHA-256 of each file of settings.extra, as it was trained on last

    def tensors(self) -> dict[str, Tensor]:
        """What a resume needs beside the description, by its name in the file."""
        tensors = {f"network.{name}": tensor for name, tensor in self.network.state_dict().items()}
        tensors |= {f"average.{name}": tensor for name, tensor in self.average.state_dict().items()}
        for index, state in self.optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{index}.{name}": value for name, value in state.items()}
        return tensors

    def changed_extra(self) -> list[str]:
        """Which of settings.extra have changed since the run was last at work; how they are now is kept."""
        now = {name: digest(Path(name)) for name in self.settings.extra}
        changed = [name for name in now if self.extra.get(name, now[name]) != now[name]]
        self.extra = now
        return changed

    def is_finite(self) -> bool:
        return all(bool(tensor.isfinite().all()) for tensor in self.tensors().values())

    def save(self, folder: Path) -> None:
        description: dict = {"settings": asdict(self.settings), "origin": self.provenance, "log": self.log}
        description |= {"updates": self.updates, "extra": self.extra}
        checkpoint.save(folder / STATE, self.tensors(), description)

    @classmethod
    def load(cls, folder: Path, device: torch.device) -> "Run":
        """Raises CheckpointError when the folder holds no whole checkpoint of this version."""
        path = folder / STATE
        tensors, description = checkpoint.load(path)
        try:
            kept = description["settings"]
            settings = Settings(**kept | {name: tuple(kept.get(name) or ()) for name in ("without", *FILES)})
            run = cls(replace(settings, start=()), device, description["origin"])
            run.settings, run.extra = settings, description.get("extra", {})
            run.log, run.updates = description["log"], description["updates"]
            parts: dict[str, dict] = {"network": {}, "average": {}, "optimiser": {}}
            for name, tensor in tensors.items():
                part, _, rest = name.partition(".")
                parts[part][rest] = tensor
            run.network.load_state_dict(parts["network"])
            run.average.load_state_dict(parts["average"])
            state: dict[int, dict] = {}
            for name, tensor in parts["optimiser"].items():
                index, _, key = name.partition(".")
                state.setdefault(int(index), {})[key] = tensor
            groups = run.optimiser.state_dict()["param_groups"]
            run.optimiser.load_state_dict({"state": state, "param_groups": groups})
            give_moments_their_layout(run.optimiser)
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise checkpoint.CheckpointError(f"{path} is not the state of a run of this version ({error})") from error
        return run

    @torch.no_grad()
    def update_average(self) -> None:
        """Moves the average towards the network, exponentially; it forgets faster while it is young.

        The network's weight is 9 / (10 + updates), at least 1 - decay, and the first update copies. The count is
        Python's and the move one call for all tensors: torch's AveragedModel reads its own count back from the device
        for each.
        """
        weight = max(9 / (10 + self.updates), 1 - self.recipe.averaging) if self.updates else 1.0
        averages, currents = zip(*self.averaged, strict=True)
        torch._foreach_lerp_(averages, currents, weight)
        if self.copied:
            averages, currents = zip(*self.copied, strict=True)
            torch._foreach_copy_(averages, currents)
        self.updates += 1


def digest(path: Path) -> str:
    """SHA-256 of a file, or of all files in a folder."""
    state = hashlib.sha256()
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_file():
            state.update(str(file).encode() + file.read_bytes())
    return state.hexdigest()


def start_weights(paths: Sequence[str], model: dict) -> dict[str, Tensor]:
    """The mean of the weights files of this very network, not calibrated. Raises CheckpointError for another's.

    Networks that went on from the same one lie in one valley, and their mean in its middle, where it is often better
    than each: Wortsman et al. 2022, 'Model soups'.
    """
    files = []
    for path in paths:
        tensors, description = checkpoint.load(path)
        if description.get("model") != json.loads(json.dumps(model, allow_nan=False)):  # as files keep it
            raise checkpoint.CheckpointError(f"{path} holds another network than this recipe's; name another, or none")
        files.append(tensors)
    mean = {
        name: torch.stack([each[name] for each in files]).float().mean(0).to(tensor.dtype)
        for name, tensor in files[0].items()
    }
    return mean | {"temperature": torch.ones(())}


def give_moments_their_layout(optimiser: torch.optim.Optimizer) -> None:
    """Lays each moment out as its parameter is: fused optimisers walk both as they lie, and files hold rows."""
    for parameter, state in optimiser.state.items():
        for name, moment in state.items():
            if torch.is_tensor(moment) and moment.shape == parameter.shape:
                state[name] = torch.empty_like(parameter, requires_grad=False).copy_(moment)
