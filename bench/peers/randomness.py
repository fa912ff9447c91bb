"""Where a step's random numbers come from: torch's generator while time is taken, and Tessera's
counter-based bits where results are compared."""

import math

import torch

WORD = (1 << 64) - 1


class Generator:
    """What a PyTorch program would use."""

    def __init__(self, device="cpu"):
        self.device = device

    def uniform(self, *shape):
        return torch.rand(*shape, device=self.device)

    def normal(self, *shape):
        return torch.randn(*shape, device=self.device)


class Keyed:
    """The numbers of a Tessera program under `key`: each use is a site, counted from 1."""

    def __init__(self, key):
        self.key = key
        self.site = 0

    def uniform(self, *shape):
        return torch.cat(self._pairs(shape))[: math.prod(shape)].reshape(shape)

    def normal(self, *shape):
        u, v = self._pairs(shape)
        r, angle = torch.sqrt(-2 * torch.log(u)), 2 * math.pi * v
        return torch.cat([angle.cos() * r, angle.sin() * r])[: math.prod(shape)].reshape(shape)

    def _pairs(self, shape):
        self.site += 1
        pairs = (math.prod(shape) + 1) // 2
        start = self.key * 0xD1342543DE82EF95 + self.site & WORD
        start = (start ^ start >> 32) * 0x94D049BB133111EB
        h = torch.arange(pairs) * _signed(0x9E3779B97F4A7C15) + _signed(start)
        h = _shifted(h, 30) * _signed(0xBF58476D1CE4E5B9)
        h = _shifted(h, 27) * _signed(0x94D049BB133111EB)
        h = _shifted(h, 31)
        return [((bits & 8388607).float() + 0.5) * 2**-23 for bits in (h, h >> 41)]


def _signed(word):
    word &= WORD
    return word - (1 << 64) if word >> 63 else word


def _shifted(h, bits):
    return h ^ ((h >> bits) & ((1 << (64 - bits)) - 1))
