//! Tables of households and people brought into the register. One row is one person; what the register knows already and
//! says the same changes nothing, what differs is recorded, good rows go in while bad ones wait.

use super::columns::{BadLine, ImportAsked, ImportState, fields, read_row};
use crate::app::{App, Request, blocking, store};
use crate::case::act::{canonical, catalog};
use crate::finder::gather::catch_up;
use crate::finder::rule::Ends;
use crate::sheet::Sheet;
use crate::table::act::mapping;
use crate::table::model::Table;
use crate::table::rule::{Field, Names};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex};
use tokio::task::JoinSet;
use yizhan_core::access::{Deed, Seen, Viewer};
use yizhan_core::act::Actor;
use yizhan_core::catalog::Catalog;
use yizhan_core::image::Image;
use yizhan_core::image::fact::Value;
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_core::service::{BringHousehold, BroughtPerson, NewSealed};
use yizhan_kit::codes::{CitizenNumber, RegionCode};
use yizhan_kit::{Day, Digest16, Moment, Problem};

/// Households handed in and not answered yet, at most.
const AT_ONCE: usize = 512;

/// Imports that are remembered.
const REMEMBERED: usize = 20;

/// For how long: the rows that wait stand open in memory, and nobody leaves them there.
const KEPT_MS: i64 = 60 * 60_000;

/// The attribute that holds who a person is.
const IDENTITY: &str = "person.identity";

/// Imports under way and lately ended, by name.
#[derive(Default)]
pub struct Imports(Mutex<BTreeMap<String, Arc<Import>>>);

/// An import: who brought the table, and how far it has come.
pub struct Import {
    actor: Actor,
    headings: Vec<String>,
    begun: Moment,
    state: Mutex<Progress>,
}

#[derive(Default)]
struct Progress {
    state: ImportState,
    bad: Vec<(usize, Vec<String>, String)>,
}

/// Takes a table in and goes on in the background; the name by which its progress is asked.
///
/// # Errors
/// `forbidden`; `form-invalid`: no table, or its headings do not tell who somebody is.
pub fn begin(app: &Arc<App>, viewer: &Viewer, asked: &ImportAsked, file: &[u8]) -> Result<String, Problem> {
    viewer.must(Deed::Import)?;
    let from = super::view::day(app, asked.from.as_deref())?;
    if from > app.now().day() {
        return Err(
            problem::FORM_INVALID.problem("生效日期不能晚于今天。", "The day it holds from is not in the future.")
        );
    }
    let table = blocking(|| Table::read(file))?;
    let image = app.image();
    let fields = fields(catalog(&image)?.0, viewer.role);
    let mapping = mapping(app, "register headings", &table, &fields, asked.columns.as_deref())?;
    let has = |name: &str| mapping.columns.iter().flatten().any(|field| field.pointer == name);
    if !has("/identity/name") || !has("/identity/citizen_number") {
        let (zh, en) = (
            "看不出哪一列是姓名、哪一列是证件号码；请指定。",
            "The headings do not tell which column is the name and which the citizen number; say so.",
        );
        return Err(mapping.refusal(&table, &fields, zh, en));
    }
    let columns: Vec<Option<Field>> = mapping.remembered(app)?.into_iter().map(|field| field.cloned()).collect();
    let ignored = table.headings.iter().zip(&columns).filter(|(_, field)| field.is_none());
    let state = ImportState {
        rows: table.rows.len(),
        ignored: ignored.map(|(heading, _)| heading.clone()).collect(),
        check: asked.check,
        ..ImportState::default()
    };
    let import = Arc::new(Import {
        actor: viewer.actor,
        headings: table.headings.clone(),
        begun: app.real_clock.now(),
        state: Mutex::new(Progress { state, bad: Vec::new() }),
    });
    let name = app.vault.digest("import", &[file, from.to_string().as_bytes()].concat()).to_string();
    let mut all = app.imports.0.lock().expect("no panic while imports are held");
    let now = app.real_clock.now();
    all.retain(|_, known| known.is_kept(now));
    if all.get(&name).is_some_and(|known| !known.is_over() && known.actor == viewer.actor) {
        return Ok(name);
    }
    while all.len() >= REMEMBERED {
        let oldest = all.iter().find(|(_, known)| known.is_over()).map(|(name, _)| name.clone());
        let Some(oldest) = oldest else { break };
        all.remove(&oldest);
    }
    all.insert(name.clone(), import.clone());
    drop(all);
    let (app, viewer, check, own) = (app.clone(), viewer.clone(), asked.check, name.clone());
    tokio::spawn(async move {
        let outcome = run(&app, &viewer, &import, &table, &columns, from, check, &own).await;
        let mut progress = import.state.lock().expect("no panic while an import is held");
        progress.state.over = true;
        progress.state.failure = outcome.err().map(|problem| problem.to_string()).unwrap_or_default();
    });
    Ok(name)
}

impl Import {
    fn is_over(&self) -> bool {
        self.state.lock().expect("no panic while an import is held").state.over
    }

    fn is_kept(&self, now: Moment) -> bool {
        !self.is_over() || now.0 - self.begun.0 < KEPT_MS
    }

    fn add(&self, change: impl FnOnce(&mut Progress)) {
        change(&mut self.state.lock().expect("no panic while an import is held"));
    }
}

/// An import of one's own.
///
/// # Errors
/// `not-found`.
fn of(app: &App, viewer: &Viewer, name: &str) -> Result<Arc<Import>, Problem> {
    let mut all = app.imports.0.lock().expect("no panic while imports are held");
    let now = app.real_clock.now();
    all.retain(|_, known| known.is_kept(now));
    all.get(name).filter(|import| import.actor == viewer.actor).cloned().ok_or_else(|| {
        problem::NOT_FOUND.problem("没有这次导入，或已过期。", "There is no such import, or it is over and forgotten.")
    })
}

/// How far an import has come.
///
/// # Errors
/// `not-found`.
pub fn progress(app: &App, viewer: &Viewer, name: &str) -> Result<ImportState, Problem> {
    let import = of(app, viewer, name)?;
    let progress = import.state.lock().expect("no panic while an import is held");
    let bad = progress.bad.iter().take(200).map(|(line, _, why)| BadLine { line: *line, why: why.clone() });
    Ok(ImportState { bad: progress.bad.len(), bad_lines: bad.collect(), ..progress.state.clone() })
}

/// The rows that wait, with their reasons, as a file to correct and send again.
///
/// # Errors
/// `not-found`.
pub fn bad_rows(app: &App, viewer: &Viewer, name: &str) -> Result<Sheet, Problem> {
    let import = of(app, viewer, name)?;
    let progress = import.state.lock().expect("no panic while an import is held");
    let columns = import.headings.iter().map(|heading| (heading.clone(), 16));
    let rows = progress
        .bad
        .iter()
        .map(|(line, cells, why)| cells.iter().cloned().chain([format!("第 {line} 行：{why}")]).collect::<Vec<_>>());
    Ok(Sheet {
        title: "需要更正的行（改好后直接上传本文件）".into(),
        columns: columns.chain([("问题".to_owned(), 40)]).collect(),
        rows: rows.collect(),
    })
}

/// A row that was read.
struct Row {
    line: usize,
    cells: Vec<String>,
    number: CitizenNumber,
    answers: Json,
}

/// What a household of the table comes to.
#[derive(Default)]
struct Group {
    known: Option<SubjectId>,
    rows: Vec<Row>,
}

async fn run(
    app: &Arc<App>,
    viewer: &Viewer,
    import: &Arc<Import>,
    table: &Table,
    columns: &[Option<Field>],
    from: Day,
    check: bool,
    name: &str,
) -> Result<(), Problem> {
    // Whoever came last must be known before anybody is taken for new.
    while !blocking(|| catch_up(app, 64))? {}
    let image = app.image();
    let groups = blocking(|| groups(app, &image, viewer, import, table, columns, from));
    let mut running: JoinSet<(usize, Vec<Row>, Result<bool, Problem>)> = JoinSet::new();
    for (place, group) in groups.into_iter().enumerate() {
        if running.len() >= AT_ONCE
            && let Some(done) = running.join_next().await
        {
            settle(import, done);
        }
        let known = app.image();
        let made = blocking(|| household(app, &known, viewer, &group, from, name));
        let rows = group.rows;
        match made {
            Err(why) => import.add(|progress| {
                progress.state.done += rows.len();
                progress.bad.extend(rows.into_iter().map(|row| (row.line, row.cells, why.clone())));
            }),
            Ok(None) => import.add(|progress| {
                progress.state.done += rows.len();
                progress.state.same += rows.len();
            }),
            Ok(Some(made)) if check => import.add(|progress| made.count(&mut progress.state, rows.len())),
            Ok(Some(made)) => {
                let (app, actor) = (app.clone(), viewer.actor);
                let request =
                    Request::keyed("import", &format!("{name} {place} {}", made.digest), made.digest.as_bytes());
                import.add(|progress| made.count(&mut progress.state, 0));
                running.spawn(async move {
                    let answer = app.act(actor, request, made.verb).await;
                    (rows.len(), rows, answer.map(|_| true))
                });
            }
        }
    }
    while let Some(done) = running.join_next().await {
        settle(import, done);
    }
    Ok(())
}

fn settle(import: &Import, done: Result<(usize, Vec<Row>, Result<bool, Problem>), tokio::task::JoinError>) {
    let Ok((count, rows, answer)) = done else { return };
    import.add(|progress| {
        progress.state.done += count;
        if let Err(problem) = answer {
            let why = problem.to_string();
            progress.bad.extend(rows.into_iter().map(|row| (row.line, row.cells, why.clone())));
        }
    });
}

/// Reads the rows and puts those of one household together.
fn groups(
    app: &App,
    image: &Image,
    viewer: &Viewer,
    import: &Import,
    table: &Table,
    columns: &[Option<Field>],
    from: Day,
) -> Vec<Group> {
    let Some(catalog) = image.catalog() else { return Vec::new() };
    let seen = viewer.look(image);
    let names = Names::of(&catalog.regions, from);
    let columns: Vec<Option<&Field>> = columns.iter().map(Option::as_ref).collect();
    let text = |subject: SubjectId, attribute: &str| match seen.fact(subject, attribute, from) {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    };
    let mut numbered: HashMap<String, SubjectId> = HashMap::new();
    for household in seen.subjects_of("household") {
        if let Some(number) = text(household, "household.number") {
            numbered.insert(number.to_string(), household);
        }
    }
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut groups: Vec<Group> = Vec::new();
    let mut met: HashSet<CitizenNumber> = HashSet::new();
    let mut bad = Vec::new();
    for (line, cells) in &table.rows {
        let read = read_row(catalog, cells, &columns, &names).and_then(|(number, answers)| {
            if met.insert(number.clone()) {
                Ok((number, answers))
            } else {
                Err("同一个号码在表里出现两次".to_owned())
            }
        });
        let (number, answers) = match read {
            Ok(read) => read,
            Err(why) => {
                bad.push((*line, cells.clone(), why));
                continue;
            }
        };
        let known = {
            let numbers = app.finder.numbers.read().expect("no panic while the numbers are held");
            numbers.find(&number).to_vec()
        };
        let lives = known.first().and_then(|person| super::view::household_of(&seen, *person, from));
        let said = answers["household"]["number"].as_str().map(str::to_owned);
        let household = said.as_ref().and_then(|number| numbered.get(number).copied());
        let key = match (&said, household.or(lives.filter(|_| said.is_none()))) {
            (_, Some(household)) => household.to_string(),
            (Some(number), None) => format!("new {number}"),
            (None, None) => {
                bad.push((*line, cells.clone(), "没有户编号，也找不到这个人所在的户".to_owned()));
                continue;
            }
        };
        let place = *places.entry(key).or_insert_with(|| {
            groups.push(Group::default());
            groups.len() - 1
        });
        let group = &mut groups[place];
        group.known = group.known.or(household).or(lives.filter(|_| said.is_none()));
        group.rows.push(Row { line: *line, cells: cells.clone(), number, answers });
    }
    import.add(|progress| {
        progress.state.done += bad.len();
        progress.bad = bad;
    });
    groups
}

/// A household to be brought, and what it counts for.
struct Made {
    verb: BringHousehold,
    added: usize,
    changed: usize,
    same: usize,
    facts: usize,
    digest: String,
}

impl Made {
    fn count(&self, state: &mut ImportState, done: usize) {
        state.done += done;
        state.added += self.added;
        state.changed += self.changed;
        state.same += self.same;
        state.facts += self.facts;
    }
}

/// What a household of the table would write; nothing when the register says the same.
fn household(
    app: &App,
    image: &Image,
    viewer: &Viewer,
    group: &Group,
    from: Day,
    name: &str,
) -> Result<Option<Made>, String> {
    let catalog = image.catalog().ok_or("没有目录")?;
    let seen = viewer.look(image);
    let mut home: BTreeMap<String, String> = BTreeMap::new();
    for row in &group.rows {
        for (name, value) in row.answers["household"].as_object().into_iter().flatten() {
            let value = value.as_str().unwrap_or_default().to_owned();
            if let Some(first) = home.get(name).filter(|first| **first != value) {
                let title = &catalog.attributes[&format!("household.{name}")].title.zh;
                return Err(format!("同一户的“{title}”前后不一：“{first}”和“{value}”"));
            }
            home.insert(name.clone(), value);
        }
    }
    let area = match (home.get("area"), group.known) {
        (Some(area), _) => area.parse::<RegionCode>().map_err(|_| "所在村不对".to_owned())?,
        (None, Some(household)) => seen.place_of(household).ok_or("这一户不在您的辖区内")?,
        (None, None) => return Err("新的户要写明所在村".into()),
    };
    let facts = differing(&seen, catalog, "household", group.known, &home, from);
    let (mut people, mut added, mut changed) = (Vec::new(), 0, 0);
    let mut count = facts.len();
    for row in &group.rows {
        let known = {
            let numbers = app.finder.numbers.read().expect("no panic while the numbers are held");
            numbers.find(&row.number).to_vec()
        };
        if known.len() > 1 {
            return Err("登记中有两个人用这个号码，请先核实".into());
        }
        let known = known.first().copied();
        let mut own: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in row.answers["person"].as_object().into_iter().flatten() {
            own.insert(name.clone(), value.as_str().unwrap_or_default().to_owned());
        }
        own.entry("born".into()).or_insert_with(|| row.number.birth().to_string());
        own.entry("sex".into())
            .or_insert_with(|| if row.number.sex() == yizhan_kit::codes::Sex::Male { "1".into() } else { "2".into() });
        let facts = differing(&seen, catalog, "person", known, &own, from);
        let sealed = identity(app, image, known, &row.answers["identity"]);
        let moves = known.is_some_and(|person| super::view::household_of(&seen, person, from) != group.known);
        if facts.is_empty() && sealed.is_none() && !moves && known.is_some() {
            continue;
        }
        added += usize::from(known.is_none());
        changed += usize::from(known.is_some());
        count += facts.len();
        people.push(BroughtPerson { known, facts, sealed });
    }
    if people.is_empty() && facts.is_empty() {
        return Ok(None);
    }
    let lines: String = group.rows.iter().map(|row| format!("{} {}\n", row.number.as_str(), row.answers)).collect();
    let digest: Digest16 = app.vault.digest("import row", lines.as_bytes());
    let source = format!("import:{}", name.get(..12).unwrap_or(name));
    let verb = BringHousehold { area, known: group.known, facts, people, from, source };
    let same = group.rows.len() - added - changed;
    Ok(Some(Made { verb, added, changed, same, facts: count, digest: digest.to_string() }))
}

/// What the table says otherwise than the register on the day.
fn differing(
    seen: &Seen<'_>,
    catalog: &Catalog,
    kind: &str,
    known: Option<SubjectId>,
    said: &BTreeMap<String, String>,
    from: Day,
) -> Vec<(String, String)> {
    let mut facts = Vec::new();
    for (name, text) in said {
        let full = format!("{kind}.{name}");
        let Some(attribute) = catalog.attributes.get(&full) else { continue };
        let same = known.and_then(|subject| seen.fact(subject, &full, from));
        if same.is_none() || same != Value::parse(attribute, text).ok() {
            facts.push((full, text.clone()));
        }
    }
    facts
}

/// Identifying fields to seal: of whoever is new, or is called otherwise or has another telephone now.
fn identity(app: &App, image: &Image, known: Option<SubjectId>, said: &Json) -> Option<NewSealed> {
    let text = |name: &str| said[name].as_str().unwrap_or_default().trim().to_owned();
    let (name, number, mut mobile) = (text("name"), text("citizen_number"), text("mobile").replace(['-', ' '], ""));
    if let Some(person) = known {
        let index = app.finder.index.read().expect("no panic while the index is held");
        if let Some(place) = index.of(person) {
            // The ends are what is shown; two numbers may share them, so the digest is asked as well.
            let (program, digest) = (Viewer::program(), app.vault.blind("mobile", &mobile));
            let known_by = || program.look(image).subjects(digest).any(|(_, owner)| owner == person);
            let same_mobile = mobile.is_empty() || index.ends(place)[1] == Ends::of(&mobile) && known_by();
            let same = index.name(place) == name && same_mobile;
            if same {
                return None;
            }
        }
        drop(index);
        if mobile.is_empty() {
            mobile = before(app, image, person).unwrap_or_default();
        }
    }
    let mut digests = vec![app.vault.blind("citizen-number", &canonical("citizen-number", &number))];
    if !mobile.is_empty() {
        digests.push(app.vault.blind("mobile", &mobile));
    }
    let (key, secret) = app.vault.new_key("register", &digests);
    let plain = json!({"name": name, "citizen_number": number, "mobile": mobile}).to_string();
    let sealed = app.vault.seal(&secret, "register", plain.as_bytes());
    Some(NewSealed { attribute: IDENTITY.into(), key, sealed })
}

/// The telephone that is known of somebody.
fn before(app: &App, image: &Image, person: SubjectId) -> Option<String> {
    let program = Viewer::program();
    let last = program.look(image).last_fact(person)?;
    let rows = app.read(|reader| reader.facts_back(last)).map_err(|error| store(&error)).ok()?;
    let row = rows.iter().find(|row| *row.attribute == *IDENTITY)?;
    let key = app.key(row.key?).ok()?;
    let plain = app.vault.unseal(Some(&key), row.sealed.as_ref()?).ok()?;
    let identity: Json = serde_json::from_slice(&plain).ok()?;
    identity["mobile"].as_str().map(str::to_owned)
}
