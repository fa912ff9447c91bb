"""A network's outputs by its authors' own code, with weights of ours: arguments are a JSON file that
says which network it is and where each weight lies, a file of float64 numbers, and the folder of the
authors' repository. Prints the greatest difference over the greatest output.
"""

import json
import sys
import types

import torch

record = json.load(open(sys.argv[1]))
flat = torch.frombuffer(bytearray(open(sys.argv[2], "rb").read()), dtype=torch.float64)
sys.path.insert(0, sys.argv[3])
# For downloads, which nothing here makes.
for name in ("requests", "PIL", "PIL.Image"):
    try:
        __import__(name)
    except ImportError:
        sys.modules[name] = types.ModuleType(name)

side, config = record["side"], record["config"]


def taken(name):
    offset, shape = record["slices"][name]
    size = 1
    for n in shape:
        size *= n
    return flat[offset : offset + size].reshape(shape)


x, noise, augment, ours = (taken(name) for name in ("x", "noise", "augment", "y"))
labels = torch.tensor(record["labels"])
hot = torch.nn.functional.one_hot(labels, record["classes"] + 1)[:, :-1].double()
weights = [name for name in record["slices"] if name not in ("x", "noise", "augment", "y", "normal", "uniform")]


def whole(parameters, taking):
    """Every parameter of theirs is set once, from every one of ours."""
    parameters = dict(parameters)
    for name, value in taking.items():
        with torch.no_grad():
            parameters.pop(name).copy_(value)
    assert not parameters, parameters.keys()


def interleaved(w):
    """Of queries, keys and values one after the other: they alternate."""
    return w.reshape(3, w.shape[0] // 3, *w.shape[1:]).transpose(0, 1).reshape(w.shape)


def unet(name, parts):
    """The name of one of our blocks' or layers' parameters in NVlabs' networks, without a tail."""
    head, *tail = name.split(".")
    if head not in ("down", "middle", "up"):
        return None
    if head == "middle":
        res, block, rest = side >> (len(config["channel_mult"]) - 1), "in" + tail[0], tail[1:]
    else:
        res, rest = side >> int(tail[0]), tail[2:]
        block = {"halve": "down", "double": "up", "picture": "aux_residual"}.get(tail[1], "block" + tail[1])
    where = ("enc" if head == "down" else "dec") + f".{res}x{res}_{block}"
    for part, theirs in parts.items():
        if ".".join(rest).startswith(part):
            return where + theirs + ".".join(rest)[len(part) :]
    return where + "." + ".".join(rest)


def edm():
    from training.networks import DhariwalUNet, SongUNet

    adm = record["network"] == "adm"
    net = (DhariwalUNet if adm else SongUNet)(
        side, x.shape[1], ours.shape[1], label_dim=record["classes"], augment_dim=augment.shape[1], **config
    )
    parts = {
        "norm1": ".norm0",
        "conv1": ".conv0",
        "condition": ".affine",
        "norm2": ".norm1",
        "conv2": ".conv1",
        "attention.norm": ".norm2",
        "attention.qkv": ".qkv",
        "attention.output": ".proj",
    }
    ends = {
        "noise.in": "map_layer0",
        "noise.out": "map_layer1",
        "noise.label": "map_label",
        "noise.augment": "map_augment",
        "input": f"enc.{side}x{side}_conv",
        "norm": "out_norm" if adm else f"dec.{side}x{side}_aux_norm",
        "output": "out_conv" if adm else f"dec.{side}x{side}_aux_conv",
    }
    taking = {}
    for name in weights:
        stem, tail = name.rsplit(".", 1)
        theirs = unet(name, parts) or ends[stem] + "." + tail
        taking[theirs] = interleaved(taken(name)) if ".qkv." in name else taken(name)
    whole(net.named_parameters(), taking)
    net = net.double().eval()
    if "normal" in record["slices"]:
        net.map_noise.freqs.copy_(taken("normal") * 16)
    return net(x, noise, hot, augment_labels=augment)


def edm2():
    from training.networks_edm2 import UNet

    net = UNet(side, x.shape[1], record["classes"], **config)
    parts = {
        "conv1": ".conv_res0",
        "condition": ".emb_linear",
        "gain": ".emb_gain",
        "conv2": ".conv_res1",
        "skip": ".conv_skip",
        "attention.qkv": ".attn_qkv",
        "attention.output": ".attn_proj",
    }
    ends = {
        "noise.weight": "emb_noise.weight",
        "label.weight": "emb_label.weight",
        "input.weight": f"enc.{side}x{side}_conv.weight",
        "output.weight": "out_conv.weight",
        "gain": "out_gain",
    }
    taking = {}
    for name in weights:
        theirs = unet(name, parts) or ends[name]
        taking[theirs] = interleaved(taken(name)) if ".qkv." in name else taken(name)
    whole(net.named_parameters(), taking)
    # Their norms take nothing wider than float32.
    net = net.float().eval()
    net.emb_fourier.freqs.copy_(2 * torch.pi * taken("normal"))
    net.emb_fourier.phases.copy_(2 * torch.pi * taken("uniform"))
    return net(x.float(), noise.float(), hot.float())


def dit():
    from models import DiT

    net = DiT(side, in_channels=x.shape[1], num_classes=record["classes"], **config)
    p, c = config["patch_size"], ours.shape[1]
    parts = {
        "patches": "x_embedder.proj",
        "noise.in": "t_embedder.mlp.0",
        "noise.out": "t_embedder.mlp.2",
        "noise.label": "y_embedder.embedding_table",
        "modulation": "final_layer.adaLN_modulation.1",
        "output": "final_layer.linear",
    }
    inner = {
        "modulation": "adaLN_modulation.1",
        "attention.qkv": "attn.qkv",
        "attention.output": "attn.proj",
        "up": "mlp.fc1",
        "down": "mlp.fc2",
    }
    taking = {"pos_embed": taken("positions")[None]}
    for name in weights:
        if name == "positions":
            continue
        stem, tail = name.rsplit(".", 1)
        w = taken(name)
        if stem.startswith("blocks."):
            _, i, rest = stem.split(".", 2)
            taking[f"blocks.{i}.{inner[rest]}.{tail}"] = w
        elif stem == "patches" and tail == "weight":
            taking["x_embedder.proj.weight"] = w.reshape(w.shape[0], -1, p, p)
        elif stem == "output":
            # Theirs says all channels of a pixel, ours all pixels of a channel.
            taking["final_layer.linear." + tail] = w.reshape(c, p * p, *w.shape[1:]).transpose(0, 1).reshape(w.shape)
        else:
            taking[parts[stem] + "." + tail] = w
    whole(net.named_parameters(), taking)
    net = net.double().eval()
    # Their sines are of float32 numbers.
    net.t_embedder.timestep_embedding = types.MethodType(embedding, net.t_embedder)
    return net(x, noise * 250, labels)


def embedding(self, t, dim, max_period=10000):
    half = dim // 2
    frequency = torch.exp(-torch.arange(half, dtype=torch.float64) / half * torch.tensor(float(max_period)).log())
    return torch.cat([torch.cos(t[:, None] * frequency), torch.sin(t[:, None] * frequency)], dim=-1)


with torch.no_grad():
    theirs = {"edm2": edm2, "dit": dit}.get(record["network"], edm)()
print(((theirs - ours).abs().max() / ours.abs().max()).item())
