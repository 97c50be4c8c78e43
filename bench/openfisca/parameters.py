"""The parameters that the rules read, as in catalog/parameter/: money in fen, the ratio in ten-thousandths."""

from openfisca_core.parameters import ParameterNode

VALUES = {
    "basic_pension_monthly": {"2020-01-01": 142_00},
    "care_allowance_monthly": {"2016-01-01": 100_00},
    "destitute_standard": {"2020-01-01": 6_708_00},
    "elder_allowance_age": {"2014-01-01": 70},
    "elder_allowance_monthly": {"2014-01-01": 50_00},
    "hard_elder_age": {"2016-01-01": 60},
    "hard_elder_allowance_monthly": {"2016-01-01": 80_00},
    "help_measures_days": {"2020-03-20": 30},
    "house_rebuild_subsidy": {"2016-01-01": 25_000_00},
    "house_repair_subsidy": {"2016-01-01": 10_000_00},
    "household_monitoring_ratio": {"2020-03-20": 15_000},
    "living_allowance_monthly": {"2016-01-01": 100_00},
    "medical_premium": {
        "2017-01-01": 150_00,
        "2018-01-01": 180_00,
        "2019-01-01": 220_00,
        "2020-01-01": 250_00,
        "2021-01-01": 280_00,
    },
    "pension_age": {"2016-01-01": 60},
    "poverty_line": {
        "2014-01-01": 2_800_00,
        "2015-01-01": 2_855_00,
        "2016-01-01": 2_952_00,
        "2017-01-01": 2_952_00,
        "2018-01-01": 2_995_00,
        "2019-01-01": 3_218_00,
        "2020-01-01": 4_000_00,
    },
    "rain_dew_semester": {"2016-03-01": 1_500_00},
    "rural_subsistence_standard": {"2020-01-01": 5_160_00},
    "school_aid_junior_boarder": {"2016-03-01": 1_250_00},
    "school_aid_junior_day": {"2019-09-01": 625_00},
    "school_aid_preschool": {"2016-03-01": 1_200_00},
    "school_aid_primary_boarder": {"2016-03-01": 1_000_00},
    "school_aid_primary_day": {"2019-09-01": 500_00},
    "school_aid_senior": {"2016-03-01": 2_000_00},
    "school_aid_university": {"2016-03-01": 3_000_00},
    "school_aid_vocational": {"2016-03-01": 2_000_00},
    "water_fetch_minutes": {"2018-06-01": 20},
    "water_litres_good": {"2018-06-01": 35},
    "water_short_days": {"2018-06-01": 36},
}

#: From this day on every parameter has a value.
FIRST_DAY = max(min(values) for values in VALUES.values())


def tree():
    def dated(values):
        return {"values": {day: {"value": value} for day, value in values.items()}}

    return ParameterNode(data={name: dated(values) for name, values in VALUES.items()})
