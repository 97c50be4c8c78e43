"""The figures of catalog/settlement/illustrative-2020.toml, in yuan."""

from openfisca_core.parameters import ParameterNode

FIRST_DAY = "2019-01-01"


def value(number):
    return {"values": {FIRST_DAY: {"value": number}}}


def by_level(one, two, three):
    return {"level_1": value(one), "level_2": value(two), "level_3": value(three)}


def scale(*brackets):
    return {"brackets": [{"threshold": value(threshold), "rate": value(rate)} for threshold, rate in brackets]}


def tree():
    return ParameterNode(
        data={
            "basic": {
                "deductible": by_level(200, 500, 1_000),
                "ratio": by_level(0.85, 0.70, 0.55),
                "year_cap": value(150_000),
                "chronic_ratio": value(0.60),
                "chronic_year_cap": value(5_000),
                "outpatient_ratio": by_level(0.50, 0.40, 0),
                "outpatient_event_cap": value(60),
                "outpatient_year_cap": value(300),
            },
            "serious_illness": {
                "resident": scale((0, 0), (14_000, 0.60), (100_000, 0.65), (200_000, 0.70), (300_000, 0.75)),
                "resident_year_cap": value(400_000),
                "poor": scale((0, 0), (5_000, 0.65), (100_000, 0.75), (200_000, 0.80), (300_000, 0.85)),
            },
            "institution": {"ratio": value(0.10)},
            "assistance": {"ratio": value(0.70), "destitute_ratio": value(1), "year_cap": value(10_000)},
            "supplement": {"ratio": by_level(0.95, 0.80, 0.70)},
            "re_assistance": {"ratio": scale((0, 0), (5_000, 0.70)), "year_cap": value(20_000)},
        }
    )
