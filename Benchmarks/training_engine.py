"""Times the training steps of one engine in one process and prints a JSON object. Started by
training.py and regression.py.

usage: training_engine.py NAME NETWORK THREADS STEPS

libcal is timed from image buffers: it makes both views in its step. PyTorch's are ready.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
from common import peak

KNOWN = 9
PROTOTYPES = 17
# Batch, and the arguments of cal.Network.
NETWORKS = {
    "small": (
        32,
        {"block": "basic", "depths": (2, 2, 2, 2), "width": 16, "size": 64, "small_stem": True},
    ),
    "resnet50": (
        16,
        {
            "block": "bottleneck",
            "depths": (3, 4, 6, 3),
            "width": 64,
            "size": 256,
            "small_stem": False,
        },
    ),
}


class Clock:
    """Wall and processor time of every step but the first, which meets fresh memory."""

    def __init__(self) -> None:
        self.wall: list[float] = []
        self.processor: list[float] = []
        self.last: tuple[float, float] | None = None

    def tick(self) -> None:
        now = time.perf_counter(), time.process_time()
        if self.last:
            self.wall.append(now[0] - self.last[0])
            self.processor.append(now[1] - self.last[1])
        self.last = now


class Enough(Exception):
    pass


def libcal(name: str, threads: int, steps: int, clock: Clock) -> None:

    from cal.training import Network, Trainer

    batch, shape = NETWORKS[name]
    rng = np.random.default_rng(7)
    count = batch * (steps + 2)
    size = shape["size"]
    images = [rng.integers(0, 256, (size, size, 3), dtype=np.uint8) for _ in range(count)]
    labels = [i // 2 % KNOWN if i % 2 == 0 else None for i in range(count)]

    def report(_report: object) -> None:
        clock.tick()
        if len(clock.wall) == steps:
            raise Enough

    trainer = Trainer(
        images,
        labels,
        [str(i) for i in range(KNOWN)],
        network=Network(**shape),
        prototypes=PROTOTYPES,
        batch_size=batch,
        epochs=1,
        threads=threads,
    )
    with trainer, ended():
        trainer.run(report)


@contextmanager
def ended() -> Iterator[None]:
    try:
        yield
    except Enough:
        return
    raise RuntimeError("the training ended before it was timed")


def pytorch(name: str, threads: int, steps: int, clock: Clock) -> None:
    import torch
    from torch_network import Network, Step

    torch.set_num_threads(threads)
    torch.manual_seed(7)
    batch, shape = NETWORKS[name]
    step = Step(Network(**shape, prototypes=PROTOTYPES), batch, shape["size"], KNOWN)
    for _ in range(steps + 1):
        step()
        clock.tick()


ENGINES: dict[str, Callable[[str, int, int, Clock], None]] = {"libcal": libcal, "pytorch": pytorch}


def main() -> None:
    engine, name, threads, steps = sys.argv[1:]
    __import__({"libcal": "cal", "pytorch": "torch"}[engine])
    before = peak()
    clock = Clock()
    ENGINES[engine](name, int(threads), int(steps), clock)
    print(
        json.dumps(
            {
                "ms": 1e3 * statistics.median(clock.wall),
                "processor_ms": 1e3 * statistics.median(clock.processor),
                "least_processor_ms": 1e3 * min(clock.processor),
                "memory_mb": peak() - before,
                "peak_mb": peak(),
            }
        )
    )


if __name__ == "__main__":
    main()
