"""Who is judged: persons, their households, the houses of these, and the water points that serve them."""

import numpy
from openfisca_core import projectors
from openfisca_core.entities import build_entity
from openfisca_core.populations import GroupPopulation

Person = build_entity("person", "persons", "A person", is_person=True)
House = build_entity("house", "houses", "A house that belongs to a household", is_person=True)
WaterPoint = build_entity("water_point", "water_points", "Where water comes from", is_person=True)
Household = build_entity("household", "households", "A household", roles=[{"key": "member", "plural": "members"}])


class Group(GroupPopulation):
    """Households with their members, or with their houses: any of them may have none, the last one too."""

    @projectors.projectable
    def sum(self, array, role=None):
        assert role is None
        return numpy.bincount(self.members_entity_id, weights=array, minlength=self.count)


class Link:
    """Reads truths of the subject that another one names, as a projector reads those of a person's household."""

    def __init__(self, population, position):
        self.population = population
        # -1 where none is named: the no at the end is read.
        self.position = position

    def __call__(self, variable, period):
        return numpy.append(self.population(variable, period), False)[self.position]
