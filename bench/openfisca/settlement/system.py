"""Six layers of protection as an OpenFisca system: a person's bills of a year, one a month at most.

Each layer is `<layer>`, what it applies to `<layer>_base`; what a layer remembers of the year's earlier months ends with
`_so_far`. Months are asked for in order, so that those before are known when one is reckoned. Amounts are yuan.
"""

import numpy
from openfisca_core.entities import build_entity
from openfisca_core.indexed_enums import Enum
from openfisca_core.model_api import MONTH, Variable
from openfisca_core.taxbenefitsystems import TaxBenefitSystem

import parameters

Person = build_entity("person", "persons", "A person", is_person=True)

LAYERS = ("basic", "serious_illness", "institution", "assistance", "supplement", "re_assistance")


class Category(Enum):
    resident = "Ordinary resident"
    registered_poor = "Registered poor"
    subsistence = "On subsistence allowance"
    destitute = "Destitute, in care of the state"


class Kind(Enum):
    inpatient = "Inpatient care"
    outpatient_chronic = "Outpatient care of chronic illness"
    outpatient = "Ordinary outpatient care"


def rounded(yuan):
    """To whole fen, half up."""
    fen = yuan * 100
    if fen.dtype == numpy.float64:
        # So that half a fen is one though its last bit is wrong. Numbers of 32 bits have no digits to spare for that.
        fen = numpy.round(fen, 5)
    return numpy.floor(fen + 0.5) / 100


def of_level(person, period, node):
    """The value for the hospital's level."""
    level = person("level", period)
    return numpy.choose(level - 1, [node.level_1, node.level_2, node.level_3])


def so_far(person, period, name, last):
    """A sum of the year's earlier months: nothing in January."""
    if period.start.month == 1:
        return person.filled_array(0)
    before = period.last_month
    return person(name, before) + last(before)


class billed(Variable):
    value_type = bool
    entity = Person
    definition_period = MONTH
    label = "There is a bill"


class category(Variable):
    value_type = Enum
    possible_values = Category
    default_value = Category.resident
    entity = Person
    definition_period = MONTH


class kind(Variable):
    value_type = Enum
    possible_values = Kind
    default_value = Kind.inpatient
    entity = Person
    definition_period = MONTH


class level(Variable):
    value_type = int
    default_value = 1
    entity = Person
    definition_period = MONTH
    label = "The hospital's level, 1 to 3"


class total(Variable):
    value_type = float
    entity = Person
    definition_period = MONTH
    label = "Everything on the bill"


class own_pay(Variable):
    value_type = float
    entity = Person
    definition_period = MONTH
    label = "What no insurance covers"


class over_limit(Variable):
    value_type = float
    entity = Person
    definition_period = MONTH
    label = "What is above a price limit"


class first_pay(Variable):
    value_type = float
    entity = Person
    definition_period = MONTH
    label = "The person's share before insurance begins"


class admission(Variable):
    value_type = bool
    entity = Person
    definition_period = MONTH

    def formula(person, period):
        return person("billed", period) & (person("kind", period) == Kind.inpatient)


class counted(Variable):
    value_type = bool
    entity = Person
    definition_period = MONTH
    label = "Care that the layers of the year know: all but ordinary outpatient care"

    def formula(person, period):
        return person("billed", period) & (person("kind", period) != Kind.outpatient)


class helped(Variable):
    value_type = bool
    entity = Person
    definition_period = MONTH

    def formula(person, period):
        return person("category", period) != Category.resident


class poor(Variable):
    value_type = bool
    entity = Person
    definition_period = MONTH

    def formula(person, period):
        return person("category", period) == Category.registered_poor


class admissions_so_far(Variable):
    value_type = int
    entity = Person
    definition_period = MONTH

    def formula(person, period):
        return so_far(person, period, "admissions_so_far", lambda month: person("admission", month))


class basic_base(Variable):
    value_type = float
    entity = Person
    definition_period = MONTH

    def formula(person, period):
        out = person("own_pay", period) + person("over_limit", period) + person("first_pay", period)
        return person("total", period) - out


class basic_inpatient_so_far(Variable):
    value_type = float
    entity = Person
    definition_period = MONTH

    def formula(person, period):
        def last(month):
            return person("basic", month) * person("admission", month)

        return so_far(person, period, "basic_inpatient_so_far", last)


class basic_chronic_so_far(Variable):
    value_type = float
    entity = Person
    definition_period = MONTH

    def formula(person, period):
        def last(month):
            return person("basic", month) * (person("kind", month) == Kind.outpatient_chronic)

        return so_far(person, period, "basic_chronic_so_far", last)


class basic_outpatient_so_far(Variable):
    value_type = float
    entity = Person
    definition_period = MONTH

    def formula(person, period):
        def last(month):
            return person("basic", month) * (person("kind", month) == Kind.outpatient)

        return so_far(person, period, "basic_outpatient_so_far", last)


class basic(Variable):
    value_type = float
    entity = Person
    definition_period = MONTH

    def formula(person, period, parameters):
        basic = parameters(period).basic
        base, kind = person("basic_base", period), person("kind", period)
        share = numpy.choose(numpy.minimum(person("admissions_so_far", period), 2), [1, 0.5, 0])
        above = numpy.maximum(base - of_level(person, period, basic.deductible) * share, 0)
        inpatient = numpy.minimum(
            rounded(above * of_level(person, period, basic.ratio)),
            basic.year_cap - person("basic_inpatient_so_far", period),
        )
        chronic = numpy.minimum(
            rounded(base * basic.chronic_ratio), basic.chronic_year_cap - person("basic_chronic_so_far", period)
        )
        outpatient = numpy.minimum(
            numpy.minimum(
                rounded(base * of_level(person, period, basic.outpatient_ratio)), basic.outpatient_event_cap
            ),
            basic.outpatient_year_cap - person("basic_outpatient_so_far", period),
        )
        return numpy.select([kind == Kind.inpatient, kind == Kind.outpatient_chronic], [inpatient, chronic], outpatient)


class serious_illness_base(Variable):
    value_type = float
    entity = Person
    definition_period = MONTH

    def formula(person, period):
        return person("basic_base", period) - person("basic", period)


class serious_illness_base_so_far(Variable):
    value_type = float
    entity = Person
    definition_period = MONTH

    def formula(person, period):
        def last(month):
            return person("serious_illness_base", month) * person("counted", month)

        return so_far(person, period, "serious_illness_base_so_far", last)


class serious_illness_so_far(Variable):
    value_type = float
    entity = Person
    definition_period = MONTH

    def formula(person, period):
        return so_far(person, period, "serious_illness_so_far", lambda month: person("serious_illness", month))


class serious_illness(Variable):
    value_type = float
    entity = Person
    definition_period = MONTH

    def formula(person, period, parameters):
        illness = parameters(period).serious_illness
        before = person("serious_illness_base_so_far", period)
        after = before + person("serious_illness_base", period)

        def resident(amount):
            return numpy.minimum(rounded(illness.resident.calc(amount)), illness.resident_year_cap)

        room = numpy.maximum(illness.resident_year_cap - person("serious_illness_so_far", period), 0)
        pay = numpy.where(
            person("helped", period),
            rounded(illness.poor.calc(after)) - rounded(illness.poor.calc(before)),
            numpy.minimum(resident(after) - resident(before), room),
        )
        return pay * person("counted", period)


class institution_base(Variable):
    value_type = float
    entity = Person
    definition_period = MONTH

    def formula(person, period):
        return person("serious_illness_base", period) - person("serious_illness", period)


class institution(Variable):
    value_type = float
    entity = Person
    definition_period = MONTH

    def formula(person, period, parameters):
        due = rounded(person("institution_base", period) * parameters(period).institution.ratio)
        return due * person("admission", period) * person("poor", period)


class assistance_base(Variable):
    value_type = float
    entity = Person
    definition_period = MONTH

    def formula(person, period):
        return person("institution_base", period) - person("institution", period)


class assistance_so_far(Variable):
    value_type = float
    entity = Person
    definition_period = MONTH

    def formula(person, period):
        return so_far(person, period, "assistance_so_far", lambda month: person("assistance", month))


class assistance(Variable):
    value_type = float
    entity = Person
    definition_period = MONTH

    def formula(person, period, parameters):
        assistance = parameters(period).assistance
        destitute = person("category", period) == Category.destitute
        ratio = numpy.where(destitute, assistance.destitute_ratio, assistance.ratio)
        due = rounded(person("assistance_base", period) * ratio)
        pay = numpy.minimum(due, assistance.year_cap - person("assistance_so_far", period))
        return pay * person("counted", period) * person("helped", period)


class supplement_base(Variable):
    value_type = float
    entity = Person
    definition_period = MONTH

    def formula(person, period):
        return person("assistance_base", period) - person("assistance", period)


class supplement(Variable):
    value_type = float
    entity = Person
    definition_period = MONTH

    def formula(person, period, parameters):
        due = rounded(person("supplement_base", period) * of_level(person, period, parameters(period).supplement.ratio))
        return due * person("admission", period) * person("poor", period)


class re_assistance_base(Variable):
    value_type = float
    entity = Person
    definition_period = MONTH

    def formula(person, period):
        return person("supplement_base", period) - person("supplement", period)


class re_assistance_base_so_far(Variable):
    value_type = float
    entity = Person
    definition_period = MONTH

    def formula(person, period):
        def last(month):
            return person("re_assistance_base", month) * person("counted", month)

        return so_far(person, period, "re_assistance_base_so_far", last)


class re_assistance(Variable):
    value_type = float
    entity = Person
    definition_period = MONTH

    def formula(person, period, parameters):
        again = parameters(period).re_assistance
        before = person("re_assistance_base_so_far", period)

        def due(amount):
            return numpy.minimum(rounded(again.ratio.calc(amount)), again.year_cap)

        pay = due(before + person("re_assistance_base", period)) - due(before)
        return pay * person("counted", period) * person("helped", period)


class personal(Variable):
    value_type = float
    entity = Person
    definition_period = MONTH

    def formula(person, period):
        out = person("own_pay", period) + person("over_limit", period) + person("first_pay", period)
        return person("re_assistance_base", period) - person("re_assistance", period) + out


class SixLayers(TaxBenefitSystem):
    def __init__(self, precision="single"):
        super().__init__([Person])
        self.precision = precision
        self.parameters = parameters.tree()
        self.add_variables(*(variable for variable in globals().values() if is_variable(variable)))

    def get_package_metadata(self):
        """The system is a folder, and no package that was installed."""
        return {"name": "yizhan-settlement", "version": "0", "repository_url": "", "location": __file__}

    def load_variable(self, variable_class, update=False):
        """OpenFisca's numbers have 32 bits. With `double`, which it does not offer, they have 64."""
        variable = super().load_variable(variable_class, update)
        if self.precision == "double" and variable.value_type is float:
            variable.dtype = numpy.float64
        return variable


def is_variable(thing):
    return isinstance(thing, type) and issubclass(thing, Variable) and thing is not Variable
