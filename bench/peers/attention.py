"""Attention by torch.nn.functional.scaled_dot_product_attention, the peer of `bench attention`:
`calls` of it, each on the result of the one before, from float32 operands to float32 results.

Argument, beside those of measure.py: batch, tokens, heads, headWidth, causal, calls, gradient.
"""

import torch
import torch.nn.functional as F

import measure


def main():
    ask = measure.asked(
        batch=1,
        tokens=16384,
        heads=16,
        headWidth=64,
        causal=False,
        calls=8,
        gradient=False,
        precision="bf16",
        steps=5,
    )
    shape = (ask["batch"], ask["heads"], ask["tokens"], ask["headWidth"])
    operands = [torch.randn(shape, device=ask["device"]) for _ in range(3)]
    direction = torch.randn(shape, device=ask["device"]) if ask["gradient"] else None
    dtype = measure.TYPES[ask["precision"]]

    def forward(leaves):
        x, keys, values = (leaf.to(dtype) for leaf in leaves)
        for _ in range(ask["calls"]):
            x = F.scaled_dot_product_attention(x, keys, values, is_causal=ask["causal"])
        return x.float()

    def step():
        if ask["gradient"]:
            leaves = [operand.detach().requires_grad_(True) for operand in operands]
            torch.autograd.grad(forward(leaves), leaves, direction)
        else:
            with torch.no_grad():
                forward(operands)

    ask["warmUp"] = ask["steps"]
    seconds = [second / ask["calls"] for second in measure.time_rounds(ask, step)]
    batch = ask.pop("batch")
    measure.report(ask, seconds, shape=list(shape), batch=batch)


main()
