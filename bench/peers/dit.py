"""The demo's diffusion transformer and its training step, in PyTorch."""

import math

import torch
import torch.nn.functional as F
from torch import nn

SIGMA_DATA = 0.5


class Noise(nn.Module):
    def __init__(self, width, classes):
        super().__init__()
        self.layers = nn.ModuleDict(
            {"in": nn.Linear(128, width), "out": nn.Linear(width, width)}
        )
        self.label = nn.Embedding(classes + 1, width)
        self.register_buffer("frequency", torch.exp(torch.arange(64.0) * (math.log(1e-4) / 64)))

    def forward(self, noise, label):
        angle = (noise * 250)[:, None] * self.frequency
        features = torch.cat([angle.cos(), angle.sin()], 1)
        return self.layers["out"](F.silu(self.layers["in"](features))) + self.label(label)


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.output = nn.Linear(width, width)

    def forward(self, x):
        n, tokens, width = x.shape
        qkv = self.qkv(x).reshape(n, tokens, 3, self.heads, width // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        attended = F.scaled_dot_product_attention(q, k, v)
        return self.output(attended.transpose(1, 2).reshape(n, tokens, width))


def modulate(x, shift, scale):
    return x * (1 + scale[:, None]) + shift[:, None]


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.modulation = nn.Linear(width, 6 * width)
        self.attention = Attention(width, heads)
        self.up = nn.Linear(width, 4 * width)
        self.down = nn.Linear(4 * width, width)
        self.norm1 = nn.LayerNorm(width, elementwise_affine=False, eps=1e-6)
        self.norm2 = nn.LayerNorm(width, elementwise_affine=False, eps=1e-6)

    def forward(self, x, condition):
        m = self.modulation(condition).chunk(6, 1)
        x = x + m[2][:, None] * self.attention(modulate(self.norm1(x), m[0], m[1]))
        hidden = F.gelu(self.up(modulate(self.norm2(x), m[3], m[4])), approximate="tanh")
        return x + m[5][:, None] * self.down(hidden)


class Dit(nn.Module):
    def __init__(self, recipe, shape, classes):
        super().__init__()
        self.channels, height, width_px = shape
        self.patch, width = recipe["patch"], recipe["width"]
        self.rows, self.columns = height // self.patch, width_px // self.patch
        patch_size = self.channels * self.patch**2
        self.patches = nn.Linear(patch_size, width)
        self.positions = nn.Parameter(torch.zeros(self.rows * self.columns, width))
        self.noise = Noise(width, classes)
        self.blocks = nn.ModuleList(Block(width, recipe["heads"]) for _ in range(recipe["depth"]))
        self.norm = nn.LayerNorm(width, elementwise_affine=False, eps=1e-6)
        self.modulation = nn.Linear(width, 2 * width)
        self.output = nn.Linear(width, patch_size)

    def forward(self, x, noise, label):
        n, p = x.shape[0], self.patch
        x = x.reshape(n, self.channels, self.rows, p, self.columns, p)
        x = x.permute(0, 2, 4, 1, 3, 5).reshape(n, self.rows * self.columns, -1)
        tokens = self.patches(x) + self.positions
        condition = F.silu(self.noise(noise, label))
        for block in self.blocks:
            tokens = block(tokens, condition)
        shift, scale = self.modulation(condition).chunk(2, 1)
        x = self.output(modulate(self.norm(tokens), shift, scale))
        x = x.reshape(n, self.rows, self.columns, self.channels, p, p)
        return x.permute(0, 3, 1, 4, 2, 5).reshape(n, self.channels, self.rows * p, self.columns * p)


class Training:
    """EDM's loss with AdamW and a moving average (Karras et al. 2022)."""

    phases = ["denoising"]

    def __init__(self, setup, batch):
        self.recipe, self.classes, self.batch = setup["recipe"], setup["classes"], batch
        self.shift, self.scale = setup["shift"], setup["scale"]
        shape = batch["latent"].shape[1:]
        self.modules = {"denoiser": Dit(self.recipe["backbone"], shape, self.classes)}
        self.metrics = {"denoising": ["loss"]}

    @staticmethod
    def rename(name):
        return name.replace("noise.in.", "noise.layers.in.").replace(
            "noise.out.", "noise.layers.out."
        )

    def loss(self, phase, random, carried):
        label = self.batch["label"].long()
        n = label.shape[0]
        hide = random.uniform(n) < self.recipe["labelDropout"]
        label = torch.where(hide, self.classes, label)
        clean = (self.batch["latent"] - self.shift) * (SIGMA_DATA / self.scale)
        noise = self.recipe["noise"]
        sigma = torch.exp(random.normal(n) * noise["deviation"] + noise["mean"])
        level = sigma[:, None, None, None]
        noisy = clean + random.normal(*clean.shape) * level
        total = level**2 + SIGMA_DATA**2
        f = self.modules["denoiser"](noisy / total.sqrt(), sigma.log() / 4, label)
        denoised = noisy * (SIGMA_DATA**2 / total) + f * (level * SIGMA_DATA / total.sqrt())
        error = (denoised - clean).square().mean((1, 2, 3), keepdim=True)
        loss = (error * (total / (level * SIGMA_DATA) ** 2)).mean()
        return "denoiser", loss, [loss], None

    def after(self, phase, kept):
        pass
