//! What the figures of a file contradict, found before anything is written: what the catalog decides and no record does, what
//! every zone has, and figures that do not go together whoever lives there.

use super::families::day;
use super::medical::Wanted;
use super::plan::{self, Kind};
use super::school::parameter;
use super::targets::Targets;
use super::work;
use yizhan_core::catalog::report::{Counted, Figure, Measure, Report};
use yizhan_core::catalog::{Catalog, Level};
use yizhan_core::image::Image;
use yizhan_core::report::{Asked, Counter, Tape};
use yizhan_core::rule::Type;
use yizhan_kit::digest::HashKind;
use yizhan_kit::{Day, Fen};

/// The report whose figures the targets are.
const REPORT: &str = "effectiveness";

/// What every zone of the page has, whatever a file says: everybody signed with a family doctor, nobody out of school, water in
/// every house, every station held activities.
const ALWAYS: [(&str, &str); 4] = [("F045", "100"), ("F062", "0"), ("F069", "100"), ("F091", "100")];

/// That figures can be met, as far as they themselves and the catalog tell.
///
/// # Errors
/// Everything that contradicts, a line each, by name.
pub(super) fn must_agree(targets: &Targets, catalog: &Catalog) -> Result<(), String> {
    let mut faults = decided(targets, catalog);
    for (id, always) in ALWAYS {
        if let Some((value, unit)) = targets.said(id).filter(|(value, _)| !same(value, always)) {
            faults.push(format!("{id}: the file says {value} {unit}, and in every zone of the page it is {always}"));
        }
    }
    faults.extend(together(targets, catalog).into_iter().filter_map(Result::err));
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n")) }
}

/// Whether two decimals are the same number.
fn same(one: &str, other: &str) -> bool {
    let plain = |text: &str| match text.split_once('.') {
        Some((whole, part)) => format!("{whole}.{}", part.trim_end_matches('0')).trim_end_matches('.').to_owned(),
        None => text.to_owned(),
    };
    plain(one) == plain(other)
}

/// What the catalog decides otherwise: parameters, how often a duty is owed, entries, codes, the period.
fn decided(targets: &Targets, catalog: &Catalog) -> Vec<String> {
    let Some(report) = catalog.reports.get(REPORT) else { return Vec::new() };
    let (image, asked) = (Image::empty(HashKind::Sha256), Asked::all(report));
    let tape = Tape::default();
    let counter = Counter::new(&image, catalog, report, &tape, &asked);
    let differs = |(ix, figure): (usize, &Figure)| {
        let (value, unit) = targets.said(&figure.id)?;
        let (says, file) = by_catalog(catalog, report, figure)?;
        let said = match figure.measure {
            Measure::Values => codes(catalog, report, figure)?.1.to_string(),
            _ => counter.count_these(&[ix]).remove(0).quantity?.text(&figure.unit, figure.money),
        };
        let (id, file) = (&figure.id, format!("catalog/{file}"));
        (!same(value, &said)).then(|| {
            format!(
                "{id}: the file says {value} {unit}, and {says} says {said}; no record decides it: change {file} and name the folder with --catalog"
            )
        })
    };
    report.figures.iter().enumerate().filter_map(differs).collect()
}

/// What of the catalog decides a figure, and the file that is to be changed; nothing where records do.
fn by_catalog(catalog: &Catalog, report: &Report, figure: &Figure) -> Option<(String, String)> {
    let own = || format!("report/{}.toml", report.name);
    match &figure.counted {
        Counted::Parameter(name) => Some((format!("the parameter {name}"), format!("parameter/{name}.toml"))),
        Counted::Rule(name) if figure.measure == Measure::Rhythm => {
            Some((format!("the rule {name}"), file_of(catalog, "rule/", name)))
        }
        Counted::Entries(_) => Some(("the catalog".to_owned(), own())),
        Counted::Period => Some(("the report's period".to_owned(), own())),
        Counted::Subjects(_) if figure.measure == Measure::Values => {
            let (name, _) = codes(catalog, report, figure)?;
            Some((format!("the list of codes of {name}"), file_of(catalog, "subject/", name)))
        }
        _ => None,
    }
}

/// The file of a folder that names something.
fn file_of(catalog: &Catalog, folder: &str, name: &str) -> String {
    let named = format!("name = \"{name}\"");
    let mut files = catalog.source.files.iter().filter(|(path, _)| path.starts_with(folder));
    files.find(|(_, text)| text.contains(&named)).map_or_else(|| folder.to_owned(), |(path, _)| path.clone())
}

/// The attribute whose values a figure tells apart, and how many codes it has: a zone of the page has something of each.
fn codes<'a>(catalog: &'a Catalog, report: &'a Report, figure: &Figure) -> Option<(&'a str, usize)> {
    let Counted::Subjects(stand) = &figure.counted else { return None };
    let Type::Code(name) = report.books.get(&stand.kind)?.program.type_of(stand.value?) else { return None };
    Some((name, catalog.attributes.get(name)?.codes.len()))
}

/// What does not go together.
fn together(targets: &Targets, catalog: &Catalog) -> Vec<Result<(), String>> {
    let number = |id: &str| targets.number(id);
    let over = |sum: &str, times: &str| {
        let same = targets.over(sum)? == number(times)?;
        must(same, || format!("{sum}, {times}: the sum was counted over another number"))
    };
    let at_most = |one: &str, other: &str| {
        let (few, many) = (number(one)?, number(other)?);
        must(few <= many, || format!("{one}, {other}: {few} are more than {many}"))
    };
    let regions = |level: Level| catalog.regions.all().filter(|region| region.level == level).count();
    let places = |id: &str, level: Level, there: usize| {
        let count = number(id)?;
        must(count <= there, || format!("{id}: {count} are more than one in each of {there} {}s", level.as_str()))
    };
    let lived = || Ok::<usize, String>(regions(Level::Village).min(number("F041")?));
    let each = || {
        let ids = ["F008", "F010", "F022", "F039", "F040", "F043", "F046", "F074", "F075", "F077", "F084", "F087"];
        let more = ["F097", "F100", "F101", "F102", "F103", "F104"];
        ids.into_iter().chain(more).try_for_each(|id| number(id).map(drop))
    };
    vec![
        each(),
        Wanted::of(targets).map(drop),
        lived().and_then(|lived| places("F004", Level::Village, lived)),
        places("F090", Level::Township, regions(Level::Township)),
        places("F092", Level::Village, regions(Level::Village)),
        over("F003", "F004"),
        over("F045", "F042"),
        over("F063", "F064"),
        over("F066", "F067"),
        over("F086", "F087"),
        over("F095", "F096"),
        at_most("F016", "F012"),
        at_most("F017", "F018"),
        at_most("F018", "F019"),
        at_most("F064", "F041"),
        at_most("F067", "F064"),
        at_most("F072", "F042"),
        share(targets, catalog, ("F013", "F015", "loan-yield-rate"), day(2019, 1, 8)),
        share(targets, catalog, ("F082", "F083", "filial-award-ratio"), day(2020, 12, 1)),
        loans(targets, catalog),
        awards(targets, catalog),
        whole(targets, catalog, "F020", "neighbour-care-monthly"),
        earned(targets, catalog, ("F008", "F009"), "post-month-wage"),
        earned(targets, catalog, ("F010", "F011"), "village-post-month-wage"),
    ]
}

fn must(is_so: bool, fault: impl FnOnce() -> String) -> Result<(), String> {
    if is_so { Ok(()) } else { Err(fault()) }
}

/// That one amount is the catalog's share of another.
fn share(targets: &Targets, catalog: &Catalog, (of, part, name): (&str, &str, &str), on: Day) -> Result<(), String> {
    let dated = catalog.parameters.get(name).and_then(|one| one.at(on));
    let ratio = dated.and_then(|dated| dated.value.trim_end_matches('%').parse::<Fen>().ok());
    let ratio = ratio.ok_or_else(|| format!("the catalog has no {name} on {on}"))?;
    let (all, some) = (targets.money(of)?, targets.money(part)?);
    let fits = i128::from(all.0) * i128::from(ratio.0) == i128::from(some.0) * 10_000;
    must(fits, || format!("{of}, {part}: {some} yuan are not {ratio} % of {all} ({name} of the catalog)"))
}

fn loans(targets: &Targets, catalog: &Catalog) -> Result<(), String> {
    let most = parameter(catalog, "loan-per-beneficiary", day(2019, 1, 8))?;
    let (total, count, people) = (targets.money("F013")?, targets.number("F012")?, targets.number("F014")?);
    let found = plan::loans(total, count, people, most, Fen(500));
    found.map(drop).map_err(|what| format!("F012, F013, F014: {what}"))
}

fn awards(targets: &Targets, catalog: &Catalog) -> Result<(), String> {
    let (count, total) = (targets.number("F047")?, targets.money("F048")?);
    let half = Fen(parameter(catalog, "guardian-award", day(2020, 12, 1))?.0 / 2);
    let kinds = [Kind { amount: half, most: count }, Kind { amount: Fen(half.0 * 2), most: count }];
    let found = plan::mix(&kinds, count, total).is_some();
    must(found, || "F047, F048 do not go together: an award is for one ward or for two".to_owned())
}

/// That a sum is so many whole payments.
fn whole(targets: &Targets, catalog: &Catalog, id: &str, name: &str) -> Result<(), String> {
    let (total, each) = (targets.money(id)?, parameter(catalog, name, day(2020, 11, 30))?);
    must(each.0 > 0 && total.0 % each.0 == 0, || format!("{id}: {total} yuan are no whole number of {each} ({name})"))
}

/// That so many people can earn a sum by full months of the period.
fn earned(targets: &Targets, catalog: &Catalog, (people, sum): (&str, &str), month: &str) -> Result<(), String> {
    let (count, total) = (targets.number(people)?, targets.money(sum)?);
    must(targets.over(sum)? == count, || format!("{sum}, {people}: the sum was counted over another number"))?;
    let month = parameter(catalog, month, day(2020, 11, 30))?;
    let months = i128::try_from(work::MONTHS * count).map_err(|error| error.to_string())?;
    let most = i128::from(month.0) * months;
    must(i128::from(total.0) <= most, || format!("{people}, {sum}: more than {count} people can earn in the period"))
}
