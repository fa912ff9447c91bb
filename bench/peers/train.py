"""Training steps of the diffusion transformer in PyTorch on a GPU, the peer of `bench train`.

Argument: a JSON object with patch, width, depth, heads, channels, side, classes, batch, precision
(fp32, tf32, bf16) and compile (null for eager, or a mode of torch.compile). Prints one JSON object:
the milliseconds of a step (median), images a second, parameters and the memory that was reserved.
"""

import json
import sys
import time

import torch

import dit


class DeviceRandom:
    """PyTorch's own generator on the device."""

    @staticmethod
    def normal(*shape):
        return torch.randn(*shape, device="cuda")

    @staticmethod
    def uniform(*shape):
        return torch.rand(*shape, device="cuda")


def main():
    ask = json.loads(sys.argv[1])
    torch.backends.cuda.matmul.allow_tf32 = ask["precision"] != "fp32"
    torch.backends.cudnn.allow_tf32 = ask["precision"] != "fp32"
    torch.backends.cudnn.benchmark = True
    shape = (ask["batch"], ask["channels"], ask["side"], ask["side"])
    batch = {
        "latent": torch.randn(*shape, device="cuda"),
        "label": torch.randint(ask["classes"], (ask["batch"],), device="cuda"),
    }
    setup = {
        "recipe": {
            "backbone": {k: ask[k] for k in ("patch", "width", "depth", "heads")},
            "labelDropout": 0.1,
            "noise": {"mean": -1.2, "deviation": 1.2},
        },
        "classes": ask["classes"],
        "shift": 0.0,
        "scale": 1.0,
    }
    training = dit.Training(setup, batch)
    model = training.modules["denoiser"].to("cuda")
    parameters = list(model.parameters())
    average = [p.detach().clone() for p in parameters]
    adam = torch.optim.AdamW(parameters, lr=1e-4, weight_decay=0.0, fused=True)
    if ask["compile"]:
        training.modules["denoiser"] = torch.compile(model, mode=ask["compile"])

    def step():
        with torch.autocast("cuda", torch.bfloat16, enabled=ask["precision"] == "bf16"):
            _, loss, _, _ = training.loss("denoising", DeviceRandom, None)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        adam.step()
        adam.zero_grad(set_to_none=True)
        with torch.no_grad():
            torch._foreach_lerp_(average, parameters, 0.01)
        return loss

    for _ in range(ask.get("warmup", 10)):
        step()
    torch.cuda.synchronize()
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(ask["steps"]):
            loss = step()
        torch.cuda.synchronize()
        seconds.append((time.perf_counter() - start) / ask["steps"])
    median = sorted(seconds)[2]
    result = {
        "peer": "compile " + ask["compile"] if ask["compile"] else "eager",
        "torch": torch.__version__,
        "precision": ask["precision"],
        "parameters": sum(p.numel() for p in parameters),
        "milliseconds": 1e3 * median,
        "imagesPerSecond": ask["batch"] / median,
        "reservedGiB": torch.cuda.max_memory_reserved() / 2**30,
        "loss": loss.item(),
    }
    print(json.dumps(result), flush=True)


main()
