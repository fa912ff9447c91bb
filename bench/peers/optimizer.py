"""An update by torch's fused AdamW after clip_grad_norm_, and a moving average by _foreach_lerp_: the
peer of `bench optimizer`.

Argument, beside those of measure.py: tensors, tensorSize, average, weightDecay, clipNorm.
"""

import torch

import measure


def main():
    ask = measure.asked(
        tensors=125, tensorSize=4_000_000, average=True, weightDecay=0.01, clipNorm=1.0
    )
    size, device = ask["tensorSize"], ask["device"]
    parameters = [torch.zeros(size, device=device) for _ in range(ask["tensors"])]
    for parameter in parameters:
        parameter.grad = torch.full_like(parameter, 0.01)
    average = [p.clone() for p in parameters] if ask["average"] else None
    adam = torch.optim.AdamW(
        parameters, lr=1e-4, betas=(0.9, 0.99), weight_decay=ask["weightDecay"], fused=True
    )

    def step():
        torch.nn.utils.clip_grad_norm_(parameters, ask["clipNorm"])
        adam.step()
        if average is not None:
            torch._foreach_lerp_(average, parameters, 0.01)

    ask["warmUp"] = ask["steps"]
    with torch.no_grad():
        seconds = measure.time_rounds(ask, step)
    measure.report(ask, seconds, parameters=size * ask["tensors"])


main()
