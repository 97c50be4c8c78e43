//! A zone to try a draft in: in memory, with people who do not exist, thrown away after half an hour. It is the whole program
//! with an engine, a vault, a clock and a writer of its own, so nothing that happens there can reach the real zone; and no
//! message leaves it, because nobody delivers its outbox.

use super::model::{DraftFile, Trial, TrialFact, TrialPaper, TrialPerson, TrialStaff, TrialState, TrialTransfer};
use super::view;
use crate::answer::lang;
use crate::app::{App, Parts, blocking, store};
use crate::case::act;
use crate::case::view::words;
use crate::config::Config;
use crate::demo::picture;
use crate::staff::{self, sessions};
use crate::{paper, routes, serve};
use axum::Router;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use yizhan_core::access::{Role, Viewer};
use yizhan_core::act::Actor;
use yizhan_core::catalog::{Catalog, Level, Region, ValueKind};
use yizhan_core::image::Image;
use yizhan_core::journal;
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_core::service::{AddSubject, FoundDemonstration};
use yizhan_core::vault::Vault;
use yizhan_core::waist::memory::MemoryWorking;
use yizhan_core::waist::{Engine, Memory};
use yizhan_core::writer::Writer;
use yizhan_core::zone::Zone;
use yizhan_kit::clock::{DemoClock, SystemClock};
use yizhan_kit::id::{SystemEntropy, base32, random};
use yizhan_kit::seal::Key;
use yizhan_kit::{Day, Fen, Moment, Problem};

/// For how many minutes a trial is kept.
pub const MINUTES: i64 = 30;

/// How many trials an officer has at once, and how many there are.
const EACH: usize = 2;
const MOST: usize = 8;

/// For how many days what is on its register is known, counted from its first day.
const KNOWN: i32 = -400;

/// How many requests a trial answers.
const REQUESTS: u32 = 2_000;

/// What is asked of a trial; everything else of the program is closed there.
const OPEN: [&str; 5] = ["/api/cases", "/api/services", "/api/demo/next-day", "/api/gaps", "/r/"];

/// The trials under way. In memory only: they are gone with the process.
#[derive(Default)]
pub struct Sandboxes {
    all: Mutex<HashMap<String, Arc<Sandbox>>>,
    /// How many there were.
    begun: AtomicU64,
}

/// A zone that is thrown away.
pub struct Sandbox {
    owner: Actor,
    /// Its place among those there were.
    place: u64,
    until: Moment,
    memory: Memory,
    app: Arc<App>,
    router: Router,
    staff: Vec<(&'static str, Level, String)>,
    people: Vec<(SubjectId, &'static str, &'static str)>,
    /// How many requests it still answers.
    left: AtomicU32,
    /// The facts with which it began.
    begun: u64,
}

impl Sandboxes {
    /// Begins a trial of a draft; the officer's oldest gives way.
    ///
    /// # Errors
    /// `catalog-invalid`, `busy` when too many are under way.
    pub fn begin(&self, app: &App, viewer: &Viewer, files: &[DraftFile]) -> Result<Trial, Problem> {
        let now = app.real_clock.now();
        let mut all = self.all.lock().expect("no panic while trials are held");
        all.retain(|_, one| one.until > now);
        let mut own: Vec<(u64, String)> = all
            .iter()
            .filter(|(_, one)| one.owner == viewer.actor)
            .map(|(name, one)| (one.place, name.clone()))
            .collect();
        own.sort();
        own.iter().take((own.len() + 1).saturating_sub(EACH)).for_each(|(_, name)| drop(all.remove(name)));
        if all.len() >= MOST {
            let (zh, en) = ("现在试办的人太多，请稍后再试。", "Too many try drafts now; try again soon.");
            return Err(problem::BUSY.problem(zh, en).retry_after(60));
        }
        let image = app.image();
        let catalog = view::loaded(&image, files)?;
        let sandbox = Sandbox {
            place: self.begun.fetch_add(1, Ordering::Relaxed),
            ..Sandbox::new(app, viewer.actor, catalog, now.plus_ms(MINUTES * 60_000))?
        };
        let name = base32(&random::<10>(app.vault.entropy()));
        let trial = sandbox.trial(&name);
        all.insert(name, Arc::new(sandbox));
        Ok(trial)
    }

    /// A trial of an officer's own.
    ///
    /// # Errors
    /// `not-found` when it is another's, or over; `busy` when it answered enough.
    pub fn get(&self, app: &App, viewer: &Viewer, name: &str) -> Result<Arc<Sandbox>, Problem> {
        let all = self.all.lock().expect("no panic while trials are held");
        let one = all.get(name).filter(|one| one.owner == viewer.actor && one.until > app.real_clock.now());
        let one = one.ok_or_else(|| {
            problem::NOT_FOUND.problem("这次试办已经结束，请重新开始。", "This trial is over; begin another.")
        })?;
        let taken = one.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        taken.map_err(|_| {
            problem::BUSY.problem("这次试办用得太多，请重新开始。", "This trial was used up; begin another.")
        })?;
        Ok(one.clone())
    }

    /// Throws away what is over, though nobody begins another.
    pub fn sweep(&self, now: Moment) {
        self.all.lock().expect("no panic while trials are held").retain(|_, one| one.until > now);
    }

    /// Throws a trial away.
    pub fn end(&self, viewer: &Viewer, name: &str) {
        let mut all = self.all.lock().expect("no panic while trials are held");
        if all.get(name).is_some_and(|one| one.owner == viewer.actor) {
            all.remove(name);
        }
    }
}

impl Sandbox {
    /// Founds it with the draft in force: a village with its township and district, two of each on the staff, a treasury, a
    /// household of three.
    fn new(outer: &App, owner: Actor, catalog: Catalog, until: Moment) -> Result<Self, Problem> {
        let hash = outer.config.hash().map_err(|error| store(&error))?;
        let cipher = outer.config.cipher().map_err(|error| store(&error))?;
        let memory = Memory::new(journal::genesis(hash));
        let mut writer = Writer::new(Engine::Memory(memory.clone()), 1, Image::empty(hash));
        let now = outer.now();
        let failed = |error: String| problem::CATALOG_INVALID.problem(error.clone(), error);
        serve::found(&mut writer, Arc::new(FoundDemonstration), catalog.source.to_bytes(), now).map_err(failed)?;
        let areas = areas(&catalog).ok_or_else(|| failed("region/: no village".into()))?;
        let cast = [
            ("village", Level::Village, 2),
            ("village2", Level::Village, 2),
            ("township", Level::Township, 1),
            ("township2", Level::Township, 1),
            ("district", Level::District, 0),
            ("district2", Level::District, 0),
        ];
        for (login, level, place) in cast {
            let verb = staff::act::add(login, login, Role::Officer(level), areas[place].code, None, now.day());
            serve::alone(&mut writer, now, Arc::new(verb)).map_err(failed)?;
        }
        let mut people = Vec::new();
        for (kind, name, subject) in register(&catalog, &areas, now.day().plus(KNOWN)) {
            serve::alone(&mut writer, now, Arc::new(subject)).map_err(failed)?;
            people.push((kind, name));
        }
        let people = settled(writer.image(), &people);
        let clock = Arc::new(DemoClock::starting_at(now, Box::new(SystemClock)));
        let begun = writer.image().counts.facts;
        let reader = writer.engine().reader().map_err(|error| store(&error))?;
        let (zone, _ended) = Zone::run(writer, clock.clone());
        let app = App::new(Parts {
            zone,
            reader,
            vault: Vault::new(cipher, Key::random(&SystemEntropy), Arc::new(SystemEntropy)),
            clock: clock.clone(),
            real_clock: Arc::new(SystemClock),
            demo: Some(clock),
            working: Box::new(MemoryWorking::default()),
            config: Config::default(),
            ears: None,
            finder: Arc::default(),
        });
        let app = Arc::new(app.map_err(|error| store(&error))?);
        let mut staff = Vec::new();
        for (login, level, _) in cast {
            let id = app.image().staff_by_login(login).ok_or_else(|| store(&"nobody was appointed"))?;
            staff.push((login, level, sessions::begin(&app, id)?));
        }
        let router = routes::router(app.clone());
        Ok(Self { owner, place: 0, until, memory, app, router, staff, people, left: AtomicU32::new(REQUESTS), begun })
    }

    fn trial(&self, name: &str) -> Trial {
        let areas =
            self.app.image().catalog().and_then(|catalog| areas(catalog).map(|areas| areas[2].code.to_string()));
        Trial {
            name: name.to_owned(),
            until: self.until.to_string(),
            region: areas.unwrap_or_default(),
            staff: self
                .staff
                .iter()
                .map(|(who, level, _)| TrialStaff { who: (*who).to_owned(), level: level.as_str().to_owned() })
                .collect(),
            people: self
                .people
                .iter()
                .map(|(subject, kind, name)| TrialPerson {
                    subject: subject.0,
                    kind: (*kind).to_owned(),
                    name: (*name).to_owned(),
                })
                .collect(),
        }
    }

    /// Whether a path of the program is open in a trial.
    pub fn opens(path: &str) -> bool {
        OPEN.iter().any(|begins| path.starts_with(begins)) && !path.contains("..")
    }

    /// What answers requests there.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// The session of somebody of its staff; nobody's for a resident.
    ///
    /// # Errors
    /// `not-found` for nobody it knows.
    pub fn cookie(&self, who: &str) -> Result<Option<String>, Problem> {
        if who == "resident" {
            return Ok(None);
        }
        let one = self.staff.iter().find(|(login, ..)| *login == who);
        let one = one.ok_or_else(|| problem::NOT_FOUND.problem("没有这个人。", "There is nobody of that name."))?;
        Ok(Some(format!("{}={}", sessions::COOKIE, one.2)))
    }

    /// What came of it so far.
    ///
    /// # Errors
    /// When it has no catalog.
    pub fn state(&self) -> Result<TrialState, Problem> {
        let image = self.app.image();
        let (catalog, _) = act::catalog(&image)?;
        let rows = self.memory.rows();
        let program = Viewer::program();
        let seen = program.look(&image);
        let called = |subject: SubjectId| {
            let known = self.people.iter().find(|(one, ..)| *one == subject).map(|(.., name)| (*name).to_owned());
            known.unwrap_or_else(|| match seen.case(subject) {
                Ok(case) => image.number(case),
                Err(_) => format!("{} {subject}", image.kind(subject).map_or("", |kind| &**kind)),
            })
        };
        let new =
            rows.facts.iter().filter(|row| row.n > self.begun && catalog.attributes.contains_key(&*row.attribute));
        let facts = new.map(|row| TrialFact {
            of: called(row.subject),
            title: words(&catalog.attributes[&*row.attribute].title, lang()).to_owned(),
            attribute: row.attribute.to_string(),
            value: row.value.as_deref().map(|text| match catalog.attributes[&*row.attribute].kind {
                ValueKind::Subject => text.parse().map_or_else(|_| text.to_owned(), |n| called(SubjectId(n))),
                _ => text.to_owned(),
            }),
        });
        let fund =
            |name: &str| catalog.funds.get(name).map_or(name.to_owned(), |one| words(&one.title, lang()).to_owned());
        let transfers = rows.transfers.iter().map(|row| TrialTransfer {
            from: called(row.debit),
            to: called(row.credit),
            fund: fund(&row.fund),
            amount: Fen(row.amount_fen).to_string(),
            phase: row.phase.to_string(),
        });
        let (mut facts, mut transfers): (Vec<_>, Vec<_>) = (facts.collect(), transfers.collect());
        facts.reverse();
        transfers.reverse();
        Ok(TrialState { today: self.app.now().day().to_string(), facts, transfers })
    }

    /// Attaches a sheet on which nothing can be read.
    ///
    /// # Errors
    /// What attaching a paper refuses.
    pub async fn attach(&self, wanted: &TrialPaper) -> Result<(), Problem> {
        let image = self.app.image();
        let program = Viewer::program();
        let case = program.look(&image).numbered(&wanted.case)?.subject;
        let day = self.app.now().day();
        let viewer = match &wanted.who {
            None => Viewer::of(&image, Actor::Holder(case), day)?,
            Some(who) => {
                let id = image.staff_by_login(who);
                let id =
                    id.ok_or_else(|| problem::NOT_FOUND.problem("没有这个人。", "There is nobody of that name."))?;
                Viewer::of(&image, Actor::Staff { id, instead_of: None }, day)?
            }
        };
        let sheet = blocking(|| picture::sheet(case.0 as usize));
        paper::act::attach(&self.app, &viewer, case, &wanted.paper, "sheet.png", sheet).await.map(drop)
    }
}

/// A district, one of its townships and a village of that.
fn areas(catalog: &Catalog) -> Option<[&Region; 3]> {
    let village = catalog.regions.villages().next()?;
    let township = catalog.regions.parent(village.code)?;
    Some([catalog.regions.parent(township.code)?, township, village])
}

/// Who is on the register: a treasury, an enterprise, a household and its people, as far as the catalog knows such things.
fn register(catalog: &Catalog, areas: &[&Region; 3], from: Day) -> Vec<(&'static str, &'static str, AddSubject)> {
    let entry = |kind: &str, facts: &[(&str, String)]| {
        let facts = facts.iter().map(|(name, value)| (format!("{kind}.{name}"), value.clone()));
        AddSubject {
            kind: kind.to_owned(),
            facts: facts.filter(|(name, _)| catalog.attributes.contains_key(name)).collect(),
            since: Vec::new(),
            sealed: None,
            from,
            source: "trial".into(),
            members: Vec::new(),
        }
    };
    let (district, village) = (areas[0].code.to_string(), areas[2].code.to_string());
    let yes = || "true".to_owned();
    let old = [
        ("born", "1940-05-01".to_owned()),
        ("sex", "1".to_owned()),
        ("elder-allowance", yes()),
        ("subsistence", yes()),
    ];
    let grown = [("born", "1985-03-02".to_owned()), ("sex", "2".to_owned())];
    let member = |facts: &[(&str, String)]| ("person.household".to_owned(), entry("person", facts));
    let home = [("area", village.clone()), ("registered", yes()), ("attribute", "4".to_owned())];
    let all = [
        ("treasury", "财政专户", entry("treasury", &[("area", district.clone()), ("name", "试办财政专户".to_owned())])),
        ("enterprise", "试办企业", entry("enterprise", &[("area", village.clone()), ("name", "试办企业".to_owned())])),
        ("collective", "试办村集体", entry("collective", &[("area", village), ("name", "试办村集体".to_owned())])),
        (
            "household",
            "试办户",
            AddSubject { members: vec![member(&old), member(&grown)], ..entry("household", &home) },
        ),
    ];
    all.into_iter().filter(|(kind, ..)| catalog.subjects.contains_key(*kind)).collect()
}

/// Everybody on the register by number, a household's people by what they are called there.
fn settled(image: &Image, added: &[(&'static str, &'static str)]) -> Vec<(SubjectId, &'static str, &'static str)> {
    let program = Viewer::program();
    let seen = program.look(image);
    let mut people: Vec<_> =
        added.iter().filter_map(|(kind, name)| Some((seen.subjects_of(kind).next()?, *kind, *name))).collect();
    people.extend(
        seen.subjects_of("person")
            .zip(["试办老人（1940 年生）", "试办居民（1985 年生）"])
            .map(|(one, name)| (one, "person", name)),
    );
    people
}
