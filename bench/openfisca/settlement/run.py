"""Settles person-years of bills by the system, writes what each layer pays, and prints the times as one line of JSON.

The data are columns of 64-bit numbers, amounts in fen, one value a person and month; `amounts` is written beside them: what
the six layers pay and what the person does, in fen, by person and month. The batch is all people, and only the
calculation is counted; a single case is the first person's first bill, from its values in memory to its amounts.
"""

import argparse
import gc
import json
import statistics
import time
from pathlib import Path

import numpy
from openfisca_core.simulations import SimulationBuilder

from system import LAYERS, SixLayers

MONTHS = [f"2020-{month:02}" for month in range(1, 13)]
AMOUNTS = ("total", "own_pay", "over_limit", "first_pay")
OUTPUTS = (*LAYERS, "personal")


def main():
    parser = argparse.ArgumentParser(description="Settles person-years of bills.")
    parser.add_argument("--data", required=True, metavar="DIR", type=Path)
    parser.add_argument("--people", required=True, metavar="N", type=int)
    parser.add_argument("--precision", choices=("single", "double"), default="single")
    parser.add_argument("--runs", type=int, default=3, metavar="N")
    asked = parser.parse_args()
    system = SixLayers(asked.precision)
    columns = {
        name: numpy.fromfile(asked.data / name, dtype="<i8").reshape(asked.people, len(MONTHS))
        for name in ("billed", "category", "kind", "level", *AMOUNTS)
    }
    columns["billed"] = columns["billed"].astype(bool)
    columns["level"] = numpy.maximum(columns["level"], 1)
    for name in AMOUNTS:
        columns[name] = columns[name] / 100

    batch = []
    for _ in range(asked.runs):
        gc.collect()
        simulation = filled(system, columns, range(len(MONTHS)))
        begun = time.perf_counter()
        found = settle(simulation, range(len(MONTHS)))
        batch.append(time.perf_counter() - begun)

    # A mean over many, as one is over in milliseconds.
    month = int(numpy.argmax(columns["billed"][0]))
    one = {name: column[:1, month : month + 1] for name, column in columns.items()}
    settle(filled(system, one, range(1)), range(1))
    begun = time.perf_counter()
    for _ in range(100):
        settle(filled(system, one, range(1)), range(1))
    single = (time.perf_counter() - begun) / 100

    fen = numpy.stack([numpy.rint(column.astype(float) * 100).astype("<i8") for column in found])
    fen.reshape(len(MONTHS), len(OUTPUTS), asked.people).transpose(2, 0, 1).tofile(asked.data / "amounts")
    print(json.dumps({"batch_seconds": statistics.median(batch), "single_seconds": single}))


def filled(system, columns, months):
    """A simulation of people with their bills."""
    simulation = SimulationBuilder().build_default_simulation(system, count=len(columns["total"]))
    for name, column in columns.items():
        for month in months:
            simulation.set_input(name, MONTHS[month], column[:, month])
    return simulation


def settle(simulation, months):
    """What every layer pays and the person does, month after month."""
    return [simulation.calculate(name, MONTHS[month]) for month in months for name in OUTPUTS]


if __name__ == "__main__":
    main()
