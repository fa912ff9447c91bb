"""Training steps of NVlabs/edm itself: its network, preconditioning and loss, and what its training
loop does around them on one GPU. The repository's folder is named by EDM_REPO.

Argument, beside those of measure.py: recipe (a diffusion model's, keys as in Java), batch, side,
classes, compile. fp16 is the repository's own; bf16 it does not have.
"""

import copy
import math
import os
import sys
import types

import torch

import measure
from ddpmpp import CIFAR_10


def imported(folder):
    if not folder or not os.path.isdir(os.path.join(folder, "training")):
        measure.skip("EDM_REPO names no folder with NVlabs/edm")
    sys.path.insert(0, folder)
    # For downloads, which nothing here makes.
    for name in ("requests", "PIL", "PIL.Image"):
        try:
            __import__(name)
        except ImportError:
            sys.modules[name] = types.ModuleType(name)
    try:
        from training.loss import EDMLoss
        from training.networks import EDMPrecond
    except ImportError as e:
        measure.skip("EDM_REPO: " + str(e))
    return EDMPrecond, EDMLoss


def main():
    ask = measure.asked(recipe=CIFAR_10, batch=64, side=32, classes=10, precision="fp16")
    if ask["precision"] == "bf16":
        measure.skip("NVlabs/edm has no bf16; ask for fp16")
    precondition, loss_of = imported(os.environ.get("EDM_REPO"))
    device, recipe = ask["device"], ask["recipe"]
    backbone, noise = recipe["backbone"], recipe["noise"]
    tf32 = ask["precision"] == "tf32"
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = tf32
    torch.backends.cuda.matmul.allow_fp16_reduced_precision_reduction = False
    classes = ask["classes"] if recipe.get("classConditional", True) else 0
    net = precondition(
        img_resolution=ask["side"],
        img_channels=3,
        label_dim=classes,
        use_fp16=ask["precision"] == "fp16",
        model_type="SongUNet",
        model_channels=backbone["channels"],
        channel_mult=backbone["multipliers"],
        num_blocks=backbone["blocks"],
        attn_resolutions=backbone["attentionResolutions"],
        dropout=backbone["dropout"],
    )
    net.train().requires_grad_(True).to(device)
    ema = copy.deepcopy(net).eval().requires_grad_(False)
    adam = torch.optim.Adam(net.parameters(), lr=1e-3, betas=(0.9, 0.999), eps=1e-8)
    loss_fn = loss_of(P_mean=noise["mean"], P_std=noise["deviation"])
    shape = (ask["batch"], 3, ask["side"], ask["side"])
    pixels = torch.randint(256, shape, dtype=torch.uint8, device=device)
    index = torch.randint(max(1, classes), (ask["batch"],), device=device)
    labels = torch.nn.functional.one_hot(index, classes).float() if classes else None
    network = measure.compiled(net, ask)
    seen, last = [0], [None]

    def step():
        adam.zero_grad(set_to_none=True)
        images = pixels.to(torch.float32) / 127.5 - 1
        loss = loss_fn(net=network, images=images, labels=labels)
        loss.sum().mul(1 / ask["batch"]).backward()
        for group in adam.param_groups:
            group["lr"] = 1e-3 * min(seen[0] / 10_000_000, 1)
        for parameter in net.parameters():
            if parameter.grad is not None:
                grad = parameter.grad
                torch.nan_to_num(grad, nan=0, posinf=1e5, neginf=-1e5, out=grad)
        adam.step()
        half_life = min(500_000, seen[0] * 0.05)
        beta = 0.5 ** (ask["batch"] / max(half_life, 1e-8))
        for average, parameter in zip(ema.parameters(), net.parameters()):
            average.copy_(parameter.detach().lerp(average, beta))
        seen[0] += ask["batch"]
        last[0] = loss.detach()

    seconds = measure.time_rounds(ask, step)
    loss = last[0].sum().item() / ask["batch"]
    parameters = sum(p.numel() for p in net.parameters())
    measure.report(ask, seconds, parameters=parameters, loss=loss if math.isfinite(loss) else None)


main()
