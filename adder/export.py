"""Writes the network as a file that a browser reads without a server: python -m adder.export FOLDER.

network.bin holds what adder/page/web/engine/ needs, and nothing else: the length of the header in bytes (uint32), the
header (JSON: names, shapes and places of the tensors, and the settings), then the tensors (float32). All is little
endian. A convolution's weights are (height, width, inputs, outputs), a linear layer's (inputs, outputs): the order in
which the engine reads them. Half the bytes, float16, would move probabilities by up to 0.16 points.
"""

import argparse
import gzip
import json
import sys
from pathlib import Path
from typing import Any, cast

import numpy as np
from torch import Tensor, nn

from adder.drawing import curves, raster, strokes
from adder.files import replacing, user_path
from adder.network.backbones import ResidualBackbone, ResidualBlock
from adder.network.heads import ConvolutionHead
from adder.reader import Reader

FORMAT = "adder-network-1"
ALIGNMENT = 4  # bytes
BLOCK = 8  # the engine adds up so many outputs of a convolution at a time
DRAWING = {  # how strokes become an image; the constants are those of adder/drawing
    "curve": {"roundness": curves.ROUNDNESS, "bends": curves.BEND_COSINES, "beside": curves.BEND_BONUS},
    "pieces": {"gap": curves.MAX_GAP, "most": curves.MAX_PIECES, "straight": curves.STRAIGHT},
    "specks": {"size": strokes.SPECK_SIZE, "distance": strokes.SPECK_DISTANCE, "upright": strokes.UPRIGHT_WIDTH},
    "image": {"side": raster.SIDE, "box": raster.BOX, "pen": raster.PEN, "fine": raster.FINE},
    "subpixels": 1 << strokes.SUBPIXEL_BITS,
}


def network_file(reader: Reader) -> bytes:
    """The content of network.bin, for a reader that was loaded, so that its batch norms are folded.

    ValueError unless the network has a residual backbone with widths that BLOCK divides, the head 'convolution', and an
    output for 'not a digit'.
    """
    places: list[dict[str, Any]] = []
    data = bytearray()
    for name, tensor in tensors(reader).items():
        places.append({"name": name, "shape": [*tensor.shape], "offset": len(data)})
        data += tensor.astype("<f4").tobytes()
    header = {
        "format": FORMAT,
        "weights": reader.weights,
        "tensors": places,
        "mean": reader.network.mean,
        "std": reader.network.std,
        "temperature": reader.network.temperature.item(),
        "threshold": reader.threshold,
        "drawing": DRAWING,
    }
    text = json.dumps(header, allow_nan=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % ALIGNMENT)
    return len(text).to_bytes(4, "little") + text + data


def tensors(reader: Reader) -> dict[str, np.ndarray]:
    """The network's numbers by name, float32, with each batch norm inside the layer before it.

    The first norm follows a pool, so it stays as a scale and a bias of each channel.
    """
    network = reader.network
    backbone, head = network.backbone, network.head
    if not isinstance(backbone, ResidualBackbone) or not isinstance(head, ConvolutionHead) or network.refusal is None:
        raise ValueError("only a network with backbone 'residual', head 'convolution' and refusal can be exported")
    conv, norm = backbone.stem[0], backbone.stem[2]
    assert isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d)
    mean, variance = cast(Tensor, norm.running_mean), cast(Tensor, norm.running_var)
    scale = norm.weight / (variance + norm.eps).sqrt()
    found = {"stem.weight": conv.weight, "stem.scale": scale, "stem.bias": norm.bias - mean * scale}
    for name in ("stage1", "stage2"):
        (widen, *_), block, *_ = getattr(backbone, name)
        assert isinstance(block, ResidualBlock)
        found |= (
            layer(f"{name}.widen", widen) | layer(f"{name}.conv1", block.conv1) | layer(f"{name}.conv2", block.conv2)
        )
    if any(tensor.shape[0] % BLOCK for tensor in found.values()):
        raise ValueError(f"only a network with widths that {BLOCK} divides can be exported")
    found |= layer("digit", network.digit) | layer("refusal", network.refusal)
    found["value"] = head.log_value().exp()
    return {name: in_order(tensor) for name, tensor in found.items()}


def layer(name: str, module: nn.Module) -> dict[str, Tensor]:
    """A convolution or linear layer, behind which a norm has been folded."""
    weight, bias = module.weight, module.bias
    assert isinstance(weight, Tensor) and isinstance(bias, Tensor)
    return {f"{name}.weight": weight if weight.dim() == 4 else weight.T, f"{name}.bias": bias}


def in_order(tensor: Tensor) -> np.ndarray:
    """float32, and a convolution's (outputs, inputs, height, width) as (height, width, inputs, outputs)."""
    array = tensor.detach().cpu().numpy()
    return np.ascontiguousarray(array.transpose(2, 3, 1, 0) if array.ndim == 4 else array)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m adder.export", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=user_path, metavar="FOLDER", help="where network.bin goes")
    parser.add_argument("--weights", type=user_path, help="weights file of the network (default: the shipped one)")
    flags = parser.parse_args()
    try:
        content = network_file(Reader.load(flags.weights, "cpu"))
        path: Path = flags.folder / "network.bin"
        with replacing(path) as temporary:
            temporary.write_bytes(content)
    except (ValueError, OSError) as error:
        sys.exit(f"{parser.prog}: error: {error}")
    print(f"{path}: {len(content):,} bytes, {len(gzip.compress(content, mtime=0)):,} gzipped")


if __name__ == "__main__":
    main()
