//! A register of so many people, made in memory by seed: households, houses, water points, about twenty-five facts a
//! person, all that the standards and entitlements ask for.

use crate::store;
use std::sync::Arc;
use yizhan_core::act::{Actor, Effects, NewFact, Scene, Verb};
use yizhan_core::catalog::Catalog;
use yizhan_core::image::Image;
use yizhan_core::row::{JournalRow, SubjectId};
use yizhan_core::service::{AdoptCatalog, FoundDemonstration};
use yizhan_kit::codes::RegionCode;
use yizhan_kit::digest::HashKind;
use yizhan_kit::id::SeededEntropy;
use yizhan_kit::{Day, Digest16, Hash32, Moment, Problem};

/// Households an act.
const GROUP: usize = 64;

/// A register in memory.
pub struct Register {
    /// Its memory.
    pub image: Image,
    /// Its catalog.
    pub catalog: Arc<Catalog>,
    /// How many people.
    pub people: usize,
    /// How many facts.
    pub facts: u64,
}

/// Makes a register as it is on a day.
///
/// # Errors
/// When the catalog has not what the generator sets.
pub fn register(people: usize, now: Moment) -> Result<Register, String> {
    let source = store::catalog_source(None)?;
    let catalog = Arc::new(store::load_catalog(source.clone())?);
    let mut image = Image::empty(HashKind::Sha256);
    let early = now.day().plus(-20).start();
    for verb in [&FoundDemonstration as &dyn Verb, &AdoptCatalog { catalog: source.to_bytes().into() }] {
        put(&mut image, &catalog, early, |image, effects| {
            verb.decide(&Scene { image, actor: Actor::System, at: early }, effects)
        })?;
    }
    let villages: Vec<RegionCode> = catalog.regions.villages().map(|region| region.code).collect();
    let chance = SeededEntropy::new(5);
    let maker = Maker { chance, today: now.day(), from: now.day().plus(-400) };
    let mut points = Vec::new();
    put(&mut image, &catalog, early, |_, effects| {
        for area in &villages {
            points.push(maker.water_point(effects, *area)?);
        }
        Ok(())
    })?;
    let (mut made, mut households) = (0, 0_usize);
    while made < people {
        put(&mut image, &catalog, early, |_, effects| {
            for _ in 0..GROUP {
                if made == people {
                    break;
                }
                let size = (1 + maker.below(4)).min(people - made);
                let village = households % villages.len();
                maker.household(effects, villages[village], points[village], size)?;
                made += size;
                households += 1;
            }
            Ok(())
        })?;
    }
    let facts = image.counts.facts;
    Ok(Register { image, catalog, people, facts })
}

/// Folds one act in, without storing it.
///
/// # Errors
/// What refused it.
pub fn put(
    image: &mut Image,
    catalog: &Arc<Catalog>,
    at: Moment,
    act: impl FnOnce(&Image, &mut Effects<'_>) -> Result<(), Problem>,
) -> Result<(), String> {
    let mut effects = Effects::new(image);
    act(image, &mut effects).map_err(|problem| problem.to_string())?;
    let (mut rows, about, counts) = effects.into_rows();
    rows.journal.push(JournalRow {
        seq: image.seq + 1,
        at,
        actor: "bench".into(),
        verb: "bench".into(),
        request_key: None,
        request: Digest16([0; 16]),
        catalog: image.catalog_number(),
        about,
        keys: counts.keys,
        last_body: counts.bodies,
        bodies: None,
        hash: Hash32([0; 32]),
    });
    image.apply(&rows, &mut |_| Ok(catalog.clone())).map_err(|fault| fault.to_string())
}

struct Maker {
    chance: SeededEntropy,
    today: Day,
    /// The day from which facts hold.
    from: Day,
}

/// What somebody's household gives them.
struct Home {
    id: SubjectId,
    followed: bool,
    subsistence: bool,
    destitute: bool,
}

type Made<T> = Result<T, Problem>;

impl Maker {
    fn below(&self, bound: usize) -> usize {
        usize::try_from(self.chance.below(bound as u64)).expect("below a bound that fits")
    }

    fn one_in(&self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn set(&self, effects: &mut Effects<'_>, subject: SubjectId, attribute: &str, value: &str) -> Made<()> {
        let fact = NewFact { subject, attribute, value: Some(value), from: self.from, to: None, source: "bench" };
        effects.fact(&fact)
    }

    fn water_point(&self, effects: &mut Effects<'_>, area: RegionCode) -> Made<SubjectId> {
        let id = effects.subject("water-point");
        let tested = self.today.plus(-20).to_string();
        for (attribute, value) in [
            ("area", area.to_string().as_str()),
            ("supply", "1"),
            ("litres", "60"),
            ("fetch-minutes", "0"),
            ("short-days", "5"),
            ("quality-passes", "true"),
            ("tested-on", &tested),
        ] {
            self.set(effects, id, &format!("water-point.{attribute}"), value)?;
        }
        Ok(id)
    }

    fn household(&self, effects: &mut Effects<'_>, area: RegionCode, water: SubjectId, size: usize) -> Made<()> {
        let id = effects.subject("household");
        let followed = !self.one_in(3);
        let poor = self.one_in(12);
        let destitute = size == 1 && self.one_in(6);
        let subsistence = !destitute && (poor != self.one_in(40));
        let each = if poor { 1_500 + self.below(3_000) } else { 5_500 + self.below(12_000) };
        let wage = if destitute { 0 } else { each * size * 100 };
        let attribute = match (followed, subsistence, destitute) {
            (_, _, true) => "6",
            (true, true, _) => "4",
            (true, false, _) => "1",
            (false, true, _) => "2",
            _ => "5",
        };
        let yuan = |fen: usize| format!("{}.{:02}", fen / 100, fen % 100);
        let transfer = if subsistence { 240_000 } else { 0 };
        let lifted = if self.one_in(30) { "0" } else { "1" };
        let known = [
            ("area", area.to_string()),
            ("registered", followed.to_string()),
            ("attribute", attribute.to_owned()),
            ("income-year", "2020".to_owned()),
            ("income-wage", yuan(wage)),
            ("income-business", yuan(self.below(400_000))),
            ("cost-business", yuan(self.below(100_000))),
            ("income-property", yuan(self.below(30_000))),
            ("income-transfer", yuan(transfer + self.below(90_000))),
            ("transfer-subsistence", yuan(transfer)),
            ("lifted", lifted.to_owned()),
            ("enough-food", (!self.one_in(400)).to_string()),
            ("enough-clothing", (!self.one_in(500)).to_string()),
            ("tap-water", (!self.one_in(60)).to_string()),
            ("water-point", water.to_string()),
        ];
        for (attribute, value) in &known {
            self.set(effects, id, &format!("household.{attribute}"), value)?;
        }
        if followed && self.one_in(20) {
            let on = self.today.plus(-i32::try_from(self.below(200)).unwrap_or(0));
            self.set(effects, id, "household.monitored", if self.one_in(2) { "1" } else { "2" })?;
            self.set(effects, id, "household.monitored-on", &on.to_string())?;
            self.set(effects, id, "household.help-measures", &(!self.one_in(4)).to_string())?;
        }
        self.house(effects, id)?;
        let home = Home { id, followed, subsistence, destitute };
        (0..size).try_for_each(|position| self.person(effects, &home, position))
    }

    fn house(&self, effects: &mut Effects<'_>, household: SubjectId) -> Made<()> {
        let id = effects.subject("house");
        let grade = *self.chance.pick(&["A", "A", "A", "B", "B", "B", "B", "C", "D"]);
        let dangerous = matches!(grade, "C" | "D");
        self.set(effects, id, "house.household", &household.to_string())?;
        self.set(effects, id, "house.grade", grade)?;
        self.set(effects, id, "house.appraised-on", "2016-05-01")?;
        self.set(effects, id, "house.lived-in", "true")?;
        self.set(effects, id, "house.barrier-free", &self.one_in(9).to_string())?;
        if dangerous && !self.one_in(15) {
            self.set(effects, id, "house.rebuilt-on", "2018-10-01")?;
        }
        self.set(effects, id, "house.subsidy", if dangerous && !self.one_in(20) { "20000.00" } else { "0.00" })
    }

    fn person(&self, effects: &mut Effects<'_>, home: &Home, position: usize) -> Made<()> {
        let id = effects.subject("person");
        let years = match position {
            0 if home.destitute => 60 + self.below(30),
            0 => 25 + self.below(60),
            1 => 24 + self.below(60),
            _ => self.below(90),
        };
        let born = self.today.plus(-i32::try_from(years * 365 + self.below(365)).unwrap_or(0));
        let age = Day::age_years(born, self.today);
        let disabled = self.one_in(11);
        let ill = self.one_in(3);
        let health = if disabled {
            "4"
        } else if ill {
            *self.chance.pick(&["2", "2", "3"])
        } else {
            "1"
        };
        let student = match age {
            0..3 => "0",
            3..6 => "1",
            6..12 => "2",
            12..15 => "3",
            15..18 => *self.chance.pick(&["4", "5", "0"]),
            18..23 => *self.chance.pick(&["0", "0", "6", "7"]),
            _ => "0",
        };
        let relation = *self.chance.pick(if position == 0 { &["01"] } else { &["02", "03", "04"] });
        let usually = |due: bool| (due && !self.one_in(25)).to_string();
        let facts = [
            ("sex", if self.one_in(2) { "1" } else { "2" }.to_owned()),
            ("born", born.to_string()),
            ("household", home.id.to_string()),
            ("relation", relation.to_owned()),
            ("student", student.to_owned()),
            ("boards", (matches!(student, "2" | "3") && self.one_in(4)).to_string()),
            (
                "labour",
                if !(16..70).contains(&age) { "4" } else { *self.chance.pick(&["1", "1", "2", "5"]) }.to_owned(),
            ),
            ("health", health.to_owned()),
            ("medical-insured", (!self.one_in(200)).to_string()),
            ("premium-aid", usually(home.followed)),
            ("chronic-card", usually(ill)),
            ("employee-pension", self.one_in(20).to_string()),
            ("pension-received", usually(age >= 60)),
            ("subsistence", home.subsistence.to_string()),
            ("destitute", home.destitute.to_string()),
            ("elder-allowance", usually(age >= 70)),
            ("hard-elder-allowance", usually(age >= 60 && home.subsistence)),
            ("living-allowance", usually(disabled && home.subsistence)),
            ("care-allowance", self.one_in(30).to_string()),
            ("school-aid", usually(student != "0")),
            ("rain-dew", usually(matches!(student, "5" | "6"))),
        ];
        for (attribute, value) in &facts {
            self.set(effects, id, &format!("person.{attribute}"), value)?;
        }
        if disabled {
            self.set(effects, id, "person.disability-kind", self.chance.pick::<&str>(&["1", "2", "4", "6"]))?;
            self.set(effects, id, "person.disability-grade", self.chance.pick::<&str>(&["1", "2", "3", "4"]))?;
        }
        Ok(())
    }
}
