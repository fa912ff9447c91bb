"""What the peers of `bench train`, `attention` and `optimizer` have in common: the argument, the
device and its precision, rounds of steps, and one line of JSON with the result.

Keys of every argument: device (cuda, or cpu), precision (fp32, tf32, fp16, bf16), warmUp (steps
that do not count), rounds, steps (of a round).
"""

import contextlib
import json
import resource
import sys
import time

import torch

TYPES = {
    "fp32": torch.float32,
    "tf32": torch.float32,
    "fp16": torch.float16,
    "bf16": torch.bfloat16,
}


def asked(**defaults):
    """The script's argument over `defaults`, with the process's switches set to match."""
    ask = {"precision": "fp32", "warmUp": 10, "rounds": 5, "steps": 10, "compile": None}
    ask["device"] = "cuda" if torch.cuda.is_available() else "cpu"
    ask.update(defaults)
    if len(sys.argv) > 1:
        ask.update(json.loads(sys.argv[1]))
    if ask["device"] == "cuda" and not torch.cuda.is_available():
        skip("this PyTorch sees no GPU")
    torch.backends.cuda.matmul.allow_tf32 = ask["precision"] != "fp32"
    torch.backends.cudnn.allow_tf32 = ask["precision"] != "fp32"
    torch.backends.cudnn.benchmark = True
    if ask["device"] == "cuda":
        torch.zeros(1, device="cuda")  # the context is there from here on
        ask["usedBefore"] = used()
    return ask


def used():
    """Bytes of the GPU that are in use, by whatever."""
    free, total = torch.cuda.mem_get_info()
    return total - free


def skip(reason):
    """Says why nothing can be measured here, and ends the process."""
    print(json.dumps({"skipped": reason}), flush=True)
    sys.exit(0)


def compiled(module, ask, retain=False):
    """The module, or what torch.compile makes of it in the mode that was asked for.

    `retain`: gradients go through it more than once, as an adaptive weight's do.
    """
    if not ask["compile"]:
        return module
    if retain:
        import torch._functorch.config as functorch

        functorch.donated_buffer = False
    return torch.compile(module, mode=ask["compile"])


def autocast(ask):
    if ask["precision"] not in ("fp16", "bf16"):
        return contextlib.nullcontext()
    return torch.autocast(ask["device"], TYPES[ask["precision"]])


def synchronize(ask):
    if ask["device"] == "cuda":
        torch.cuda.synchronize()


def time_rounds(ask, step):
    """Seconds of a step, one mean a round."""
    for _ in range(ask["warmUp"]):
        step()
    synchronize(ask)
    seconds = []
    for _ in range(ask["rounds"]):
        start = time.perf_counter()
        for _ in range(ask["steps"]):
            step()
        synchronize(ask)
        seconds.append((time.perf_counter() - start) / ask["steps"])
    return seconds


def median(values):
    values = sorted(values)
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


def report(ask, seconds, **more):
    """Prints the result: milliseconds of a step, and what else is known."""
    result = {
        "milliseconds": 1e3 * median(seconds),
        "roundSeconds": seconds,
        "precision": ask["precision"],
        "compile": ask["compile"],
        "torch": torch.__version__,
    }
    if "batch" in ask:
        result["imagesPerSecond"] = ask["batch"] / median(seconds)
    if ask["device"] == "cuda":
        result["gpu"] = torch.cuda.get_device_name()
        result["cuda"] = torch.version.cuda
        result["cudnn"] = torch.backends.cudnn.version()
        # With the kernels that were loaded meanwhile, as ours counts.
        result["usedGiB"] = (used() - ask["usedBefore"]) / 2**30
        result["reservedGiB"] = torch.cuda.max_memory_reserved() / 2**30
        result["allocatedGiB"] = torch.cuda.max_memory_allocated() / 2**30
    else:
        result["hostPeakGiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    result.update(more)
    print(json.dumps(result), flush=True)


class Optimizer:
    """Clipping, fused AdamW and a moving average; with fp16 under autocast, scaled losses too."""

    def __init__(self, parameters, recipe, ask, average, scale=None):
        self.parameters = list(parameters)
        self.clip = recipe.get("clipNorm", 0)
        rule = recipe.get("rule", {})  # AdamW's or Adam's without l2: no other is asked
        self.adam = torch.optim.AdamW(
            self.parameters,
            lr=recipe.get("learningRate", 1e-4),
            betas=(rule.get("beta1", 0.9), rule.get("beta2", 0.999)),
            eps=rule.get("eps", 1e-8),
            weight_decay=recipe.get("weightDecay", 0),
            fused=True,
        )
        scale = ask["precision"] == "fp16" if scale is None else scale
        self.scaler = torch.amp.GradScaler(ask["device"], enabled=scale)
        self.average = [p.detach().clone() for p in self.parameters] if average else None

    def step(self, loss):
        self.scaler.scale(loss).backward()
        if self.clip > 0:
            self.scaler.unscale_(self.adam)
            torch.nn.utils.clip_grad_norm_(self.parameters, self.clip)
        self.scaler.step(self.adam)
        self.scaler.update()
        self.adam.zero_grad(set_to_none=True)
        if self.average is not None:
            with torch.no_grad():
                torch._foreach_lerp_(self.average, self.parameters, 0.01)
