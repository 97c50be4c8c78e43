"""Judges a population by every rule of the system, and prints what each comes to as one line of JSON.

`receives` counts those of the entitled who receive, `amount` what is due to the entitled each time. Reading the files,
making a simulation (the median of the runs) and judging by it are told apart. The peak of memory is the first run's.
"""

import argparse
import gc
import json
import resource
import statistics
import time

import numpy
from openfisca_core.periods import period

import parameters
from population import Population
from system import District


def main():
    parser = argparse.ArgumentParser(description="Judges a population by every rule.")
    parser.add_argument("--data", required=True, metavar="DIR")
    parser.add_argument("--day", required=True, metavar="YYYY-MM-DD")
    parser.add_argument("--runs", type=int, default=1, metavar="N")
    asked = parser.parse_args()
    if asked.day < parameters.FIRST_DAY:
        parser.error(f"before {parameters.FIRST_DAY} not every parameter has a value")
    system, day = District(), period(asked.day)

    begun = time.perf_counter()
    population = Population(asked.data, system)
    read = time.perf_counter() - begun

    build, judge, memory = [], [], None
    for _ in range(asked.runs):
        gc.collect()
        # The simulation before stays until the next is made: memory that was given back is slow to get again.
        begun = time.perf_counter()
        simulation = population.simulation(system, day)
        built = time.perf_counter()
        rules = judged(simulation, system, day)
        judge.append(time.perf_counter() - built)
        build.append(built - begun)
        memory = memory or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

    print(
        json.dumps(
            {
                "persons": population.counts["person"],
                "households": population.counts["household"],
                "read_seconds": read,
                "build_seconds": statistics.median(build),
                "judge_seconds": judge,
                "peak_memory_bytes": memory,
                "rules": rules,
            }
        )
    )


def judged(simulation, system, day):
    """What every rule comes to."""
    rules = {}
    for rule, asked in system.rules().items():
        applies = simulation.calculate(f"{rule}_applies", day)
        yes = applies & simulation.calculate(f"{rule}_{'entitled' if 'entitled' in asked else 'passes'}", day)
        counts = {"applies": count(applies), "yes": count(yes)}
        if "receives" in asked:
            counts["receives"] = count(yes & simulation.calculate(f"{rule}_receives", day))
        if "amount" in asked:
            counts["amount"] = int(simulation.calculate(f"{rule}_amount", day).sum())
        rules[rule.replace("_", "-")] = counts
    return rules


def count(truths):
    return int(numpy.count_nonzero(truths))


if __name__ == "__main__":
    main()
