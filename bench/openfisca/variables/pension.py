"""catalog/rule/pension.toml"""

from openfisca_core.model_api import DAY, Variable

from entities import Person


class residents_pension_applies(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY

    def formula(person, period):
        return person("person_followed", period)


class residents_pension_entitled(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY
    label = "Residents' pension"

    def formula(person, period, parameters):
        old = person("person_age", period) >= parameters(period).pension_age
        return old & ~person("person_employee_pension", period)


class residents_pension_receives(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY

    def formula(person, period):
        return person("person_pension_received", period)


class residents_pension_amount(Variable):
    value_type = int
    entity = Person
    definition_period = DAY
    unit = "fen"
    label = "A month"

    def formula(person, period, parameters):
        due = person("residents_pension_applies", period) & person("residents_pension_entitled", period)
        return due * parameters(period).basic_pension_monthly
