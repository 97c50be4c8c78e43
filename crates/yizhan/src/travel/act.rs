//! Choosing the plan of an arrival; keeping the list of risk areas.

use super::rule::{Risk, RiskAreas};
use super::view;
use crate::app::App;
use crate::case;
use std::collections::BTreeMap;
use yizhan_core::access::{Deed, Viewer};
use yizhan_core::act::{Effects, NewFact, Scene, Verb};
use yizhan_core::image::Image;
use yizhan_core::image::case::CaseHead;
use yizhan_core::problem;
use yizhan_core::service::ProposedFact;
use yizhan_kit::{Day, Problem};

/// The kind of subject that is a risk area, and what is known of one.
pub(super) const AREA: &str = "risk-area";
pub(super) const PLACE: &str = "risk-area.place";
pub(super) const LEVEL: &str = "risk-area.level";

/// The day on which somebody arrived: day 0 of what follows.
const ARRIVED: &str = "travel-declaration.arrived";

/// The facts of the plan for an arrival that is being registered, by the rules in force on its day. `facts` are those of
/// the registration itself.
///
/// # Errors
/// The store's failure; `form-invalid` when the registration names no day.
pub fn planned(
    app: &App,
    image: &Image,
    case: &CaseHead,
    plans: &str,
    answers: &serde_json::Value,
    facts: &[ProposedFact],
) -> Result<Vec<ProposedFact>, Problem> {
    let (catalog, _) = case::act::catalog(image)?;
    let arrived = facts.iter().find(|fact| fact.attribute == ARRIVED).and_then(|fact| fact.on);
    let arrived = arrived
        .ok_or_else(|| problem::FORM_INVALID.problem("请填写到达日期。", "The day of the arrival is missing."))?;
    let Some(plans) = catalog.plans.get(plans) else { return Ok(Vec::new()) };
    let program = Viewer::program();
    let given = case::view::given(app, &program.look(image), case)?;
    let (traits, _) = view::traits(image, catalog, &given, answers, arrived);
    let Some(plan) = plans.choose(&traits, arrived) else { return Ok(Vec::new()) };
    let zero = catalog.parameters[&plans.day_zero].at(arrived).and_then(|value| value.value.parse().ok()).unwrap_or(0);
    let on = |days: i32| arrived.plus(days - zero);
    let fact = |attribute: &str, value: String, on| ProposedFact { attribute: attribute.to_owned(), value, on };
    let records = &plans.records;
    let mut facts = vec![
        fact(&records.plan, plan.name.clone(), None),
        fact(&records.until, on(plan.days).max(arrived).to_string(), None),
    ];
    facts.extend(plan.due.iter().map(|days| fact(&records.due, "true".into(), Some(on(*days)))));
    Ok(facts)
}

/// Lays a list of risk areas over what is known, from a day on.
pub struct SetRiskAreas {
    /// The first day it holds.
    pub from: Day,
    /// The areas above low risk, by place.
    pub areas: BTreeMap<u32, Risk>,
    /// Who published it.
    pub source: String,
}

impl Verb for SetRiskAreas {
    fn name(&self) -> &'static str {
        "set-risk-areas"
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        Viewer::of(scene.image, scene.actor, scene.today())?.must(Deed::KeepLists)?;
        let source = format!("list: {}", self.source);
        let known = view::area_subjects(scene.image);
        let mut set = |subject, risk: Risk| {
            let value = Some(risk.as_str());
            effects.fact(&NewFact { subject, attribute: LEVEL, value, from: self.from, to: None, source: &source })
        };
        let before: RiskAreas = view::risk_areas(scene.image);
        for (place, subject) in &known {
            let then = self.areas.get(place).copied().unwrap_or(Risk::Low);
            let spells = &before.areas[place];
            let changes = spells.last().is_none_or(|(_, _, now)| *now != then)
                || spells.iter().any(|(from, _, _)| self.from <= *from);
            if changes {
                set(*subject, then)?;
            }
        }
        for (place, risk) in self.areas.iter().filter(|(place, _)| !known.contains_key(place)) {
            let subject = effects.subject(AREA);
            let value = place.to_string();
            let fact = |attribute, value| NewFact {
                subject,
                attribute,
                value: Some(value),
                from: self.from,
                to: None,
                source: &source,
            };
            effects.fact(&fact(PLACE, &value))?;
            effects.fact(&fact(LEVEL, risk.as_str()))?;
        }
        Ok(())
    }
}
