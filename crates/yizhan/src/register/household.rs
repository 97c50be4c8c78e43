//! A household whole, on any day and as known at any act: what holds of it, of its members, its houses and its water, how
//! every rule comes out and why.

use super::model::{ChangeDay, GroundView, HeldFact, HouseholdAsked, HouseholdPage, HouseholdPart, VerdictView};
use super::past::Known;
use super::{past, rule, view};
use crate::app::App;
use crate::case::act;
use crate::case::view::{area_name, words};
use std::collections::BTreeMap;
use std::sync::Arc;
use yizhan_core::access::{Judged, Question, Ready, Seen, Verdict, Viewer, Which, may_be_told, rules_of};
use yizhan_core::catalog::{Asks, Attribute, Catalog, Nodes, Rule};
use yizhan_core::image::fact::{Spell, Value};
use yizhan_core::row::SubjectId;
use yizhan_core::rule::{Ground, NodeIx, Run};
use yizhan_kit::codes::RegionCode;
use yizhan_kit::{Day, Fen, Lang, Problem};

/// A subject of a household and what part it is.
pub struct Belonging {
    /// The subject.
    pub subject: SubjectId,
    /// Its kind.
    pub kind: String,
    /// `household`, `member`, `lodger`, `house` or `water-point`.
    pub part: &'static str,
}

impl Belonging {
    /// A subject as a part of a household.
    pub fn new(subject: SubjectId, kind: &str, part: &'static str) -> Self {
        Self { subject, kind: kind.to_owned(), part }
    }
}

/// By which attribute which kind of subject says that it belongs to a household, and as what.
pub const WAYS_IN: [(&str, &str, &str); 3] = [
    ("person.household", "person", "member"),
    ("person.staying", "person", "lodger"),
    ("house.household", "house", "house"),
];

/// Everything that belongs to a household on a day.
fn belongings(seen: &Seen<'_>, household: SubjectId, on: Day) -> Vec<Belonging> {
    let mut all = vec![Belonging::new(household, "household", "household")];
    for (attribute, kind, part) in WAYS_IN {
        for subject in seen.naming(attribute, household, on) {
            if !all.iter().any(|known| known.subject == subject) {
                all.push(Belonging::new(subject, kind, part));
            }
        }
    }
    if let Some(Value::Subject(water)) = seen.fact(household, "household.water-point", on) {
        all.push(Belonging::new(water, "water-point", "water-point"));
    }
    all
}

/// The days on which a fact that a rule reads begins or ends, of a subject and those around it, in order.
pub fn change_days(seen: &Seen<'_>, rule: &Rule, subject: SubjectId, on: Day) -> Vec<Day> {
    let around = match view::household_of(seen, subject, on) {
        Some(household) => belongings(seen, household, on),
        None => Vec::new(),
    };
    let mut subjects: Vec<SubjectId> = around.into_iter().map(|one| one.subject).collect();
    if !subjects.contains(&subject) {
        subjects.push(subject);
    }
    // Of what is in no household, whoever names it by something that the rule reads: an asset's rights and contracts.
    if subjects.len() == 1
        && let (Some(kind), Some(catalog)) = (seen.image().kind(subject), seen.image().catalog())
    {
        let names = |name: &&String| catalog.attributes.get(*name).is_some_and(|one| one.of.as_deref() == Some(kind));
        subjects.extend(rule.reads.iter().filter(names).flat_map(|name| seen.naming(name, subject, on)));
    }
    let mut days: Vec<Day> = Vec::new();
    for subject in subjects {
        let kind = seen.image().kind(subject).cloned().unwrap_or_default();
        for name in rule.reads.iter().filter(|name| name.split('.').next() == Some(&*kind)) {
            for spell in seen.spells(subject, name).iter() {
                days.extend([Some(spell.from), spell.to].into_iter().flatten());
            }
        }
    }
    days.sort_unstable();
    days.dedup();
    days
}

/// The household's page.
///
/// # Errors
/// `not-found`, `form-invalid`, the store's failure.
pub fn page(
    app: &Arc<App>,
    viewer: &Viewer,
    household: SubjectId,
    asked: &HouseholdAsked,
    lang: Lang,
) -> Result<HouseholdPage, Problem> {
    view::known(app);
    let on = view::day(app, asked.on.as_deref())?;
    let image = app.image();
    let (catalog, _) = act::catalog(&image)?;
    let seen = viewer.look(&image);
    let place = place(&seen, household)?;
    let known_at = asked.known_at.filter(|act| *act < image.seq);
    let mut rows = match known_at {
        Some(act) => Some(past::known(app, &seen, catalog, household, on, act)?),
        None => None,
    };
    let around = match &mut rows {
        Some(known) => std::mem::take(&mut known.around),
        None => belongings(&seen, household, on),
    };
    let numbers = app.finder.numbers.read().expect("no panic while the numbers are held");
    let around: Vec<Belonging> =
        around.into_iter().filter(|one| asked.of.is_none_or(|of| one.subject == SubjectId(of))).collect();
    if around.is_empty() {
        return Err(past::no_household());
    }
    let telling = Telling { app, seen: &seen, catalog, on, lang, all: asked.of.is_some() };
    let question = Question { day: on, parameters: &catalog.parameters, lent: Some(&*numbers) };
    let mut benches: BTreeMap<&str, Bench<'_>> = BTreeMap::new();
    let mut parts = Vec::new();
    let mut changes: BTreeMap<Day, usize> = BTreeMap::new();
    for one in &around {
        let mut held = Vec::new();
        for attribute in own(catalog, &one.kind) {
            let spells = seen.spells(one.subject, &attribute.name);
            for spell in spells.iter().filter(|_| one.part != "water-point") {
                *changes.entry(spell.from).or_default() += 1;
            }
            held.extend(spells.iter().find(|spell| spell.holds_on(on)).map(|spell| (attribute, spell.clone())));
        }
        let facts = match &rows {
            Some(known) => known.facts.get(&one.subject).cloned().unwrap_or_default(),
            None => held,
        };
        let verdicts = match &rows {
            Some(known) => telling.as_known(known, one),
            None => {
                let book = catalog.rules.books.get(&one.kind);
                let bench = book.map(|book| {
                    benches.entry(&one.kind).or_insert_with(|| {
                        let (rules, wanted) = rules_of(book, &rule::KINDS, on);
                        Bench { rules, ready: seen.judge_ready(book, &wanted, &question) }
                    })
                });
                let told = bench.and_then(|Bench { rules, ready }| {
                    ready.one(one.subject, |judged, why| telling.verdicts(rules, judged, why))
                });
                told.unwrap_or_default()
            }
        };
        parts.push(HouseholdPart {
            subject: one.subject.0,
            kind: one.kind.clone(),
            part: one.part.to_owned(),
            who: view::who(app, &seen, one.subject, on),
            facts: facts.into_iter().map(|(attribute, spell)| fact(app, &seen, attribute, &spell, on, lang)).collect(),
            verdicts,
        });
    }
    Ok(HouseholdPage {
        subject: household.0,
        who: view::who(app, &seen, household, on),
        area: place.to_string(),
        area_name: area_name(&image, place),
        on: on.to_string(),
        known_at: known_at.unwrap_or(image.seq),
        seq: image.seq,
        helper: view::helper(&seen, household, on),
        parts,
        changes: changes.into_iter().map(|(day, facts)| ChangeDay { on: day.to_string(), facts }).collect(),
    })
}

/// What is held of a household and all that belongs to it, part by part, without judging anything.
pub fn held(
    app: &App,
    seen: &Seen<'_>,
    catalog: &Catalog,
    household: SubjectId,
    on: Day,
    lang: Lang,
) -> Vec<(&'static str, String, Vec<HeldFact>)> {
    let parts = belongings(seen, household, on).into_iter().map(|one| {
        let facts = own(catalog, &one.kind).filter_map(|attribute| {
            let spells = seen.spells(one.subject, &attribute.name);
            let spell = spells.iter().find(|spell| spell.holds_on(on))?;
            Some(fact(app, seen, attribute, spell, on, lang))
        });
        (one.part, view::who(app, seen, one.subject, on), facts.collect())
    });
    parts.collect()
}

/// Where a household of the viewer's is.
///
/// # Errors
/// `not-found`.
pub fn place(seen: &Seen<'_>, household: SubjectId) -> Result<RegionCode, Problem> {
    let place = seen.place_of(household);
    let place = place.filter(|_| seen.image().kind(household).is_some_and(|kind| **kind == *"household"));
    place.ok_or_else(past::no_household)
}

/// The attributes of a kind that are facts to be shown.
fn own<'a>(catalog: &'a Catalog, kind: &str) -> impl Iterator<Item = &'a Attribute> {
    let shown = |one: &&Attribute| one.sealed.is_none() && one.computed.is_none();
    catalog.attributes_of(kind).filter(shown)
}

fn fact(app: &App, seen: &Seen<'_>, attribute: &Attribute, spell: &Spell, on: Day, lang: Lang) -> HeldFact {
    let text = spell.value.text(attribute).unwrap_or_default();
    let says = match &spell.value {
        Value::Flag(flag) => {
            crate::case::rule::words(if *flag { "是" } else { "否" }, if *flag { "yes" } else { "no" }, lang).to_owned()
        }
        Value::Subject(named) => match seen.image().kind(*named).map(|kind| &**kind) {
            Some("staff") => seen.image().staff_name(*named).unwrap_or_default(),
            _ => view::who(app, seen, *named, on),
        },
        Value::Region(code) => area_name(seen.image(), *code),
        _ => attribute.meaning(&text).map_or(text, |meaning| words(meaning, lang).to_owned()),
    };
    HeldFact {
        attribute: attribute.name.clone(),
        title: words(&attribute.title, lang).to_owned(),
        says,
        unit: rule::unit(attribute.unit.as_deref(), lang).to_owned(),
        from: spell.from.to_string(),
        paper: attribute.paper.clone().unwrap_or_default(),
        private: attribute.private,
    }
}

/// The rules about one kind of subject, ready to judge one after another.
struct Bench<'a> {
    rules: Vec<(Arc<Rule>, Nodes)>,
    ready: Ready<'a>,
}

/// How many grounds a verdict tells at first.
const GROUNDS: usize = 24;

/// How verdicts are told: to whom, of which day, in which language.
struct Telling<'a> {
    app: &'a App,
    seen: &'a Seen<'a>,
    catalog: &'a Catalog,
    on: Day,
    lang: Lang,
    /// Whether the grounds of what is in order are told too: they are most of a page, and few ask for them.
    all: bool,
}

impl Telling<'_> {
    /// How the rules come out for one of a household, by what was known then.
    fn as_known(&self, known: &Known<'_>, one: &Belonging) -> Vec<VerdictView> {
        let Some(book) = self.catalog.rules.books.get(&one.kind) else { return Vec::new() };
        let (rules, wanted) = rules_of(book, &rule::KINDS, self.on);
        let source = known.told.on(self.on, &book.program, &self.catalog.attributes, &self.catalog.parameters);
        let mut run = Run::of(&book.program, &source, &wanted);
        run.over(&source, &[known.told.slot_of(one.subject).unwrap_or_default()]);
        let judged = Judged::told(&[], &[], &run);
        self.verdicts(&rules, &judged, &|node, most| run.why(&source, node, 0, most))
    }

    fn verdicts(
        &self,
        rules: &[(Arc<Rule>, Nodes)],
        judged: &Judged<'_>,
        why: &dyn Fn(NodeIx, usize) -> Vec<Ground>,
    ) -> Vec<VerdictView> {
        let Self { app, seen, catalog, on, lang, .. } = self;
        let lang = *lang;
        let mut views = Vec::new();
        // Whoever is entitled to the same by another rule receives it rightly.
        let rightly = |node: NodeIx| {
            rules.iter().any(|(_, nodes)| {
                nodes.receives == Some(node) && matches!(judged.verdict(nodes, 0), Verdict::Yes | Verdict::Unknown)
            })
        };
        for (rule, nodes) in rules.iter().filter(|(rule, _)| may_be_told(seen.viewer(), catalog, rule)) {
            let receives = nodes.receives.and_then(|node| judged.truth(node, 0));
            let entitlement = nodes.receives.is_some();
            let undue = receives == Some(true) && nodes.receives.is_some_and(|node| !rightly(node));
            let (verdict, which) = match (judged.verdict(nodes, 0), entitlement) {
                (_, true) if undue => ("undue", Some(Which::Undue)),
                (Verdict::NotJudged, _) => continue,
                (Verdict::Unknown, _) => ("unknown", Some(Which::Unknown)),
                (Verdict::Yes, false) => ("passes", None),
                (Verdict::No, false) => ("fails", Some(Which::Fails)),
                (Verdict::No, true) => ("not-entitled", None),
                (Verdict::Yes, true) => match receives {
                    Some(true) => ("receiving", None),
                    Some(false) => ("missing", Some(Which::Missing)),
                    None => ("unknown", Some(Which::Unknown)),
                },
            };
            let amount = match (&rule.asks, nodes.amount.and_then(|node| judged.number(node, 0))) {
                (Asks::Entitlement { per, .. }, Some(fen)) if judged.verdict(nodes, 0) == Verdict::Yes => {
                    format!("{} {}", Fen(fen), rule::per(*per, lang))
                }
                _ => String::new(),
            };
            let most = if self.all { usize::MAX } else { GROUNDS + 1 };
            let why = |node| why(node, most);
            let mut grounds = if which.is_some() || self.all { why(nodes.asks) } else { Vec::new() };
            if which == Some(Which::Unknown) && judged.truth(nodes.when, 0).is_none() {
                grounds = why(nodes.when);
            }
            if let (Some(node), Some(Which::Missing | Which::Undue | Which::Unknown)) = (nodes.receives, which) {
                grounds.extend(why(node).into_iter().filter(|one| !grounds.contains(one)).collect::<Vec<_>>());
            }
            let more = !self.all && grounds.len() > GROUNDS;
            if more {
                grounds.truncate(GROUNDS);
            }
            let grounds = grounds.iter().map(|one| ground(app, seen, catalog, one, *on, lang)).collect();
            views.push(VerdictView {
                rule: rule.name.clone(),
                title: words(&rule.title, lang).to_owned(),
                kind: rule.kind.as_str().to_owned(),
                verdict: verdict.to_owned(),
                says: which.map(|which| rule::said(rule, which, lang)).unwrap_or_default(),
                mend: rule
                    .mend
                    .as_ref()
                    .filter(|_| which.is_some())
                    .map(|mend| words(mend, lang).to_owned())
                    .unwrap_or_default(),
                opens: rule.opens.clone().unwrap_or_default(),
                amount,
                confidence: rule.confidence.as_str().to_owned(),
                source: rule.source.clone(),
                private: rule.reads.iter().any(|name| catalog.attributes.get(name).is_some_and(|one| one.private)),
                grounds,
                more,
            });
        }
        views
    }
}

/// What a rule's answer rests on, with whose it is.
pub fn ground(app: &App, seen: &Seen<'_>, catalog: &Catalog, one: &Ground, on: Day, lang: Lang) -> GroundView {
    let said = rule::ground(catalog, one, on, lang);
    let who = one.subject.map(|subject| view::who(app, seen, subject, on)).unwrap_or_default();
    GroundView { who, missing: one.value.is_none(), ..said }
}
