"""Training steps of the diffusion transformer in PyTorch, the peer of `bench train` for `type: dit`.

Argument, beside those of measure.py: recipe (a diffusion model's, keys as in Java), batch, channels
(0 for pictures), side, classes, compile (null, or a mode of torch.compile). Alone it measures
DiT-B/2 on 256 tokens.
"""

import torch

import dit
import measure
from randomness import Generator

DIT_B_2 = {
    "backbone": {"patch": 2, "width": 768, "depth": 12, "heads": 12},
    "labelDropout": 0.1,
    "noise": {"mean": -1.2, "deviation": 1.2},
    "optimizer": {"learningRate": 1e-4, "clipNorm": 1},
}


def main():
    ask = measure.asked(recipe=DIT_B_2, batch=256, channels=4, side=32, classes=1000)
    device = ask["device"]
    shape = (ask["batch"], ask["channels"] or 3, ask["side"], ask["side"])
    batch = {
        "latent": torch.randn(*shape, device=device),
        "label": torch.randint(ask["classes"], (ask["batch"],), device=device),
    }
    setup = {"recipe": ask["recipe"], "classes": ask["classes"], "shift": 0.0, "scale": 1.0}
    training = dit.Training(setup, batch)
    model = training.modules["denoiser"].to(device)
    optimizer = measure.Optimizer(model.parameters(), ask["recipe"]["optimizer"], ask, True)
    training.modules["denoiser"] = measure.compiled(model, ask)
    random = Generator(device)
    last = [None]

    def step():
        with measure.autocast(ask):
            _, loss, _, _ = training.loss("denoising", random, None)
        optimizer.step(loss)
        last[0] = loss.detach()

    seconds = measure.time_rounds(ask, step)
    parameters = sum(p.numel() for p in model.parameters())
    measure.report(ask, seconds, parameters=parameters, loss=last[0].item())


main()
