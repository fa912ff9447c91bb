"""Training steps of DDPM++ (Song et al. 2021) as EDM trains it (Karras et al. 2022), in plain PyTorch:
the peer of `bench train` for `type: ddpm-plus-plus`.

Argument, beside those of measure.py: recipe (a diffusion model's, keys as in Java), batch, channels (0
for pictures), side, classes, compile, channelsLast. With fp16 and bf16 the whole network computes in
that type on float32 parameters that each layer casts, as EDM does with fp16; losses are not scaled.
Alone it measures the network for CIFAR-10, 55.7M parameters.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

import measure

CIFAR_10 = {
    "backbone": {
        "channels": 128,
        "multipliers": [2, 2, 2],
        "blocks": 4,
        "attentionResolutions": [16],
        "dropout": 0.13,
    },
    "noise": {"mean": -1.2, "deviation": 1.2},
    "optimizer": {"learningRate": 1e-3, "rule": {"beta1": 0.9, "beta2": 0.999}},
}
SIGMA_DATA = 0.5
BALANCE = math.sqrt(0.5)


def glorot(weight, scale=1.0):
    nn.init.xavier_uniform_(weight, gain=scale)
    return weight


class Conv(nn.Conv2d):
    """A convolution in the type of its operand."""

    def __init__(self, inputs, outputs, kernel, scale=1.0):
        super().__init__(inputs, outputs, kernel, padding=kernel // 2)
        glorot(self.weight, scale)
        nn.init.zeros_(self.bias)

    def forward(self, x):
        return F.conv2d(x, self.weight.to(x.dtype), self.bias.to(x.dtype), padding=self.padding)


class Dense(nn.Linear):
    def __init__(self, inputs, outputs):
        super().__init__(inputs, outputs)
        glorot(self.weight)
        nn.init.zeros_(self.bias)

    def forward(self, x):
        return F.linear(x, self.weight.to(x.dtype), self.bias.to(x.dtype))


class Norm(nn.GroupNorm):
    def __init__(self, channels):
        super().__init__(min(32, channels // 4), channels, eps=1e-6)

    def forward(self, x):
        return F.group_norm(
            x, self.num_groups, self.weight.to(x.dtype), self.bias.to(x.dtype), self.eps
        )


class Block(nn.Module):
    """`size` is -1 for a block that halves height and width, 1 for one that doubles them."""

    def __init__(self, inputs, outputs, condition, dropout, size=0, attention=False):
        super().__init__()
        self.size, self.dropout = size, dropout
        self.norm1, self.conv1 = Norm(inputs), Conv(inputs, outputs, 3)
        self.condition = Dense(condition, outputs)
        self.norm2, self.conv2 = Norm(outputs), Conv(outputs, outputs, 3, 1e-5)
        self.skip = Conv(inputs, outputs, 1) if size or inputs != outputs else None
        if attention:
            self.norm3 = Norm(outputs)
            self.qkv = Conv(outputs, 3 * outputs, 1, math.sqrt(0.2))
            self.project = Conv(outputs, outputs, 1, 1e-5)
        self.attention = attention

    def resized(self, x):
        if self.size < 0:
            return F.avg_pool2d(x, 2)
        return F.interpolate(x, scale_factor=2) if self.size > 0 else x

    def forward(self, x, embedding):
        h = self.conv1(self.resized(F.silu(self.norm1(x))))
        h = h + self.condition(embedding).to(x.dtype)[:, :, None, None]
        h = self.conv2(F.dropout(F.silu(self.norm2(h)), self.dropout, self.training))
        skipped = x if self.skip is None else self.skip(self.resized(x))
        x = (h + skipped) * BALANCE
        return (self.attended(x) + x) * BALANCE if self.attention else x

    def attended(self, x):
        n, c, height, width = x.shape
        qkv = self.qkv(self.norm3(x)).reshape(n, 3, 1, c, height * width)
        q, k, v = qkv.transpose(3, 4).unbind(1)
        h = F.scaled_dot_product_attention(q, k, v)
        return self.project(h.transpose(2, 3).reshape(n, c, height, width))


class DdpmPlusPlus(nn.Module):
    def __init__(self, recipe, channels, side, classes):
        super().__init__()
        base, sides = recipe["channels"], recipe["attentionResolutions"]
        condition, dropout = 4 * base, recipe["dropout"]
        frequencies = 10_000.0 ** -torch.linspace(0, 1, base // 2)
        self.register_buffer("frequencies", frequencies)
        self.label = Dense(classes, base) if classes else None
        self.classes = classes
        self.map1, self.map2 = Dense(base, condition), Dense(condition, condition)
        self.input = Conv(channels, base, 3)
        current, skips = base, [base]
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        for level, multiplier in enumerate(recipe["multipliers"]):
            if level > 0:
                self.down.append(Block(current, current, condition, dropout, -1))
                skips.append(current)
            for _ in range(recipe["blocks"]):
                out, attends = base * multiplier, side >> level in sides
                self.down.append(Block(current, out, condition, dropout, 0, attends))
                current = out
                skips.append(current)
        self.middle = nn.ModuleList(
            [
                Block(current, current, condition, dropout, 0, True),
                Block(current, current, condition, dropout),
            ]
        )
        last = len(recipe["multipliers"]) - 1
        for level in range(last, -1, -1):
            if level < last:
                self.up.append(Block(current, current, condition, dropout, 1))
            for i in range(recipe["blocks"] + 1):
                out = base * recipe["multipliers"][level]
                attends = i == recipe["blocks"] and side >> level in sides
                inputs = current + skips.pop()
                self.up.append(Block(inputs, out, condition, dropout, 0, attends))
                current = out
        self.norm, self.output = Norm(current), Conv(current, channels, 3, 1e-5)

    def forward(self, x, noise, label):
        angle = noise[:, None] * self.frequencies
        embedding = torch.cat([angle.sin(), angle.cos()], 1)
        if self.label is not None:
            hot = F.one_hot(label, self.classes).to(embedding.dtype)
            embedding = embedding + self.label(hot * math.sqrt(self.classes))
        embedding = F.silu(self.map2(F.silu(self.map1(embedding))))
        x = self.input(x)
        skips = [x]
        for block in self.down:
            x = block(x, embedding)
            skips.append(x)
        for block in self.middle:
            x = block(x, embedding)
        for block in self.up:
            x = block(x if block.size > 0 else torch.cat([x, skips.pop()], 1), embedding)
        return self.output(F.silu(self.norm(x)))


def loss_of(network, images, label, noise, dtype):
    """EDM's, of pictures in [-1, 1]."""
    n = images.shape[0]
    sigma = torch.exp(torch.randn(n, device=images.device) * noise["deviation"] + noise["mean"])
    level = sigma[:, None, None, None]
    noisy = images + torch.randn_like(images) * level
    total = level**2 + SIGMA_DATA**2
    f = network((noisy / total.sqrt()).to(dtype), sigma.log() / 4, label).float()
    denoised = noisy * (SIGMA_DATA**2 / total) + f * (level * SIGMA_DATA / total.sqrt())
    weight = total / (level * SIGMA_DATA) ** 2
    return (weight * (denoised - images).square()).sum() / n


def main():
    ask = measure.asked(
        recipe=CIFAR_10, batch=64, channels=0, side=32, classes=10, channelsLast=False
    )
    device, recipe = ask["device"], ask["recipe"]
    channels = ask["channels"] or 3
    classes = ask["classes"] if recipe.get("classConditional", True) else 0
    model = DdpmPlusPlus(recipe["backbone"], channels, ask["side"], classes).to(device)
    shape = (ask["batch"], channels, ask["side"], ask["side"])
    pixels = torch.randint(256, shape, dtype=torch.uint8, device=device)
    if ask["channelsLast"]:
        model = model.to(memory_format=torch.channels_last)
        pixels = pixels.to(memory_format=torch.channels_last)
    label = torch.randint(max(1, classes), (ask["batch"],), device=device)
    optimizer = measure.Optimizer(model.parameters(), recipe["optimizer"], ask, True, scale=False)
    network = measure.compiled(model, ask)
    last = [None]

    def step():
        images = pixels.float() * (1 / 127.5) - 1
        loss = loss_of(network, images, label, recipe["noise"], measure.TYPES[ask["precision"]])
        optimizer.step(loss)
        last[0] = loss.detach()

    seconds = measure.time_rounds(ask, step)
    parameters = sum(p.numel() for p in model.parameters())
    measure.report(ask, seconds, parameters=parameters, loss=last[0].item())


if __name__ == "__main__":
    main()
