"""The peer in TrainStepBench: the same model and training step in PyTorch eager.

Arguments: case (dit, vqgan, vqgan-adversarial), threads, the file of Tessera's weights, batch and
gradients. The first line of output tells how far loss and gradient are from that file's. Then
commands on standard input, one per line: `run STEPS` answers with the seconds of each step as JSON;
`cpu` answers with the processor
seconds of this process so far; `quit` ends.
"""

import json
import sys
import time

import torch

import dit
import safetensors_file
import vqgan
from randomness import Generator, Keyed


def build(case, setup, tensors):
    batch = safetensors_file.under(tensors, "batch")
    if case == "dit":
        training = dit.Training(setup, batch)
    else:
        state = safetensors_file.under(tensors, "state")
        training = vqgan.Training(setup, batch, state, case == "vqgan-adversarial")
    for group, module in training.modules.items():
        given = safetensors_file.under(tensors, "parameters/" + group)
        targets = dict(module.named_parameters())
        renamed = {training.rename(name): value for name, value in given.items()}
        assert renamed.keys() == targets.keys(), renamed.keys() ^ targets.keys()
        with torch.no_grad():
            for name, value in renamed.items():
                targets[name].copy_(value)
    return training


def compare(training, tensors):
    """Largest relative difference of a metric, and of a phase's gradient in the L2 norm."""
    metric_error = gradient_error = 0.0
    carried = None
    for phase in training.phases:
        key = tensors["key/" + phase].item()
        group, loss, metrics, carried = training.loss(phase, Keyed(key), carried)
        named = dict(training.modules[group].named_parameters())
        gradients = dict(zip(named, torch.autograd.grad(loss, list(named.values()))))
        for ours, theirs in zip(tensors["summary/" + phase], metrics):
            metric_error = max(metric_error, abs(ours.item() / theirs.item() - 1))
        difference = norm = 0.0
        for name, ours in safetensors_file.under(tensors, "gradient/" + phase).items():
            theirs = gradients[training.rename(name)].double()
            difference += (ours.double() - theirs).square().sum().item()
            norm += theirs.square().sum().item()
        gradient_error = max(gradient_error, (difference / norm) ** 0.5)
    return metric_error, gradient_error


class Optimizer:
    """Clipping, fused AdamW with a warm-up in images, and a moving average if asked for."""

    def __init__(self, module, recipe, average):
        self.recipe = recipe
        self.parameters = list(module.parameters())
        rule = recipe["rule"]
        self.adam = torch.optim.AdamW(
            self.parameters,
            lr=recipe["learningRate"],
            betas=(rule["beta1"], rule["beta2"]),
            eps=rule["eps"],
            weight_decay=recipe["weightDecay"],
            fused=True,
        )
        self.average = [p.detach().clone() for p in self.parameters] if average else None

    def step(self, images, batch, ema):
        norm = torch.nn.utils.clip_grad_norm_(self.parameters, self.recipe["clipNorm"])
        warm = min(1.0, (images + 1) / max(1, self.recipe["warmupImages"]))
        for group in self.adam.param_groups:
            group["lr"] = self.recipe["learningRate"] * warm
        self.adam.step()
        self.adam.zero_grad(set_to_none=True)
        if self.average is not None:
            half_life = min(ema["halfLifeImages"], max(ema["rampup"] * images, 1e-8))
            keep = 0.5 ** (batch / half_life)
            with torch.no_grad():
                torch._foreach_lerp_(self.average, self.parameters, 1 - keep)
        return norm.item()


class Loop:
    def __init__(self, training):
        self.training = training
        self.images = 0
        recipe = training.recipe
        self.ema = recipe.get("ema")
        self.batch = next(iter(training.batch.values())).shape[0]
        self.optimizers = {
            group: Optimizer(
                module,
                recipe["adversary"]["optimizer"] if group == "discriminator" else recipe["optimizer"],
                self.ema is not None,
            )
            for group, module in training.modules.items()
        }

    def step(self):
        carried = None
        for phase in self.training.phases:
            group, loss, metrics, carried = self.training.loss(phase, Generator(), carried)
            loss.backward()
            self.optimizers[group].step(self.images, self.batch, self.ema)
            self.training.after(phase, carried)
            values = [metric.item() for metric in metrics]
            assert all(value == value for value in values), values
        self.images += self.batch


def main():
    case, threads, file = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    torch.set_num_threads(threads)
    metadata, tensors = safetensors_file.read(file)
    training = build(case, json.loads(metadata["setup"]), tensors)
    metric_error, gradient_error = compare(training, tensors)
    greeting = {
        "torch": torch.__version__,
        "parameters": sum(p.numel() for m in training.modules.values() for p in m.parameters()),
        "metricError": metric_error,
        "gradientError": gradient_error,
    }
    print(json.dumps(greeting), flush=True)
    loop = Loop(training)
    for line in sys.stdin:
        words = line.split()
        if words[0] == "quit":
            break
        if words[0] == "cpu":
            print(time.process_time(), flush=True)
            continue
        seconds = []
        for _ in range(int(words[1])):
            start = time.perf_counter()
            loop.step()
            seconds.append(time.perf_counter() - start)
        print(json.dumps(seconds), flush=True)


main()
