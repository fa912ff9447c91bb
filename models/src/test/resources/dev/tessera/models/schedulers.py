"""Follows diffusers' schedulers on an ideal denoiser: schedulers.py CASES.json -> JSON on stdout.

Every case gives noise levels sigma of x = x0 + sigma eps, standard normal noise to begin with and
for every step, and a mixture of normal laws of one dimension. The answer is the trajectory in those
coordinates, float64.
"""

import json
import math
import sys

import diffusers
import torch
from diffusers.schedulers import scheduling_ddpm

torch.set_default_dtype(torch.float64)


def law(mixture):
    w, mu, sd = (torch.tensor(mixture[k]) for k in ("weights", "means", "deviations"))

    def denoise(x, sigma):
        variance = sd**2 + sigma**2
        logits = w.log() - variance.log() / 2 - (x[..., None] - mu) ** 2 / (2 * variance)
        p = logits.softmax(-1)
        return (p * (sd**2 * x[..., None] + sigma**2 * mu) / variance).sum(-1)

    return denoise


def betas(scheduler):
    """The table in float64; the scheduler's own is float32."""
    beta = torch.linspace(1e-4, 2e-2, 1000)
    scheduler.betas = beta
    scheduler.alphas = 1 - beta
    scheduler.alphas_cumprod = torch.cumprod(1 - beta, 0)
    scheduler.final_alpha_cumprod = torch.tensor(1.0)
    return scheduler.alphas_cumprod


def noise_prediction(denoise, x, sigma):
    return (x - denoise(x, sigma)) / sigma


def steps_of_betas(case, denoise, scheduler, advance):
    abar = betas(scheduler)
    scheduler.set_timesteps(case["steps"])
    x = None
    path = []
    for i, t in enumerate(scheduler.timesteps):
        scale = abar[t].sqrt()
        sigma = ((1 - abar[t]) / abar[t]).sqrt()
        if x is None:
            assert math.isclose(sigma, case["sigmas"][0], rel_tol=1e-12), (sigma, case["sigmas"][0])
            x = torch.tensor(case["start"])[:, None] * sigma * scale
        eps = noise_prediction(denoise, x / scale, sigma)
        x = advance(scheduler, eps, t, x, torch.tensor(case["noise"][i])[:, None])
        last = i + 1 == len(scheduler.timesteps)
        path.append(x if last else x / abar[scheduler.timesteps[i + 1]].sqrt())
    return path


def ddim(case, denoise):
    scheduler = diffusers.DDIMScheduler(
        beta_start=1e-4, beta_end=2e-2, clip_sample=False, timestep_spacing="leading"
    )

    def advance(s, eps, t, x, z):
        return s.step(eps, t, x, eta=case["eta"], variance_noise=z).prev_sample

    return steps_of_betas(case, denoise, scheduler, advance)


def ddpm(case, denoise):
    scheduler = diffusers.DDPMScheduler(
        beta_start=1e-4,
        beta_end=2e-2,
        clip_sample=False,
        variance_type=case["variance"],
        timestep_spacing="leading",
    )
    given = {}
    scheduling_ddpm.randn_tensor = lambda *args, **kwargs: given["z"]

    def advance(s, eps, t, x, z):
        given["z"] = z
        return s.step(eps, t, x).prev_sample

    return steps_of_betas(case, denoise, scheduler, advance)


def on_sigmas(case, denoise, scheduler, sigmas, preserving=False):
    """Schedulers that hold their levels in a list, which is replaced by the case's."""
    scheduler.set_timesteps(case["steps"])
    scheduler.sigmas = torch.tensor(sigmas)
    scheduler.timesteps = torch.arange(len(sigmas) - 1) + 0.5
    scheduler.num_inference_steps = len(sigmas) - 1
    scheduler.set_begin_index(0)
    scale = 1 / math.sqrt(1 + sigmas[0] ** 2) if preserving else 1
    x = torch.tensor(case["start"])[:, None] * sigmas[0] * scale
    path = []
    for i, t in enumerate(scheduler.timesteps):
        scale = 1 / math.sqrt(1 + sigmas[i] ** 2) if preserving else 1
        eps = noise_prediction(denoise, x / scale, sigmas[i])
        x = scheduler.step(eps, t, x).prev_sample.double()
        scale = 1 / math.sqrt(1 + sigmas[i + 1] ** 2) if preserving else 1
        path.append(x / scale)
    return path


def euler(case, denoise):
    return on_sigmas(case, denoise, diffusers.EulerDiscreteScheduler(), case["sigmas"])


def heun(case, denoise):
    s = case["sigmas"]
    twice = [s[0]] + [v for v in s[1:-1] for _ in (0, 1)] + [s[-1]]
    path = on_sigmas(case, denoise, diffusers.HeunDiscreteScheduler(), twice)
    return path[1::2] + path[-1:]


def dpmpp_2m(case, denoise):
    scheduler = diffusers.DPMSolverMultistepScheduler(
        algorithm_type="dpmsolver++", solver_order=2, final_sigmas_type="zero", lower_order_final=False
    )
    return on_sigmas(case, denoise, scheduler, case["sigmas"], preserving=True)


def uni_pc(case, denoise):
    scheduler = diffusers.UniPCMultistepScheduler(
        solver_order=case["order"], solver_type=case["b"], predict_x0=True, lower_order_final=True
    )
    return on_sigmas(case, denoise, scheduler, case["sigmas"], preserving=True)


def flow(case, denoise):
    scheduler = diffusers.FlowMatchEulerDiscreteScheduler(shift=1.0)
    times = [s / (1 + s) for s in case["sigmas"]]
    scheduler.set_timesteps(sigmas=times[:-1])
    scheduler.sigmas = torch.tensor(times)
    scheduler.set_begin_index(0)
    x = torch.tensor(case["start"])[:, None] * times[0]
    path = []
    for i, t in enumerate(scheduler.timesteps):
        sigma = case["sigmas"][i]
        clean = denoise(x / (1 - times[i]), sigma)
        velocity = noise_prediction(denoise, x / (1 - times[i]), sigma) - clean
        x = scheduler.step(velocity, t, x).prev_sample.double()
        path.append(x / (1 - times[i + 1]))
    return path


FOLLOW = {f.__name__: f for f in (ddim, ddpm, euler, heun, dpmpp_2m, uni_pc, flow)}

with open(sys.argv[1]) as file:
    cases = json.load(file)
answers = []
for case in cases:
    path = FOLLOW[case["scheduler"]](case, law(case["law"]))
    answers.append([x.flatten().tolist() for x in path])
print(json.dumps(answers))
