//! The demonstration zone, made by seed: its staff, its register, the work under way. Nobody in it exists: names are drawn
//! from a list, citizen numbers are valid under a region prefix that was never assigned, but for those with planted errors.
//!
//! | file | holds |
//! |---|---|
//! | `site.rs` | water points, schools, clinics, collectives, enterprises |
//! | `family.rs`, `person.rs`, `home.rs`, `income.rs` | what people and households are, by chance and yet coherent |
//! | `followed.rs`, `record.rs`, `house.rs` | what is on record of them, with history and a few gaps |
//! | `register.rs` | the order in which it is recorded |
//! | `planted.rs` | errors planted in it |
//! | `account.rs` | the treasury, and where people are paid |
//! | `asset.rs` | projects, assets with their rights, contracts |
//! | `hall.rs` | the halls of terminals, and weeks of visits to them; the desk's blank invoices |
//! | `stay.rs` | payers, hospital desks, stays |
//! | `team.rs` | family doctors, their agreements and visits |
//! | `live.rs`, `money.rs`, `picture.rs` | work under way |

mod account;
mod asset;
mod civic;
mod family;
mod followed;
mod hall;
mod home;
mod house;
mod income;
mod live;
mod money;
pub mod page;
mod person;
pub mod picture;
mod planted;
mod record;
mod register;
mod site;
mod stay;
mod team;

pub use planted::PLANTED_FILE;

use crate::cashier::PLAYED;
use crate::command::Common;
use crate::serve::{self, found};
use crate::simulate::payments::keys::Keys;
use crate::staff;
use crate::store;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashSet};
use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::sync::Arc;
use tokio::runtime::{Builder, Runtime};
use yizhan_core::access::Role;
use yizhan_core::act::{Act, Actor, Verb};
use yizhan_core::catalog::{Catalog, Level, ZoneNames};
use yizhan_core::row::SubjectId;
use yizhan_core::service::{AddSubject, FoundDemonstration, NewSealed};
use yizhan_core::vault::Vault;
use yizhan_core::waist::{Address, Engine};
use yizhan_core::writer::{GROUP, Verdict, Writer};
use yizhan_core::zone::{self, Damage};
use yizhan_kit::clock::{DemoClock, FixedClock};
use yizhan_kit::codes::{CitizenNumber, Mobile, RegionCode};
use yizhan_kit::id::SeededEntropy;
use yizhan_kit::{Day, Digest16, Moment};

/// When the register was taken up: long enough ago for a journey of that time to have ended.
const FOUNDED: &str = "2021-01-12T08:00";

/// When the demonstration begins.
pub const BEGINS: &str = "2021-02-01T09:00";

/// The six digits that no region ever had.
const PREFIX: &str = "990100";

/// Where the facts of the register come from.
const SOURCE: &str = "demonstration";

/// Households on the register, and the people in them, as the district reports them.
const REGISTERED_HOUSEHOLDS: usize = 1261;
const REGISTERED_PEOPLE: usize = 2478;

/// Generates a zone where none is.
///
/// # Errors
/// When there is one already, or it cannot be written.
pub fn run(common: &Common, people: usize, seed: u64) -> Result<(), String> {
    if people < REGISTERED_PEOPLE {
        return Err(format!("--people {people}: at least the {REGISTERED_PEOPLE} on the register live in the zone"));
    }
    let config = common.config()?;
    let source = store::catalog_source(common.catalog.as_deref())?;
    let catalog = store::load_catalog(source.clone())?;
    let engine = Engine::open(&common.address())?;
    let (mut writer, _) = zone::open(engine, config.hash()?, Damage::Refused).map_err(|faults| faults.join("\n"))?;
    if writer.image().seq != 0 {
        return Err("there is a zone already; a demonstration is generated into an empty place".into());
    }
    store::set_apart(&common.address(), &config, false)?;
    // Both channels are played within a demonstration; their keys are made here and open nothing else.
    Keys::open(&store::folder(&common.address(), &config).join(PLAYED))?;
    let vault = store::vault(&common.address(), &config)?;
    let mut maker = Maker::new(&catalog, &vault, seed)?;
    found(&mut writer, Arc::new(FoundDemonstration), source.to_bytes(), maker.now)?;
    let staff = maker.staff();
    let officers = staff.len();
    commit(&mut writer, maker.now, staff.into_iter().map(acting).collect())?;
    maker.helpers(&writer);
    let maker = maker;
    let register = register::make(&mut writer, &maker, people)?;
    let planted = planted::plant(&mut writer, &maker, &register)?;
    account::make(&mut writer, &maker, &register, seed)?;
    asset::make(&mut writer, &maker, seed)?;
    stay::make(&mut writer, &maker)?;
    let called_on = team::make(&mut writer, &maker, &register, seed)?;
    let patients = stay::patients(&register);
    let halls = hall::make(&mut writer, &maker)?;
    hall::agents(&mut writer, &maker)?;
    hall::stock(&mut writer, &maker)?;
    civic::make(&mut writer, &maker)?;
    drop(writer);
    let planted_days: Vec<_> = planted.iter().filter_map(planted::Planted::with_day).collect();
    let cases = live_work(common, &maker, register.month(&maker, &planted_days), &patients, &called_on)?;
    let visits = hall::visits(&mut *store::working(&common.address())?, &halls, maker.today, seed)?;
    eprintln!("{visits} visits to the terminals of {} halls", halls.len());
    let households = register.households;
    eprintln!("{people} people in {households} households, {officers} staff, {cases} cases, seed {seed}");
    match common.address() {
        Address::Folder(folder) => {
            let file = folder.join(PLANTED_FILE);
            planted::write(&planted, &file)?;
            eprintln!("{} errors planted in the records, listed in {}", planted.len(), file.display());
        }
        Address::Postgres { .. } => eprintln!("{} errors planted in the records", planted.len()),
    }
    Ok(())
}

/// Plays the stories through the application, on a clock of theirs.
fn live_work(
    common: &Common,
    maker: &Maker<'_>,
    month: Vec<Act>,
    patients: &[SubjectId],
    called_on: &[team::Patient],
) -> Result<usize, String> {
    let clock = Arc::new(DemoClock::starting_at(maker.now, Box::new(FixedClock::at(maker.now))));
    let (app, ended) = serve::start(common, common.config()?, Some(clock.clone()), Damage::Refused)?;
    let runtime = runtime(common)?;
    let played = runtime.block_on(async {
        let played = live::play(&app, &clock, maker, month).await?;
        let visits = team::play(&app, maker.today, called_on).await?;
        stay::play(&app, maker.today, patients).await.map(|()| played + visits + patients.len())
    });
    drop(app);
    let _ = ended.blocking_recv();
    played
}

/// What the stories are played in. One thread, so that the same seed makes the same zone; PostgreSQL asks from within and needs
/// another beside it.
fn runtime(common: &Common) -> Result<Runtime, String> {
    let built = match common.address() {
        Address::Folder(_) => Builder::new_current_thread().build(),
        Address::Postgres { .. } => Builder::new_multi_thread().worker_threads(1).build(),
    };
    built.map_err(|error| error.to_string())
}

/// Records acts in groups: the subjects they are about.
fn commit(writer: &mut Writer, now: Moment, acts: Vec<Act>) -> Result<Vec<SubjectId>, String> {
    let mut about = Vec::with_capacity(acts.len());
    for group in acts.chunks(GROUP) {
        match writer.commit(now, group) {
            Verdict::Answered(answers) => {
                for answer in answers {
                    about.extend(answer.map_err(|problem| problem.to_string())?.about);
                }
            }
            Verdict::InDoubt => return Err("the store did not say whether it was saved".into()),
        }
    }
    Ok(about)
}

/// An act of the program itself.
fn acting(verb: impl Verb + 'static) -> Act {
    Act { actor: Actor::System, request_key: None, request: Digest16([0; 16]), verb: Arc::new(verb) }
}

/// Makes people up, the same for the same seed.
struct Maker<'a> {
    catalog: &'a Catalog,
    names: &'a ZoneNames,
    vault: &'a Vault,
    chance: SeededEntropy,
    /// When the register is taken up, and its day.
    now: Moment,
    founded: Day,
    /// When the demonstration begins, and its day.
    begins: Moment,
    today: Day,
    villages: Vec<RegionCode>,
    /// The officer of each village.
    helpers: BTreeMap<RegionCode, SubjectId>,
    /// The numbers that somebody has, by birth and order.
    numbers: RefCell<HashSet<(Day, u16)>>,
    /// How often each occasion for a gap has come.
    occasions: RefCell<BTreeMap<&'static str, usize>>,
    /// How many gaps there are so far.
    gaps: Cell<usize>,
    /// Whether nothing is missing but what is said to be: of a zone that is made to figures.
    exact: bool,
    /// How many households are on the register, and how many people.
    registered: (usize, usize),
    /// Whether fewer people live in it than errors of each kind need.
    small: bool,
    /// How many clinics there are at most.
    clinics: usize,
}

/// A person made up.
struct Person {
    name: String,
    number: CitizenNumber,
    mobile: Mobile,
}

/// What is written down of somebody or something, before it is recorded.
#[derive(Clone)]
struct Entry {
    kind: &'static str,
    from: Day,
    facts: Vec<(String, String)>,
    since: Vec<(String, String, Day)>,
}

impl Entry {
    /// Nothing yet, of a subject that is there from a day.
    fn new(kind: &'static str, from: Day) -> Self {
        Self { kind, from, facts: Vec::new(), since: Vec::new() }
    }

    /// What holds from the beginning.
    fn is(&mut self, name: &str, value: impl Display) {
        self.facts.push((format!("{}.{name}", self.kind), value.to_string()));
    }

    /// What holds from a day of its own; it overrides what was said before from that day on.
    fn since(&mut self, day: Day, name: &str, value: impl Display) {
        self.since.push((format!("{}.{name}", self.kind), value.to_string(), day));
    }

    /// What holds only from after a day on, taken out.
    fn later(&mut self, until: Day) -> Vec<(String, String, Day)> {
        let (known, later) = std::mem::take(&mut self.since).into_iter().partition(|(.., day)| *day <= until);
        self.since = known;
        later
    }

    fn add(self, sealed: Option<NewSealed>, members: Vec<(String, AddSubject)>) -> AddSubject {
        let Self { kind, from, facts, since } = self;
        AddSubject { kind: kind.into(), facts, since, sealed, from, source: SOURCE.into(), members }
    }
}

impl<'a> Maker<'a> {
    fn new(catalog: &'a Catalog, vault: &'a Vault, seed: u64) -> Result<Self, String> {
        let names = catalog.zone.as_ref().ok_or("the catalog has no zone/names.toml to name people with")?;
        let moment = |text: &str| text.parse::<Moment>().map_err(|error| error.to_string());
        let (now, begins) = (moment(FOUNDED)?, moment(BEGINS)?);
        Ok(Self {
            catalog,
            names,
            vault,
            chance: SeededEntropy::new(seed),
            now,
            founded: now.day(),
            begins,
            today: begins.day(),
            villages: catalog.regions.villages().map(|region| region.code).collect(),
            helpers: BTreeMap::new(),
            numbers: RefCell::default(),
            occasions: RefCell::default(),
            gaps: Cell::default(),
            exact: false,
            registered: (REGISTERED_HOUSEHOLDS, REGISTERED_PEOPLE),
            small: false,
            clinics: usize::MAX,
        })
    }

    /// Learns who the officer of each village is.
    fn helpers(&mut self, writer: &Writer) {
        let officer = |village: &RegionCode| writer.image().staff_by_login(&format!("v{village}"));
        self.helpers = self.villages.iter().filter_map(|village| Some((*village, officer(village)?))).collect();
    }

    /// One officer for each village, two for each township and the district, and those who watch.
    fn staff(&self) -> Vec<AddSubject> {
        let from = self.founded;
        let mut cast = Vec::new();
        let mut add = |login: String, role: Role, area: RegionCode| {
            let name = self.full_name(self.chance.below(2) == 0);
            // Numbers that no operator gives out.
            let phone = (role == Role::Officer(Level::Village)).then(|| format!("154{:08}", 90_000_000 + cast.len()));
            cast.push(staff::act::add(&login, &name, role, area, phone.as_deref(), from));
        };
        for region in self.catalog.regions.all().filter(|region| region.holds_on(from)) {
            let code = region.code;
            match region.level {
                Level::Village => add(format!("v{code}"), Role::Officer(Level::Village), code),
                Level::Township => {
                    add(format!("t{code}"), Role::Officer(Level::Township), code);
                    add(format!("t{code}b"), Role::Officer(Level::Township), code);
                }
                Level::District => {
                    add("district".into(), Role::Officer(Level::District), code);
                    add("district-b".into(), Role::Officer(Level::District), code);
                    add("hospital".into(), Role::Hospital, code);
                    add("desk".into(), Role::DeskAgent, code);
                    add("auditor".into(), Role::Auditor, code);
                    add("system".into(), Role::SystemAdministrator, code);
                    add("security".into(), Role::SecurityAdministrator, code);
                }
            }
        }
        cast
    }

    /// Whether something is missing at this occasion of a kind, as it is here and there in any district. Where it is, no error
    /// is planted.
    fn gap(&self, occasion: &'static str, which: &[usize]) -> bool {
        let gap = self.nth(occasion, which) && !self.exact;
        self.gaps.set(self.gaps.get() + usize::from(gap));
        gap
    }

    /// Whether this occasion of a kind is one of those counted out.
    fn nth(&self, occasion: &'static str, which: &[usize]) -> bool {
        let mut occasions = self.occasions.borrow_mut();
        let count = occasions.entry(occasion).or_default();
        *count += 1;
        which.contains(count)
    }

    /// Somebody who belongs to no household here.
    fn stranger(&self, n: usize) -> Person {
        let male = self.below(2) == 0;
        let years = 25 + self.below(60);
        let days = i32::try_from(years * 365 + self.below(365)).unwrap_or(0);
        self.person(n * 8, self.founded.plus(-days), male, self.full_name(male))
    }

    /// A member of a household, who may bear its name.
    fn named(&self, place: usize, n: usize, kin: &family::Kin, surname: &str) -> Person {
        let own = matches!(kin.relation, "02" | "05" | "06" | "12").then(|| self.surname());
        let mut name = own.unwrap_or_else(|| surname.to_owned());
        name.push_str(&self.given_name(kin.male));
        self.person(place * 8 + n, kin.birth, kin.male, name)
    }

    fn person(&self, line: usize, birth: Day, male: bool, name: String) -> Person {
        // The order is odd for men, and nobody else's of that birthday.
        let order = loop {
            let order = u16::try_from(self.below(500) * 2 + usize::from(male)).unwrap_or(0);
            if self.numbers.borrow_mut().insert((birth, order)) {
                break order;
            }
        };
        let number = CitizenNumber::compose(PREFIX, birth, order);
        // The prefix 154 was not given to any carrier, as far as is known.
        let mobile = format!("154{:08}", line % 100_000_000).parse();
        Person {
            name,
            number: number.expect("a prefix of six digits and an order below a thousand"),
            mobile: mobile.expect("eleven digits"),
        }
    }

    fn full_name(&self, male: bool) -> String {
        self.surname() + &self.given_name(male)
    }

    fn surname(&self) -> String {
        self.chance.pick(&self.names.surnames).clone()
    }

    /// One or two characters.
    fn given_name(&self, male: bool) -> String {
        let given: &[String] = if male { &self.names.given_male } else { &self.names.given_female };
        let mut name = self.chance.pick::<String>(given).clone();
        if self.below(3) > 0 {
            name.push_str(self.chance.pick::<String>(given));
        }
        name
    }

    /// One of several codes.
    fn code(&self, among: &[&'static str]) -> &'static str {
        let code: &&'static str = self.chance.pick(among);
        code
    }

    fn below(&self, bound: usize) -> usize {
        usize::try_from(self.chance.below(bound as u64)).expect("below a bound that fits")
    }
}

/// A progress bar on standard error.
struct Bar {
    total: usize,
    shown: usize,
}

impl Bar {
    fn new(total: usize) -> Self {
        Self { total, shown: usize::MAX }
    }

    fn show(&mut self, done: usize) {
        let percent = done * 100 / self.total.max(1);
        // A terminal sees it move; a log gets a line for every quarter.
        if percent == self.shown || (!std::io::stderr().is_terminal() && !percent.is_multiple_of(25)) {
            return;
        }
        self.shown = percent;
        let filled = percent * 40 / 100;
        let begin = if std::io::stderr().is_terminal() { "\r" } else { "\n" };
        eprint!("{begin}[{}{}] {percent:3} %", "#".repeat(filled), ".".repeat(40 - filled));
        let _ = std::io::stderr().flush();
    }

    fn end(&self) {
        eprintln!();
    }
}
