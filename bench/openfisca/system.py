"""The rules of catalog/rule/ of kind standard and entitlement, as an OpenFisca system.

A check is `<rule>_applies` and `<rule>_passes`, an entitlement `<rule>_applies`, `<rule>_entitled`, `<rule>_receives`
and `<rule>_amount`, a named value `<kind>_<name>`. Every period is the day that is judged.
"""

from pathlib import Path

import numpy
from openfisca_core.populations import Population
from openfisca_core.taxbenefitsystems import TaxBenefitSystem

import facts
import parameters
from entities import Group, House, Household, Person, WaterPoint


class District(TaxBenefitSystem):
    def __init__(self):
        super().__init__([Person, Household, House, WaterPoint])
        self.parameters = parameters.tree()
        self.add_variables(*facts.VALUES, *facts.KNOWN)
        self.add_variables_from_directory(str(Path(__file__).parent / "variables"))

    def get_package_metadata(self):
        """The system is a folder, and no package that was installed."""
        return {"name": "yizhan-rules", "version": "0", "repository_url": "", "location": str(Path(__file__).parent)}

    def instantiate_entities(self):
        """Houses and water points stand alone as persons do, and a household has houses as it has members."""
        entities = {entity.key: entity for entity in self.entities}
        alone = {key: Population(entities[key]) for key in ("person", "house", "water_point")}
        household = Group(entities["household"], alone["person"])
        household.estate = Group(entities["household"], alone["house"])
        return alone | {"household": household}

    def load_variable(self, variable_class, update=False):
        """Money has 64 bits; OpenFisca's whole numbers have 32."""
        variable = super().load_variable(variable_class, update)
        if variable.unit == "fen":
            variable.dtype = numpy.int64
        return variable

    def rules(self):
        """The names of the rules, and what is asked of each."""
        asked = {}
        for name in sorted(self.variables):
            rule, _, what = name.rpartition("_")
            if f"{rule}_applies" in self.variables:
                asked.setdefault(rule, set()).add(what)
        return asked
