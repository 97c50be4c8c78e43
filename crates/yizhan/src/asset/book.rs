//! Projects gate by gate, and the books of the collectives: what stands there as funds, assets and resources.

use super::model::{AssetRow, BookPage, BookRow, ProjectPage, ProjectRow, Projects};
use super::view::{Look, find, sum};
use crate::app::App;
use crate::case::view::{area_name, given, steps, words};
use crate::finder::subjects;
use crate::pay;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use yizhan_core::access::Viewer;
use yizhan_core::catalog::Service;
use yizhan_core::image::case::{CaseHead, StepVerb};
use yizhan_core::image::fact::Value;
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_kit::{Day, Fen, Lang, Problem};

/// The service by which a project passes its gates, and how its case names the project.
const SERVICE: &str = "industry-project";
const NAMES: &str = "industry-project.project";

/// A gate and how long it has been waiting.
struct Gate {
    place: usize,
    due: Option<Day>,
    missing: Vec<String>,
}

struct Board<'a> {
    look: Look<'a>,
    service: &'a Service,
    /// The open case of each project.
    cases: HashMap<SubjectId, &'a CaseHead>,
    /// Open cases of projects that are not there yet.
    unborn: Vec<&'a CaseHead>,
}

impl<'a> Board<'a> {
    fn new(look: Look<'a>) -> Result<Option<Self>, Problem> {
        let Some(service) = look.catalog.services.get(SERVICE) else { return Ok(None) };
        let (mut cases, mut unborn) = (HashMap::new(), Vec::new());
        let image = look.seen.image();
        for case in look.seen.open_cases()?.filter(|case| image.service(case).name == SERVICE) {
            match look.seen.fact(case.subject, NAMES, look.on) {
                Some(Value::Subject(project)) => drop(cases.insert(project, case)),
                _ => unborn.push(case),
            }
        }
        Ok(Some(Self { look, service, cases, unborn }))
    }

    /// The gate of an open case: its step, and which of its papers are not attached.
    fn of_case(&self, case: &CaseHead) -> Result<Gate, Problem> {
        let place = usize::from(case.step);
        let service = self.look.seen.image().service(case);
        let rows = steps(self.look.app, case)?;
        let attached =
            |name: &str| rows.iter().any(|row| *row.verb == *StepVerb::Attach.as_str() && *row.name == *name);
        let papers = service.steps[place].papers.iter().filter(|name| !attached(name));
        let missing = papers.filter_map(|name| service.paper(name));
        Ok(Gate {
            place,
            due: case.due().map(|due| due.day()),
            missing: missing.map(|paper| words(&paper.title, self.look.lang).to_owned()).collect(),
        })
    }

    /// The gate of a project whose case is not here: the one after the last that told something.
    fn of_facts(&self, project: SubjectId) -> Gate {
        let told = |attribute: &str| attribute.starts_with("project.") && self.look.fact(project, attribute).is_some();
        let passed = |step: &yizhan_core::catalog::Step| step.learning.facts.iter().any(|fact| told(&fact.attribute));
        let last = self.service.steps.iter().rposition(passed);
        // From the acceptance on a rule counts the days until the hand-over.
        let accepted = self.look.day(project, "project.accepted-on");
        let due = accepted.map(|day| day.plus(self.look.days("hand-over-days")));
        Gate { place: last.map_or(0, |last| last + 1), due, missing: Vec::new() }
    }

    fn row(&self, project: Option<SubjectId>, case: Option<&CaseHead>) -> Result<ProjectRow, Problem> {
        let look = &self.look;
        let gate = match (case, project) {
            (Some(case), _) => self.of_case(case)?,
            (None, Some(project)) => self.of_facts(project),
            (None, None) => Gate { place: 0, due: None, missing: Vec::new() },
        };
        let open = gate.place < self.service.steps.len();
        let due = gate.due.filter(|_| open);
        let (granted, spent) = project.map(|project| self.moved(project)).unwrap_or_default();
        // What is not there yet is called as its application calls it; that names nobody.
        let program = Viewer::program();
        let asked = match (project, case) {
            (None, Some(case)) => given(look.app, &program.look(look.seen.image()), case).ok(),
            _ => None,
        };
        let answer = |name: &str| asked.as_ref().and_then(|asked| asked[name].as_str()).unwrap_or_default().to_owned();
        let text = |attribute: &str, name: &str| match project {
            Some(project) => look.text(project, attribute),
            None => answer(name),
        };
        let industry = match project {
            Some(project) => look.meaning(project, "project.industry"),
            None => {
                let known = look.catalog.attributes.get("project.industry");
                let code = answer("industry");
                known.and_then(|one| one.meaning(&code)).map(|one| words(one, look.lang).to_owned()).unwrap_or(code)
            }
        };
        let day = |name: &str| project.and_then(|project| look.day(project, name));
        let year = day("project.approved-on").or_else(|| day("project.reserved-on"));
        Ok(ProjectRow {
            subject: project.map_or(0, |project| project.0),
            case: case.map(|case| look.seen.image().number(case)).unwrap_or_default(),
            name: text("project.name", "project_name"),
            area_name: match (project, case) {
                (Some(project), _) => look.area(project),
                (None, Some(case)) => area_name(look.seen.image(), look.seen.image().area(case)),
                (None, None) => String::new(),
            },
            industry,
            gate: gate.place + 1,
            gates: self.service.steps.len(),
            gate_title: self
                .service
                .steps
                .get(gate.place)
                .map(|step| words(&step.title, look.lang).to_owned())
                .unwrap_or_default(),
            due: due.map(|due| due.to_string()).unwrap_or_default(),
            days_late: due.map_or(0, |due| (look.app.now().day().0 - due.0).max(0)),
            missing: gate.missing,
            year: year.map(|day| day.ymd().0.to_string()).unwrap_or_default(),
            planned: match project {
                Some(project) => {
                    look.fen(project, "project.planned-funds").map(|fen| fen.to_string()).unwrap_or_default()
                }
                None => answer("planned_funds"),
            },
            granted: granted.to_string(),
            spent: spent.to_string(),
            officer: project.map(|project| look.text(project, "project.officer")).unwrap_or_default(),
            wrong: project.map(|project| look.wrong(project)).unwrap_or_default(),
        })
    }

    /// What a project's accounts were given, and what they gave.
    fn moved(&self, project: SubjectId) -> (Fen, Fen) {
        let seen = &self.look.seen;
        let (mut granted, mut spent) = (Fen(0), Fen(0));
        for fund in seen.funds_of(project) {
            for one in seen.statement(&fund, project).filter(|one| one.moves()) {
                let side = if one.credit == project { &mut granted } else { &mut spent };
                *side = side.checked_add(one.amount).unwrap_or(*side);
            }
        }
        (granted, spent)
    }

    fn rows(&self) -> Result<Vec<ProjectRow>, Problem> {
        let known = self.look.seen.subjects_of("project");
        let mut rows: Vec<ProjectRow> = known
            .map(|project| self.row(Some(project), self.cases.get(&project).copied()))
            .collect::<Result<_, _>>()?;
        for case in &self.unborn {
            rows.push(self.row(None, Some(case))?);
        }
        rows.retain(|row| !row.name.is_empty());
        // What is late first, then what is under way, then what is done.
        rows.sort_by(|one, other| {
            let key = |row: &ProjectRow| (-row.days_late, row.gate > row.gates, row.gate);
            key(one).cmp(&key(other)).then_with(|| one.area_name.cmp(&other.area_name))
        });
        Ok(rows)
    }
}

/// The projects of the viewer's area.
///
/// # Errors
/// `forbidden`, the store's failure.
pub fn projects(app: &Arc<App>, viewer: &Viewer, lang: Lang) -> Result<Projects, Problem> {
    let image = app.image();
    let board = Board::new(Look::new(app, viewer, &image, None, lang)?)?;
    let (rows, gates) = match &board {
        Some(board) => {
            let gates = board.service.steps.iter().map(|step| words(&step.title, lang).to_owned()).collect();
            (board.rows()?, gates)
        }
        None => Default::default(),
    };
    Ok(Projects {
        planned: sum(rows.iter().map(|row| row.planned.as_str())).to_string(),
        granted: sum(rows.iter().map(|row| row.granted.as_str())).to_string(),
        spent: sum(rows.iter().map(|row| row.spent.as_str())).to_string(),
        late: rows.iter().filter(|row| row.days_late > 0).count(),
        gates,
        rows,
    })
}

/// A project whole.
///
/// # Errors
/// `not-found`, the store's failure.
pub fn project(app: &Arc<App>, viewer: &Viewer, subject: u32, lang: Lang) -> Result<ProjectPage, Problem> {
    let image = app.image();
    let look = Look::new(app, viewer, &image, None, lang)?;
    let project = find(&look.seen, "project", subject)?;
    let assets = look.seen.naming("asset.project", project, look.on).into_iter();
    let assets = assets.filter_map(|one| subjects::row(app, &look.seen, one, lang)).collect();
    let known = look.known(project, &["project.name", "project.area", "project.industry"]);
    let cases = look.cases(project);
    let board = Board::new(look)?.ok_or_else(|| {
        problem::UNKNOWN_SERVICE.problem("目录里没有项目事项。", "The catalog has no service for projects.")
    })?;
    let row = board.row(Some(project), board.cases.get(&project).copied())?;
    Ok(ProjectPage { row, known, cases, assets, accounts: pay::view::accounts(app, viewer, project, lang) })
}

fn book(look: &Look<'_>, collective: SubjectId, rows: &[AssetRow]) -> BookRow {
    let mut held = Fen(0);
    for fund in look.seen.funds_of(collective) {
        let balance = look.seen.balance(&fund, collective).unwrap_or_default();
        held = held.checked_add(balance.posted).unwrap_or(held);
    }
    let class = |name: &str| rows.iter().filter(|row| row.book_class == name).count();
    BookRow {
        subject: collective.0,
        name: look.party(collective),
        area_name: look.area(collective),
        held: held.to_string(),
        assets: class("assets"),
        resources: class("resources"),
        worth: sum(rows.iter().map(|row| row.worth.as_str())).to_string(),
        planned: sum(rows.iter().map(|row| row.planned.as_str())).to_string(),
        received: sum(rows.iter().map(|row| row.received.as_str())).to_string(),
        wrong: rows.iter().filter(|row| row.is_wrong()).count(),
    }
}

/// The books of the collectives of the viewer's area.
///
/// # Errors
/// `forbidden`.
pub fn books(app: &Arc<App>, viewer: &Viewer, lang: Lang) -> Result<Vec<BookRow>, Problem> {
    let image = app.image();
    let look = Look::new(app, viewer, &image, None, lang)?;
    let mut by_collective: BTreeMap<SubjectId, Vec<AssetRow>> = BTreeMap::new();
    for asset in look.seen.subjects_of("asset") {
        let Some(collective) = look.named(asset, "asset.collective") else { continue };
        by_collective.entry(collective).or_default().push(look.row(asset));
    }
    let mut rows: Vec<BookRow> = look
        .seen
        .subjects_of("collective")
        .map(|one| book(&look, one, by_collective.get(&one).map(Vec::as_slice).unwrap_or_default()))
        .collect();
    // Whoever has something stands before whoever has nothing.
    let empty = |row: &BookRow| row.assets + row.resources == 0 && row.held == Fen(0).to_string();
    rows.sort_by(|one, other| (empty(one), &one.area_name).cmp(&(empty(other), &other.area_name)));
    Ok(rows)
}

/// A collective's book whole.
///
/// # Errors
/// `not-found`.
pub fn collective(app: &Arc<App>, viewer: &Viewer, subject: u32, lang: Lang) -> Result<BookPage, Problem> {
    let image = app.image();
    let look = Look::new(app, viewer, &image, None, lang)?;
    let collective = find(&look.seen, "collective", subject)?;
    let named = look.seen.naming("asset.collective", collective, look.on);
    let assets: Vec<AssetRow> = named.into_iter().map(|asset| look.row(asset)).collect();
    Ok(BookPage {
        row: book(&look, collective, &assets),
        funds: pay::view::accounts(app, viewer, collective, lang),
        assets,
    })
}
