"""A tokenizer's encoder in PyTorch on a GPU, the peer of `bench encode`.

Argument: a JSON object with network and codes (as in a recipe), side, batch, precision (fp32, tf32,
bf16, fp16), way (eager, channels-last, compile: the last one in channels-last too), turns and
batches. From uint8 pictures on the device to codes on the device. Prints one JSON object: the
milliseconds of a batch (median), images a second, parameters and the memory that was reserved.
"""

import json
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

import vqgan

TYPES = {
    "fp32": torch.float32,
    "tf32": torch.float32,
    "bf16": torch.bfloat16,
    "fp16": torch.float16,
}


def norm(channels):
    return nn.GroupNorm(min(32, channels // 4), channels, eps=1e-6)


class ResBlock(vqgan.ResBlock):
    def __init__(self, inputs, outputs):
        super().__init__(inputs, outputs)
        self.norm1, self.norm2 = norm(inputs), norm(outputs)


class Attention(vqgan.Attention):
    def __init__(self, channels):
        super().__init__(channels)
        self.norm = norm(channels)


class Halving(nn.Conv2d):
    """Stride 2, padded below and on the right alone."""

    def __init__(self, channels):
        super().__init__(channels, channels, 3, stride=2)

    def forward(self, x):
        return super().forward(F.pad(x, (0, 1, 0, 1)))


class PublishedEncoder(nn.Sequential):
    """The encoder of Esser et al. 2021."""

    def __init__(self, network, width, side):
        current = network["channels"]
        layers = [nn.PixelUnshuffle(network["patch"])]
        layers.append(nn.Conv2d(3 * network["patch"] ** 2, current, 3, padding=1))
        for level, multiplier in enumerate(network["multipliers"]):
            if level > 0:
                layers.append(Halving(current))
            for _ in range(network["blocks"]):
                layers.append(ResBlock(current, network["channels"] * multiplier))
                current = network["channels"] * multiplier
                if side // network["patch"] >> level in network["attentionResolutions"]:
                    layers.append(Attention(current))
        layers.append(ResBlock(current, current))
        if network["attention"]:
            layers.append(Attention(current))
        layers += [ResBlock(current, current), norm(current), nn.SiLU()]
        layers.append(nn.Conv2d(current, network["latent"], 3, padding=1))
        layers.append(nn.Conv2d(network["latent"], width, 1))
        super().__init__(*layers)


def main():
    ask = json.loads(sys.argv[1])
    torch.backends.cuda.matmul.allow_tf32 = ask["precision"] != "fp32"
    torch.backends.cudnn.allow_tf32 = ask["precision"] != "fp32"
    torch.backends.cudnn.benchmark = True
    dtype = TYPES[ask["precision"]]
    channels_last = ask["way"] in ("channels-last", "compile")
    layout = torch.channels_last if channels_last else torch.contiguous_format
    width, count = ask["codes"]["width"], ask["codes"]["count"]
    network = ask["network"]
    if network.get("form") == "PUBLISHED":
        encoder = PublishedEncoder(network, width, ask["side"])
    else:
        encoder = vqgan.Encoder(network, width)
    encoder = encoder.cuda().to(dtype).to(memory_format=layout).eval()
    codes = torch.randn(count, width, device="cuda")
    images = torch.randint(
        256, (ask["batch"], 3, ask["side"], ask["side"]), dtype=torch.uint8, device="cuda"
    ).to(memory_format=layout)

    def encode(pictures):
        latent = encoder((pictures.float() * (1 / 127.5) - 1).to(dtype)).float()
        z = latent.permute(0, 2, 3, 1).reshape(-1, width)
        # Distances in float32 whatever the encoder computes in, as ours.
        return torch.argmin(codes.square().sum(1) - 2 * (z @ codes.t()), 1), latent

    called = torch.compile(encode) if ask["way"] == "compile" else encode
    seconds = []
    with torch.inference_mode():
        for _ in range(10):
            called(images)
        torch.cuda.synchronize()
        for _ in range(ask["turns"]):
            start = time.perf_counter()
            for _ in range(ask["batches"]):
                called(images)
            torch.cuda.synchronize()
            seconds.append((time.perf_counter() - start) / ask["batches"])
    median = sorted(seconds)[len(seconds) // 2]
    result = {
        "encoder": "PyTorch " + ask["way"],
        "torch": torch.__version__,
        "precision": ask["precision"],
        "parameters": sum(p.numel() for p in encoder.parameters()),
        "batch": ask["batch"],
        "milliseconds": 1e3 * median,
        "imagesPerSecond": ask["batch"] / median,
        "reservedGiB": torch.cuda.max_memory_reserved() / 2**30,
    }
    print(json.dumps(result), flush=True)


main()
