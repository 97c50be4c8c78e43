"""catalog/rule/housing-aid.toml"""

from openfisca_core.model_api import DAY, Variable

from entities import House, Household
from facts import Grade


class household_needs_barrier_free(Variable):
    value_type = bool
    entity = Household
    definition_period = DAY
    label = "Has a severely disabled member"

    def formula(household, period):
        members = household.members
        return household.any(members("person_here", period) & members("person_severely_disabled", period))


class house_of_followed(Variable):
    value_type = bool
    entity = House
    definition_period = DAY
    label = "To which the rules of this file apply"

    def formula(house, period):
        empty = house("house_lived_in_known", period) & ~house("house_lived_in", period)
        return house.household("household_followed", period) & ~empty


class house_paid_for(Variable):
    value_type = bool
    entity = House
    definition_period = DAY
    label = "Renovated, and the subsidy paid"

    def formula(house, period):
        return house("house_renovated", period) & (house("house_subsidy", period) > 0)


class house_repair_applies(Variable):
    value_type = bool
    entity = House
    definition_period = DAY

    def formula(house, period):
        return house("house_of_followed", period)


class house_repair_entitled(Variable):
    value_type = bool
    entity = House
    definition_period = DAY
    label = "Repair of a house of grade C"

    def formula(house, period):
        return house("house_grade", period) == Grade.c


class house_repair_receives(Variable):
    value_type = bool
    entity = House
    definition_period = DAY

    def formula(house, period):
        return house("house_paid_for", period)


class house_repair_amount(Variable):
    value_type = int
    entity = House
    definition_period = DAY
    unit = "fen"
    label = "Once"

    def formula(house, period, parameters):
        due = house("house_repair_applies", period) & house("house_repair_entitled", period)
        return due * parameters(period).house_repair_subsidy


class house_rebuild_applies(Variable):
    value_type = bool
    entity = House
    definition_period = DAY

    def formula(house, period):
        return house("house_of_followed", period)


class house_rebuild_entitled(Variable):
    value_type = bool
    entity = House
    definition_period = DAY
    label = "Rebuilding a house of grade D"

    def formula(house, period):
        return house("house_grade", period) == Grade.d


class house_rebuild_receives(Variable):
    value_type = bool
    entity = House
    definition_period = DAY

    def formula(house, period):
        return house("house_paid_for", period)


class house_rebuild_amount(Variable):
    value_type = int
    entity = House
    definition_period = DAY
    unit = "fen"
    label = "Once"

    def formula(house, period, parameters):
        due = house("house_rebuild_applies", period) & house("house_rebuild_entitled", period)
        return due * parameters(period).house_rebuild_subsidy


class barrier_free_house_applies(Variable):
    value_type = bool
    entity = House
    definition_period = DAY

    def formula(house, period):
        return house("house_of_followed", period)


class barrier_free_house_entitled(Variable):
    value_type = bool
    entity = House
    definition_period = DAY
    label = "Barrier-free house"

    def formula(house, period):
        return house.household("household_needs_barrier_free", period)


class barrier_free_house_receives(Variable):
    value_type = bool
    entity = House
    definition_period = DAY

    def formula(house, period):
        return house("house_barrier_free", period)
