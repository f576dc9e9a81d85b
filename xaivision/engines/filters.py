"""Image filters: blur, edges and a bump in the middle."""

import torch
from torch import Tensor
from torch.nn import functional as F

# The blurring of RISE (Petsiuk et al., 2018): a kernel of 11 pixels with a standard deviation of 5.
RISE_KERNEL, RISE_SIGMA = 11, 5.0


def gaussian_kernel(size: int, sigma: float) -> Tensor:
    """(size,) float64 weights of a Gaussian, with sum 1."""
    positions = torch.arange(size, dtype=torch.float64, device="cpu") - (size - 1) / 2
    weights = torch.exp(-(positions**2) / (2 * sigma**2))
    return weights / weights.sum()


def gaussian_blur(images: Tensor, size: int = RISE_KERNEL, sigma: float = RISE_SIGMA) -> Tensor:
    """(B, C, H, W) images blurred along both axes; edges are continued, so that a constant image stays what it is."""
    kernel = gaussian_kernel(size, sigma).to(images)
    left, right = (size - 1) // 2, size // 2
    channels = images.shape[1]
    padded = F.pad(images, (left, right, left, right), mode="replicate")
    rows = F.conv2d(padded, kernel.view(1, 1, 1, -1).expand(channels, 1, 1, -1), groups=channels)
    return F.conv2d(rows, kernel.view(1, 1, -1, 1).expand(channels, 1, -1, 1), groups=channels)


def sobel_magnitude(images: Tensor) -> Tensor:
    """(B, 1, H, W) length of the Sobel gradient of the mean over channels."""
    gray = F.pad(images.mean(1, keepdim=True), (1, 1, 1, 1), mode="replicate")
    across = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]], device="cpu").to(images) / 8
    horizontal = F.conv2d(gray, across.view(1, 1, 3, 3))
    vertical = F.conv2d(gray, across.T.reshape(1, 1, 3, 3))
    return torch.hypot(horizontal, vertical)


def center_bump(height: int, width: int, spread: float = 0.25) -> Tensor:
    """(height, width) float64 Gaussian around the middle; `spread`: its standard deviation as a share of each side."""
    rows = gaussian_kernel(height, max(spread * height, 1e-6))
    columns = gaussian_kernel(width, max(spread * width, 1e-6))
    bump = rows[:, None] * columns[None, :]
    return bump / bump.max()
