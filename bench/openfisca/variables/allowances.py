"""catalog/rule/allowances.toml"""

from openfisca_core.model_api import DAY, Variable

from entities import Household, Person
from facts import DisabilityGrade, Health, HouseholdAttribute, Labour


class person_disabled(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY
    label = "Disabled"

    def formula(person, period):
        health = person("person_health_known", period) & (person("person_health", period) == Health.disabled)
        return (
            person("person_disability_kind_known", period) | person("person_disability_grade_known", period) | health
        )


class person_severely_disabled(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY
    label = "Severely disabled"

    def formula(person, period):
        grade = person("person_disability_grade", period)
        severe = (grade == DisabilityGrade.grade_1) | (grade == DisabilityGrade.grade_2)
        return person("person_disabled", period) & severe


class person_able(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY
    label = "Able to work"

    def formula(person, period):
        labour = person("person_labour", period)
        return (labour == Labour.ordinary) | (labour == Labour.skilled)


class household_five_guarantees(Variable):
    value_type = bool
    entity = Household
    definition_period = DAY
    label = "Five-guarantees household"

    def formula(household, period):
        attribute = household("household_attribute", period)
        known = household("household_attribute_known", period)
        five_guarantees = attribute == HouseholdAttribute.five_guarantees
        return known & (five_guarantees | (attribute == HouseholdAttribute.five_guarantees_poor))


class destitute_support_applies(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY

    def formula(person, period):
        return person("person_here", period)


class destitute_support_entitled(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY
    label = "Support of the destitute"

    def formula(person, period):
        age = person("person_age", period)
        unable = person("person_disabled", period) & ~person("person_able", period)
        return person.household("household_five_guarantees", period) & ((age >= 60) | (age < 16) | unable)


class destitute_support_receives(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY

    def formula(person, period):
        return person("person_destitute", period)


class destitute_support_amount(Variable):
    value_type = int
    entity = Person
    definition_period = DAY
    unit = "fen"
    label = "A month"

    def formula(person, period, parameters):
        due = person("destitute_support_applies", period) & person("destitute_support_entitled", period)
        return due * (parameters(period).destitute_standard // 12)


class elder_allowance_applies(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY

    def formula_2014(person, period):
        return person("person_here", period)


class elder_allowance_entitled(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY
    label = "Allowance for old people"

    def formula(person, period, parameters):
        return person("person_age", period) >= parameters(period).elder_allowance_age


class elder_allowance_receives(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY

    def formula(person, period):
        return person("person_elder_allowance", period)


class elder_allowance_amount(Variable):
    value_type = int
    entity = Person
    definition_period = DAY
    unit = "fen"
    label = "A month"

    def formula(person, period, parameters):
        due = person("elder_allowance_applies", period) & person("elder_allowance_entitled", period)
        return due * parameters(period).elder_allowance_monthly


class hard_elder_allowance_applies(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY

    def formula(person, period):
        return person("person_here", period)


class hard_elder_allowance_entitled(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY
    label = "Allowance for old people in hardship"

    def formula(person, period, parameters):
        old = person("person_age", period) >= parameters(period).hard_elder_age
        return old & person("person_on_subsistence", period)


class hard_elder_allowance_receives(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY

    def formula(person, period):
        return person("person_hard_elder_allowance", period)


class hard_elder_allowance_amount(Variable):
    value_type = int
    entity = Person
    definition_period = DAY
    unit = "fen"
    label = "A month"

    def formula(person, period, parameters):
        due = person("hard_elder_allowance_applies", period) & person("hard_elder_allowance_entitled", period)
        return due * parameters(period).hard_elder_allowance_monthly


class living_allowance_applies(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY

    def formula(person, period):
        return person("person_here", period)


class living_allowance_entitled(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY
    label = "Living allowance for disabled people"

    def formula(person, period):
        return person("person_disabled", period) & person("person_on_subsistence", period)


class living_allowance_receives(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY

    def formula(person, period):
        return person("person_living_allowance", period)


class living_allowance_amount(Variable):
    value_type = int
    entity = Person
    definition_period = DAY
    unit = "fen"
    label = "A month"

    def formula(person, period, parameters):
        due = person("living_allowance_applies", period) & person("living_allowance_entitled", period)
        return due * parameters(period).living_allowance_monthly


class care_allowance_applies(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY

    def formula(person, period):
        return person("person_here", period)


class care_allowance_entitled(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY
    label = "Care allowance for severely disabled people"

    def formula(person, period):
        return person("person_severely_disabled", period) & ~person("person_destitute", period)


class care_allowance_receives(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY

    def formula(person, period):
        return person("person_care_allowance", period)


class care_allowance_amount(Variable):
    value_type = int
    entity = Person
    definition_period = DAY
    unit = "fen"
    label = "A month"

    def formula(person, period, parameters):
        due = person("care_allowance_applies", period) & person("care_allowance_entitled", period)
        return due * parameters(period).care_allowance_monthly
