"""Training steps with the modules of CompVis/taming-transformers themselves (encoder, decoder,
quantiser, discriminator) and its losses without the perceptual one; the repository's folder is named by
TAMING_REPO.

Argument, beside those of measure.py: recipe (a VQGAN's of the published form, keys as in Java), batch,
side, compile, channelsLast, and forward: once, or twice as the repository's training step runs the
generator for its discriminator again.
"""

import os
import sys
import types

import torch
import torch.nn.functional as F
from torch import nn

import measure
from vqgan import TAMING_F16


def rearrange(x, pattern):
    """The three patterns that the quantiser uses, where einops is not installed."""
    return {
        "b c h w -> b h w c": lambda: x.permute(0, 2, 3, 1),
        "b h w c -> b c h w": lambda: x.permute(0, 3, 1, 2),
        "n d -> d n": lambda: x.t(),
    }[pattern]()


def imported(folder):
    if not folder or not os.path.isdir(os.path.join(folder, "taming")):
        measure.skip("TAMING_REPO names no folder with CompVis/taming-transformers")
    sys.path.insert(0, folder)
    try:
        import einops  # noqa: F401
    except ImportError:
        sys.modules["einops"] = types.ModuleType("einops")
        sys.modules["einops"].rearrange = rearrange
    try:
        from taming.modules.diffusionmodules import model
        from taming.modules.discriminator.model import NLayerDiscriminator, weights_init
        from taming.modules.vqvae.quantize import VectorQuantizer2
    except ImportError as e:
        measure.skip("TAMING_REPO: " + str(e))
    return model, NLayerDiscriminator, weights_init, VectorQuantizer2


def built(ask):
    """The autoencoder's parts by name, and the discriminator."""
    model, discriminator_of, weights_init, quantizer = imported(os.environ.get("TAMING_REPO"))
    recipe = ask["recipe"]
    network, codes, adversary = recipe["network"], recipe["codes"], recipe["adversary"]
    plan = {
        "double_z": False,
        "z_channels": network["latent"],
        "resolution": ask["side"],
        "in_channels": 3,
        "out_ch": 3,
        "ch": network["channels"],
        "ch_mult": network["multipliers"],
        "num_res_blocks": network["blocks"],
        "attn_resolutions": network["attentionResolutions"],
        "dropout": 0.0,
    }
    # Its constructor prints, and the result is this process's last line.
    out, sys.stdout = sys.stdout, sys.stderr
    parts = {
        "encoder": model.Encoder(**plan),
        "decoder": model.Decoder(**plan),
        "quantize": quantizer(codes["count"], codes["width"], beta=codes["commitment"]),
        "quant_conv": nn.Conv2d(network["latent"], codes["width"], 1),
        "post_quant_conv": nn.Conv2d(codes["width"], network["latent"], 1),
    }
    discriminator = discriminator_of(
        input_nc=3, n_layers=adversary["layers"], ndf=adversary["channels"]
    ).apply(weights_init)
    sys.stdout = out
    return nn.ModuleDict(parts).to(ask["device"]), discriminator.to(ask["device"])


def main():
    ask = measure.asked(
        recipe=TAMING_F16,
        batch=12,
        side=256,
        precision="bf16",
        channelsLast=False,
        forward="once",
    )
    device, adversary = ask["device"], ask["recipe"]["adversary"]
    generator, discriminator = built(ask)
    parameters = sum(p.numel() for m in (generator, discriminator) for p in m.parameters())
    last_weight = generator["decoder"].conv_out.weight
    if ask["channelsLast"]:
        generator.to(memory_format=torch.channels_last)
        discriminator.to(memory_format=torch.channels_last)
    adams = [
        torch.optim.Adam(module.parameters(), lr=5e-5, betas=(0.5, 0.9))
        for module in (generator, discriminator)
    ]
    parts = dict(generator.items())
    judge = discriminator
    if ask["compile"]:
        parts["encoder"] = measure.compiled(parts["encoder"], ask, retain=True)
        parts["decoder"] = measure.compiled(parts["decoder"], ask, retain=True)
        judge = measure.compiled(discriminator, ask, retain=True)
    scalers = [torch.amp.GradScaler(device, enabled=ask["precision"] == "fp16") for _ in adams]
    shape = (ask["batch"], 3, ask["side"], ask["side"])
    pixels = torch.randint(256, shape, dtype=torch.uint8, device=device)
    last = [None]

    def reconstructed(x):
        quantised, loss, _ = parts["quantize"](parts["quant_conv"](parts["encoder"](x)))
        return parts["decoder"](parts["post_quant_conv"](quantised)), loss

    def adaptive_weight(nll, fooled):
        a = torch.autograd.grad(nll, last_weight, retain_graph=True)[0].norm()
        b = torch.autograd.grad(fooled, last_weight, retain_graph=True)[0].norm()
        return torch.clamp(a / (b + 1e-4), 0.0, 1e4).detach() * adversary["weight"]

    def update(i, loss):
        adams[i].zero_grad(set_to_none=True)
        scalers[i].scale(loss).backward()
        scalers[i].step(adams[i])
        scalers[i].update()

    def step():
        x = pixels.float() / 127.5 - 1
        with measure.autocast(ask):
            picture, codebook = reconstructed(x)
            nll = (x - picture).abs().mean()
            fooled = -judge(picture).mean()
            loss = nll + adaptive_weight(nll, fooled) * fooled + codebook.mean()
        update(0, loss)
        with measure.autocast(ask):
            if ask["forward"] == "twice":
                picture, _ = reconstructed(x)
            real, made = judge(x), judge(picture.detach())
            hinge = 0.5 * (F.relu(1 - real).mean() + F.relu(1 + made).mean())
        update(1, hinge)
        last[0] = loss.detach()

    seconds = measure.time_rounds(ask, step)
    measure.report(
        ask, seconds, parameters=parameters, forward=ask["forward"], loss=last[0].item()
    )


main()
