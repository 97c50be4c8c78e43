//! Assets as they are on a day: rights, contract, rent, care, and what is wrong.

use super::model::{AssetPage, AssetRow, Assets, Care, ContractView, Earned, Known, RightView, Wrong};
use super::rule::{Rent, months};
use crate::app::App;
use crate::case::act;
use crate::case::model::Status;
use crate::case::view::{area_name, status, words};
use crate::finder::subjects;
use crate::register::rule as told;
use crate::{pay, register};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use yizhan_core::access::{Seen, Viewer, Which};
use yizhan_core::catalog::{Attribute, Catalog, ValueKind};
use yizhan_core::image::Image;
use yizhan_core::image::fact::Value;
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_kit::{Day, Fen, Lang, Problem};

/// The kinds of right, in order.
const RIGHTS: [&str; 4] = ["ownership", "operation", "income", "supervision"];

/// What must be done again and again: its name, the fact that tells when it was done or until when it holds, and the
/// parameter that says how often.
const CARES: [(&str, &str, Option<&str>); 3] = [
    ("patrol", "asset.patrolled-on", Some("patrol-days")),
    ("maintenance", "asset.maintained-on", Some("maintenance-days")),
    ("insurance", "asset.insured-until", None),
];

/// What an asset's page says apart from the list of what is known.
const ELSEWHERE: [&str; 12] = [
    "asset.name",
    "asset.area",
    "asset.project",
    "asset.industry",
    "asset.collective",
    "asset.worth",
    "asset.planned-income",
    "asset.old-year",
    "asset.old-income",
    "asset.patrolled-on",
    "asset.maintained-on",
    "asset.insured-until",
];

/// The fund in which assets earn.
const EARNS: &str = "collective";

/// What is asked of an image by one viewer on one day.
pub struct Look<'a> {
    /// The application.
    pub app: &'a App,
    /// The image through the gate.
    pub seen: Seen<'a>,
    /// The catalog in force.
    pub catalog: &'a Catalog,
    /// The day that is asked about.
    pub on: Day,
    /// In which language.
    pub lang: Lang,
    /// What rules find wrong today, by subject.
    wrong: HashMap<SubjectId, Vec<Wrong>>,
}

impl<'a> Look<'a> {
    /// Looks at an image on a day; what rules find is what they find today.
    ///
    /// # Errors
    /// `form-invalid` where the day is none.
    pub fn new(
        app: &'a Arc<App>,
        viewer: &'a Viewer,
        image: &'a Image,
        on: Option<&str>,
        lang: Lang,
    ) -> Result<Self, Problem> {
        let on = register::view::day(app, on)?;
        let (catalog, _) = act::catalog(image)?;
        let judgement = register::view::judged(app, app.now().day());
        let judged = judgement.look(viewer, catalog);
        let mut wrong: HashMap<SubjectId, Vec<Wrong>> = HashMap::new();
        let area = register::view::area(viewer)?;
        let kinds = ["project", "asset", "contract"];
        let mine = judged.findings(area).filter(|(rule, _)| kinds.contains(&rule.about.as_str()));
        for (rule, finding) in mine.filter(|(_, finding)| finding.which == Which::Fails) {
            let says = told::said(rule, finding.which, lang);
            let opens = rule.opens.clone().unwrap_or_default();
            wrong.entry(finding.subject).or_default().push(Wrong { rule: rule.name.clone(), says, opens });
        }
        Ok(Self { app, seen: viewer.look(image), catalog, on, lang, wrong })
    }

    /// What is known of a subject.
    pub fn fact(&self, subject: SubjectId, attribute: &str) -> Option<Value> {
        self.seen.fact(subject, attribute, self.on)
    }

    /// A text; empty where there is none.
    pub fn text(&self, subject: SubjectId, attribute: &str) -> String {
        match self.fact(subject, attribute) {
            Some(Value::Text(text)) => text.to_string(),
            _ => String::new(),
        }
    }

    /// A code in words.
    pub fn meaning(&self, subject: SubjectId, attribute: &str) -> String {
        let code = self.text(subject, attribute);
        let known = self.catalog.attributes.get(attribute).and_then(|one| one.meaning(&code));
        known.map_or(code.clone(), |known| words(known, self.lang).to_owned())
    }

    /// An amount.
    pub fn fen(&self, subject: SubjectId, attribute: &str) -> Option<Fen> {
        match self.fact(subject, attribute) {
            Some(Value::Fen(fen)) => Some(fen),
            _ => None,
        }
    }

    /// A day.
    pub fn day(&self, subject: SubjectId, attribute: &str) -> Option<Day> {
        match self.fact(subject, attribute) {
            Some(Value::Day(day)) => Some(day),
            _ => None,
        }
    }

    /// Another subject.
    pub fn named(&self, subject: SubjectId, attribute: &str) -> Option<SubjectId> {
        match self.fact(subject, attribute) {
            Some(Value::Subject(other)) => Some(other),
            _ => None,
        }
    }

    /// Where something lies.
    pub fn area(&self, subject: SubjectId) -> String {
        self.seen.place_of(subject).map(|area| area_name(self.seen.image(), area)).unwrap_or_default()
    }

    /// The name of the other side.
    pub fn party(&self, subject: SubjectId) -> String {
        pay::view::party(self.app, self.seen.image(), subject, self.on)
    }

    /// A parameter that counts days.
    pub fn days(&self, name: &str) -> i32 {
        let dated = self.catalog.parameters.get(name).and_then(|one| one.at(self.on));
        dated.and_then(|dated| dated.value.parse().ok()).unwrap_or(0)
    }

    /// What rules find wrong with a subject.
    pub fn wrong(&self, subject: SubjectId) -> Vec<Wrong> {
        self.wrong.get(&subject).cloned().unwrap_or_default()
    }

    /// What is known of a subject, but for what its page says elsewhere.
    pub fn known(&self, subject: SubjectId, but: &[&str]) -> Vec<Known> {
        let kind = self.seen.image().kind(subject).cloned().unwrap_or_default();
        let told =
            |one: &&Attribute| one.subject == *kind && one.computed.is_none() && !but.contains(&one.name.as_str());
        let facts = self.catalog.attributes.values().filter(told).filter_map(|attribute| {
            let spells = self.seen.spells(subject, &attribute.name);
            let spell = spells.iter().find(|spell| spell.holds_on(self.on))?.clone();
            let says = match &spell.value {
                Value::Subject(other) => self.party(*other),
                Value::Region(code) => area_name(self.seen.image(), *code),
                value => {
                    let text = value.text(attribute)?;
                    attribute.meaning(&text).map_or(text, |known| words(known, self.lang).to_owned())
                }
            };
            let unit = told::unit(attribute.unit.as_deref().filter(|_| attribute.kind == ValueKind::Fen), self.lang);
            Some(Known {
                title: words(&attribute.title, self.lang).to_owned(),
                says: format!("{says} {unit}").trim_end().to_owned(),
                from: spell.from.to_string(),
                paper: attribute.paper.clone().unwrap_or_default(),
            })
        });
        facts.collect()
    }

    /// The cases whose steps told something of a subject, the latest first.
    pub fn cases(&self, subject: SubjectId) -> Vec<Status> {
        let image = self.seen.image();
        let kind = image.kind(subject).cloned().unwrap_or_default();
        let own = self.catalog.attributes.values().filter(|one| one.subject == *kind);
        let acts =
            own.flat_map(|one| self.seen.spells(subject, &one.name).iter().map(|spell| spell.seq).collect::<Vec<_>>());
        let about: BTreeSet<SubjectId> = acts.filter_map(|seq| image.act(seq)?.about()).collect();
        let cases = about.into_iter().rev().filter_map(|one| self.seen.case(one).ok());
        cases.map(|case| status(&self.seen, case, self.lang)).collect()
    }

    /// A right, and whether it holds on the day.
    fn right(&self, subject: SubjectId) -> Option<RightView> {
        let latest = |name: &str| self.seen.latest(subject, name);
        let day = |name: &str| match latest(name) {
            Some(Value::Day(day)) => Some(day),
            _ => None,
        };
        let Some(Value::Text(kind)) = latest("right.kind") else { return None };
        let holder = match latest("right.holder") {
            Some(Value::Subject(holder)) => Some(holder),
            _ => None,
        };
        let (from, ends) = (day("right.from"), day("right.ends"));
        let known = self.catalog.attributes.get("right.kind").and_then(|one| one.meaning(&kind));
        Some(RightView {
            subject: subject.0,
            title: known.map_or_else(|| kind.to_string(), |known| words(known, self.lang).to_owned()),
            kind: kind.to_string(),
            holder: holder.map(|holder| self.party(holder)).unwrap_or_default(),
            holder_subject: holder.map_or(0, |holder| holder.0),
            share: if let Some(Value::Int(share)) = latest("right.share") { share } else { 0 },
            in_force: from.is_some_and(|from| from <= self.on) && ends.is_none_or(|ends| self.on < ends),
            from: from.map(|day| day.to_string()).unwrap_or_default(),
            ends: ends.map(|day| day.to_string()).unwrap_or_default(),
        })
    }

    /// Every right to an asset there ever was, by kind, the latest first.
    pub fn rights(&self, asset: SubjectId) -> Vec<RightView> {
        let mut rights: Vec<RightView> =
            self.seen.ever_naming("right.asset", asset).into_iter().filter_map(|one| self.right(one)).collect();
        let place = |right: &RightView| RIGHTS.iter().position(|kind| *kind == right.kind);
        rights.sort_by(|one, other| {
            (place(one), !one.in_force, &other.from).cmp(&(place(other), !other.in_force, &one.from))
        });
        rights
    }

    /// A contract, and what is owed by the day.
    fn contract(&self, subject: SubjectId) -> Option<(ContractView, Fen)> {
        let (first, last) = (self.day(subject, "contract.first-day")?, self.day(subject, "contract.last-day")?);
        let ended = self.day(subject, "contract.ended-on");
        let last = ended.map_or(last, |ended| last.min(ended.plus(-1)));
        let pays = self.text(subject, "contract.pays");
        let year = self.fen(subject, "contract.rent").unwrap_or_default();
        let paid_until = self.day(subject, "contract.paid-until");
        let owed = Rent { year, months: months(&pays), first, last, paid_until }.owed(self.on);
        let operator = self.named(subject, "contract.operator");
        let days_late = owed.map_or(0, |(due, _)| self.on.0 - due.0);
        let view = ContractView {
            subject: subject.0,
            number: self.text(subject, "contract.number"),
            operator: operator.map(|one| self.party(one)).unwrap_or_default(),
            operator_subject: operator.map_or(0, |one| one.0),
            rent: year.to_string(),
            pays_title: self.meaning(subject, "contract.pays"),
            pays,
            first: first.to_string(),
            last: last.to_string(),
            paid_until: paid_until.map(|day| day.to_string()).unwrap_or_default(),
            arrears: owed.map_or(Fen(0), |(_, amount)| amount).to_string(),
            days_late,
            in_arrears: days_late > self.days("arrears-days"),
            in_force: first <= self.on && self.on <= last,
            wrong: self.wrong(subject),
        };
        Some((view, owed.map_or(Fen(0), |(_, amount)| amount)))
    }

    /// Every contract about an asset, the one in force first.
    pub fn contracts(&self, asset: SubjectId) -> Vec<ContractView> {
        let named = self.seen.ever_naming("contract.asset", asset);
        let mut all: Vec<ContractView> = named.into_iter().filter_map(|one| Some(self.contract(one)?.0)).collect();
        all.sort_by(|one, other| (!one.in_force, &other.first).cmp(&(!other.in_force, &one.first)));
        all
    }

    /// What an asset earned, year by year: what its account received, and what the old book tells of a year before.
    pub fn earned(&self, asset: SubjectId) -> Vec<Earned> {
        let mut years: BTreeMap<i32, (Fen, usize)> = BTreeMap::new();
        let image = self.seen.image();
        for one in self.seen.statement(EARNS, asset).filter(|one| one.credit == asset && one.moves()) {
            let Some(day) = image.act(one.seq).map(|act| act.at().day()).filter(|day| *day <= self.on) else {
                continue;
            };
            let (sum, count) = years.entry(day.ymd().0).or_default();
            *sum = sum.checked_add(one.amount).unwrap_or(*sum);
            *count += 1;
        }
        let old = (self.fact(asset, "asset.old-year"), self.fen(asset, "asset.old-income"));
        if let (Some(Value::Int(year)), Some(income)) = old {
            let year = i32::try_from(year).unwrap_or(0);
            years.entry(year).or_insert((income, 0));
        }
        let rows = years.into_iter().rev();
        rows.map(|(year, (sum, transfers))| Earned { year, sum: sum.to_string(), transfers }).collect()
    }

    fn care(&self, asset: SubjectId) -> Vec<Care> {
        let one = |(name, attribute, every): &(&str, &str, Option<&str>)| {
            let known = self.day(asset, attribute);
            // What is insured until a day is late on that day's morrow.
            let due = known.map(|day| day.plus(every.map_or(0, |every| self.days(every))));
            let never = self.day(asset, "asset.taken-over-on").map_or(0, |day| self.on.0 - day.0);
            Care {
                name: (*name).to_owned(),
                last: known.filter(|_| every.is_some()).map(|day| day.to_string()).unwrap_or_default(),
                due: due.map(|day| day.to_string()).unwrap_or_default(),
                days_late: due.map_or(never, |due| self.on.0 - due.0),
            }
        };
        let mut all: Vec<Care> = CARES.iter().map(one).collect();
        all.sort_by_key(|care| -care.days_late);
        all
    }

    /// An asset in a row.
    pub fn row(&self, asset: SubjectId) -> AssetRow {
        let contract = self.contracts(asset).into_iter().next().filter(|one| one.in_force || one.in_arrears);
        let collective = self.named(asset, "asset.collective");
        let project = self.named(asset, "asset.project");
        let year = self.on.ymd().0;
        let earned = self.earned(asset).into_iter().find(|one| one.year == year && one.transfers > 0);
        let mut wrong = self.wrong(asset);
        wrong.extend(contract.iter().flat_map(|one| one.wrong.clone()));
        AssetRow {
            subject: asset.0,
            name: self.text(asset, "asset.name"),
            area: self.seen.place_of(asset).map(|area| area.to_string()).unwrap_or_default(),
            area_name: self.area(asset),
            industry: self.meaning(asset, "asset.industry"),
            worth: self.fen(asset, "asset.worth").map(|fen| fen.to_string()).unwrap_or_default(),
            collective: collective.map(|one| self.party(one)).unwrap_or_default(),
            collective_subject: collective.map_or(0, |one| one.0),
            book_class: self.text(asset, "asset.book-class"),
            rights: self.rights(asset).into_iter().filter(|right| right.in_force).collect(),
            contract,
            planned: self.fen(asset, "asset.planned-income").map(|fen| fen.to_string()).unwrap_or_default(),
            received: earned.map_or_else(|| Fen(0).to_string(), |one| one.sum),
            officer: project.map(|project| self.text(project, "project.officer")).unwrap_or_default(),
            care: self.care(asset),
            wrong,
        }
    }
}

impl AssetRow {
    /// Whether something is wrong or late.
    pub fn is_wrong(&self) -> bool {
        !self.wrong.is_empty() || self.care.iter().any(|care| care.days_late > 0)
    }
}

/// The sum of amounts as rows show them; what cannot be read counts for nothing.
pub fn sum<'a>(amounts: impl IntoIterator<Item = &'a str>) -> Fen {
    let read = amounts.into_iter().filter_map(|text| text.parse::<Fen>().ok());
    Fen::checked_sum(read).unwrap_or_default()
}

/// The assets of the viewer's area on a day.
///
/// # Errors
/// `form-invalid`.
pub fn assets(app: &Arc<App>, viewer: &Viewer, on: Option<&str>, lang: Lang) -> Result<Assets, Problem> {
    let image = app.image();
    let look = Look::new(app, viewer, &image, on, lang)?;
    let there = |asset: &SubjectId| look.day(*asset, "asset.taken-over-on").is_none_or(|day| day <= look.on);
    let mut rows: Vec<AssetRow> = look
        .seen
        .subjects_of("asset")
        .filter(there)
        .map(|asset| look.row(asset))
        .filter(|row| !row.name.is_empty())
        .collect();
    rows.sort_by(|one, other| {
        (!one.is_wrong(), other.wrong.len(), &one.area_name).cmp(&(
            !other.is_wrong(),
            one.wrong.len(),
            &other.area_name,
        ))
    });
    Ok(Assets {
        on: look.on.to_string(),
        worth: sum(rows.iter().map(|row| row.worth.as_str())).to_string(),
        planned: sum(rows.iter().map(|row| row.planned.as_str())).to_string(),
        received: sum(rows.iter().map(|row| row.received.as_str())).to_string(),
        arrears: sum(rows
            .iter()
            .filter_map(|row| row.contract.as_ref())
            .filter(|one| one.in_arrears)
            .map(|one| one.arrears.as_str()))
        .to_string(),
        wrong: rows.iter().filter(|row| row.is_wrong()).count(),
        rows,
    })
}

/// An asset of the viewer's area.
///
/// # Errors
/// `not-found`.
pub fn find(seen: &Seen<'_>, kind: &str, subject: u32) -> Result<SubjectId, Problem> {
    let subject = SubjectId(subject);
    let there = seen.place_of(subject).is_some() && seen.image().kind(subject).is_some_and(|known| **known == *kind);
    there.then_some(subject).ok_or_else(|| {
        problem::NOT_FOUND.problem("没有找到，或者不在您的辖区内。", "There is no such record in your area.")
    })
}

/// An asset whole, on a day.
///
/// # Errors
/// `not-found`, `form-invalid`.
pub fn asset(
    app: &Arc<App>,
    viewer: &Viewer,
    subject: u32,
    on: Option<&str>,
    lang: Lang,
) -> Result<AssetPage, Problem> {
    let image = app.image();
    let look = Look::new(app, viewer, &image, on, lang)?;
    let asset = find(&look.seen, "asset", subject)?;
    let project = look.named(asset, "asset.project");
    Ok(AssetPage {
        on: look.on.to_string(),
        project: project.and_then(|one| subjects::row(app, &look.seen, one, lang)),
        rights: look.rights(asset),
        contracts: look.contracts(asset),
        earned: look.earned(asset),
        accounts: pay::view::accounts(app, viewer, asset, lang),
        known: look.known(asset, &ELSEWHERE),
        cases: look.cases(asset),
        row: look.row(asset),
    })
}
