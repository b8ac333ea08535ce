"""The work of bench/torch.ts in PyTorch. Prints {"torch": version, "blas": name, "milliseconds": {name: [samples]}}.

One argument, JSON: {"threads": n, "samples": n, "seconds": least seconds a sample}. Set-up: see docs/performance.md.
"""

import json
import math
import sys
import time

import torch
from torch import nn

torch.manual_seed(1)
asked = json.loads(sys.argv[1])
torch.set_num_threads(asked["threads"])


class Sine(nn.Module):
    def forward(self, x):
        return torch.sin(x)


def energy(widths, first):
    """2 -> widths -> 1; `first` is the activation of the first layer, SiLU in the others."""
    layers, inputs = [], 2
    for i, outputs in enumerate(widths):
        layers += [nn.Linear(inputs, outputs), first() if i == 0 else nn.SiLU()]
        inputs = outputs
    return nn.Sequential(*layers, nn.Linear(inputs, 1))


def gradient(net, x, graph):
    x = x.detach().requires_grad_(True)
    return torch.autograd.grad(net(x).sum(), x, create_graph=graph)[0]


def training_step(widths, batch, second, first=Sine):
    """The loss on grad V, or the contrast of data and negatives, its gradient in theta, and Adam."""
    net = energy(widths, first)
    adam = torch.optim.Adam(net.parameters(), lr=1e-6, betas=(0.9, 0.99))
    x, u = torch.randn(batch, 2), torch.randn(batch, 2)
    sign = torch.cat([torch.ones(batch // 2), -torch.ones(batch // 2)])

    def run():
        adam.zero_grad()
        if second:
            loss = (gradient(net, x, True) + u).square().sum(1).mean()
        else:
            loss = (sign * net(x)[:, 0]).mean() * 2
        loss.backward()
        adam.step()

    return run


def langevin(widths, particles):
    """One step of unadjusted Langevin on the network, with the walls of the box folded once."""
    net = energy(widths, Sine)
    state = {"x": torch.randn(particles, 2)}
    eta = 0.02

    def run():
        x = state["x"]
        drift = gradient(net, x, False) + x + 20 * torch.sign(x) * torch.relu(x.abs() - 3.2)
        y = x - eta * drift + math.sqrt(2 * eta) * torch.randn_like(x)
        y = torch.where(y > 4, 8 - y, torch.where(y < -4, -8 - y, y))
        state["x"] = y.detach()

    return run


def published_negatives():
    """200 evaluations of grad V at 128 moving negatives on the published network, the bulk of a joint step, without noise as ours."""
    net = energy([256] * 4, nn.SiLU)
    start = torch.randn(128, 2)

    def run():
        x = start
        for _ in range(200):
            x = (x - 0.01 * gradient(net, x, False)).detach()

    return run


WORK = {
    "training step, 64 × 3, ∇V": training_step([64, 64, 64], 256, True),
    "training step, 64 × 3, contrast": training_step([64, 64, 64], 256, False),
    "Langevin on the network, 10,000 particles": langevin([64, 32, 32], 10_000),
    "published recipe, flow step": training_step([256] * 4, 128, True, nn.SiLU),
    "published recipe, negatives of a joint step": published_negatives(),
}


def measure(run):
    for _ in range(3):
        run()
    start, repeats = time.perf_counter(), 0
    while time.perf_counter() - start < asked["seconds"]:
        run()
        repeats += 1
    return 1000 * (time.perf_counter() - start) / repeats


def blas():
    """What matrix products really call: Debian's build names none, and takes the system's."""
    if torch.backends.mkl.is_available():
        return "MKL"
    try:
        with open("/proc/self/maps") as maps:
            return "OpenBLAS" if "openblas" in maps.read() else "reference BLAS"
    except OSError:
        return "unknown"


# Once through all for every sample: what else the machine does falls on all of them.
milliseconds = {name: [] for name in WORK}
for _ in range(asked["samples"]):
    for name, run in WORK.items():
        milliseconds[name].append(measure(run))
print(json.dumps({"torch": torch.__version__, "blas": blas(), "milliseconds": milliseconds}))
