//! The demonstration zone, made by seed: its staff, its households, the people in them, the work under way. Nobody in it
//! exists: names are drawn from a list, citizen numbers are valid under a region prefix that was never assigned.

mod live;
mod picture;

use crate::command::Common;
use crate::serve::{self, found};
use crate::staff;
use crate::store;
use std::io::{IsTerminal, Write};
use std::sync::Arc;
use yizhan_core::access::Role;
use yizhan_core::act::{Act, Actor};
use yizhan_core::catalog::{Catalog, Level, ZoneNames};
use yizhan_core::service::{AddSubject, FoundDemonstration, NewSealed};
use yizhan_core::vault::Vault;
use yizhan_core::waist::Engine;
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
    let names = catalog.zone.as_ref().ok_or("the catalog has no zone/names.toml to name people with")?;
    let engine = Engine::open(&common.address())?;
    let (mut writer, _) = zone::open(engine, config.hash()?, Damage::Refused).map_err(|faults| faults.join("\n"))?;
    if writer.image().seq != 0 {
        return Err("there is a zone already; a demonstration is generated into an empty place".into());
    }
    let vault = store::vault(&common.address(), &config)?;
    let moment = |text: &str| text.parse::<Moment>().map_err(|error| error.to_string());
    let (now, begins) = (moment(FOUNDED)?, moment(BEGINS)?);
    found(&mut writer, Arc::new(FoundDemonstration), source.to_bytes(), now)?;
    let maker = Maker { catalog: &catalog, names, vault: &vault, chance: SeededEntropy::new(seed), now };
    for member in maker.staff() {
        serve::alone(&mut writer, now, Arc::new(member))?;
    }
    let sizes = maker.household_sizes(people);
    let mut bar = Bar::new(sizes.len());
    let mut made = 0;
    while made < sizes.len() {
        let group: Vec<Act> =
            (made..sizes.len().min(made + GROUP / 8)).map(|place| maker.household(place, sizes[place])).collect();
        made += group.len();
        commit(&mut writer, now, &group)?;
        bar.show(made);
    }
    bar.end();
    let staff = writer.image().staff().count();
    drop(writer);
    let cases = live_work(common, &maker, begins)?;
    let households = sizes.len();
    eprintln!("{people} people in {households} households, {staff} staff, {cases} cases, seed {seed}");
    Ok(())
}

/// Plays the stories through the application, on a clock of theirs.
fn live_work(common: &Common, maker: &Maker<'_>, begins: Moment) -> Result<usize, String> {
    let clock = Arc::new(DemoClock::starting_at(maker.now, Box::new(FixedClock::at(maker.now))));
    let (app, ended) = serve::start(common, common.config()?, Some(clock.clone()), Damage::Refused)?;
    let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(|error| error.to_string())?;
    let played = runtime.block_on(live::play(&app, &clock, maker, begins));
    drop(app);
    let _ = ended.blocking_recv();
    played
}

fn commit(writer: &mut Writer, now: Moment, group: &[Act]) -> Result<(), String> {
    match writer.commit(now, group) {
        Verdict::Answered(answers) => {
            answers.into_iter().try_for_each(|answer| answer.map(drop).map_err(|problem| problem.to_string()))
        }
        Verdict::InDoubt => Err("the store did not say whether it was saved".into()),
    }
}

/// Makes people up, the same for the same seed.
struct Maker<'a> {
    catalog: &'a Catalog,
    names: &'a ZoneNames,
    vault: &'a Vault,
    chance: SeededEntropy,
    now: Moment,
}

/// A person made up.
struct Person {
    name: String,
    number: CitizenNumber,
    mobile: Mobile,
    male: bool,
    birth: Day,
}

impl Maker<'_> {
    /// One officer for each village, two for each township and the district, and those who watch.
    fn staff(&self) -> Vec<AddSubject> {
        let from = self.now.day();
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

    /// How many live in each household: the registered ones first.
    fn household_sizes(&self, people: usize) -> Vec<usize> {
        let mut sizes = vec![1; REGISTERED_HOUSEHOLDS];
        for _ in REGISTERED_HOUSEHOLDS..REGISTERED_PEOPLE {
            loop {
                let place = self.below(REGISTERED_HOUSEHOLDS);
                if sizes[place] < 6 {
                    sizes[place] += 1;
                    break;
                }
            }
        }
        let mut left = people - REGISTERED_PEOPLE;
        while left > 0 {
            let size = (1 + self.below(5)).min(left);
            sizes.push(size);
            left -= size;
        }
        sizes
    }

    fn household(&self, place: usize, size: usize) -> Act {
        let villages: Vec<RegionCode> = self.catalog.regions.villages().map(|region| region.code).collect();
        let area = villages[place % villages.len()];
        let registered = place < REGISTERED_HOUSEHOLDS;
        let category = match (registered, self.below(100)) {
            (false, _) => "5",
            (true, 0..40) => "4",
            (true, 40..60) => "6",
            (true, _) => "1",
        };
        let mut facts = vec![
            ("household.area".to_owned(), area.to_string()),
            ("household.attribute".to_owned(), category.to_owned()),
            ("household.registered".to_owned(), registered.to_string()),
        ];
        if registered {
            let cause = *self.chance.pick(&["1", "1", "1", "2", "2", "3", "4", "7", "8", "9", "11"]);
            facts.push(("household.cause".to_owned(), cause.to_owned()));
        }
        let members = (0..size)
            .map(|position| ("person.household".to_owned(), self.member(place, position, registered)))
            .collect();
        let verb = AddSubject {
            kind: "household".into(),
            facts,
            since: Vec::new(),
            sealed: None,
            from: self.now.day(),
            source: "demonstration".into(),
            members,
        };
        Act { actor: Actor::System, request_key: None, request: Digest16([0; 16]), verb: Arc::new(verb) }
    }

    fn member(&self, household: usize, position: usize, registered: bool) -> AddSubject {
        let person = self.person(household, position);
        let age = Day::age_years(person.birth, self.now.day());
        let relation = match (position, person.male, age) {
            (0, _, _) => "01",
            (1, _, 20..) => "02",
            (_, true, 60..) => "11",
            (_, false, 60..) => "12",
            (_, true, _) => "03",
            (_, false, _) => "04",
        };
        let ill = self.below(100) < if registered { 55 } else { 15 };
        let health = if ill { *self.chance.pick(&["2", "2", "3", "4"]) } else { "1" };
        let labour = match (age, ill) {
            (0..16 | 70.., _) => "4",
            (_, true) => "5",
            _ => "1",
        };
        let education = *self.chance.pick(match age {
            0..7 => &["1"],
            7..13 => &["2"],
            13..60 => &["2", "3", "3", "4", "5"],
            _ => &["1", "2", "2"],
        });
        let facts = [
            ("sex", if person.male { "1" } else { "2" }.to_owned()),
            ("born", person.birth.to_string()),
            ("relation", relation.to_owned()),
            ("health", health.to_owned()),
            ("labour", labour.to_owned()),
            ("education", education.to_owned()),
        ];
        let digests = [
            self.vault.blind("citizen-number", person.number.as_str()),
            self.vault.blind("mobile", person.mobile.as_str()),
        ];
        let (key, secret) = self.vault.new_key("register", &digests);
        let identity =
            serde_json::json!({"name": person.name, "citizen_number": person.number, "mobile": person.mobile});
        let sealed = self.vault.seal(&secret, "register", identity.to_string().as_bytes());
        AddSubject {
            kind: "person".into(),
            facts: facts.into_iter().map(|(name, value)| (format!("person.{name}"), value)).collect(),
            since: Vec::new(),
            sealed: Some(NewSealed { attribute: "person.identity".into(), key, sealed }),
            from: self.now.day(),
            source: "demonstration".into(),
            members: Vec::new(),
        }
    }

    fn person(&self, household: usize, position: usize) -> Person {
        let male = self.below(2) == 0;
        let years = match position {
            0 => 25 + self.below(60),
            1 => 22 + self.below(60),
            _ => self.below(90),
        };
        let days = years * 365 + self.below(365);
        let birth = self.now.day().plus(-i32::try_from(days).expect("a life is shorter than 2^31 days"));
        // The order digit: odd for men. Two people of one birthday share an order digit only by chance.
        let order = self.below(500) * 2 + usize::from(male);
        let number = CitizenNumber::compose(PREFIX, birth, u16::try_from(order % 1000).expect("below a thousand"));
        // The prefix 154 was not given to any carrier, as far as is known.
        let mobile = format!("154{:08}", (household * 8 + position) % 100_000_000).parse();
        Person {
            name: self.full_name(male),
            number: number.expect("a prefix of six digits and an order below a thousand"),
            mobile: mobile.expect("eleven digits"),
            male,
            birth,
        }
    }

    fn full_name(&self, male: bool) -> String {
        let given: &[String] = if male { &self.names.given_male } else { &self.names.given_female };
        let mut name = self.chance.pick(&self.names.surnames).clone();
        name.push_str(self.chance.pick::<String>(given));
        if self.below(3) > 0 {
            name.push_str(self.chance.pick::<String>(given));
        }
        name
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
