"""catalog/rule/subsistence.toml"""

import numpy
from openfisca_core.model_api import DAY, Variable, where

from cel import quotient
from entities import Household, Person


class person_on_subsistence(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY
    label = "Receives the subsistence allowance"

    def formula(person, period):
        told = person("person_subsistence", period)
        known = person("person_subsistence_known", period)
        return where(person.household("household_followed", period), told, known & told)


class person_on_destitute(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY
    label = "Supported as destitute"

    def formula(person, period):
        return person("person_destitute_known", period) & person("person_destitute", period)


class household_on_subsistence(Variable):
    value_type = bool
    entity = Household
    definition_period = DAY
    label = "Receives the subsistence allowance"

    def formula(household, period):
        members = household.members
        return household.any(members("person_here", period) & members("person_on_subsistence", period))


class household_own_income(Variable):
    value_type = int
    entity = Household
    definition_period = DAY
    unit = "fen"
    label = "Net income without the allowance"

    def formula(household, period):
        allowance = household("household_transfer_subsistence", period)
        on_subsistence = household("household_on_subsistence", period)
        return household("household_net_income", period) - where(on_subsistence, allowance, 0)


class household_own_per_head(Variable):
    value_type = int
    entity = Household
    definition_period = DAY
    unit = "fen"
    label = "Net income a head without the allowance"

    def formula(household, period):
        persons = numpy.maximum(household("household_size", period), 1)
        return quotient(household("household_own_income", period), persons)


class household_all_destitute(Variable):
    value_type = bool
    entity = Household
    definition_period = DAY
    label = "All are supported as destitute"

    def formula(household, period):
        members = household.members
        return ~household.any(members("person_here", period) & ~members("person_on_destitute", period))


class household_not_destitute(Variable):
    value_type = int
    entity = Household
    definition_period = DAY
    label = "Persons not supported as destitute"

    def formula(household, period):
        members = household.members
        return household.sum(members("person_here", period) & ~members("person_on_destitute", period))


class subsistence_allowance_applies(Variable):
    value_type = bool
    entity = Household
    definition_period = DAY

    def formula(household, period):
        told = household("household_followed", period) | household("household_income_year_known", period)
        return (household("household_size", period) > 0) & told


class subsistence_allowance_entitled(Variable):
    value_type = bool
    entity = Household
    definition_period = DAY
    label = "Subsistence allowance"

    def formula(household, period, parameters):
        lacks = household("household_own_per_head", period) < parameters(period).rural_subsistence_standard
        return lacks & ~household("household_all_destitute", period)


class subsistence_allowance_receives(Variable):
    value_type = bool
    entity = Household
    definition_period = DAY

    def formula(household, period):
        return household("household_on_subsistence", period)


class subsistence_allowance_amount(Variable):
    value_type = int
    entity = Household
    definition_period = DAY
    unit = "fen"
    label = "A month"

    def formula(household, period, parameters):
        lacks = parameters(period).rural_subsistence_standard - household("household_own_per_head", period)
        due = household("subsistence_allowance_applies", period) & household("subsistence_allowance_entitled", period)
        return where(due, quotient(lacks * household("household_not_destitute", period), 12), 0)
