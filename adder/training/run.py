"""A run: its settings, its state, and the file from which it resumes. Knows no data and no loss."""

import hashlib
from collections.abc import Callable
from copy import deepcopy
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor

from adder.network import checkpoint
from adder.network import model as models
from adder.training import distributed
from adder.training.recipes import RECIPES

STATE = "checkpoint.safetensors"


@dataclass(frozen=True)
class Settings:
    """What determines a run, besides the content of the data and the machine."""

    recipe: str
    epochs: int
    batch_size: int
    lr: float
    seed: int
    limit: int | None = None  # largest number of images of each set, for a dry run
    supervision: str = "both"  # or "sum": the loss sees sums, never digits
    extra: tuple[str, ...] = ()  # files and folders of your own digits: absolute paths
    snapshots: bool = False  # write snapshots
    data_dir: str = ""  # folder of MNIST

    def published(self) -> dict:
        """The settings for the record, with names of files only: their paths could be private."""
        names = {"extra": [Path(path).name for path in self.extra]}
        return {name: value for name, value in (asdict(self) | names).items() if name != "data_dir"}


class Run:
    """The state of a run: network, moving average, optimiser, and the log of finished epochs.

    `provenance` holds where the run comes from (command, commit); every resume keeps it.
    """

    def __init__(self, settings: Settings, device: torch.device, provenance: dict):
        self.settings, self.device, self.provenance = settings, device, provenance
        self.recipe = RECIPES[settings.recipe]
        torch.manual_seed(settings.seed)
        self.network = models.build(**self.recipe.model).to(device)
        distributed.convert_sync_batchnorm(self.network)
        self.average = deepcopy(self.network)
        pairs = list(zip(self.average.state_dict().values(), self.network.state_dict().values(), strict=True))
        self.averaged = [pair for pair in pairs if pair[0].is_floating_point()]
        self.copied = [pair for pair in pairs if not pair[0].is_floating_point()]
        self.updates = 0  # of the average
        self.optimiser = self.recipe.optimiser(self.network.parameters(), settings.lr)
        self.graphs: dict[tuple, Callable[..., Tensor]] = {}  # captured steps, on CUDA
        self.log: list[dict] = []
        self.extra: dict[str, str] = {}  # SHA-256 of each file of settings.extra, when last trained on

    def tensors(self) -> dict[str, Tensor]:
        """The tensors that a resume needs, by their names in the file."""
        tensors = {f"network.{name}": tensor for name, tensor in self.network.state_dict().items()}
        tensors |= {f"average.{name}": tensor for name, tensor in self.average.state_dict().items()}
        for index, state in self.optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{index}.{name}": value for name, value in state.items()}
        return tensors

    def changed_extra(self) -> list[str]:
        """The files of settings.extra that changed since the run last trained. Remembers their present state."""
        now = {name: digest(Path(name)) for name in self.settings.extra}
        changed = [name for name in now if self.extra.get(name, now[name]) != now[name]]
        self.extra = now
        return changed

    def is_finite(self) -> bool:
        return all(bool(tensor.isfinite().all()) for tensor in self.tensors().values())

    def save(self, folder: Path) -> None:
        description: dict = {"settings": asdict(self.settings), "provenance": self.provenance, "log": self.log}
        description |= {"updates": self.updates, "extra": self.extra}
        checkpoint.save(folder / STATE, self.tensors(), description)

    @classmethod
    def load(cls, folder: Path, device: torch.device) -> "Run":
        """CheckpointError when the folder holds no complete checkpoint of this version."""
        path = folder / STATE
        tensors, description = checkpoint.load(path)
        try:
            kept = description["settings"]
            settings = Settings(**kept | {"extra": tuple(kept["extra"])})
            provenance = description["provenance" if "provenance" in description else "origin"]
            run = cls(settings, device, provenance)
            run.extra = description.get("extra", {})
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
            raise checkpoint.CheckpointError(f"{path} is not a run of this version ({error})") from error
        return run

    @torch.no_grad()
    def update_average(self) -> None:
        """Moves the exponential moving average towards the network; early updates move it further.

        The network's weight is 9 / (10 + updates), at least 1 - decay; the first update copies. One call moves all
        tensors and Python counts: torch's AveragedModel reads its count back from the device for each tensor.
        """
        weight = max(9 / (10 + self.updates), 1 - self.recipe.ema_decay) if self.updates else 1.0
        averages, currents = zip(*self.averaged, strict=True)
        torch._foreach_lerp_(averages, currents, weight)
        if self.copied:
            averages, currents = zip(*self.copied, strict=True)
            torch._foreach_copy_(averages, currents)
        self.updates += 1


def digest(path: Path) -> str:
    """SHA-256 of a file, or of all files in a folder, as hexadecimal digits."""
    state = hashlib.sha256()
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_file():
            state.update(str(file).encode() + file.read_bytes())
    return state.hexdigest()


def give_moments_their_layout(optimiser: torch.optim.Optimizer) -> None:
    """Gives each moment the memory format of its parameter: fused optimisers need both alike, and files keep none."""
    for parameter, state in optimiser.state.items():
        for name, moment in state.items():
            if torch.is_tensor(moment) and moment.shape == parameter.shape:
                state[name] = torch.empty_like(parameter, requires_grad=False).copy_(moment)
