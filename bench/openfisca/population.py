"""Reads a population from its folder, and makes simulations of it."""

import json
from datetime import date
from pathlib import Path

import numpy
from openfisca_core.indexed_enums import ENUM_ARRAY_DTYPE, Enum, EnumArray
from openfisca_core.simulations import SimulationBuilder

from entities import Link


class Population:
    """The facts that a system's rules read, as arrays that OpenFisca takes as they are."""

    def __init__(self, folder, system):
        self.folder = Path(folder)
        manifest = json.loads((self.folder / "manifest.json").read_text())
        self.counts = {kind.replace("-", "_"): count for kind, count in manifest["kinds"].items()}
        self.columns = {column["attribute"]: column for column in manifest["columns"]}
        inputs = [variable for variable in system.variables.values() if variable.is_input_variable()]
        self.inputs = {variable.name: self.input(variable) for variable in inputs}
        self.members_household = self.position("person.household", everybody=True)
        self.members_staying = self.position("person.staying")
        self.houses_household = self.position("house.household", everybody=True)
        self.households_water_point = self.position("household.water-point")

    def simulation(self, system, day):
        """A new simulation, in which nothing has been computed."""
        builder = SimulationBuilder()
        builder.create_entities(system)
        builder.declare_person_entity("person", range(self.counts["person"]))
        for kind in ("household", "house", "water_point"):
            builder.declare_entity(kind, range(self.counts[kind]))
        simulation = builder.build(system)
        person, household, house = simulation.person, simulation.household, simulation.house
        household.members_entity_id = self.members_household
        household.estate.count = household.count
        household.estate.members_entity_id = self.houses_household
        household.water_point = Link(simulation.water_point, self.households_water_point)
        person.staying = Link(household, self.members_staying)
        house.household = Link(household, self.houses_household)
        for name, array in self.inputs.items():
            simulation.set_input(name, day, array)
        return simulation

    def input(self, variable):
        attribute = attribute_of(variable)
        if variable.name.endswith("_known"):
            return self.known(attribute.removesuffix("-known"))
        known = self.known(attribute)
        values = numpy.where(known, self.values(attribute), 0)
        if variable.value_type == Enum:
            index = {member.value: member.index for member in variable.possible_values}
            codes = numpy.array([index[code] for code in self.columns[attribute]["codes"]], ENUM_ARRAY_DTYPE)
            # The member with number 0 stands for what is not known.
            return EnumArray(numpy.where(known, codes[values], ENUM_ARRAY_DTYPE(0)), variable.possible_values)
        if variable.value_type == date:
            return values.view("datetime64[D]")
        return values.astype(variable.dtype)

    def position(self, attribute, everybody=False):
        """The positions of those who are named; -1 for nobody."""
        values, known = self.values(attribute), self.known(attribute)
        if everybody and not known.all():
            raise ValueError(f"{attribute}: somebody has none")
        return numpy.where(known, values, -1)

    def values(self, attribute):
        return self.file(attribute, "i64", "<i8")

    def known(self, attribute):
        return self.file(attribute, "known", numpy.bool_)

    def file(self, attribute, ending, dtype):
        if attribute not in self.columns:
            raise ValueError(f"the population has no column {attribute}")
        array = numpy.fromfile(self.folder / f"{attribute}.{ending}", dtype)
        count = self.counts[attribute.split(".")[0].replace("-", "_")]
        if len(array) != count:
            raise ValueError(f"{attribute}.{ending} has {len(array)} values for {count} subjects")
        return array


def attribute_of(variable):
    """person_school_aid is of person.school-aid."""
    kind = variable.entity.key
    return ".".join(part.replace("_", "-") for part in (kind, variable.name.removeprefix(f"{kind}_")))
