//! Publishing a report: a case freezes the figures as they are known, others sign them, and what was signed is told from then on.
//! Frozen figures are the sealed answers of a step, so that they are evidence and are never counted again in silence.

use super::book::{self, Counted};
use super::model::SignatureView;
use super::rule;
use crate::app::{App, store};
use crate::case::{act, view};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::cell::RefCell;
use std::sync::Arc;
use yizhan_core::access::{Role, Seen, Viewer};
use yizhan_core::act::Actor;
use yizhan_core::catalog::publish::{REPORT, YEAR};
use yizhan_core::catalog::{Catalog, Publishing, Report, Service, Step};
use yizhan_core::image::Image;
use yizhan_core::image::case::{CaseHead, State, StepVerb};
use yizhan_core::problem;
use yizhan_core::report::{Asked, Cell, Count, Counter, Quantity, Tape};
use yizhan_core::row::{JournalRow, StepRow, SubjectId};
use yizhan_core::service::ProposedFact;
use yizhan_core::vault::Vault;
use yizhan_core::waist::Reader;
use yizhan_kit::codes::RegionCode;
use yizhan_kit::{Day, Lang, Moment, Problem};

/// A cell as it is kept: which year or area, what it is, how many records, how many people.
type KeptCell = (String, Option<String>, u64, u64);

/// A figure as it is kept.
#[derive(Serialize, Deserialize)]
struct KeptFigure {
    id: String,
    value: Option<String>,
    items: u64,
    years: Vec<KeptCell>,
    parts: Vec<KeptCell>,
}

/// What a step seals beside its note.
#[derive(Serialize, Deserialize)]
struct Frozen {
    #[serde(default)]
    note: String,
    report: String,
    /// The catalog in force, by whose definitions it was counted.
    catalog: u64,
    /// The last act that was known.
    known_at: u64,
    from: String,
    to: String,
    area: Option<String>,
    figures: Vec<KeptFigure>,
}

/// A report whose figures are frozen: signed, or on its way.
pub struct Edition {
    /// The case.
    pub case: SubjectId,
    /// Its number.
    pub number: String,
    /// The report's name.
    pub report: String,
    /// The catalog by whose definitions it was counted.
    pub catalog: u64,
    /// What whoever fixed the figures had to say.
    pub note: String,
    /// What was asked, and what the figures came to.
    pub kept: Counted,
    /// Who signed so far, in the order of the route.
    pub signatures: Vec<Signature>,
    /// When it was published, and by which act.
    pub published: Option<(u64, Moment)>,
}

/// A signature of a step.
pub struct Signature {
    /// The step's title.
    pub step: yizhan_core::catalog::Words,
    /// Whose role it was.
    pub role: Role,
    /// When.
    pub at: Moment,
}

/// Where sealed figures are read from: the running program, or a zone that was opened to read only.
pub trait Shelf {
    /// The steps of a case, the latest first.
    ///
    /// # Errors
    /// The store's failure.
    fn steps(&self, last: u64) -> Result<Vec<StepRow>, Problem>;
    /// A sealed body.
    ///
    /// # Errors
    /// `forgotten`, the store's failure.
    fn body(&self, n: u64) -> Result<Vec<u8>, Problem>;
    /// The record of an act.
    ///
    /// # Errors
    /// The store's failure.
    fn record(&self, seq: u64) -> Result<JournalRow, Problem>;
}

impl Shelf for App {
    fn steps(&self, last: u64) -> Result<Vec<StepRow>, Problem> {
        self.read(|reader| reader.steps_back(last)).map_err(|error| store(&error))
    }

    fn body(&self, n: u64) -> Result<Vec<u8>, Problem> {
        Self::body(self, n)
    }

    fn record(&self, seq: u64) -> Result<JournalRow, Problem> {
        let row = self.read(|reader| reader.one(seq)).map_err(|error| store(&error))?;
        row.ok_or_else(|| store(&"an act is missing"))
    }
}

/// A zone at the command line.
pub struct Opened {
    /// Its rows.
    pub reader: RefCell<Reader>,
    /// Its keys.
    pub vault: Vault,
}

impl Shelf for Opened {
    fn steps(&self, last: u64) -> Result<Vec<StepRow>, Problem> {
        self.reader.borrow_mut().steps_back(last).map_err(|error| store(&error))
    }

    fn body(&self, n: u64) -> Result<Vec<u8>, Problem> {
        let mut reader = self.reader.borrow_mut();
        let row = reader.body(n).map_err(|error| store(&error))?.ok_or_else(|| store(&"the body is missing"))?;
        let Some(key) = row.key else { return Ok(row.sealed.to_vec()) };
        let key = reader.key(key).map_err(|error| store(&error))?.ok_or_else(crate::app::forgotten)?;
        self.vault.unseal(Some(&key), &row.sealed).map_err(|_| store(&"the body cannot be opened"))
    }

    fn record(&self, seq: u64) -> Result<JournalRow, Problem> {
        let row = self.reader.borrow_mut().one(seq).map_err(|error| store(&error))?;
        row.ok_or_else(|| store(&"an act is missing"))
    }
}

/// Whether a service publishes reports.
pub fn publishes(service: &Service) -> bool {
    service.steps.iter().any(|step| step.figures == Some(Publishing::Publish))
}

/// The report that answers name, and the year, where they name one.
fn named<'a>(catalog: &'a Catalog, answers: &Value) -> Result<(&'a Report, Option<i32>), Problem> {
    let name = answers.pointer(REPORT).and_then(Value::as_str).unwrap_or_default();
    let year = answers.pointer(YEAR).and_then(Value::as_i64).and_then(|year| i32::try_from(year).ok());
    Ok((book::find(catalog, name)?, year))
}

/// That there is what a case is to publish.
///
/// # Errors
/// `not-found`: no such report, or no such year of it.
pub fn must_be_countable(image: &Image, answers: &Value) -> Result<(), Problem> {
    let (catalog, _) = act::catalog(image)?;
    let (report, year) = named(catalog, answers)?;
    book::asked(catalog, report, None, year, None).map(|_| ())
}

/// What a case asks to be counted.
///
/// # Errors
/// `not-found`; `forgotten`; the store's failure.
pub fn wanted(app: &App, image: &Image, case: &CaseHead) -> Result<(String, Asked), Problem> {
    let program = Viewer::program();
    let given = view::given(app, &program.look(image), case)?;
    let (catalog, _) = act::catalog(image)?;
    let (report, year) = named(catalog, &given)?;
    Ok((report.name.clone(), book::asked(catalog, report, Some(image.area(case)), year, None)?))
}

/// What is sealed when a step freezes the figures: what was answered, with the figures as they are known now; and what is known of the
/// case then.
///
/// # Errors
/// `not-found`; `forgotten`; the store's failure.
pub fn freeze(
    app: &App,
    image: &Image,
    case: &CaseHead,
    answers: &Value,
) -> Result<(Value, Vec<ProposedFact>), Problem> {
    let (name, asked) = wanted(app, image, case)?;
    let (catalog, number) = act::catalog(image)?;
    let report = book::find(catalog, &name)?;
    // From the ledger afresh, as whoever opens the zone at this act will count it.
    let mut tape = Tape::default();
    tape.follow(image);
    let counts = Counter::new(image, catalog, report, &tape, &asked).count();
    let note = answers["note"].as_str().unwrap_or_default().to_owned();
    let figures = report.figures.iter().zip(&counts).map(|(figure, count)| kept(&figure.id, count)).collect();
    let frozen = Frozen {
        note,
        report: name,
        catalog: number,
        known_at: image.seq,
        from: asked.from.to_string(),
        to: asked.to.to_string(),
        area: asked.area.map(|area| area.to_string()),
        figures,
    };
    let known_at = ProposedFact {
        attribute: format!("{}.known-at", image.service(case).name),
        value: image.seq.to_string(),
        on: None,
    };
    Ok((serde_json::to_value(frozen).map_err(|error| store(&error))?, vec![known_at]))
}

fn kept(id: &str, count: &Count) -> KeptFigure {
    let cell = |of: String, cell: &Cell| (of, cell.quantity.map(Quantity::exact), cell.items, cell.people);
    KeptFigure {
        id: id.to_owned(),
        value: count.quantity.map(Quantity::exact),
        items: count.items,
        years: count.years.iter().map(|(year, one)| cell(year.to_string(), one)).collect(),
        parts: count.parts.iter().map(|(area, one)| cell(area.to_string(), one)).collect(),
    }
}

fn quantity(text: Option<&String>) -> Option<Quantity> {
    text.and_then(|text| Quantity::from_exact(text))
}

/// A count as it was kept.
fn count(figure: &KeptFigure) -> Count {
    let cell = |(_, value, items, people): &KeptCell| Cell {
        quantity: quantity(value.as_ref()),
        items: *items,
        people: *people,
    };
    let years = figure.years.iter().filter_map(|one| Some((one.0.parse().ok()?, cell(one))));
    let parts = figure.parts.iter().filter_map(|one| Some((one.0.parse().ok()?, cell(one))));
    Count::kept(quantity(figure.value.as_ref()), figure.items, years.collect(), parts.collect())
}

/// What a case froze, told by the catalog of that time; nothing while its figures are open, or were sent back.
///
/// # Errors
/// `forgotten`, the store's failure.
pub fn of(shelf: &dyn Shelf, image: &Image, case: &CaseHead) -> Result<Option<Edition>, Problem> {
    let service = image.service(case);
    let Some(place) = service.steps.iter().position(|step| step.figures == Some(Publishing::Freeze)) else {
        return Ok(None);
    };
    if case.state.is_open() && usize::from(case.step) <= place {
        return Ok(None);
    }
    let steps = shelf.steps(u64::from(case.last_step))?;
    let signed =
        |step: &Step| steps.iter().find(|row| *row.verb == *StepVerb::Sign.as_str() && *row.name == *step.name);
    let Some(body) = signed(&service.steps[place]).and_then(|row| row.body) else { return Ok(None) };
    let frozen: Frozen = serde_json::from_slice(&shelf.body(body)?).map_err(|error| store(&error))?;
    let catalog = image.catalog_at(frozen.catalog).ok_or_else(|| store(&"a catalog is missing"))?;
    let report = book::find(catalog, &frozen.report)?;
    let day = |text: &str| text.parse::<Day>().map_err(|error| store(&error));
    let figure = |id: &str| frozen.figures.iter().find(|one| one.id == id);
    let counts: Vec<Count> = report
        .figures
        .iter()
        .map(|one| figure(&one.id).map_or_else(|| Count::kept(None, 0, Vec::new(), Vec::new()), count))
        .collect();
    let area =
        frozen.area.as_ref().map(|area| area.parse::<RegionCode>()).transpose().map_err(|error| store(&error))?;
    let asked = book::asked(catalog, report, area, None, None)?;
    let (from, to) = (day(&frozen.from)?, day(&frozen.to)?);
    let asked = Asked { from, to, years: (from.ymd().0..=to.ymd().0).collect(), ..asked };
    let done = match case.state {
        State::Completed => service.steps.len(),
        _ => usize::from(case.step),
    };
    let mut signatures = Vec::new();
    for step in &service.steps[..done] {
        if let Some(row) = signed(step) {
            signatures.push(signature(shelf, image, step, row)?);
        }
    }
    let last = service.steps.iter().filter(|step| step.figures == Some(Publishing::Publish)).find_map(signed);
    let published = last.filter(|_| case.state == State::Completed);
    let published = published.and_then(|row| Some((row.seq, image.act(row.seq)?.at())));
    Ok(Some(Edition {
        case: case.subject,
        number: image.number(case),
        report: frozen.report,
        catalog: frozen.catalog,
        note: frozen.note,
        kept: Counted { asked, known_at: frozen.known_at, counts, notices: Vec::new() },
        signatures,
        published,
    }))
}

/// Who signed a step, by their role of that day: never by name.
fn signature(shelf: &dyn Shelf, image: &Image, step: &Step, row: &StepRow) -> Result<Signature, Problem> {
    let record = shelf.record(row.seq)?;
    let staff = yizhan_core::journal::staff_of(&record.actor);
    let actor = staff.map(|id| Actor::Staff { id, instead_of: None });
    let viewer = actor.and_then(|actor| Viewer::of(image, actor, record.at.day()).ok());
    Ok(Signature { step: step.title.clone(), role: viewer.map_or(Role::System, |one| one.role), at: record.at })
}

/// Everything that was published of a report, the latest first.
///
/// # Errors
/// The store's failure.
pub fn published(
    image: &Image,
    report: &str,
    read: impl Fn(&CaseHead) -> Result<Option<Arc<Edition>>, Problem>,
) -> Result<Vec<Arc<Edition>>, Problem> {
    let program = Viewer::program();
    let seen: Seen<'_> = program.look(image);
    let services = image.catalog().into_iter().flat_map(|catalog| catalog.services.values());
    let mut found = Vec::new();
    for service in services.filter(|service| publishes(service)) {
        for case in seen.cases_of(&service.name) {
            if case.state != State::Completed || case.key == 0 {
                continue;
            }
            found.extend(read(case)?.filter(|one| one.published.is_some() && one.report == report));
        }
    }
    found.sort_by_key(|one| std::cmp::Reverse(one.published.map(|(seq, _)| seq)));
    Ok(found)
}

/// What was published of a report, in the running program: read once, for it changes no more.
///
/// # Errors
/// The store's failure.
pub fn editions(app: &App, image: &Image, report: &str) -> Result<Vec<Arc<Edition>>, Problem> {
    published(image, report, |case| {
        let known = |app: &App| {
            app.reports.editions.lock().expect("no panic while editions are held").get(&case.subject).cloned()
        };
        if let Some(known) = known(app) {
            return Ok(Some(known));
        }
        let Some(edition) = of(app, image, case)?.map(Arc::new) else { return Ok(None) };
        let mut kept = app.reports.editions.lock().expect("no panic while editions are held");
        kept.insert(case.subject, edition.clone());
        Ok(Some(edition))
    })
}

/// The edition that is shown of what is asked: the latest of the same area and days.
pub fn shown<'a>(editions: &'a [Arc<Edition>], asked: &Asked) -> Option<&'a Arc<Edition>> {
    let same = |one: &&Arc<Edition>| {
        let kept = &one.kept.asked;
        (kept.from, kept.to, kept.area) == (asked.from, asked.to, asked.area)
    };
    editions.iter().find(same)
}

/// An edition by its number.
///
/// # Errors
/// `not-found`.
pub fn numbered<'a>(editions: &'a [Arc<Edition>], number: &str) -> Result<&'a Arc<Edition>, Problem> {
    editions.iter().find(|one| one.number == number).ok_or_else(|| {
        problem::NOT_FOUND.problem(format!("没有发布过“{number}”。"), format!("Nothing was published as {number:?}."))
    })
}

/// The report as the catalog of an edition defines it.
///
/// # Errors
/// The store's failure.
pub fn defined<'a>(image: &'a Image, edition: &Edition) -> Result<(&'a Arc<Catalog>, &'a Report), Problem> {
    let catalog = image.catalog_at(edition.catalog).ok_or_else(|| store(&"a catalog is missing"))?;
    Ok((catalog, book::find(catalog, &edition.report)?))
}

/// What a figure that was signed comes to now, where that is something else: the value now, and by how much.
pub struct Correction {
    /// What it is now.
    pub now: Option<Quantity>,
    /// How much more that is.
    pub more: Option<Quantity>,
}

/// The correction of a figure that was signed; nothing where it is what it was.
pub fn correction(signed: &Count, now: Option<&Count>) -> Option<Correction> {
    let now = now?.quantity;
    match (signed.quantity, now) {
        (Some(before), Some(after)) if before.is(after) => None,
        (None, None) => None,
        (Some(before), Some(after)) => Some(Correction { now, more: Some(after.less(before)) }),
        _ => Some(Correction { now, more: None }),
    }
}

/// Signatures as they are told: the step, the role, the day.
pub fn signatures(edition: &Edition, lang: Lang) -> Vec<SignatureView> {
    let view = |one: &Signature| SignatureView {
        step: view::words(&one.step, lang).to_owned(),
        role: rule::role(one.role, lang).to_owned(),
        day: one.at.day().to_string(),
    };
    edition.signatures.iter().map(view).collect()
}
