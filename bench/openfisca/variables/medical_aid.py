"""catalog/rule/medical-aid.toml, and who is ill by catalog/rule/doctors.toml"""

from openfisca_core.model_api import DAY, Variable

from entities import Person
from facts import Health


class person_ill(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY
    label = "Ill"

    def formula(person, period):
        health = person("person_health", period)
        return (health == Health.chronically_ill) | (health == Health.seriously_ill)


class person_followed(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY
    label = "Counted in a household that is followed"

    def formula(person, period):
        return person("person_here", period) & person.household("household_followed", period)


class premium_aid_applies(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY

    def formula(person, period):
        return person("person_followed", period)


class premium_aid_entitled(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY
    label = "Premium of residents' medical insurance"

    def formula(person, period):
        soldier = person("person_soldier_known", period) & person("person_soldier", period)
        employee = person("person_employee_pension_known", period) & person("person_employee_pension", period)
        return ~soldier & ~employee


class premium_aid_receives(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY

    def formula(person, period):
        return person("person_premium_aid", period)


class premium_aid_amount(Variable):
    value_type = int
    entity = Person
    definition_period = DAY
    unit = "fen"
    label = "A year"

    def formula(person, period, parameters):
        due = person("premium_aid_applies", period) & person("premium_aid_entitled", period)
        return due * parameters(period).medical_premium


class chronic_benefit_applies(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY

    def formula(person, period):
        return person("person_followed", period)


class chronic_benefit_entitled(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY
    label = "Outpatient chronic-illness benefit"

    def formula(person, period):
        return person("person_ill", period)


class chronic_benefit_receives(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY

    def formula(person, period):
        return person("person_chronic_card", period)
