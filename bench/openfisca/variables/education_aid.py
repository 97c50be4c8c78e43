"""catalog/rule/education-aid.toml"""

from openfisca_core.model_api import DAY, Variable

from entities import Person
from facts import Student


class person_young_or_at_school(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY
    label = "To whom the rules of this file apply"

    def formula(person, period):
        may_learn = person("person_student_known", period) | (person("person_age", period) < 25)
        return person("person_here", period) & person.household("household_on_register", period) & may_learn


class preschool_aid_applies(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY

    def formula_2016_03(person, period):
        return person("person_young_or_at_school", period)


class preschool_aid_entitled(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY
    label = "Aid for kindergarten"

    def formula(person, period):
        return person("person_student", period) == Student.kindergarten


class preschool_aid_receives(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY

    def formula(person, period):
        return person("person_school_aid", period)


class preschool_aid_amount(Variable):
    value_type = int
    entity = Person
    definition_period = DAY
    unit = "fen"
    label = "A semester"

    def formula(person, period, parameters):
        due = person("preschool_aid_applies", period) & person("preschool_aid_entitled", period)
        return due * (parameters(period).school_aid_preschool // 2)


class primary_boarder_aid_applies(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY

    def formula_2016_03(person, period):
        return person("person_young_or_at_school", period)


class primary_boarder_aid_entitled(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY
    label = "Living aid for boarders at primary school"

    def formula(person, period):
        return (person("person_student", period) == Student.primary) & person("person_boards", period)


class primary_boarder_aid_receives(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY

    def formula(person, period):
        return person("person_school_aid", period)


class primary_boarder_aid_amount(Variable):
    value_type = int
    entity = Person
    definition_period = DAY
    unit = "fen"
    label = "A semester"

    def formula(person, period, parameters):
        due = person("primary_boarder_aid_applies", period) & person("primary_boarder_aid_entitled", period)
        return due * (parameters(period).school_aid_primary_boarder // 2)


class primary_day_aid_applies(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY

    def formula_2019_09(person, period):
        return person("person_young_or_at_school", period)


class primary_day_aid_entitled(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY
    label = "Living aid for day pupils at primary school"

    def formula(person, period):
        return (person("person_student", period) == Student.primary) & ~person("person_boards", period)


class primary_day_aid_receives(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY

    def formula(person, period):
        return person("person_school_aid", period)


class primary_day_aid_amount(Variable):
    value_type = int
    entity = Person
    definition_period = DAY
    unit = "fen"
    label = "A semester"

    def formula(person, period, parameters):
        due = person("primary_day_aid_applies", period) & person("primary_day_aid_entitled", period)
        return due * (parameters(period).school_aid_primary_day // 2)


class junior_boarder_aid_applies(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY

    def formula_2016_03(person, period):
        return person("person_young_or_at_school", period)


class junior_boarder_aid_entitled(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY
    label = "Living aid for boarders at junior middle school"

    def formula(person, period):
        return (person("person_student", period) == Student.junior) & person("person_boards", period)


class junior_boarder_aid_receives(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY

    def formula(person, period):
        return person("person_school_aid", period)


class junior_boarder_aid_amount(Variable):
    value_type = int
    entity = Person
    definition_period = DAY
    unit = "fen"
    label = "A semester"

    def formula(person, period, parameters):
        due = person("junior_boarder_aid_applies", period) & person("junior_boarder_aid_entitled", period)
        return due * (parameters(period).school_aid_junior_boarder // 2)


class junior_day_aid_applies(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY

    def formula_2019_09(person, period):
        return person("person_young_or_at_school", period)


class junior_day_aid_entitled(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY
    label = "Living aid for day pupils at junior middle school"

    def formula(person, period):
        return (person("person_student", period) == Student.junior) & ~person("person_boards", period)


class junior_day_aid_receives(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY

    def formula(person, period):
        return person("person_school_aid", period)


class junior_day_aid_amount(Variable):
    value_type = int
    entity = Person
    definition_period = DAY
    unit = "fen"
    label = "A semester"

    def formula(person, period, parameters):
        due = person("junior_day_aid_applies", period) & person("junior_day_aid_entitled", period)
        return due * (parameters(period).school_aid_junior_day // 2)


class senior_aid_applies(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY

    def formula_2016_03(person, period):
        return person("person_young_or_at_school", period)


class senior_aid_entitled(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY
    label = "Grant for senior middle school"

    def formula(person, period):
        return person("person_student", period) == Student.senior


class senior_aid_receives(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY

    def formula(person, period):
        return person("person_school_aid", period)


class senior_aid_amount(Variable):
    value_type = int
    entity = Person
    definition_period = DAY
    unit = "fen"
    label = "A semester"

    def formula(person, period, parameters):
        due = person("senior_aid_applies", period) & person("senior_aid_entitled", period)
        return due * (parameters(period).school_aid_senior // 2)


class vocational_aid_applies(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY

    def formula_2016_03(person, period):
        return person("person_young_or_at_school", period)


class vocational_aid_entitled(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY
    label = "Grant for secondary vocational school"

    def formula(person, period):
        return person("person_student", period) == Student.vocational


class vocational_aid_receives(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY

    def formula(person, period):
        return person("person_school_aid", period)


class vocational_aid_amount(Variable):
    value_type = int
    entity = Person
    definition_period = DAY
    unit = "fen"
    label = "A semester"

    def formula(person, period, parameters):
        due = person("vocational_aid_applies", period) & person("vocational_aid_entitled", period)
        return due * (parameters(period).school_aid_vocational // 2)


class university_grant_applies(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY

    def formula_2016_03(person, period):
        return person("person_young_or_at_school", period)


class university_grant_entitled(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY
    label = "Grant for college and university"

    def formula(person, period):
        student = person("person_student", period)
        return (student == Student.college) | (student == Student.university)


class university_grant_receives(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY

    def formula(person, period):
        return person("person_school_aid", period)


class university_grant_amount(Variable):
    value_type = int
    entity = Person
    definition_period = DAY
    unit = "fen"
    label = "A semester"

    def formula(person, period, parameters):
        due = person("university_grant_applies", period) & person("university_grant_entitled", period)
        return due * (parameters(period).school_aid_university // 2)


class rain_dew_grant_applies(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY

    def formula_2016_03(person, period):
        return person("person_young_or_at_school", period)


class rain_dew_grant_entitled(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY
    label = "Rain and Dew grant"

    def formula(person, period):
        student = person("person_student", period)
        return (student == Student.vocational) | (student == Student.college)


class rain_dew_grant_receives(Variable):
    value_type = bool
    entity = Person
    definition_period = DAY

    def formula(person, period):
        return person("person_rain_dew", period)


class rain_dew_grant_amount(Variable):
    value_type = int
    entity = Person
    definition_period = DAY
    unit = "fen"
    label = "A semester"

    def formula(person, period, parameters):
        due = person("rain_dew_grant_applies", period) & person("rain_dew_grant_entitled", period)
        return due * parameters(period).rain_dew_semester
