"""A VQGAN and its training step, in PyTorch: the demo's for `bench train-step`, and any recipe's for
`bench train`.

Argument of the script, beside those of measure.py: recipe (a VQGAN's, keys as in Java), batch, side,
compile, channelsLast. Alone it measures the first stage of taming-transformers for ImageNet, f16 at 256
x 256 (Esser et al. 2021), without a perceptual loss.
"""

import contextlib

import torch
import torch.nn.functional as F
from torch import nn

import measure
from randomness import Generator

PUBLISHED = "PUBLISHED"

OPTIMIZER = {"learningRate": 5e-5, "rule": {"beta1": 0.5, "beta2": 0.9}}
TAMING_F16 = {
    "network": {
        "patch": 1,
        "channels": 128,
        "multipliers": [1, 1, 2, 2, 4],
        "blocks": 2,
        "attention": True,
        "form": PUBLISHED,
        "attentionResolutions": [16],
        "latent": 256,
    },
    "codes": {"count": 1024, "width": 256, "commitment": 0.25, "decay": 0.99, "restartBelow": 0.02},
    "losses": {"absolute": 1.0, "squared": 0.0},
    "adversary": {
        "channels": 64,
        "layers": 3,
        "weight": 0.8,
        "form": PUBLISHED,
        "optimizer": OPTIMIZER,
    },
    "optimizer": OPTIMIZER,
}


def groups(channels):
    count = max(1, min(32, channels // 4))
    while channels % count:
        count -= 1
    return count


def norm(channels, eps=1e-5):
    return nn.GroupNorm(groups(channels), channels, eps)


class ResBlock(nn.Module):
    def __init__(self, inputs, outputs, eps=1e-5):
        super().__init__()
        self.norm1 = norm(inputs, eps)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.norm2 = norm(outputs, eps)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.skip = nn.Identity() if inputs == outputs else nn.Conv2d(inputs, outputs, 1)

    def forward(self, x):
        h = self.conv1(F.silu(self.norm1(x)))
        return self.skip(x) + self.conv2(F.silu(self.norm2(h)))


class Attention(nn.Module):
    def __init__(self, channels, eps=1e-5):
        super().__init__()
        self.norm = norm(channels, eps)
        self.qkv = nn.Conv2d(channels, 3 * channels, 1)
        self.output = nn.Conv2d(channels, channels, 1)

    def forward(self, x):
        n, c, h, w = x.shape
        q, k, v = self.qkv(self.norm(x)).reshape(n, 3, 1, c, h * w).permute(1, 0, 2, 4, 3).unbind(0)
        attended = F.scaled_dot_product_attention(q, k, v)
        return x + self.output(attended.transpose(2, 3).reshape(n, c, h, w))


class Encoder(nn.Module):
    def __init__(self, network, width):
        super().__init__()
        self.patch, current = network["patch"], network["channels"]
        self.input = nn.Conv2d(3 * self.patch**2, current, 3, padding=1)
        self.down = nn.ModuleList()
        for level, multiplier in enumerate(network["multipliers"]):
            at = nn.ModuleDict()
            if level > 0:
                at["halve"] = nn.Conv2d(current, current, 3, stride=2, padding=1)
            for i in range(network["blocks"]):
                at[str(i)] = ResBlock(current, network["channels"] * multiplier)
                current = network["channels"] * multiplier
            self.down.append(at)
        self.attention = Attention(current) if network["attention"] else nn.Identity()
        self.last = ResBlock(current, current)
        self.norm = norm(current)
        self.output = nn.Conv2d(current, width, 1)

    def forward(self, x):
        h = self.input(F.pixel_unshuffle(x, self.patch))
        for at in self.down:
            for layer in at.values():
                h = layer(h)
        return self.output(F.silu(self.norm(self.last(self.attention(h)))))


class Decoder(nn.Module):
    def __init__(self, network, width):
        super().__init__()
        self.patch, multipliers = network["patch"], network["multipliers"]
        current = network["channels"] * multipliers[-1]
        self.input = nn.Conv2d(width, current, 3, padding=1)
        self.first = ResBlock(current, current)
        self.attention = Attention(current) if network["attention"] else nn.Identity()
        self.up = nn.ModuleDict()
        for level in reversed(range(len(multipliers))):
            at = nn.ModuleDict()
            for i in range(network["blocks"]):
                at[str(i)] = ResBlock(current, network["channels"] * multipliers[level])
                current = network["channels"] * multipliers[level]
            if level > 0:
                narrow = network["channels"] * multipliers[level - 1]
                at["enlarge"] = nn.Conv2d(current, narrow, 3, padding=1)
                current = narrow
            self.up[str(level)] = at
        self.norm = norm(current)
        self.output = nn.Conv2d(current, 3 * self.patch**2, 3, padding=1)

    def forward(self, codes):
        h = self.attention(self.first(self.input(codes)))
        for at in self.up.values():
            for name, layer in at.items():
                h = layer(F.interpolate(h, scale_factor=2.0) if name == "enlarge" else h)
        return F.pixel_shuffle(self.output(F.silu(self.norm(h))), self.patch)


class HalvingOneSided(nn.Module):
    """Halves height and width, padded below and on the right alone."""

    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, stride=2)

    def forward(self, x):
        return self.conv(F.pad(x, (0, 1, 0, 1)))


def middle(network, channels):
    attention = [Attention(channels, 1e-6)] if network["attention"] else []
    return [ResBlock(channels, channels, 1e-6), *attention, ResBlock(channels, channels, 1e-6)]


def level(network, side, current, outputs, blocks):
    """The residual blocks of one size, with attention where the recipe has it."""
    layers = []
    for _ in range(blocks):
        layers.append(ResBlock(current, outputs, 1e-6))
        current = outputs
        if side in network["attentionResolutions"]:
            layers.append(Attention(current, 1e-6))
    return layers


class PublishedEncoder(nn.Module):
    """As in Esser et al. 2021."""

    def __init__(self, network, width, side):
        super().__init__()
        self.patch, current = network["patch"], network["channels"]
        layers = [nn.Conv2d(3 * self.patch**2, current, 3, padding=1)]
        for i, multiplier in enumerate(network["multipliers"]):
            if i > 0:
                layers.append(HalvingOneSided(current))
            outputs = network["channels"] * multiplier
            at = side // self.patch >> i
            layers += level(network, at, current, outputs, network["blocks"])
            current = outputs
        layers += middle(network, current)
        self.layers = nn.Sequential(*layers)
        self.norm = norm(current, 1e-6)
        self.output = nn.Conv2d(current, network["latent"], 3, padding=1)
        self.quantize = nn.Conv2d(network["latent"], width, 1)

    def forward(self, x):
        x = x if self.patch == 1 else F.pixel_unshuffle(x, self.patch)
        return self.quantize(self.output(F.silu(self.norm(self.layers(x)))))


class PublishedDecoder(nn.Module):
    """As in Esser et al. 2021."""

    def __init__(self, network, width, side):
        super().__init__()
        self.patch, multipliers = network["patch"], network["multipliers"]
        current = network["channels"] * multipliers[-1]
        layers = [
            nn.Conv2d(width, network["latent"], 1),
            nn.Conv2d(network["latent"], current, 3, padding=1),
            *middle(network, current),
        ]
        for i in reversed(range(len(multipliers))):
            outputs = network["channels"] * multipliers[i]
            at = side // self.patch >> i
            layers += level(network, at, current, outputs, network["blocks"] + 1)
            current = outputs
            if i > 0:
                layers += [nn.Upsample(scale_factor=2), nn.Conv2d(current, current, 3, padding=1)]
        self.layers = nn.Sequential(*layers)
        self.norm = norm(current, 1e-6)
        self.output = nn.Conv2d(current, 3 * self.patch**2, 3, padding=1)

    def forward(self, codes):
        x = self.output(F.silu(self.norm(self.layers(codes))))
        return x if self.patch == 1 else F.pixel_shuffle(x, self.patch)


def autoencoder(recipe, side):
    network, width = recipe["network"], recipe["codes"]["width"]
    if network.get("form") == PUBLISHED:
        encoder, decoder = PublishedEncoder(network, width, side), PublishedDecoder(network, width, side)
    else:
        encoder, decoder = Encoder(network, width), Decoder(network, width)
    return nn.ModuleDict({"encoder": encoder, "decoder": decoder})


class Discriminator(nn.Module):
    """`published` ends with one more layer, which keeps the size (Isola et al. 2017)."""

    def __init__(self, width, layers, published=False):
        super().__init__()
        self.conv, self.norm, current = nn.ModuleList(), nn.ModuleDict(), 3
        for i in range(layers + published):
            out = width << min(i, 3)
            self.conv.append(nn.Conv2d(current, out, 4, stride=2 if i < layers else 1, padding=1))
            if i > 0:
                self.norm[str(i)] = norm(out)
            current = out
        self.output = nn.Conv2d(current, 1, 4 if published else 3, padding=1)

    def forward(self, x):
        for i, conv in enumerate(self.conv):
            x = conv(x)
            x = F.leaky_relu(self.norm[str(i)](x) if i > 0 else x, 0.2)
        return self.output(x)


class Codebook:
    """Codes as moving averages, dead ones restarted (van den Oord et al. 2017, A.1)."""

    def __init__(self, recipe, state):
        self.recipe = recipe
        self.counts, self.sums = state["codebook.counts"], state["codebook.sums"]

    def codes(self):
        return self.sums / (self.counts[:, None] + 1e-5)

    def nearest(self, z, codes):
        return torch.argmin(codes.square().sum(1) - 2 * (z @ codes.t()), 1)

    def statistics(self, z, index, random):
        k, n = self.recipe["count"], z.shape[0]
        hot = F.one_hot(index, k).to(z.dtype)
        rows = (random.uniform(k) * n).floor().clamp(0, n - 1).long()
        return hot.sum(0), hot.t() @ z, z[rows]

    def update(self, assigned, sums, candidates):
        decay = self.recipe["decay"]
        self.counts.lerp_(assigned, 1 - decay)
        self.sums.lerp_(sums, 1 - decay)
        typical = self.counts.mean()
        dead = self.counts < typical * self.recipe["restartBelow"]
        self.sums.copy_(torch.where(dead[:, None], candidates * typical, self.sums))
        self.counts.copy_(torch.where(dead, typical, self.counts))
        p = assigned / assigned.sum()
        perplexity = torch.exp(-(p * torch.log(p + 1e-10)).sum())
        return (assigned > 0).float().mean(), perplexity


class Training:
    """Reconstruction and commitment, with `adversarial` also the hinge loss of a discriminator
    under the adaptive weight (Esser et al. 2021, equation 7)."""

    metrics = {
        "reconstruction": ["rec_loss", "mse", "commit_loss"],
        "generator": ["rec_loss", "mse", "commit_loss", "g_loss", "d_weight"],
        "discriminator": ["disc_loss", "logits_real", "logits_fake"],
    }

    def __init__(self, setup, batch, state, adversarial):
        self.recipe, self.batch = setup["recipe"], batch
        adversary = self.recipe["adversary"]
        self.codebook = Codebook(self.recipe["codes"], state)
        self.modules = {
            "generator": autoencoder(self.recipe, batch["image"].shape[-1]),
            "discriminator": Discriminator(
                adversary["channels"],
                adversary["layers"],
                adversary.get("form") == PUBLISHED,
            ),
        }
        self.last_weight = self.modules["generator"]["decoder"].output.weight
        self.phases = ["generator", "discriminator"] if adversarial else ["reconstruction"]

    # Distances and sums of the codebook are float32 under autocast too.
    exact = contextlib.nullcontext()

    @staticmethod
    def rename(name):
        return name

    def loss(self, phase, random, carried):
        images = self.batch["image"].float() * (1 / 127.5) - 1
        if phase == "discriminator":
            return self._discriminator(images, carried)
        return self._generator(images, random, phase == "generator")

    def _generator(self, images, random, adversarial):
        module, codes = self.modules["generator"], self.codebook.codes()
        latent = module["encoder"](images).float()
        n, d, h, w = latent.shape
        z = latent.permute(0, 2, 3, 1).reshape(-1, d)
        with self.exact:
            index = self.codebook.nearest(z.detach(), codes)
        nearest = F.embedding(index, codes)
        commitment = F.mse_loss(z, nearest)
        straight = z + (nearest - z).detach()
        picture = module["decoder"](straight.reshape(n, h, w, d).permute(0, 3, 1, 2)).float()
        squared = F.mse_loss(picture, images)
        weights = self.recipe["losses"]
        reconstruction = F.l1_loss(picture, images) * weights["absolute"] + squared * weights["squared"]
        loss = reconstruction + commitment * self.recipe["codes"]["commitment"]
        metrics = [reconstruction, squared, commitment]
        if adversarial:
            fooled = -self._frozen_discriminator(picture).mean()
            weight = self._adaptive_weight(reconstruction, fooled)
            loss = loss + fooled * weight
            metrics += [fooled, weight]
        with torch.no_grad(), self.exact:
            statistics = self.codebook.statistics(z, index, random)
        return "generator", loss, metrics, (picture.detach(), statistics)

    def _frozen_discriminator(self, picture):
        self.modules["discriminator"].requires_grad_(False)
        logits = self.modules["discriminator"](picture)
        self.modules["discriminator"].requires_grad_(True)
        return logits

    def _adaptive_weight(self, reconstruction, fooled):
        last = self.last_weight
        a = torch.autograd.grad(reconstruction, last, retain_graph=True)[0].norm()
        b = torch.autograd.grad(fooled, last, retain_graph=True)[0].norm()
        return (a / (b + 1e-4)).clamp(0, 1e4) * self.recipe["adversary"]["weight"]

    def _discriminator(self, images, carried):
        real = self.modules["discriminator"](images)
        made = self.modules["discriminator"](carried[0])
        hinge = 0.5 * (F.relu(1 - real).mean() + F.relu(1 + made).mean())
        return "discriminator", hinge, [hinge, real.mean(), made.mean()], carried

    def after(self, phase, kept):
        if phase != "discriminator":
            return [metric.item() for metric in self.codebook.update(*kept[1])]
        return []


def main():
    ask = measure.asked(recipe=TAMING_F16, batch=12, side=256, channelsLast=False)
    device, recipe = ask["device"], ask["recipe"]
    codes = recipe["codes"]
    shape = (ask["batch"], 3, ask["side"], ask["side"])
    batch = {"image": torch.randint(256, shape, dtype=torch.uint8, device=device)}
    state = {
        "codebook.counts": torch.ones(codes["count"], device=device),
        "codebook.sums": torch.randn(codes["count"], codes["width"], device=device),
    }
    training = Training({"recipe": recipe}, batch, state, True)
    training.exact = torch.autocast(device, enabled=False)
    optimizers, parameters = {}, 0
    for name, module in training.modules.items():
        module.to(device)
        if ask["channelsLast"]:
            module.to(memory_format=torch.channels_last)
        own = recipe["adversary"]["optimizer"] if name == "discriminator" else recipe["optimizer"]
        optimizers[name] = measure.Optimizer(module.parameters(), own, ask, False)
        parameters += sum(p.numel() for p in module.parameters())
    if ask["compile"]:
        compile_all(training.modules, ask)
    random = Generator(device)
    last = [None]

    def step():
        carried = None
        for phase in training.phases:
            with measure.autocast(ask):
                group, loss, _, carried = training.loss(phase, random, carried)
            optimizers[group].step(loss)
            if phase == "generator":
                training.codebook.update(*carried[1])
                last[0] = loss.detach()

    seconds = measure.time_rounds(ask, step)
    measure.report(ask, seconds, parameters=parameters, loss=last[0].item())


def compile_all(modules, ask):
    generator = modules["generator"]
    parts = {name: measure.compiled(part, ask, retain=True) for name, part in generator.items()}
    modules["generator"] = parts
    modules["discriminator"] = measure.compiled(modules["discriminator"], ask, retain=True)


if __name__ == "__main__":
    main()
