"""Where the tests find real data and the shipped weights."""

import os
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder that holds MNIST/raw and pendigits; without it tests skip, and fail where CI=true."""
    places = [ROOT.parent / "shared" / "data", ROOT / "data"]
    if os.environ.get("ADDER_DATA"):
        places.insert(0, Path(os.environ["ADDER_DATA"]))
    for place in places:
        if (place / "MNIST" / "raw" / "t10k-images-idx3-ubyte").exists():
            return place
    missing("no data folder with MNIST: set ADDER_DATA, or run python train.py --dry-run once")


@pytest.fixture(scope="session")
def weights() -> Path:
    return ROOT / "weights" / "adder.safetensors"


def missing(what: str) -> None:
    """Skips the test for want of something; where CI=true, nothing may be missing."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} (and CI=true)")
    pytest.skip(what)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)
