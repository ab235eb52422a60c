import cv2
import numpy as np
import pytest
import torch

from adder.training import augment

USUAL = augment.Strength(rotation=10, scale=0.1, shear=0.2, shift=1.5, elastic=0.7, width=0.3)


@pytest.fixture
def images(rng):
    blobs = rng.random((6, 28, 28), dtype=np.float32)
    return torch.from_numpy(np.stack([cv2.GaussianBlur(blob, (0, 0), 1.5) for blob in blobs]))[:, None]


def test_affine_is_that_of_cv2(images):
    torch.manual_seed(1)
    strength = USUAL._replace(rotation=30, scale=0.3, shear=0.4, shift=3)
    matrices = augment.random_affine(len(images), strength, "cpu")
    warped = augment.sample(images, augment.affine_grid(matrices, 28, 28))
    to_middle = np.array([[1, 0, -13.5], [0, 1, -13.5], [0, 0, 1]])
    for image, matrix, result in zip(images, matrices.numpy(), warped, strict=True):
        about_middle = np.linalg.inv(to_middle) @ np.vstack([matrix, (0, 0, 1)]) @ to_middle
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        expected = cv2.warpAffine(image[0].numpy(), about_middle[:2], (28, 28), flags=flags)
        np.testing.assert_allclose(result[0], expected, atol=0.02)  # cv2 rounds places to 1/32 px


def test_displacement_is_that_of_cv2(images):
    torch.manual_seed(2)
    identity = torch.eye(2, 3).expand(len(images), 2, 3)
    grid = augment.affine_grid(identity, 28, 28) + augment.elastic_field(len(images), 28, 28, 2.0, "cpu")
    warped = augment.sample(images, grid)
    for image, places, result in zip(images, grid.numpy(), warped, strict=True):
        expected = cv2.remap(image[0].numpy(), places[..., 0], places[..., 1], cv2.INTER_LINEAR)
        np.testing.assert_allclose(result[0], expected, atol=0.02)


def test_elastic_field_is_smooth_and_of_the_strength_asked():
    torch.manual_seed(3)
    field = augment.elastic_field(500, 28, 28, 2.0, "cpu")
    rms = field.square().mean((1, 2, 3)).sqrt()
    assert rms.max() <= 2.0 + 1e-5 and rms.mean() == pytest.approx(1.0, abs=0.1)
    neighbours = field[:, :, 1:] - field[:, :, :-1]
    assert neighbours.square().mean().sqrt() < 0.3 * field.square().mean().sqrt()
    assert not torch.allclose(field[0], field[1])


def test_width_is_that_of_cv2(images):
    kernel = np.ones((3, 3), np.uint8)
    amount = torch.tensor([1.0, -1.0, 0.0, 1.0, -1.0, 0.5])
    changed = augment.change_width(images, amount)[:, 0].numpy()
    for image, share, result in zip(images[:, 0].numpy(), amount.tolist(), changed, strict=True):
        morph = cv2.dilate if share > 0 else cv2.erode
        full = morph(image, kernel, borderType=cv2.BORDER_CONSTANT, borderValue=0)
        np.testing.assert_allclose(result, image + abs(share) * (full - image), atol=1e-6)


def test_no_strength_changes_nothing(images):
    still = augment.Strength(rotation=0, scale=0, shear=0, shift=0, elastic=0, width=0)
    torch.testing.assert_close(augment.augment(images, still), images, atol=1e-5, rtol=0)


def test_whole_batch_in_one_call_each_image_its_own_way():
    torch.manual_seed(4)
    images = torch.zeros(64, 1, 28, 28)
    images[:, :, 6:22, 13:15] = 1
    warped = augment.augment(images, USUAL)
    assert warped.shape == images.shape and warped.min() >= 0 and warped.max() <= 1
    assert len({image.numpy().tobytes() for image in warped}) == 64
    assert (warped.sum((1, 2, 3)) > 10).all(), "the ink stays in the image"


def test_same_seed_same_warp(images):
    results = []
    for _ in range(2):
        torch.manual_seed(5)
        results.append(augment.augment(images, USUAL))
    assert results[0].equal(results[1])
