//! What another value of a parameter would do: who would enter, who would leave, what it would cost, beside today. Nothing is
//! saved.

use super::{rule, view};
use crate::app::App;
use crate::case::act;
use crate::case::view::{area_name, words};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;
use yizhan_core::access::{Question, Verdict, Viewer, may_be_told};
use yizhan_core::catalog::{Asks, Catalog, Level, Nodes, Parameter, Rule};
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_core::rule::{number, variable};
use yizhan_kit::codes::RegionCode;
use yizhan_kit::{Day, Lang, Problem};

/// Another value of a parameter.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Moved {
    /// The parameter.
    pub parameter: String,
    /// Its value, as the catalog writes it: `5400.00`, `65`, `150%`.
    pub value: String,
    /// Only this part of my area.
    #[serde(default)]
    pub area: Option<String>,
}

/// Whom another value would touch.
#[derive(Serialize, ToSchema)]
pub struct MovedRow {
    /// The subject's number.
    pub subject: u32,
    /// The household it belongs to.
    pub household: u32,
    /// Who it is.
    pub who: String,
    /// Where.
    pub area_name: String,
    /// The rule's title.
    pub title: String,
    /// `enters`, `leaves` or `changes`.
    pub how: String,
    /// What is due in a year today, in yuan.
    pub now: String,
    /// What would be.
    pub then: String,
}

/// What another value would come to in an area.
#[derive(Serialize, ToSchema)]
pub struct MovedPart {
    /// The area's code.
    pub area: String,
    /// Its name.
    pub name: String,
    /// `district`, `township` or `village`.
    pub level: String,
    /// How many would enter.
    pub enters: usize,
    /// How many would leave.
    pub leaves: usize,
    /// For how many the amount would change.
    pub changes: usize,
    /// What is due in a year today, in yuan.
    pub now: String,
    /// What would be.
    pub then: String,
}

/// What another value of a parameter would do. Nothing of it is saved.
#[derive(Serialize, ToSchema)]
pub struct MovedView {
    /// The parameter's title.
    pub title: String,
    /// Its unit.
    pub unit: String,
    /// Its value today.
    pub today: String,
    /// The rules that read it.
    pub rules: Vec<String>,
    /// Why the catalog would refuse this value: it is below what it may not be below, or puts another there. Else empty.
    pub refused: String,
    /// The whole area.
    pub whole: MovedPart,
    /// Its parts.
    pub parts: Vec<MovedPart>,
    /// Who would be touched, up to two hundred.
    pub rows: Vec<MovedRow>,
}

/// People named at most.
const NAMED: usize = 200;

/// How a rule stands for somebody: entitled or passing, and what is due in a year.
type Standing = (bool, i64);

/// Asks what another value of a parameter would do from today on.
///
/// # Errors
/// `not-found`, `form-invalid`, `forbidden`.
pub fn moved(app: &Arc<App>, viewer: &Viewer, moved: &Moved, lang: Lang) -> Result<MovedView, Problem> {
    view::known(app);
    let area = view::area(viewer)?;
    let today = app.now().day();
    let image = app.image();
    let (catalog, _) = act::catalog(&image)?;
    let seen = viewer.look(&image);
    let parameter = catalog.parameters.get(&moved.parameter).ok_or_else(|| {
        let name = &moved.parameter;
        problem::NOT_FOUND.problem(format!("没有参数“{name}”。"), format!("There is no parameter {name:?}."))
    })?;
    let in_force = parameter
        .at(today)
        .ok_or_else(|| problem::NOT_FOUND.problem("这个参数今天没有值。", "This parameter has no value today."))?;
    if number(&parameter.unit, &moved.value).is_none() || moved.value.starts_with('-') {
        let value = &in_force.value;
        return Err(problem::FORM_INVALID.problem(
            format!("“{}”不是这个参数的值，请写成 {value} 的样子。", moved.value),
            format!("{:?} is no value of this parameter; write it like {value}.", moved.value),
        ));
    }
    let other = with_value(catalog, parameter, today, &moved.value);
    let reading = |rule: &Rule| reads(catalog, rule, &moved.parameter);
    let mut rows: Vec<(Option<RegionCode>, MovedRow)> = Vec::new();
    let mut parts: BTreeMap<Option<RegionCode>, Sums> = BTreeMap::new();
    let mut titles = Vec::new();
    for book in catalog.rules.books.values() {
        let fits = |rule: &Rule| rule.holds_on(today) && may_be_told(viewer, catalog, rule) && reading(rule);
        let rules: Vec<&(Arc<Rule>, Nodes)> = book.rules.iter().filter(|(rule, _)| fits(rule)).collect();
        titles.extend(rules.iter().map(|(rule, _)| words(&rule.title, lang).to_owned()));
        let all = |nodes: &Nodes| [Some(nodes.when), Some(nodes.asks), nodes.amount];
        let wanted: Vec<_> = rules.iter().flat_map(|(_, nodes)| all(nodes)).flatten().collect();
        if rules.is_empty() {
            continue;
        }
        let standings = |parameters: &BTreeMap<String, Parameter>| {
            let mut found: Vec<(SubjectId, Option<RegionCode>, Vec<Standing>)> = Vec::new();
            let question = Question { day: today, parameters, lent: None };
            seen.judge(book, &wanted, &question, |judged| {
                for (lane, subject) in judged.subjects.iter().enumerate() {
                    let of = |(rule, nodes): &&(Arc<Rule>, Nodes)| -> Standing {
                        let yes = judged.verdict(nodes, lane) == Verdict::Yes;
                        let times = match &rule.asks {
                            Asks::Entitlement { per, .. } => per.times_a_year(),
                            Asks::Check { .. } => 0,
                        };
                        let due = nodes.amount.and_then(|node| judged.number(node, lane)).unwrap_or(0);
                        (yes, if yes { due * times } else { 0 })
                    };
                    found.push((*subject, judged.places[lane], rules.iter().map(of).collect()));
                }
            });
            found
        };
        let (now, then) = (standings(&catalog.parameters), standings(&other));
        for ((subject, place, now), (.., then)) in now.into_iter().zip(then) {
            for ((rule, _), (now, then)) in rules.iter().zip(now.into_iter().zip(then)) {
                let sums = parts.entry(place).or_default();
                sums.now += now.1;
                sums.then += then.1;
                let how = match (now.0, then.0) {
                    (false, true) => {
                        sums.enters += 1;
                        "enters"
                    }
                    (true, false) => {
                        sums.leaves += 1;
                        "leaves"
                    }
                    _ if now.1 != then.1 => {
                        sums.changes += 1;
                        "changes"
                    }
                    _ => continue,
                };
                // Whoever enters or leaves is named before those whose amount alone changes.
                if how == "changes" && rows.len() >= NAMED {
                    continue;
                }
                let household = view::household_of(&seen, subject, today);
                rows.push((
                    place,
                    MovedRow {
                        subject: subject.0,
                        household: household.map_or(0, |household| household.0),
                        who: String::new(),
                        area_name: String::new(),
                        title: words(&rule.title, lang).to_owned(),
                        how: how.to_owned(),
                        now: view::yuan(now.1),
                        then: view::yuan(then.1),
                    },
                ));
            }
        }
    }
    rows.sort_by_key(|(place, row)| (row.how == "changes", *place, row.household));
    rows.truncate(NAMED);
    for (place, row) in &mut rows {
        row.who = view::who(app, &seen, SubjectId(row.subject), today);
        row.area_name = place.map(|place| area_name(&image, place)).unwrap_or_default();
    }
    let part = |code: RegionCode, name: String, level: Level| {
        let inside = parts.iter().filter(|(place, _)| place.is_some_and(|place| code.contains(place)));
        let sums = inside.fold(Sums::default(), |sum, (_, one)| sum.and(one));
        sums.part(code, name, level)
    };
    let below = catalog.regions.all().filter(|region| region.code != area && area.contains(region.code));
    let below = below.filter(|region| region.holds_on(today));
    let level = catalog.regions.get(area).map_or(Level::District, |region| region.level);
    Ok(MovedView {
        title: words(&parameter.title, lang).to_owned(),
        unit: rule::unit(Some(&parameter.unit), lang).to_owned(),
        today: in_force.value.clone(),
        rules: titles,
        refused: refused(&other, today, lang),
        whole: part(area, area_name(&image, area), level),
        parts: below.map(|region| part(region.code, words(&region.name, lang).to_owned(), region.level)).collect(),
        rows: rows.into_iter().map(|(_, row)| row).collect(),
    })
}

/// What of the parameters lies from a day on below what it may not be below: the catalog would refuse it.
fn refused(parameters: &BTreeMap<String, Parameter>, today: Day, lang: Lang) -> String {
    let bound = parameters.values().filter_map(|one| one.not_below.as_ref().map(|rule| (one, rule)));
    let below = bound.filter_map(|(one, rule)| {
        let floor = parameters.get(&rule.parameter)?;
        one.below(floor, rule.from.max(today))?;
        let value = &floor.at(today.max(rule.from))?.value;
        let (title, other) = (words(&one.title, lang), words(&floor.title, lang));
        Some(match lang {
            Lang::Zh => format!("自{}起，“{title}”不得低于“{other}”（{value}），目录不会接受这个值。", rule.from),
            Lang::En => format!(
                "From {} on, {title:?} may not be below {other:?} ({value}): the catalog would refuse it.",
                rule.from
            ),
        })
    });
    below.collect::<Vec<_>>().join(" ")
}

#[derive(Default, Clone, Copy)]
struct Sums {
    enters: usize,
    leaves: usize,
    changes: usize,
    now: i64,
    then: i64,
}

impl Sums {
    fn and(self, other: &Self) -> Self {
        Self {
            enters: self.enters + other.enters,
            leaves: self.leaves + other.leaves,
            changes: self.changes + other.changes,
            now: self.now + other.now,
            then: self.then + other.then,
        }
    }

    fn part(self, code: RegionCode, name: String, level: Level) -> MovedPart {
        MovedPart {
            area: code.to_string(),
            name,
            level: level.as_str().to_owned(),
            enters: self.enters,
            leaves: self.leaves,
            changes: self.changes,
            now: view::yuan(self.now),
            then: view::yuan(self.then),
        }
    }
}

/// The parameters with another value of one of them from a day on.
fn with_value(catalog: &Catalog, parameter: &Parameter, from: Day, value: &str) -> BTreeMap<String, Parameter> {
    let mut all = catalog.parameters.clone();
    let mut other = parameter.clone();
    for dated in &mut other.values {
        if dated.from <= from && dated.to.is_none_or(|to| from < to) {
            value.clone_into(&mut dated.value);
        }
    }
    all.insert(parameter.name.clone(), other);
    all
}

/// Whether a rule reads a parameter, itself or through the values it uses.
fn reads(catalog: &Catalog, rule: &Rule, parameter: &str) -> bool {
    catalog.rules.parameters_of(&rule.name).iter().any(|name| name == parameter || variable(name) == parameter)
}
