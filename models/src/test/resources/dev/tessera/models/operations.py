"""Computes operations and their derivatives with PyTorch and compares them with a file of results."""
import json
import sys

import torch
import torch.nn.functional as F

torch.set_num_threads(1)

UNARY = {
    "NEG": lambda x: -x, "EXP": torch.exp, "LOG": torch.log, "SQRT": torch.sqrt,
    "RSQRT": lambda x: 1 / torch.sqrt(x), "SQUARE": lambda x: x * x,
    "RECIPROCAL": lambda x: 1 / x, "ABS": torch.abs, "SIN": torch.sin, "COS": torch.cos,
    "EXPM1": torch.expm1, "LOG1P": torch.log1p, "ATAN": torch.atan,
    "TANH": torch.tanh, "SIGMOID": torch.sigmoid, "SILU": lambda x: x * torch.sigmoid(x),
    "GELU": lambda x: 0.5 * x * (1 + torch.tanh((2 / torch.pi) ** 0.5 * (x + 0.044715 * x**3))),
    "RELU": F.relu, "SOFTPLUS": lambda x: torch.log1p(torch.exp(x)), "SIGN": torch.sign,
    "FLOOR": torch.floor, "ROUND": torch.round,
}
BINARY = {
    "ADD": lambda a, b: a + b, "SUB": lambda a, b: a - b, "MUL": lambda a, b: a * b,
    "DIV": lambda a, b: a / b, "MAXIMUM": torch.maximum, "MINIMUM": torch.minimum,
}
COMPARE = {
    "LESS": lambda a, b: a < b, "LESS_OR_EQUAL": lambda a, b: a <= b,
    "GREATER": lambda a, b: a > b, "EQUAL": lambda a, b: a == b,
}
SCALAR = {"ADD": lambda x, v: x + v, "MUL": lambda x, v: x * v, "POW": lambda x, v: x**v}
REDUCE = {"SUM": torch.sum, "MEAN": torch.mean, "AMAX": torch.amax, "AMIN": torch.amin,
    "NORM": lambda x, dim, keepdim: torch.linalg.vector_norm(x, 2, dim, keepdim)}


def attention(q, k, v, causal):
    scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
    if causal:
        scores = scores.masked_fill(~torch.ones_like(scores, dtype=torch.bool).tril(), float("-inf"))
    return torch.softmax(scores, -1) @ v


def number(value):
    return float(value)


def dtype(name):
    return getattr(torch, name)


def apply(key, o, x):
    name, *kinds = key.split(" ")
    kind = kinds[0] if kinds else None
    match name:
        case "Unary":
            return UNARY[kind](*x)
        case "Binary":
            return BINARY[kind](*x)
        case "Compare":
            return COMPARE[kind](*x)
        case "WithScalar":
            return SCALAR[kind](x[0], o["value"])
        case "LeakyRelu":
            return F.leaky_relu(x[0], o["slope"])
        case "Clamp":
            return torch.clamp(x[0], number(o["min"]), number(o["max"]))
        case "Where":
            return torch.where(*x)
        case "AddProduct":
            return x[0] + x[1] * x[2]
        case "Reduce":
            return REDUCE[kind](x[0], dim=o["dims"], keepdim=True)
        case "ArgReduce":
            return (torch.argmin if o["least"] else torch.argmax)(x[0], dim=o["dim"])
        case "CumulativeSum":
            return torch.cumsum(x[0], o["dim"])
        case "Softmax":
            return torch.softmax(x[0], o["dim"])
        case "LogSoftmax":
            return torch.log(torch.softmax(x[0], o["dim"]))
        case "MatMul":
            return x[0] @ x[1]
        case "Linear":
            return F.linear(*x)
        case "Conv2d":
            return F.conv2d(*x, stride=o["stride"], padding=o["padding"])
        case "Depthwise":
            return F.conv2d(*x, padding=o["padding"], groups=x[1].shape[0])
        case "Attention":
            return attention(*x, o["causal"])
        case "GroupNorm":
            return F.group_norm(x[0], o["groups"], x[1], x[2], o["eps"])
        case "LayerNorm":
            return F.layer_norm(x[0], [o["size"]], *x[1:], eps=o["eps"])
        case "Reshape":
            return x[0].reshape(o["shape"])
        case "Permute":
            return x[0].permute(o["order"])
        case "Expand":
            return x[0].expand(o["shape"])
        case "Narrow":
            return x[0].narrow(o["dim"], o["start"], o["length"])
        case "Cat":
            return torch.cat(x, o["dim"])
        case "Split":
            return list(torch.split(x[0], o["sizes"], o["dim"]))
        case "Flip":
            return torch.flip(x[0], [o["dim"]])
        case "Contiguous" | "ChannelsLast":
            return x[0].contiguous()
        case "Cast":
            return x[0].to(dtype(o["dtype"]))
        case "PadZeros":
            return F.pad(x[0], (0, o["columns"], 0, o["rows"]))
        case "Assemble":
            return torch.cat([t.reshape(-1) for t in x])
        case "Detach" | "Leaf":
            return x[0].detach()
        case "UpsampleNearest":
            return F.interpolate(x[0], scale_factor=o["scale"], mode="nearest")
        case "AvgPool":
            return F.avg_pool2d(x[0], o["size"])
        case "Embedding":
            return F.embedding(x[1], x[0])
        case "IndexAdd":
            return x[0].index_add(0, x[1], x[2])
        case "Gather":
            return torch.gather(x[0], o["dim"], x[1])
        case "Sampled":
            places = x[1].detach()
            return F.grid_sample(
                x[0].detach(), places, mode="bicubic", padding_mode="reflection", align_corners=False
            )
        case "SymmetricEigen":
            matrix = x[0].detach()
            return list(torch.linalg.eigh(matrix)) if kind == "true" else torch.linalg.eigvalsh(matrix)
        case "Full":
            return torch.full(o["type"][1], o["value"], dtype=dtype(o["type"][0]))
        case "Range":
            return torch.arange(o["n"], dtype=dtype(o["dtype"]))
    raise KeyError(key)


def view(operand, storage):
    if operand["storage"] == "PERMUTED":
        storage = storage.permute(list(reversed(range(storage.dim()))))
    if operand["storage"] == "NARROWED":
        storage = storage[..., 1:-1]
    return storage.to(dtype(operand["dtype"]))


def check(what, case, ours, theirs):
    theirs = theirs.detach().double().flatten()
    ours = torch.tensor(ours, dtype=torch.float64)
    if ours.numel() != theirs.numel() or not torch.allclose(ours, theirs, rtol=1e-9, atol=1e-11):
        sys.exit(f"{case['key']} {case['options']} {what}: {ours} is {theirs} in PyTorch")


def compare(case):
    operands = case["operands"]
    tensors = [torch.tensor(v, dtype=torch.float64) for v in case["values"]]
    storages = [t.reshape(o["shape"]) for t, o in zip(tensors, operands)]
    leaves = [s.requires_grad_() for s, o in zip(storages, operands) if o["differentiable"]]
    y = apply(case["key"], case["options"], [view(o, s) for o, s in zip(operands, storages)])
    y = y if isinstance(y, list) else [y]
    for shape, ours, theirs in zip(case["shapes"], case["y"], y, strict=True):
        if list(theirs.shape) != shape:
            sys.exit(f"{case['key']} {case['options']}: {shape} is {theirs.shape} in PyTorch")
        if theirs.dtype == torch.float64:
            check("result", case, ours, theirs)
    if case["order"] == 0:
        return
    rest = tensors[len(operands):]
    loss = sum((t * w.reshape(t.shape) + t * t / 2).sum() for t, w in zip(y, rest))
    g = torch.autograd.grad(loss, leaves, create_graph=True)
    for ours, theirs in zip(case["g"], g, strict=True):
        check("first derivative", case, ours, theirs)
    if case["order"] == 2:
        slope = sum((d * v.reshape(d.shape)).sum() for d, v in zip(g, rest[len(y):]))
        for ours, theirs in zip(case["h"], torch.autograd.grad(slope, leaves), strict=True):
            check("second derivative", case, ours, theirs)


cases = json.load(open(sys.argv[1]))
for one in cases:
    compare(one)
print(len(cases), "cases agree")
