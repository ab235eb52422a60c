"""Reads and writes weights files: safetensors with a JSON description in the header. Nothing is unpickled."""

import json
import sys
import time
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as serialise
from torch import Tensor

from adder.files import replacing
from adder.network import model as models

FORMAT = "adder-1"


class CheckpointError(ValueError):
    """A file that is missing, damaged, or of another program or network. It names the file and what to do."""


def save(path: Path, tensors: dict[str, Tensor], description: dict) -> None:
    """Writes tensors and a description of JSON values; a crash leaves the old file whole.

    If another program holds the file open, it writes a new file beside it and names that on stderr. OSError when the
    disk is full or read-only; ValueError for NaN or infinity in the description.
    """
    path = Path(path)
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    content = serialise(tensors, {"format": FORMAT, "description": json.dumps(description, allow_nan=False)})
    try:
        with replacing(path) as temporary:
            temporary.write_bytes(content)
    except PermissionError:
        spare = path.with_name(f"{path.stem}-{time.strftime('%Y%m%d-%H%M%S')}{path.suffix}")
        with replacing(spare) as temporary:
            temporary.write_bytes(content)
        print(f"{path} is open in another program; saved as {spare}: rename that", file=sys.stderr)


def load(path: Path | str) -> tuple[dict[str, Tensor], dict]:
    """A file that `save` wrote -> (finite tensors on the CPU, description). CheckpointError says what is wrong."""
    path = Path(path)
    if not path.is_file():
        raise CheckpointError(f"{path} does not exist; name another file, or make one with: python train.py")
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
    except (SafetensorError, OSError, ValueError) as error:
        raise CheckpointError(f"{path} is not a complete weights file ({error}); fetch or train it again") from error
    try:
        description = json.loads(header["description"]) if header.get("format") == FORMAT else None
    except (KeyError, ValueError):
        description = None
    if not isinstance(description, dict):
        raise CheckpointError(f"{path} has no {FORMAT} header; name a file that train.py saved")
    damaged = next((name for name, tensor in tensors.items() if not tensor.isfinite().all()), None)
    if damaged:
        raise CheckpointError(f"{path} holds NaN or infinity, in {damaged}; fetch or train it again")
    return tensors, description


def load_model(path: Path | str, device: torch.device | str = "cpu") -> tuple[models.Adder, dict]:
    """A weights file -> (network in evaluation mode on `device`, description). CheckpointError says what is wrong."""
    tensors, description = load(path)
    try:
        network = models.build(**description["model"])
        network.load_state_dict(tensors)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise CheckpointError(
            f"{path} does not fit the network that it describes ({reason}); train it again"
        ) from error
    return network.eval().to(device), description
