"""catalog/rule/monitoring.toml"""

from openfisca_core.model_api import DAY, Variable

from cel import share, today
from entities import Household
from facts import Lifted


class household_monitored_now(Variable):
    value_type = bool
    entity = Household
    definition_period = DAY
    label = "Monitored now"

    def formula(household, period):
        removed = household("household_risk_removed_known", period) & household("household_risk_removed", period)
        return household("household_monitored_known", period) & ~removed


class household_near_line(Variable):
    value_type = bool
    entity = Household
    definition_period = DAY
    label = "Income within the range of monitoring"

    def formula(household, period, parameters):
        line = share(parameters(period).poverty_line, parameters(period).household_monitoring_ratio)
        return household("household_per_head", period) < line


class household_helped(Variable):
    value_type = bool
    entity = Household
    definition_period = DAY
    label = "Measures of help in place"

    def formula(household, period):
        return household("household_help_measures_known", period) & household("household_help_measures", period)


class household_anybody_here(Variable):
    value_type = bool
    entity = Household
    definition_period = DAY
    label = "To whom this file applies"

    def formula(household, period):
        return household("household_size", period) > 0


class unstable_monitored_applies(Variable):
    value_type = bool
    entity = Household
    definition_period = DAY

    def formula_2020_03_20(household, period):
        lifted = household("household_lifted_known", period) & (household("household_lifted", period) == Lifted.lifted)
        return household("household_anybody_here", period) & household("household_on_register", period) & lifted


class unstable_monitored_passes(Variable):
    value_type = bool
    entity = Household
    definition_period = DAY
    label = "An unstable household is monitored"

    def formula(household, period):
        return household("household_monitored_now", period) | ~household("household_near_line", period)


class marginal_monitored_applies(Variable):
    value_type = bool
    entity = Household
    definition_period = DAY

    def formula_2020_03_20(household, period):
        outside = ~household("household_on_register", period) & household("household_income_year_known", period)
        return household("household_anybody_here", period) & outside


class marginal_monitored_passes(Variable):
    value_type = bool
    entity = Household
    definition_period = DAY
    label = "A household on the margin is monitored"

    def formula(household, period):
        return household("household_monitored_now", period) | ~household("household_near_line", period)


class measures_in_time_applies(Variable):
    value_type = bool
    entity = Household
    definition_period = DAY

    def formula_2020_03_20(household, period):
        return household("household_anybody_here", period) & household("household_monitored_now", period)


class measures_in_time_passes(Variable):
    value_type = bool
    entity = Household
    definition_period = DAY
    label = "Measures for a monitored household"

    def formula(household, period, parameters):
        since = today(period) - parameters(period).help_measures_days
        return household("household_helped", period) | (household("household_monitored_on", period) >= since)


class instant_help_measures_applies(Variable):
    value_type = bool
    entity = Household
    definition_period = DAY

    def formula(household, period):
        helped = household("household_instant_help_known", period) & household("household_instant_help", period)
        return household("household_anybody_here", period) & helped


class instant_help_measures_passes(Variable):
    value_type = bool
    entity = Household
    definition_period = DAY
    label = "Measures for a household under instant help"

    def formula(household, period, parameters):
        since = today(period) - parameters(period).help_measures_days
        return household("household_helped", period) | (household("household_instant_help_on", period) >= since)


class risk_removed_soundly_applies(Variable):
    value_type = bool
    entity = Household
    definition_period = DAY

    def formula_2020_03_20(household, period):
        removed = household("household_risk_removed_known", period) & household("household_risk_removed", period)
        return household("household_anybody_here", period) & household("household_monitored_known", period) & removed


class risk_removed_soundly_passes(Variable):
    value_type = bool
    entity = Household
    definition_period = DAY
    label = "The risk was removed for good reason"

    def formula(household, period):
        return ~household("household_near_line", period)
