"""What the register tells, as input variables: the values that rules read, and whether one is known where they ask."""

from openfisca_core.indexed_enums import Enum
from openfisca_core.model_api import DAY, ETERNITY, Variable, date

from entities import House, Household, Person, WaterPoint

# Codes by their text in the catalog; the first stands for a value that is not known.


class Student(Enum):
    not_known = ""
    not_at_school = "0"
    kindergarten = "1"
    primary = "2"
    junior = "3"
    senior = "4"
    vocational = "5"
    college = "6"
    university = "7"
    graduate = "8"


class Labour(Enum):
    not_known = ""
    ordinary = "1"
    skilled = "2"
    lost = "3"
    unable = "4"
    weak = "5"


class Health(Enum):
    not_known = ""
    healthy = "1"
    chronically_ill = "2"
    seriously_ill = "3"
    disabled = "4"


class DisabilityGrade(Enum):
    not_known = ""
    grade_1 = "1"
    grade_2 = "2"
    grade_3 = "3"
    grade_4 = "4"


class HouseholdAttribute(Enum):
    not_known = ""
    poor = "1"
    subsistence = "2"
    five_guarantees = "3"
    subsistence_poor = "4"
    ordinary = "5"
    five_guarantees_poor = "6"


class Lifted(Enum):
    not_known = ""
    not_yet = "0"
    lifted = "1"
    about_to = "2"
    fallen_back = "3"


class Grade(Enum):
    not_known = ""
    a = "A"
    b = "B"
    c = "C"
    d = "D"


def fact(entity, name, of, period=DAY, unit=None):
    """A fact that is told of everybody of an entity."""
    attributes = {"entity": entity, "definition_period": period, "label": name.replace("_", " "), "value_type": of}
    if issubclass(of, Enum):
        attributes |= {"value_type": Enum, "possible_values": of, "default_value": of.not_known}
    if unit:
        attributes["unit"] = unit
    return type(f"{entity.key}_{name}", (Variable,), attributes)


VALUES = [
    fact(Person, "born", date, ETERNITY),
    fact(Person, "student", Student),
    fact(Person, "boards", bool),
    fact(Person, "exempt_from_school", bool),
    fact(Person, "labour", Labour),
    fact(Person, "health", Health),
    fact(Person, "disability_grade", DisabilityGrade),
    fact(Person, "chronic_card", bool),
    fact(Person, "medical_insured", bool),
    fact(Person, "premium_aid", bool),
    fact(Person, "employee_pension", bool),
    fact(Person, "pension_received", bool),
    fact(Person, "subsistence", bool),
    fact(Person, "destitute", bool),
    fact(Person, "elder_allowance", bool),
    fact(Person, "hard_elder_allowance", bool),
    fact(Person, "living_allowance", bool),
    fact(Person, "care_allowance", bool),
    fact(Person, "school_aid", bool),
    fact(Person, "rain_dew", bool),
    fact(Person, "soldier", bool),
    fact(Household, "attribute", HouseholdAttribute),
    fact(Household, "registered", bool),
    fact(Household, "lifted", Lifted),
    fact(Household, "monitored_on", date),
    fact(Household, "risk_removed", bool),
    fact(Household, "instant_help", bool),
    fact(Household, "instant_help_on", date),
    fact(Household, "help_measures", bool),
    fact(Household, "income_wage", int, unit="fen"),
    fact(Household, "income_business", int, unit="fen"),
    fact(Household, "cost_business", int, unit="fen"),
    fact(Household, "income_property", int, unit="fen"),
    fact(Household, "income_transfer", int, unit="fen"),
    fact(Household, "transfer_subsistence", int, unit="fen"),
    fact(Household, "enough_food", bool),
    fact(Household, "enough_clothing", bool),
    fact(Household, "tap_water", bool),
    fact(House, "grade", Grade),
    fact(House, "appraised_on", date),
    fact(House, "rebuilt_on", date),
    fact(House, "lived_in", bool),
    fact(House, "subsidy", int, unit="fen"),
    fact(House, "barrier_free", bool),
    fact(WaterPoint, "litres", int),
    fact(WaterPoint, "fetch_minutes", int),
    fact(WaterPoint, "short_days", int),
    fact(WaterPoint, "quality_passes", bool),
]

KNOWN = [
    fact(Person, "student_known", bool),
    fact(Person, "staying_known", bool),
    fact(Person, "exempt_from_school_known", bool),
    fact(Person, "health_known", bool),
    fact(Person, "disability_kind_known", bool),
    fact(Person, "disability_grade_known", bool),
    fact(Person, "employee_pension_known", bool),
    fact(Person, "subsistence_known", bool),
    fact(Person, "destitute_known", bool),
    fact(Person, "soldier_known", bool),
    fact(Person, "left_for_known", bool),
    fact(Household, "attribute_known", bool),
    fact(Household, "registered_known", bool),
    fact(Household, "lifted_known", bool),
    fact(Household, "monitored_known", bool),
    fact(Household, "risk_removed_known", bool),
    fact(Household, "instant_help_known", bool),
    fact(Household, "help_measures_known", bool),
    fact(Household, "income_year_known", bool),
    fact(Household, "water_point_known", bool),
    fact(House, "appraised_on_known", bool),
    fact(House, "rebuilt_on_known", bool),
    fact(House, "lived_in_known", bool),
    fact(WaterPoint, "quality_passes_known", bool),
]
