"""libcal's bf16 against OpenVINO's on the full CAL ResNet-50 at 256 pixels.

It says something about bf16 only where the processor has AVX512_BF16: elsewhere libcal emulates
it, and OpenVINO computes in fp32 whatever it is told. Rounds and ratios are those of compare.py;
libcal's own fp32 is one of the peers.

usage: bf16.py [--rounds 5] [--repeats 5] [--seconds 1.5] [--threads 1,2] [--batch 1,8] [-o FILE]
"""

from __future__ import annotations

from importlib.metadata import version

import cal
import numpy as np
from compare import prepare
from comparison import bars, options, speed, timed
from conditions import Conditions
from rounds import Round
from tables import publish

ENGINES = {"libcal-bf16": "libcal", "openvino-bf16": "OpenVINO", "libcal": "libcal fp32"}
WORST = 0.05
"""Of the logits' length in fp32: who is further away computes something else."""


def check_logits(found: Round) -> float:
    """The largest error of an engine, of the logits' length in fp32."""
    exact = np.array(found["libcal"]["logits"])
    errors = {
        engine: float(np.linalg.norm(found[engine]["logits"] - exact) / np.linalg.norm(exact))
        for engine in list(ENGINES)[:-1]
    }
    for engine, error in errors.items():
        if not error < WORST:
            raise SystemExit(f"{engine} is off by {error:.3f} of the logits in fp32")
    return errors["libcal-bf16"]


def main() -> None:
    chosen = options(__doc__.splitlines()[0])
    conditions = Conditions()
    results = timed(ENGINES, chosen, prepare)
    error = max(check_logits(found) for rounds in results.values() for found in rounds)
    heading = (
        f"{conditions} bf16: {cal.build_info()['kernels-bf16']}. "
        f"Peer: openvino {version('openvino')}. "
        f"{chosen.rounds} rounds. All in bf16 but the last; libcal's logits are off by "
        f"{error:.1e} of their length.\n\n"
    )
    publish(heading + speed(ENGINES, results), chosen.output, bars(ENGINES, results))


if __name__ == "__main__":
    main()
