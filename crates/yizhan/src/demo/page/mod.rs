//! Five years of ordinary records (2016–2020), whose totals are what a file of targets says: the newspaper page's, unless
//! another is named. Amounts are chosen here; totals are written nowhere, they follow from the records.
//!
//! | file | holds |
//! |---|---|
//! | `targets.rs`, `check.rs`, `plan.rs` | the figures; what they contradict; how a sum becomes payments |
//! | `families.rs`, `school.rs`, `choices.rs`, `means.rs` | who lives there, and who of them gets what |
//! | `census.rs`, `book.rs` | the register as it was taken up, and what becomes known later |
//! | `play.rs` | cases played day by day through the doors that everyone uses |
//! | `programme.rs` | the programmes that pay by list |
//! | `years.rs`, `industry.rs`, `work.rs`, `kin.rs`, `house.rs`, `ground.rs` | single cases, subject by subject |
//! | `stands.rs` | who deals with the register |
//! | `income.rs` | what households had in the last year |
//! | `medical/` | bills, settled by the engine |

mod book;
mod census;
mod check;
mod choices;
mod families;
mod ground;
mod house;
mod income;
mod industry;
mod kin;
mod mail;
mod means;
pub mod medical;
pub mod plan;
mod play;
mod programme;
mod school;
mod stands;
mod targets;
mod work;
mod years;

use super::register::{self, Followed, Register};
use super::site::Sites;
use super::{FOUNDED, Maker, PLANTED_FILE, account, acting, civic, commit, hall, planted, stay, team};
use crate::cashier::PLAYED;
use crate::command::Common;
use crate::serve::{self, found};
use crate::simulate::payments::keys::Keys;
use crate::store;
use book::{Book, Who};
use census::{Census, Taken};
use families::Shape;
use medical::{Medical, Wanted};
use play::{Script, Stage};
use school::Aid;
use std::path::Path;
use std::sync::Arc;
use targets::Targets;
use years::Years;
use yizhan_core::row::SubjectId;
use yizhan_core::service::FoundDemonstration;
use yizhan_core::waist::{Address, Engine};
use yizhan_core::writer::Writer;
use yizhan_core::zone::{self, Damage};
use yizhan_kit::Moment;
use yizhan_kit::clock::{DemoClock, FixedClock};
use yizhan_kit::id::SeededEntropy;

/// When the zone is founded.
const BEGAN: &str = "2016-01-04T08:00";

/// When the period is over.
const OVER: &str = "2020-12-31T20:00";

/// Sets the chance of the years apart from that by which people are made up.
const APART: u64 = 0x7061_6765;

/// What is known of the zone before anything is written down.
struct Plan {
    taken: Taken,
    aid: Aid,
    shape: Shape,
}

impl Plan {
    fn new(targets: &Targets, maker: &Maker<'_>, seed: u64) -> Result<Self, String> {
        let chance = SeededEntropy::new(seed ^ !APART);
        let aid = Aid::plan(targets, maker.catalog, &chance)?;
        let shape = Shape::new(targets, &aid, maker.villages.len())?;
        let (roofs, to_come) = shape.draw(maker)?;
        let chosen = choices::choose(maker, targets, (&shape, &aid), (&roofs, to_come))?;
        let top_ups = means::plan(maker, targets, &roofs)?;
        let (houses, all) = (targets.number("F064")?, roofs.len());
        if houses > all {
            return Err(format!("F064: {houses} houses are more than the {all} households of F041"));
        }
        let renovated = (0..all).map(|place| plan::one_of(houses, all, place)).collect();
        let tapped = all;
        Ok(Self { taken: Taken { roofs, chosen, top_ups, renovated, tapped }, aid, shape })
    }
}

/// Generates a zone with the records of five years: how many cases there are of them.
///
/// # Errors
/// Figures that do not go together, by name; when there is a zone already, or it cannot be written.
pub fn run(common: &Common, people: usize, seed: u64, targets: Option<&Path>) -> Result<usize, String> {
    let targets = Targets::read(targets)?;
    let config = common.config()?;
    let source = store::catalog_source(common.catalog.as_deref())?;
    let catalog = store::load_catalog(source.clone())?;
    check::must_agree(&targets, &catalog)?;
    let mut writer = open(common)?;
    if writer.image().seq != 0 {
        return Err("there is a zone already; a demonstration is generated into an empty place".into());
    }
    store::set_apart(&common.address(), &config, false)?;
    Keys::open(&store::folder(&common.address(), &config).join(PLAYED))?;
    let vault = store::vault(&common.address(), &config)?;
    let moment = |text: &str| text.parse::<Moment>().map_err(|error| error.to_string());
    let (began, over, taken_up) = (moment(BEGAN)?, moment(OVER)?, moment(FOUNDED)?);
    let mut maker = Maker::new(&catalog, &vault, seed)?;
    (maker.exact, maker.small) = (true, true);
    maker.registered = (targets.number("F041")?, targets.number("F042")?);
    maker.clinics = targets.number("F043")?;
    let people = people.max(maker.registered.1);
    let Plan { taken, aid, shape } = Plan::new(&targets, &maker, seed)?;
    found(&mut writer, Arc::new(FoundDemonstration), source.to_bytes(), began)?;
    (maker.now, maker.founded) = (began, began.day());
    let staff = maker.staff();
    commit(&mut writer, began, staff.into_iter().map(acting).collect())?;
    maker.helpers(&writer);
    maker.founded = taken_up.day();
    let sites = Sites::known_until(&mut writer, &maker, began.day())?;
    let halls = hall::make(&mut writer, &maker)?;
    maker.founded = began.day();
    let stands = stands::make(&mut writer, &maker, &targets, (began, halls[0]))?;
    stay::make(&mut writer, &maker)?;
    maker.founded = taken_up.day();
    let (rests, top_ups) = (taken.chosen.rests.clone(), taken.top_ups.clone());
    let wanted = Wanted::of(&targets)?;
    let (barrier_free, renovated) = (taken.chosen.barrier_free.clone(), taken.renovated.clone());
    let (census, book) = census::make(&mut writer, &maker, sites, taken, began)?;
    drop(writer);
    let mut years = Years {
        maker: &maker,
        targets: &targets,
        census: &census,
        shape: &shape,
        stands: &stands,
        barrier_free: &barrier_free,
        renovated: &renovated,
        chance: SeededEntropy::new(seed ^ APART),
        book,
    };
    let mut scripts = programme::all(years.district(), &census, &rests, (&aid, &top_ups), &years.book.homes);
    scripts.extend(industry::scripts(&years)?);
    scripts.extend(work::scripts(&years)?);
    scripts.extend(kin::scripts(&mut years)?);
    scripts.extend(house::scripts(&mut years)?);
    scripts.extend(ground::scripts(&years)?);
    scripts.extend(mail::scripts(&years)?);
    income::last_year(&mut years, &top_ups)?;
    let hours = targets.number("F101")?;
    years.book.since(families::day(2019, 1, 2), Who::Subject(halls[0]), "hall.self-service-hours", hours);
    let (cases, book) = play(common, years.book, scripts, (&wanted, seed), (began, over))?;
    finish(common, &mut maker, (census, book), (people, seed), (taken_up, &halls, &stands.teams))?;
    eprintln!("{cases} cases of five years");
    Ok(cases)
}

fn open(common: &Common) -> Result<Writer, String> {
    let engine = Engine::open(&common.address())?;
    let (writer, _) =
        zone::open(engine, common.config()?.hash()?, Damage::Refused).map_err(|faults| faults.join("\n"))?;
    Ok(writer)
}

/// Plays the cases of the years through the application.
fn play(
    common: &Common,
    book: Book,
    scripts: Vec<Script>,
    (wanted, seed): (&Wanted, u64),
    (began, over): (Moment, Moment),
) -> Result<(usize, Book), String> {
    let clock = Arc::new(DemoClock::starting_at(began, Box::new(FixedClock::at(began))));
    let (app, ended) = serve::start(common, common.config()?, Some(clock.clone()), Damage::Refused)?;
    let runtime = super::runtime(common)?;
    let people: Vec<SubjectId> = book.ids.iter().flatten().copied().collect();
    let medical = Medical::plan(&app, &people, wanted, (began.day().plus(1), over.day()), seed)?;
    let mut stage = Stage { app: &app, clock: &clock, book, medical };
    let played = runtime.block_on(stage.play(scripts, (began, over)));
    let book = stage.book;
    // Whatever still waits when something was refused holds the application.
    drop(runtime);
    drop(app);
    let _ = ended.blocking_recv();
    played.map(|cases| (cases, book))
}

/// What is taken up beside the register in the new year, and the work under way.
fn finish(
    common: &Common,
    maker: &mut Maker<'_>,
    (census, book): (Census, Book),
    (people, seed): (usize, u64),
    (taken_up, halls, teams): (Moment, &[SubjectId], &[SubjectId]),
) -> Result<(), String> {
    (maker.now, maker.founded, maker.exact) = (taken_up, taken_up.day(), false);
    let maker = &*maker;
    let mut writer = open(common)?;
    let mut register = registered(census, &book);
    let known = register.followed.len();
    let mut sizes = maker.household_sizes(people);
    sizes.drain(..known);
    let sizes: Vec<usize> = register.followed.iter().map(|home| home.people.len()).chain(sizes).collect();
    register.households = sizes.len();
    register::more(&mut writer, maker, &mut register, &sizes, known)?;
    let planted = planted::plant(&mut writer, maker, &register)?;
    account::make(&mut writer, maker, &register, seed)?;
    let called_on = team::agreements(&mut writer, maker, &register, (teams, seed))?;
    let patients = stay::patients(&register);
    hall::agents(&mut writer, maker)?;
    hall::stock(&mut writer, maker)?;
    civic::make(&mut writer, maker)?;
    drop(writer);
    let untouched: Vec<_> = planted.iter().filter_map(planted::Planted::with_day).collect();
    super::live_work(common, maker, register.month(maker, &untouched), &patients, &called_on)?;
    super::hall::visits(&mut *store::working(&common.address())?, halls, maker.today, seed)?;
    if let Address::Folder(folder) = common.address() {
        planted::write(&planted, &folder.join(PLANTED_FILE))?;
    }
    Ok(())
}

/// The register, as what follows needs it.
fn registered(census: Census, book: &Book) -> Register {
    let mut people: Vec<Option<super::Person>> = census.people.into_iter().map(Some).collect();
    let followed = census.households.iter().zip(&book.homes).map(|(household, (id, _))| Followed {
        household: *id,
        area: household.area,
        whole: true,
        people: household.souls.iter().filter_map(|n| Some((book.ids[*n]?, people[*n].take()?))).collect(),
        head: household.home.members[0].kin.age,
        stays: false,
        housed: false,
        called_again: household.home.called_again,
    });
    Register { followed: followed.collect(), households: 0, sites: census.sites }
}
