//! The register's questions: which rules there are and what they come to, what is missing and since when.

use super::model::{
    GapBoard, GapColumn, GapDay, GapPart, GapRow, Gaps, GapsOfRule, RegisterAsked, RuleExampleView, RulePage,
    RuleParameter, RulePart, RuleRow, RuleText, RulesView,
};
use super::rule;
use crate::app::App;
use crate::case::act;
use crate::case::view::{area_name, words};
use crate::desk::board::counted;
use crate::finder::gather::catch_up;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use yizhan_core::access::{Finding, Judgement, Question, Seen, Verdict, Viewer, Which, may_be_told};
use yizhan_core::catalog::{Asks, Catalog, Level, Rule, RuleKind};
use yizhan_core::image::fact::Value;
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_core::rule::variable;
use yizhan_kit::codes::RegionCode;
use yizhan_kit::{Day, Fen, Lang, Problem};

/// Gaps whose beginning is looked for on one page.
const DATED: usize = 200;

/// Pages of identities that a question reads on.
const PAGES: usize = 4;

/// Months of the trend.
const MONTHS: i32 = 12;

/// Reads on in the sealed identities, so that whoever came a moment ago has a name and a number; the background does the
/// rest.
pub fn known(app: &App) {
    if let Err(problem) = catch_up(app, PAGES) {
        tracing::warn!(%problem, "names wait");
    }
}

/// The judgement of a day; today's is kept for a moment.
pub fn judged(app: &Arc<App>, day: Day) -> Arc<Judgement> {
    known(app);
    counted(
        app,
        |app| &app.judgements,
        day.to_string(),
        move |app: &Arc<App>| {
            let image = app.image();
            let Some(catalog) = image.catalog() else { return Arc::new(Judgement::nothing(day)) };
            let numbers = app.finder.numbers.read().expect("no panic while the numbers are held");
            let parameters = &catalog.parameters;
            let question = Question { day, parameters, lent: Some(&*numbers) };
            Arc::new(Judgement::of(&image, catalog, &rule::KINDS, &question))
        },
    )
}

/// Judges days long past behind the answers, one after the other: nobody waits for them.
fn judge_behind(app: &Arc<App>, days: Vec<Day>) {
    static AT_WORK: AtomicBool = AtomicBool::new(false);
    if days.is_empty() || AT_WORK.swap(true, Ordering::Relaxed) {
        return;
    }
    let app = app.clone();
    std::thread::spawn(move || {
        for day in days {
            judged(&app, day);
        }
        AT_WORK.store(false, Ordering::Relaxed);
    });
}

/// The day that is asked about.
///
/// # Errors
/// `form-invalid`.
pub fn day(app: &App, on: Option<&str>) -> Result<Day, Problem> {
    let Some(text) = on.filter(|text| !text.is_empty()) else { return Ok(app.now().day()) };
    text.parse()
        .map_err(|_| problem::FORM_INVALID.problem(format!("“{text}”不是日期。"), format!("{text:?} is no day.")))
}

/// The area that a viewer looks at.
///
/// # Errors
/// `unknown-region` for whoever has none.
pub fn area(viewer: &Viewer) -> Result<RegionCode, Problem> {
    viewer.area.ok_or_else(|| problem::UNKNOWN_REGION.problem("没有辖区。", "There is no area to look at."))
}

fn kinds(asked: &RegisterAsked) -> Vec<RuleKind> {
    let text = asked.kind.as_deref().unwrap_or_default();
    let named: Vec<RuleKind> = text.split(',').filter_map(|kind| kind.trim().parse().ok()).collect();
    if named.is_empty() { rule::KINDS.to_vec() } else { named }
}

fn row(catalog: &Catalog, rule: &Rule, counts: yizhan_core::access::Counts, lang: Lang) -> RuleRow {
    RuleRow {
        name: rule.name.clone(),
        title: words(&rule.title, lang).to_owned(),
        kind: rule.kind.as_str().to_owned(),
        about: rule.about.clone(),
        says: rule::said(rule, Which::Fails, lang),
        source: rule.source.clone(),
        confidence: rule.confidence.as_str().to_owned(),
        parameters: catalog.rules.parameters_of(&rule.name),
        counts: rule::counts(counts),
    }
}

/// The rules a viewer is told of, and what each comes to in their area.
///
/// # Errors
/// `forbidden`, `form-invalid`.
pub fn rules(app: &Arc<App>, viewer: &Viewer, asked: &RegisterAsked, lang: Lang) -> Result<RulesView, Problem> {
    let (on, area, kinds) = (day(app, asked.on.as_deref())?, area(viewer)?, kinds(asked));
    let image = app.image();
    let (catalog, _) = act::catalog(&image)?;
    let judgement = judged(app, on);
    let seen = judgement.look(viewer, catalog);
    let mut rules: Vec<(RuleKind, RuleRow)> = seen
        .rules()
        .filter(|(_, rule)| kinds.contains(&rule.kind))
        .map(|(place, rule)| (rule.kind, row(catalog, rule, seen.counts(place, area), lang)))
        .collect();
    rules.sort_by_key(|(kind, _)| rule::KINDS.iter().position(|known| known == kind));
    Ok(RulesView {
        on: on.to_string(),
        area_name: area_name(&image, area),
        rules: rules.into_iter().map(|(_, row)| row).collect(),
    })
}

/// A rule whole: its text, what it reads, its examples, what it comes to in each part of the area.
///
/// # Errors
/// `not-found`, `forbidden`.
pub fn rule_page(
    app: &Arc<App>,
    viewer: &Viewer,
    name: &str,
    asked: &RegisterAsked,
    lang: Lang,
) -> Result<RulePage, Problem> {
    let (on, area) = (day(app, asked.on.as_deref())?, area(viewer)?);
    let image = app.image();
    let (catalog, _) = act::catalog(&image)?;
    let missing = || problem::NOT_FOUND.problem(format!("没有规则“{name}”。"), format!("There is no rule {name:?}."));
    let (_, rule, _) = catalog.rules.rule(name).ok_or_else(missing)?;
    if !may_be_told(viewer, catalog, rule) {
        return Err(missing());
    }
    let judgement = judged(app, on);
    let seen = judgement.look(viewer, catalog);
    let place = seen.rules().find(|(_, known)| known.name == name).map(|(place, _)| place);
    let counts = |within| place.map(|place| seen.counts(place, within)).unwrap_or_default();
    let mut texts: Vec<RuleText> = Vec::new();
    let mut add = |key: &str, text: &str| {
        texts.push(RuleText { key: key.to_owned(), title: String::new(), text: text.trim().to_owned() });
    };
    rule.when.iter().for_each(|when| add("when", when));
    match &rule.asks {
        Asks::Check { passes, .. } => add("passes", passes),
        Asks::Entitlement { entitled, receives, amount, .. } => {
            add("entitled", entitled);
            add("receives", receives);
            amount.iter().for_each(|amount| add("amount", amount));
        }
    }
    add_values(catalog, &mut texts, lang);
    let all: String = texts.iter().map(|text| text.text.as_str()).collect::<Vec<_>>().join(" ");
    let parameters =
        catalog.parameters.values().filter(|one| all.contains(&format!("parameter.{}", variable(&one.name))));
    let parameters = parameters.filter_map(|parameter| {
        let dated = parameter.at(on)?;
        Some(RuleParameter {
            name: parameter.name.clone(),
            title: words(&parameter.title, lang).to_owned(),
            unit: rule::unit(Some(&parameter.unit), lang).to_owned(),
            value: dated.value.clone(),
            from: dated.from.to_string(),
            source: dated.source.clone(),
            confidence: dated.confidence.as_str().to_owned(),
        })
    });
    let file = catalog.rules.files.iter().find(|file| file.name == rule.file);
    let examples = file.map(|file| file.examples.as_slice()).unwrap_or_default().iter();
    let examples = examples.filter_map(|example| {
        let expect = example.expect.get(name)?.clone();
        Some(RuleExampleView { on: example.on.to_string(), facts: facts_text(&example.facts), expect })
    });
    let titled = |name: &String| catalog.attributes.get(name).map(|one| words(&one.title, lang).to_owned());
    let below = catalog.regions.all().filter(|region| region.code != area && area.contains(region.code));
    let parts = below.filter(|region| region.holds_on(on)).map(|region| RulePart {
        area: region.code.to_string(),
        name: words(&region.name, lang).to_owned(),
        level: region.level.as_str().to_owned(),
        counts: rule::counts(counts(region.code)),
    });
    Ok(RulePage {
        rule: row(catalog, rule, counts(area), lang),
        mend: rule.mend.as_ref().map(|mend| words(mend, lang).to_owned()).unwrap_or_default(),
        opens: rule.opens.clone().unwrap_or_default(),
        recurring: rule.recurring.as_ref().map(|recurring| super::duty::told(catalog, recurring, on, lang)),
        file: format!("rule/{}.toml", rule.file),
        line: rule.line,
        from: rule.from.map(|day| day.to_string()).unwrap_or_default(),
        to: rule.to.map(|day| day.to_string()).unwrap_or_default(),
        reads: rule.reads.iter().filter_map(titled).collect(),
        parameters: parameters.collect(),
        examples: examples.collect(),
        parts: parts.collect(),
        texts,
    })
}

/// The facts of an example on one line, as the catalog writes them.
fn facts_text(facts: &toml::Table) -> String {
    toml::Value::Table(facts.clone()).to_string()
}

/// Adds the text of every named value that the texts use, and those that these use.
fn add_values(catalog: &Catalog, texts: &mut Vec<RuleText>, lang: Lang) {
    let mut at = 0;
    while at < texts.len() {
        let text = texts[at].text.clone();
        for one in catalog.rules.lets.values() {
            let key = format!("{}.{}", one.about, one.name);
            let used = text.match_indices(&format!(".{}", variable(&one.name))).any(|(begin, found)| {
                let after = text[begin + found.len()..].chars().next();
                !after.is_some_and(|next| next.is_ascii_alphanumeric() || next == '_')
            });
            if used && !texts.iter().any(|known| known.key == key) {
                texts.push(RuleText { key, title: words(&one.title, lang).to_owned(), text: one.is.trim().to_owned() });
            }
        }
        at += 1;
    }
}

/// A page of what is missing in a viewer's area.
///
/// # Errors
/// `forbidden`, `form-invalid`.
pub fn gaps(app: &Arc<App>, viewer: &Viewer, asked: &RegisterAsked, lang: Lang) -> Result<Gaps, Problem> {
    let (on, area, kinds) = (day(app, asked.on.as_deref())?, area(viewer)?, kinds(asked));
    let image = app.image();
    let (catalog, _) = act::catalog(&image)?;
    let judgement = judged(app, on);
    let judged = judgement.look(viewer, catalog);
    let wanted = |(rule, finding): &(&Arc<Rule>, &Finding)| {
        kinds.contains(&rule.kind)
            && asked.which.as_deref().is_none_or(|which| {
                which.is_empty() || which.split(',').any(|one| one.trim() == rule::which_name(finding.which))
            })
    };
    let mut by_rule: BTreeMap<&str, (String, usize)> = BTreeMap::new();
    let mut found: Vec<(&Arc<Rule>, &Finding)> = Vec::new();
    for (rule, finding) in judged.findings(area).filter(wanted) {
        by_rule.entry(&rule.name).or_insert_with(|| (words(&rule.title, lang).to_owned(), 0)).1 += 1;
        if asked.rule.as_deref().is_none_or(|wanted| wanted.is_empty() || wanted == rule.name) {
            found.push((rule, finding));
        }
    }
    // By village, then by household, so that one visit mends all.
    let seen = viewer.look(&image);
    found.sort_by_cached_key(|(rule, finding)| {
        (finding.place, household_of(&seen, finding.subject, on), rule.kind, finding.subject.0)
    });
    let mut by_rule: Vec<GapsOfRule> =
        by_rule.into_iter().map(|(rule, (title, gaps))| GapsOfRule { rule: rule.to_owned(), title, gaps }).collect();
    by_rule.sort_by(|one, other| other.gaps.cmp(&one.gaps).then(one.rule.cmp(&other.rule)));
    let page = found.iter().skip(asked.from).take(asked.limit.min(DATED));
    let rows = page.map(|(rule, finding)| gap_row(app, &seen, catalog, rule, finding, on, lang)).collect();
    Ok(Gaps { on: on.to_string(), total: found.len(), by_rule, rows })
}

fn gap_row(
    app: &App,
    seen: &Seen<'_>,
    catalog: &Catalog,
    rule: &Rule,
    finding: &Finding,
    on: Day,
    lang: Lang,
) -> GapRow {
    let household = household_of(seen, finding.subject, on);
    let since = since(app, seen, catalog, rule, finding, on);
    let owed = super::duty::owed(app, seen, catalog, rule, finding.subject, on);
    let recurring = rule.recurring.as_ref();
    let told = recurring.zip(owed).and_then(|(recurring, owed)| recurring.escalated_to(&owed, on));
    GapRow {
        subject: finding.subject.0,
        about: rule.about.clone(),
        who: who(app, seen, finding.subject, on),
        household: household.map_or(0, |household| household.0),
        area: finding.place.map(|place| place.to_string()).unwrap_or_default(),
        area_name: finding.place.map(|place| area_name(seen.image(), place)).unwrap_or_default(),
        rule: rule.name.clone(),
        title: words(&rule.title, lang).to_owned(),
        which: rule::which_name(finding.which).to_owned(),
        says: rule::said(rule, finding.which, lang),
        since: since.map(|day| day.to_string()).unwrap_or_default(),
        days: since.map_or(0, |day| on.0 - day.0),
        helper: household.map(|household| helper(seen, household, on)).unwrap_or_default(),
        due: owed.and_then(|owed| owed.due).map(|due| due.to_string()).unwrap_or_default(),
        doer: recurring.map(|recurring| recurring.who.name().to_owned()).unwrap_or_default(),
        escalated_to: told.map(|level| level.as_str().to_owned()).unwrap_or_default(),
    }
}

/// The household that a subject belongs to: itself, the one it lives in, the one whose house it is.
pub fn household_of(seen: &Seen<'_>, subject: SubjectId, on: Day) -> Option<SubjectId> {
    let attribute = match &**seen.image().kind(subject)? {
        "household" => return Some(subject),
        "person" => "person.household",
        "house" => "house.household",
        _ => return None,
    };
    match seen.fact(subject, attribute, on)? {
        Value::Subject(household) => Some(household),
        _ => None,
    }
}

/// Who or what a subject is, in a few words: a name, the name of a household's head, of what else its own name.
pub fn who(app: &App, seen: &Seen<'_>, subject: SubjectId, on: Day) -> String {
    let named = |subject: SubjectId| {
        let index = app.finder.index.read().expect("no panic while the index is held");
        index.of(subject).map(|place| index.name(place).to_owned()).filter(|name| !name.is_empty())
    };
    let kind = seen.image().kind(subject).cloned().unwrap_or_default();
    match &*kind {
        "person" => named(subject).unwrap_or_default(),
        "household" => {
            let members = seen.naming("person.household", subject, on);
            let head = |one: &&SubjectId| matches!(seen.fact(**one, "person.relation", on), Some(Value::Text(code)) if &*code == "01");
            let head = members.iter().find(head).or(members.first());
            head.and_then(|head| named(*head)).unwrap_or_default()
        }
        // What has no name of its own is called by what it lies in: a house by its household, a contract by its asset.
        other => match seen.fact(subject, &format!("{other}.name"), on) {
            Some(Value::Text(name)) => name.to_string(),
            _ => lies_in(seen, other, subject, on).map(|one| who(app, seen, one, on)).unwrap_or_default(),
        },
    }
}

/// The subject that another lies in.
fn lies_in(seen: &Seen<'_>, kind: &str, subject: SubjectId, on: Day) -> Option<SubjectId> {
    let attribute = seen.image().catalog()?.subjects.get(kind)?.lies_in.as_deref()?;
    match seen.fact(subject, attribute, on)? {
        Value::Subject(other) => Some(other),
        _ => None,
    }
}

/// The name of whoever looks after a household.
pub fn helper(seen: &Seen<'_>, household: SubjectId, on: Day) -> String {
    match seen.fact(household, "household.helper", on) {
        Some(Value::Subject(staff)) => seen.image().staff_name(staff).unwrap_or_default(),
        _ => String::new(),
    }
}

/// Since when something has been missing without a break: the verdict of each day on which a fact began or ended, and
/// between two of them by halves, for what time alone brings about.
fn since(app: &App, seen: &Seen<'_>, catalog: &Catalog, rule: &Rule, finding: &Finding, on: Day) -> Option<Day> {
    let (book, _, nodes) = catalog.rules.rule(&rule.name)?;
    let numbers = app.finder.numbers.read().expect("no panic while the numbers are held");
    let wanted: Vec<_> = [Some(nodes.when), Some(nodes.asks), nodes.receives].into_iter().flatten().collect();
    let is_missing = |day: Day| {
        if !rule.holds_on(day) {
            return false;
        }
        let question = Question { day, parameters: &catalog.parameters, lent: Some(&*numbers) };
        let which = seen.judge_one(book, &wanted, finding.subject, &question, |judged, _| {
            let receives = nodes.receives.and_then(|node| judged.truth(node, 0));
            match (judged.verdict(&nodes, 0), nodes.receives.is_some(), receives) {
                (Verdict::No, false, _) => Some(Which::Fails),
                (Verdict::Yes, true, Some(false)) => Some(Which::Missing),
                (Verdict::No | Verdict::NotJudged, true, Some(true)) => Some(Which::Undue),
                (Verdict::Unknown, ..) | (Verdict::Yes, true, None) => Some(Which::Unknown),
                _ => None,
            }
        });
        which.flatten() == Some(finding.which)
    };
    let days = super::household::change_days(seen, rule, finding.subject, on);
    let mut first = on;
    // Before anything was known of it, nothing was missing.
    let earliest = days.first().map_or(Day(on.0 - 3_660), |first| first.plus(-1));
    for day in days.into_iter().rev().filter(|day| *day < on).chain([earliest]) {
        if is_missing(day) {
            first = day;
            continue;
        }
        let (mut sound, mut missing) = (day.0, first.0);
        while missing - sound > 1 {
            let middle = sound + (missing - sound) / 2;
            if is_missing(Day(middle)) { missing = middle } else { sound = middle }
        }
        return Some(Day(missing));
    }
    Some(first)
}

/// The board of what is missing, by kind of rule, for the area and its parts, and over the past months.
///
/// # Errors
/// `forbidden`, `form-invalid`.
pub fn board(app: &Arc<App>, viewer: &Viewer, asked: &RegisterAsked, lang: Lang) -> Result<GapBoard, Problem> {
    let (on, area) = (day(app, asked.on.as_deref())?, area(viewer)?);
    let image = app.image();
    let (catalog, _) = act::catalog(&image)?;
    // A number is as many as its list is long.
    let found = |judgement: &Judgement| {
        let seen = judgement.look(viewer, catalog);
        let mut found: BTreeMap<RegionCode, [usize; rule::KINDS.len()]> = BTreeMap::new();
        for (rule, finding) in seen.findings(area) {
            let column = rule::KINDS.iter().position(|kind| *kind == rule.kind).unwrap_or_default();
            found.entry(finding.place.unwrap_or(area)).or_default()[column] += 1;
        }
        found
    };
    let sum = |found: &BTreeMap<RegionCode, [usize; rule::KINDS.len()]>, within: RegionCode| {
        let inside = found.iter().filter(|(place, _)| within.contains(**place));
        let add = |sum: Vec<usize>, one: &[usize]| sum.iter().zip(one).map(|(sum, one)| sum + one).collect();
        inside.fold(vec![0; rule::KINDS.len()], |sum, (_, one)| add(sum, one))
    };
    let today = found(&judged(app, on));
    let part = |code: RegionCode, name: String, level: Level| GapPart {
        area: code.to_string(),
        name,
        level: level.as_str().to_owned(),
        numbers: sum(&today, code),
    };
    let below = catalog.regions.all().filter(|region| region.code != area && area.contains(region.code));
    let below = below.filter(|region| region.holds_on(on));
    let parts = below.map(|region| part(region.code, words(&region.name, lang).to_owned(), region.level)).collect();
    let whole = catalog.regions.get(area).map_or(Level::District, |region| region.level);
    let (year, month, _) = on.ymd();
    let firsts = (0..MONTHS).rev().filter_map(|back| {
        let months = year * 12 + i32::from(month) - 1 - back;
        Day::from_ymd(months.div_euclid(12), u8::try_from(months.rem_euclid(12) + 1).ok()?, 1)
    });
    let firsts: Vec<Day> = firsts.filter(|first| *first != on).collect();
    let (known, missing): (Vec<Day>, Vec<Day>) =
        firsts.into_iter().partition(|first| app.judgements.has(&first.to_string()));
    judge_behind(app, missing);
    let past = known
        .into_iter()
        .map(|first| GapDay { on: first.to_string(), numbers: sum(&found(&judged(app, first)), area) });
    let mut trend: Vec<GapDay> = past.collect();
    trend.push(GapDay { on: on.to_string(), numbers: sum(&today, area) });
    Ok(GapBoard {
        columns: rule::KINDS
            .iter()
            .map(|kind| GapColumn { kind: kind.as_str().to_owned(), title: rule::kind_title(*kind, lang).to_owned() })
            .collect(),
        whole: part(area, area_name(&image, area), whole),
        parts,
        trend,
    })
}

/// An amount in a year, in yuan.
pub fn yuan(fen: i64) -> String {
    Fen(fen).to_string()
}
