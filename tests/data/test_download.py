"""Data sets that are absent, damaged, named otherwise or answered by somebody else."""

import contextlib
import csv
import errno
import gzip
import io
import json
import os
import shutil
import ssl
import sys
import threading
import zipfile
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.error import URLError
from urllib.parse import unquote

import pytest
import torch

from adder import files
from adder.data import download, sources, splits
from adder.data.synthetic import negatives
from train import main

LABELS = "t10k-labels-idx1-ubyte"
SIGN_IN = b"<html><title>Welcome to our hotel</title>"


class QuietHandler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass


@contextlib.contextmanager
def serving(handler: type[QuietHandler]):
    """A server in a thread; its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()


@contextlib.contextmanager
def mirror(content: bytes, *, promised: int | None = None, hangs: bool = False):
    """A server that answers `content` to anything, or fewer bytes than it promised, or nothing; its address."""
    over = threading.Event()

    class Answer(QuietHandler):
        def do_GET(self):
            if hangs:
                over.wait(60)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(promised or len(content)))
            self.end_headers()
            self.wfile.write(content)

    with serving(Answer) as address:
        try:
            yield address
        finally:
            over.set()


@pytest.fixture
def labels(data_dir):
    return (data_dir / "MNIST" / "raw" / LABELS).read_bytes()


def test_what_is_damaged_is_fetched_anew(tmp_path, labels, monkeypatch, capsys):
    path = tmp_path / "MNIST" / "raw" / LABELS
    path.parent.mkdir(parents=True)
    path.write_bytes(labels[:-1])
    with mirror(SIGN_IN) as hotel, mirror(gzip.compress(labels)) as good:
        monkeypatch.setattr(sources, "mnist_mirrors", lambda: [hotel, good])
        assert sources.mnist_file(tmp_path, LABELS) == labels
    assert path.read_bytes() == labels and [each.name for each in path.parent.iterdir()] == [LABELS]
    told = capsys.readouterr().err
    assert "sent something else" in told and told.count("downloading from") == 2, "one sees what is tried next"


@pytest.mark.parametrize("start", [None, b"", SIGN_IN])
def test_half_a_download_is_never_kept(tmp_path, labels, start, monkeypatch):
    path = tmp_path / "pendigits" / "pendigits-orig.tra"
    if start is not None:
        path.parent.mkdir()
        path.write_bytes(start)
    whole = bytes.fromhex("1f9d90") + bytes(200)
    with mirror(whole[:100], promised=200) as cut:
        monkeypatch.setattr(sources, "PENDIGITS_URL", cut)
        with pytest.raises(sources.DataError, match="--without pendigits") as caught:
            sources.pendigits(tmp_path)
    assert str(path) in str(caught.value) and ("is damaged" in str(caught.value)) == (start is not None)
    assert "\n" not in str(caught.value)
    assert [each.name for each in path.parent.iterdir()] == ([path.name] if start is not None else [])


def test_packed_strokes_that_others_cut_short_do_not_matter(data_dir, tmp_path, monkeypatch):
    """An earlier half download beside the file, as once left behind for ever."""
    folder = tmp_path / "pendigits"
    folder.mkdir()
    (folder / "pendigits-orig.tra.Z").write_bytes(SIGN_IN)
    strokes = (data_dir / "pendigits" / "pendigits-orig.tra").read_bytes()
    monkeypatch.setattr(sources, "unpack_lzw", lambda packed: strokes)
    with mirror(b"packed") as good:
        monkeypatch.setattr(sources, "PENDIGITS_URL", good)
        assert len(sources.pendigits(tmp_path)) == 7494


def test_a_mirror_that_hangs_is_given_up(tmp_path, labels, monkeypatch, capsys):
    monkeypatch.setattr(download, "TIMEOUT", 2)
    with mirror(b"", hangs=True) as silent, mirror(labels) as good:
        assert download.fetch(tmp_path / "file", [silent, good], md5(labels).hexdigest()) == labels
    assert "no answer in" in capsys.readouterr().err


@pytest.mark.parametrize("platform, remedy", [("darwin", "Install Certificates.command"), ("linux", "SSL_CERT_FILE")])
def test_a_certificate_is_told_apart_from_no_network(tmp_path, monkeypatch, platform, remedy):
    distrust = ssl.SSLCertVerificationError(1, "certificate verify failed")
    distrust.verify_message = "self-signed certificate in certificate chain"

    def urlopen(*_, **__):
        raise URLError(distrust)

    monkeypatch.setattr(download, "urlopen", urlopen)
    monkeypatch.setattr(sys, "platform", platform)
    with pytest.raises(sources.DataError, match=f"certificate is not trusted here .*{remedy}"):
        download.fetch(tmp_path / "file", ["https://example.org/file"], "")


@pytest.mark.parametrize("folder", ["MNIST/raw", "MNIST", "."])
@pytest.mark.parametrize("name", [f"{LABELS}.gz", "t10k-labels.idx1-ubyte", "t10k-labels.idx1-ubyte.gz"])
def test_mnist_as_others_name_it(tmp_path, labels, folder, name, monkeypatch):
    path = tmp_path / folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(labels) if name.endswith(".gz") else labels)
    monkeypatch.setattr(sources, "mnist_mirrors", list)
    assert sources.mnist_file(tmp_path, LABELS) == labels


def test_omniglot_is_put_there_whole(data_dir, tmp_path, monkeypatch):
    from torchvision.datasets import Omniglot

    root = tmp_path / "omniglot-py" / "images_background"
    (root / "Greek" / "character01").mkdir(parents=True)
    (root / "Greek" / "character01" / "0394_01.png").write_bytes(b"cut")
    packed = tmp_path / "whole.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for name in negatives.LOOK_ALIKES:
            for file in (data_dir / "omniglot-py" / "images_background" / name).rglob("*_01.png"):
                archive.write(file, file.relative_to(data_dir / "omniglot-py"))
    content = packed.read_bytes()
    with mirror(content) as good:
        monkeypatch.setattr(Omniglot, "download_url_prefix", good.rstrip("/"))
        monkeypatch.setitem(Omniglot.zips_md5, "images_background", md5(content).hexdigest())
        characters = {name: len(sources.omniglot(tmp_path, [name], 1)) for name in negatives.LOOK_ALIKES}
    assert all(characters.values())
    assert [each.name for each in root.parent.iterdir()] == [root.name]


def test_omniglot_is_put_there_though_a_scanner_reads_it(tmp_path, monkeypatch):
    """As Windows refuses to rename a folder while a virus scanner looks into it."""
    root = tmp_path / "dätä" / "images_background"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("images_background/A/character01/a.png", b"x")
    monkeypatch.setattr(sources, "fetch", lambda *_, **__: packed.getvalue())
    refusals = [PermissionError(errno.EACCES, "Access is denied")] * 2
    for rename in ("rename", "replace"):
        usual = getattr(os, rename)
        monkeypatch.setattr(os, rename, lambda *paths, usual=usual: raise_(refusals) or usual(*paths))
    monkeypatch.setattr(files, "RETRY_AFTER", (0.001,) * 3)
    sources.unpack_omniglot(root)
    assert (root / "A" / "character01" / "a.png").read_bytes() == b"x" and not refusals


def raise_(errors: list) -> None:
    if errors:
        raise errors.pop()


def test_a_character_may_be_rotated_and_mirrored():
    images = torch.arange(2 * 784, dtype=torch.int16).view(2, 1, 28, 28)
    made = list(sources.rotated("Balinese", {number: images + number for number in range(1, 25)}))[:4]
    first = images + 1  # 'Balinese,1,180 270,0 180'
    wanted = [first.flip(2, 3), first.mT.flip(3), first.flip(3), first.flip(2)]
    assert all(torch.equal(one, other) for one, other in zip(made, wanted, strict=True))
    assert not any(list(sources.rotated(name, {})) for name in negatives.VALIDATION_ALPHABETS)


def test_a_full_disk_is_named(tmp_path, labels, monkeypatch):
    def full(path):
        raise OSError("could not be written") from OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(download, "replacing", full)
    with (
        mirror(labels) as good,
        pytest.raises(sources.DataError, match=r"the disk is full: .* are free; use --data-dir"),
    ):
        download.fetch(tmp_path / "file", [good], md5(labels).hexdigest())


@pytest.mark.parametrize("name", splits.OPTIONAL)
def test_missing_set_names_the_flag_that_goes_without_it(tmp_path, name, offline):
    with pytest.raises(sources.DataError, match=f"train without it: --without {name}"):
        getattr(splits, name)(tmp_path)


def test_damaged_strokes_are_named(data_dir, tmp_path, offline):
    (tmp_path / "pendigits").mkdir()
    whole = (data_dir / "pendigits" / "pendigits-orig.tra").read_bytes()
    (tmp_path / "pendigits" / "pendigits-orig.tra").write_bytes(whole[:-100])
    with pytest.raises(sources.DataError, match=r"pendigits-orig.tra is damaged"):
        sources.pendigits(tmp_path)


def test_no_data_and_no_network_is_one_error(tmp_path, offline, capsys):
    assert main(["--dry-run", "--device", "cpu", "--data-dir", str(tmp_path)]) == 2
    [error] = [line for line in capsys.readouterr().err.splitlines() if line.startswith("train.py: ")]
    assert "--data-dir" in error and all(name in error for name in sources.MNIST_MD5), "what to put where"
    assert str(tmp_path / "MNIST" / "raw") in error


def test_a_folder_that_cannot_be_read(tmp_path):
    (tmp_path / "MNIST").write_text("a file", encoding="utf-8")
    with pytest.raises(sources.DataError, match=r"cannot be read or written: .*; use --data-dir"):
        sources.mnist(tmp_path, train=False)


def test_nothing_is_downloaded_that_is_there(data_dir, tmp_path, monkeypatch):
    shutil.copytree(data_dir / "MNIST", tmp_path / "MNIST")
    monkeypatch.setattr(download, "download", lambda url: pytest.fail(url))
    assert len(sources.mnist(tmp_path, train=False).digits) == 10_000


@pytest.mark.parametrize("heeds_range", [True, False])
def test_only_the_first_bytes_of_a_words_file_are_fetched(data_dir, tmp_path, monkeypatch, heeds_range):
    asked = []

    class Answer(QuietHandler):
        def do_GET(self):
            name = unquote(self.path.removeprefix("/"))
            asked.append((name, self.headers["Range"]))
            lines = (data_dir / "quickdraw" / name).read_bytes()
            whole = lines + b"\n" + lines.replace(b"\n", b" ") * 2  # the next line goes on beyond what is asked for
            content = whole[: sources.QUICKDRAW_FIRST_BYTES] if heeds_range else whole
            self.send_response(206 if heeds_range else 200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            with contextlib.suppress(OSError):  # hung up
                self.wfile.write(content)

    with serving(Answer) as address:
        monkeypatch.setattr(sources, "QUICKDRAW_URL", address)
        doodles = sources.quickdraw(tmp_path)
    assert len(asked) == len(doodles) == 120 and {wanted for _, wanted in asked} == {"bytes=0-99999"}
    assert "alarm clock.ndjson" in dict(asked)
    for path in (tmp_path / "quickdraw").iterdir():
        assert path.read_bytes() == (data_dir / "quickdraw" / path.name).read_bytes()
    assert {word: len(drawings) for word, drawings in doodles.items()} == {
        word: len(drawings) for word, drawings in sources.quickdraw(data_dir).items()
    }


def test_doodles_without_a_whole_line_are_something_else(tmp_path, monkeypatch):
    with mirror(SIGN_IN) as hotel:
        monkeypatch.setattr(sources, "QUICKDRAW_URL", hotel)
        with pytest.raises(sources.DataError, match="--without quickdraw") as caught:
            sources.quickdraw(tmp_path)
    assert "sent something else" in str(caught.value)


def test_look_alikes_are_left_out(data_dir):
    with open(sources.QUICKDRAW_TABLE, encoding="ascii", newline="") as table:
        rows = list(csv.DictReader(table))
    for row, (word, drawings) in zip(rows, sources.quickdraw(data_dir).items(), strict=True):
        lines = (data_dir / "quickdraw" / f"{word}.ndjson").read_text(encoding="utf-8").splitlines()
        ids = [json.loads(line)["key_id"] for line in lines]
        look_alikes = row["look_alikes"].split()
        assert set(look_alikes) <= set(ids) and len(drawings) == len(ids) - len(look_alikes)
    assert sum(len(row["look_alikes"].split()) for row in rows) == 226
