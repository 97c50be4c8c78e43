"""catalog/rule/two-assurances-three-guarantees.toml"""

import numpy
from openfisca_core.model_api import DAY, Variable

from cel import full_years, of_each_day, quotient, school_years
from entities import House, Household, Person, WaterPoint
from facts import Grade, Lifted, Student


class person_here(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY
    label = "Counted in the household"

    def formula(person, period):
        return ~person("person_left_for_known", period)


class person_age(Variable):
    value_type = int
    entity = Person
    definition_period = DAY
    label = "Age"

    def formula(person, period):
        return of_each_day(person("person_born", period), lambda days: full_years(days, period.start))


class person_school_age(Variable):
    value_type = int
    entity = Person
    definition_period = DAY
    label = "Age when the school year began"

    def formula(person, period):
        return of_each_day(person("person_born", period), lambda days: school_years(days, period.start))


class person_of_compulsory_age(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY
    label = "Of compulsory school age"

    def formula(person, period):
        age = person("person_school_age", period)
        return (age >= 6) & (age < 15)


class person_in_school(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY
    label = "In school"

    def formula(person, period):
        return person("person_student_known", period) & (person("person_student", period) != Student.not_at_school)


class person_safely_housed(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY
    label = "Lives in a safe house"

    def formula(person, period):
        at_home = ~person("person_staying_known", period) & person.household("household_safe_home", period)
        return at_home | person.staying("household_safe_home", period)


class household_on_register(Variable):
    value_type = bool
    entity = Household
    definition_period = DAY
    label = "On the register"

    def formula(household, period):
        return household("household_registered_known", period) & household("household_registered", period)


class household_followed(Variable):
    value_type = bool
    entity = Household
    definition_period = DAY
    label = "Followed"

    def formula(household, period):
        helped = household("household_instant_help_known", period) & household("household_instant_help", period)
        return household("household_on_register", period) | helped | household("household_monitored_known", period)


class household_poor_now(Variable):
    value_type = bool
    entity = Household
    definition_period = DAY
    label = "Poor now"

    def formula(household, period):
        lifted = household("household_lifted", period)
        return (lifted == Lifted.not_yet) | (lifted == Lifted.fallen_back)


class household_size(Variable):
    value_type = int
    entity = Household
    definition_period = DAY
    label = "Persons in the household"

    def formula(household, period):
        return household.sum(household.members("person_here", period))


class household_net_income(Variable):
    value_type = int
    entity = Household
    definition_period = DAY
    unit = "fen"
    label = "Net income of the household"

    def formula(household, period):
        return (
            household("household_income_wage", period)
            + household("household_income_business", period)
            - household("household_cost_business", period)
            + household("household_income_property", period)
            + household("household_income_transfer", period)
        )


class household_per_head(Variable):
    value_type = int
    entity = Household
    definition_period = DAY
    unit = "fen"
    label = "Net income a head; of no meaning where nobody is counted, and read by no rule that applies there"

    def formula(household, period):
        persons = numpy.maximum(household("household_size", period), 1)
        return quotient(household("household_net_income", period), persons)


class household_under_line(Variable):
    value_type = bool
    entity = Household
    definition_period = DAY
    label = "Under the poverty line"

    def formula(household, period, parameters):
        return household("household_per_head", period) < parameters(period).poverty_line


class household_lives_unsafely(Variable):
    value_type = bool
    entity = Household
    definition_period = DAY
    label = "Somebody lives in an unsafe house of the household"

    def formula(household, period):
        houses = household.estate.members
        return household.estate.any(houses("house_lived_in", period) & ~houses("house_safe", period))


class household_safe_home(Variable):
    value_type = bool
    entity = Household
    definition_period = DAY
    label = "Has a safe house of its own"

    def formula(household, period):
        lived_in = household.estate.any(household.estate.members("house_lived_in", period))
        return lived_in & ~household("household_lives_unsafely", period)


class house_renovated(Variable):
    value_type = bool
    entity = House
    definition_period = DAY
    label = "Repaired or rebuilt since the appraisal"

    def formula(house, period):
        since = house("house_rebuilt_on", period) >= house("house_appraised_on", period)
        return house("house_rebuilt_on_known", period) & (~house("house_appraised_on_known", period) | since)


class house_safe(Variable):
    value_type = bool
    entity = House
    definition_period = DAY
    label = "Safe"

    def formula(house, period):
        grade = house("house_grade", period)
        return house("house_renovated", period) | (grade == Grade.a) | (grade == Grade.b)


class water_point_bad_water(Variable):
    value_type = bool
    entity = WaterPoint
    definition_period = DAY
    label = "Water known to be bad"

    def formula(water_point, period):
        known = water_point("water_point_quality_passes_known", period)
        return known & ~water_point("water_point_quality_passes", period)


class water_point_safe(Variable):
    value_type = bool
    entity = WaterPoint
    definition_period = DAY
    label = "Meets the four indicators"

    def formula(water_point, period, parameters):
        limits = parameters(period)
        return (
            (water_point("water_point_litres", period) >= limits.water_litres_good)
            & (water_point("water_point_fetch_minutes", period) <= limits.water_fetch_minutes)
            & (water_point("water_point_short_days", period) <= limits.water_short_days)
            & water_point("water_point_quality_passes", period)
        )


class household_owed_guarantees(Variable):
    value_type = bool
    entity = Household
    definition_period = DAY
    label = "To whom the checks of this file apply"

    def formula(household, period):
        return household("household_followed", period) & (household("household_size", period) > 0)


class income_above_line_applies(Variable):
    value_type = bool
    entity = Household
    definition_period = DAY

    def formula(household, period):
        return household("household_owed_guarantees", period)


class income_above_line_passes(Variable):
    value_type = bool
    entity = Household
    definition_period = DAY
    label = "Net income a head"

    def formula(household, period):
        return ~household("household_under_line", period)


class enough_food_applies(Variable):
    value_type = bool
    entity = Household
    definition_period = DAY

    def formula(household, period):
        return household("household_owed_guarantees", period)


class enough_food_passes(Variable):
    value_type = bool
    entity = Household
    definition_period = DAY
    label = "Enough to eat"

    def formula(household, period):
        return household("household_enough_food", period)


class enough_clothing_applies(Variable):
    value_type = bool
    entity = Household
    definition_period = DAY

    def formula(household, period):
        return household("household_owed_guarantees", period)


class enough_clothing_passes(Variable):
    value_type = bool
    entity = Household
    definition_period = DAY
    label = "Enough to wear"

    def formula(household, period):
        return household("household_enough_clothing", period)


class compulsory_education_applies(Variable):
    value_type = bool
    entity = Household
    definition_period = DAY

    def formula(household, period):
        return household("household_owed_guarantees", period)


class compulsory_education_passes(Variable):
    value_type = bool
    entity = Household
    definition_period = DAY
    label = "Compulsory education"

    def formula(household, period):
        members = household.members
        exempt = members("person_exempt_from_school_known", period) & members("person_exempt_from_school", period)
        out_of_school = members("person_student", period) == Student.not_at_school
        # `all` walks over the members in turn; that none of them fails is asked at once.
        return ~household.any(
            members("person_here", period) & members("person_of_compulsory_age", period) & out_of_school & ~exempt
        )


class basic_medical_applies(Variable):
    value_type = bool
    entity = Household
    definition_period = DAY

    def formula(household, period):
        return household("household_owed_guarantees", period)


class basic_medical_passes(Variable):
    value_type = bool
    entity = Household
    definition_period = DAY
    label = "Basic medical insurance"

    def formula(household, period):
        members = household.members
        soldier = members("person_soldier_known", period) & members("person_soldier", period)
        return ~household.any(
            members("person_here", period) & ~soldier & ~members("person_medical_insured", period)
        )


class safe_housing_applies(Variable):
    value_type = bool
    entity = Household
    definition_period = DAY

    def formula(household, period):
        return household("household_owed_guarantees", period)


class safe_housing_passes(Variable):
    value_type = bool
    entity = Household
    definition_period = DAY
    label = "Safe housing"

    def formula(household, period):
        members = household.members
        unsafely_housed = members("person_here", period) & ~members("person_safely_housed", period)
        return ~household("household_lives_unsafely", period) & ~household.any(unsafely_housed)


class safe_water_applies(Variable):
    value_type = bool
    entity = Household
    definition_period = DAY

    def formula(household, period):
        return household("household_owed_guarantees", period)


class safe_water_passes(Variable):
    value_type = bool
    entity = Household
    definition_period = DAY
    label = "Safe drinking water"

    def formula(household, period):
        bad = household("household_water_point_known", period) & household.water_point("water_point_bad_water", period)
        tapped = household("household_tap_water", period) & ~bad
        return tapped | household.water_point("water_point_safe", period)
