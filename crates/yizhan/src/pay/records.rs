//! Coming from paper, projects and contracts (期初补录): what stood in the books before the program came, brought in by a table
//! and held against the totals that were declared for it. A township brings it, the district checks it against the books and
//! books it; what is told then is told by the case, which is what marks it. Whoever stands in the register already is passed
//! over, so that the same table twice writes nothing.

use super::model::{OpeningRows, OpeningTotal, OpeningView};
use crate::app::{App, Request};
use crate::case::act::{self, Wanted};
use crate::case::{rule, view};
use crate::finder::subjects;
use crate::table::model::Table;
use crate::table::rule::{Field, Names, answers, columns, fields};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::sync::Arc;
use yizhan_core::access::{Seen, Viewer};
use yizhan_core::catalog::{Form, Service};
use yizhan_core::image::Image;
use yizhan_core::image::case::{CaseHead, StepVerb};
use yizhan_core::image::fact::Value as Known;
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_kit::codes::RegionCode;
use yizhan_kit::{Day, Fen, Lang, Problem};

/// Reasons that are listed.
const LISTED: usize = 200;

/// What a table brings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Projects, with the assets they left and the rights to these.
    Projects,
    /// Contracts about assets, with the right of operation they give.
    Contracts,
}

impl Kind {
    /// What cases of a service bring, if they bring anything.
    pub fn of(service: &Service) -> Option<Self> {
        match service.name.as_str() {
            "opening-projects" => Some(Self::Projects),
            "opening-contracts" => Some(Self::Contracts),
            _ => None,
        }
    }

    /// Its name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Projects => "projects",
            Self::Contracts => "contracts",
        }
    }

    /// The amounts that are summed up: in a row and in the application they are called the same.
    fn amounts(self) -> &'static [&'static str] {
        match self {
            Self::Projects => &["planned", "granted", "spent"],
            Self::Contracts => &["rent", "deposit"],
        }
    }
}

/// What is looked at while rows are read.
pub(super) struct Book<'a> {
    pub(super) seen: Seen<'a>,
    pub(super) kind: Kind,
    pub(super) area: RegionCode,
    pub(super) on: Day,
}

impl<'a> Book<'a> {
    pub(super) fn new(app: &App, image: &'a Image, program: &'a Viewer, case: &CaseHead) -> Option<Self> {
        let kind = Kind::of(image.service(case))?;
        Some(Self { seen: program.look(image), kind, area: image.area(case), on: app.now().day() })
    }

    pub(super) fn named(&self, subject: SubjectId, attribute: &str) -> Option<SubjectId> {
        match self.seen.fact(subject, attribute, self.on) {
            Some(Known::Subject(other)) => Some(other),
            _ => None,
        }
    }

    /// The one subject of some kinds that has a name; of several of that name the one of the village.
    fn called(&self, kinds: &[&str], name: &str, village: Option<RegionCode>) -> Result<SubjectId, &'static str> {
        let all = kinds.iter().flat_map(|kind| self.seen.holding(&format!("{kind}.name"), name));
        let exact: Vec<SubjectId> = all.filter(|(_, text)| **text == *name).map(|(subject, _)| subject).collect();
        let here = |one: &&SubjectId| village.is_some() && self.seen.place_of(**one) == village;
        let mine: Vec<&SubjectId> = exact.iter().filter(here).collect();
        match (exact.as_slice(), mine.as_slice()) {
            (_, [one]) => Ok(**one),
            ([one], []) => Ok(*one),
            ([], _) => Err("登记里没有这个名称"),
            _ => Err("登记里有重名，无法确定是哪一个"),
        }
    }

    /// Whether what a row tells of stands in the register already.
    pub(super) fn is_known(&self, row: &Value) -> bool {
        let text = |name: &str| row[name].as_str().unwrap_or_default();
        match self.kind {
            Kind::Projects => {
                let village = text("village").parse::<RegionCode>().ok();
                let same = self.seen.holding("project.name", text("project_name"));
                same.iter().any(|(one, name)| **name == *text("project_name") && self.seen.place_of(*one) == village)
            }
            Kind::Contracts => {
                let Some(asset) = number(row, "asset") else { return false };
                let all = self.seen.ever_naming("contract.asset", asset);
                let numbered = |one: &SubjectId| matches!(self.seen.latest(*one, "contract.number"), Some(Known::Text(known)) if *known == *text("number"));
                all.iter().any(numbered)
            }
        }
    }

    /// What tells a row from every other of a table.
    fn key(&self, row: &Value) -> String {
        let of = match self.kind {
            Kind::Projects => ["village", "project_name"],
            Kind::Contracts => ["asset", "number"],
        };
        of.map(|name| row[name].to_string()).join(" ")
    }

    /// What is wrong with a row beyond its form: the field, and why.
    fn fault(&self, row: &Value) -> Option<(&'static str, &'static str)> {
        let village = row["village"].as_str().and_then(|code| code.parse::<RegionCode>().ok());
        if village.is_none_or(|village| !self.area.contains(village)) {
            return Some(("village", "不在这个办件的区域里"));
        }
        match self.kind {
            Kind::Projects => {
                let [granted, spent] = ["granted", "spent"].map(|name| fen(row, name));
                if spent > granted {
                    return Some(("spent", "支出大于拨付"));
                }
                if spent > Fen(0) && number(row, "contractor").is_none() {
                    return Some(("contractor", "有支出就要写明施工单位"));
                }
                let has_asset = row["asset_name"].as_str().is_some();
                if has_asset && village.and_then(|village| self.collective(village)).is_none() {
                    return Some(("asset_name", "这个村没有登记集体经济组织，资产不能确权"));
                }
                None
            }
            Kind::Contracts => {
                let asset = number(row, "asset")?;
                if self.seen.place_of(asset) != village {
                    return Some(("asset", "资产不在这个村"));
                }
                if self.named(asset, "asset.collective").is_none() {
                    return Some(("asset", "资产没有登记在哪个集体的台账"));
                }
                let day = |name: &str| row[name].as_str().and_then(|text| text.parse::<Day>().ok());
                (day("last_day") < day("first_day")).then_some(("last_day", "届满日期早于起始日期"))
            }
        }
    }

    pub(super) fn collective(&self, village: RegionCode) -> Option<SubjectId> {
        self.seen.subjects_of("collective").find(|one| self.seen.place_of(*one) == Some(village))
    }
}

pub(super) fn fen(row: &Value, name: &str) -> Fen {
    row[name].as_str().and_then(|text| text.parse().ok()).unwrap_or_default()
}

pub(super) fn number(row: &Value, name: &str) -> Option<SubjectId> {
    row[name].as_u64().and_then(|n| u32::try_from(n).ok()).map(SubjectId)
}

/// The sums of rows beside what was declared for them: how many, and each amount.
fn totals(kind: Kind, form: &Form, declared: &Value, rows: &[Value], lang: Lang) -> Vec<OpeningTotal> {
    let title = |name: &str| rule::titled(&form.schema["properties"][name], name, lang);
    let stated = declared["count"].as_u64().unwrap_or(0);
    let mut all = vec![OpeningTotal {
        title: title("count"),
        found: rows.len().to_string(),
        stated: stated.to_string(),
        agrees: rows.len() as u64 == stated,
    }];
    all.extend(kind.amounts().iter().map(|name| {
        let found = Fen::checked_sum(rows.iter().map(|row| fen(row, name))).unwrap_or_default();
        let stated = fen(declared, name);
        OpeningTotal {
            title: title(name),
            found: found.to_string(),
            stated: stated.to_string(),
            agrees: found == stated,
        }
    }));
    all
}

/// The form of the rows, which is that of the service's first step.
fn rows_form(service: &Service) -> Result<&Form, Problem> {
    service.steps.first().and_then(|step| step.form.as_ref()).ok_or_else(none)
}

fn none() -> Problem {
    problem::NOT_FOUND.problem("这类办件不收补录表。", "Cases of this kind take no such table.")
}

/// Holds a table against a case; signs its step when everything agrees, or the difference is explained, and that is wanted.
///
/// # Errors
/// `not-found`, `form-invalid` for a table without the columns, the refusals of signing.
pub async fn bring(
    app: &Arc<App>,
    viewer: &Viewer,
    request: Request,
    number: &str,
    table: &Table,
    signs: bool,
    because: Option<String>,
) -> Result<OpeningView, Problem> {
    let image = app.image();
    let case = viewer.look(&image).numbered(number)?.clone();
    let program = Viewer::program();
    let book = Book::new(app, &image, &program, &case).ok_or_else(none)?;
    let declared = view::given(app, &book.seen, &case)?;
    let service = image.service(&case);
    let (rows, bad) = read(&book, rows_form(service)?, table)?;
    let known = rows.iter().filter(|row| book.is_known(row)).count();
    let totals = totals(book.kind, &service.form, &declared, &rows, crate::answer::lang());
    let agrees = bad.is_empty() && totals.iter().all(|total| total.agrees);
    let because = because.filter(|text| !text.trim().is_empty());
    let mut view = OpeningView {
        rows: rows.len(),
        sum: totals.get(1).map(|total| total.found.clone()).unwrap_or_default(),
        expected_rows: declared["count"].as_u64().unwrap_or(0),
        expected_sum: totals.get(1).map(|total| total.stated.clone()).unwrap_or_default(),
        bad,
        agrees,
        signed: false,
        known,
        totals,
    };
    let explained = view.bad.is_empty() && because.is_some();
    if signs && (view.agrees || explained) && known < rows.len() {
        let mut answers = json!({ "rows": rows });
        if let Some(because) = because.filter(|_| !view.agrees) {
            answers["difference"] = json!(because);
        }
        let (version, verb) = (u64::from(case.changed), StepVerb::Sign);
        let wanted = Wanted { case: case.subject, version, verb, to: None, answers: Some(answers), reason: None };
        act::step(app, viewer, request, wanted).await?;
        view.signed = true;
    }
    Ok(view)
}

/// The rows of a table, and what is wrong with the others: cell, heading and reason.
fn read(book: &Book<'_>, form: &Form, table: &Table) -> Result<(Vec<Value>, Vec<String>), Problem> {
    let known = fields(&form.schema["properties"]["rows"]["items"]);
    let columns = columns(&table.headings, &known);
    let missing: Vec<&str> = known
        .iter()
        .filter(|field| field.required && !columns.iter().flatten().any(|column| column.pointer == field.pointer))
        .map(|field| field.names[0].as_str())
        .collect();
    if !missing.is_empty() {
        return Err(problem::FORM_INVALID.problem(
            format!("表格缺少列：{}。", missing.join("、")),
            format!("Columns are missing: {}.", missing.join(", ")),
        ));
    }
    let catalog = act::catalog(book.seen.image())?.0;
    let names = Names::of(&catalog.regions, book.on);
    let (mut rows, mut bad, mut met) = (Vec::new(), Vec::new(), HashSet::new());
    for (line, cells) in &table.rows {
        let told = row(book, form, &columns, cells, &names).and_then(|row| match book.fault(&row) {
            Some((name, why)) => Err(vec![(format!("/{name}"), why.to_owned())]),
            None if !met.insert(book.key(&row)) => Err(vec![(String::new(), "同一个对象出现两次".to_owned())]),
            None => Ok(row),
        });
        match told {
            Ok(row) => rows.push(row),
            Err(faults) => bad.extend(faults.iter().map(|(pointer, why)| {
                let place = columns.iter().position(|one| one.is_some_and(|field| field.pointer == *pointer));
                let cell = place.map(|place| format!("{}{line} {}", letters(place), table.headings[place]));
                format!("{}：{why}", cell.unwrap_or_else(|| line.to_string()))
            })),
        }
    }
    bad.truncate(LISTED);
    Ok((rows, bad))
}

/// How a spreadsheet calls a column.
fn letters(place: usize) -> String {
    let letter = |n: usize| char::from(b'A' + u8::try_from(n % 26).unwrap_or(0));
    if place < 26 { letter(place).to_string() } else { format!("{}{}", letter(place / 26 - 1), letter(place)) }
}

/// The answers of one row, with the subjects it names.
fn row(
    book: &Book<'_>,
    form: &Form,
    columns: &[Option<&Field>],
    cells: &[String],
    names: &Names,
) -> Result<Value, Vec<(String, String)>> {
    let place = columns.iter().position(|one| one.is_some_and(|field| field.pointer == "/village"));
    let village = place.and_then(|place| names.find(&cells[place])).and_then(|code| code.parse().ok());
    let mut written = Vec::with_capacity(cells.len());
    let mut faults = Vec::new();
    for (cell, field) in cells.iter().zip(columns) {
        let Some(field) = field.filter(|_| !cell.is_empty()) else {
            written.push(cell.clone());
            continue;
        };
        let kinds = field.kinds();
        written.push(if !kinds.is_empty() {
            match book.called(&kinds, cell, village) {
                Ok(subject) => subject.to_string(),
                Err(why) => {
                    faults.push((field.pointer.clone(), format!("“{cell}”{why}")));
                    String::new()
                }
            }
        } else if field.is_money() {
            let plain = cell.replace([',', '，', ' '], "");
            plain.parse::<Fen>().map_or(plain, |fen| fen.to_string())
        } else {
            cell.clone()
        });
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let row = answers(&written, columns, &json!({}), names)?;
    let all = json!({ "rows": [row] });
    let said = |at: &str, what: &str| (at.replacen("/rows/0", "", 1), rule::fault_said(form.at(at), what, Lang::Zh));
    form.check(&all).map_err(|faults| faults.iter().map(|(at, what)| said(at, what)).collect::<Vec<_>>())?;
    Ok(all["rows"][0].clone())
}

/// What is signed agrees with what was declared, or says why not; and there is something new in it. Nothing is asked of
/// services that bring nothing.
///
/// # Errors
/// `form-invalid`, saying what does not agree.
pub fn must_agree(app: &App, image: &Image, case: &CaseHead, answers: &Value) -> Result<(), Problem> {
    let program = Viewer::program();
    let Some(book) = Book::new(app, image, &program, case) else { return Ok(()) };
    let declared = view::given(app, &book.seen, case)?;
    let rows = answers["rows"].as_array().cloned().unwrap_or_default();
    let wrong = |zh: String, en: &str| Err(problem::FORM_INVALID.problem(zh, en));
    let mut met = HashSet::new();
    if let Some((_, why)) = rows.iter().find_map(|row| book.fault(row)) {
        return wrong(format!("补录表里有一行不对：{why}。"), "A row of the table is wrong.");
    }
    if rows.iter().any(|row| !met.insert(book.key(row))) {
        return wrong("同一个对象出现两次。".into(), "A row stands there twice.");
    }
    let totals = totals(book.kind, &image.service(case).form, &declared, &rows, Lang::Zh);
    let explained = answers["difference"].as_str().is_some_and(|text| !text.trim().is_empty());
    if let Some(total) = totals.iter().find(|total| !total.agrees && !explained) {
        let zh = format!("{}：表里 {}，账册 {}，不一致，请写明原因。", total.title, total.found, total.stated);
        return wrong(zh, "The table does not agree with the totals declared; say why.");
    }
    if rows.iter().all(|row| book.is_known(row)) {
        return wrong("表里的都已经登记，没有要补录的。".into(), "Everything in it stands in the register already.");
    }
    Ok(())
}

/// The rows that a case froze, with the explanation where they do not agree.
pub(super) fn frozen(app: &App, image: &Image, case: &CaseHead) -> Result<Option<Value>, Problem> {
    let first = image.service(case).steps.first().map(|step| step.name.clone()).unwrap_or_default();
    let steps = view::steps(app, case)?;
    let signed = steps.iter().find(|step| *step.verb == *StepVerb::Sign.as_str() && *step.name == *first);
    signed.and_then(|step| step.body).map(|body| view::read_json(app, body)).transpose()
}

/// The rows of a case as they were signed, beside its totals.
///
/// # Errors
/// `not-found`, the store's failure.
pub fn kept(app: &App, viewer: &Viewer, number: &str, lang: Lang) -> Result<OpeningRows, Problem> {
    let image = app.image();
    let seen = viewer.look(&image);
    let case = seen.numbered(number)?.clone();
    let program = Viewer::program();
    let book = Book::new(app, &image, &program, &case).ok_or_else(none)?;
    let service = image.service(&case);
    let items = &rows_form(service)?.schema["properties"]["rows"]["items"];
    let catalog = act::catalog(&image)?.0;
    let answers = frozen(app, &image, &case)?.unwrap_or_default();
    let rows = answers["rows"].as_array().cloned().unwrap_or_default();
    let tell = |subject: u32| subjects::row(app, &book.seen, SubjectId(subject), lang);
    let asked: Vec<&String> = items["properties"].as_object().into_iter().flatten().map(|(name, _)| name).collect();
    let cells = |row: &Value| {
        let each = asked.iter().map(|name| {
            let one = json!({ name.as_str(): row[name.as_str()] });
            let said = rule::said(items, &one, catalog, &tell, lang);
            said.into_iter().next().map(|said| said.text).unwrap_or_default()
        });
        each.collect::<Vec<String>>()
    };
    let declared = view::given(app, &book.seen, &case)?;
    Ok(OpeningRows {
        headings: asked.iter().map(|name| rule::titled(&items["properties"][name.as_str()], name, lang)).collect(),
        totals: totals(book.kind, &service.form, &declared, &rows, lang),
        difference: answers["difference"].as_str().unwrap_or_default().to_owned(),
        rows: rows.iter().map(cells).collect(),
    })
}
