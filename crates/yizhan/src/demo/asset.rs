//! Projects, the assets they left behind, the four rights to each, and who runs it under which contract: all over the
//! villages, with history, and here and there a gap. By a chance of its own, after everything else is recorded, so that
//! nothing else of the zone changes with it.

use super::{Entry, Maker, SOURCE, acting, commit};
use std::collections::BTreeMap;
use yizhan_core::access::Viewer;
use yizhan_core::act::Act;
use yizhan_core::catalog::Level;
use yizhan_core::image::fact::Value;
use yizhan_core::row::SubjectId;
use yizhan_core::service::{AddSubject, SetFacts};
use yizhan_core::writer::Writer;
use yizhan_kit::Day;
use yizhan_kit::codes::RegionCode;
use yizhan_kit::id::SeededEntropy;

/// Projects in five years, as the district reports them.
const PROJECTS: usize = 33;

/// Cadres who are in charge of them.
const CADRES: usize = 22;

/// What was planted or built: how it is called, of which industry, what it is mostly.
const SORTS: [(&str, &str, &str); 6] = [
    ("葡萄大棚", "planting", "冬暖式葡萄大棚"),
    ("光伏电站", "solar", "屋顶光伏发电"),
    ("甜瓜大棚", "planting", "甜瓜拱棚"),
    ("樱桃园", "planting", "樱桃园和灌溉设施"),
    ("光伏电站", "solar", "地面光伏发电"),
    ("构树养殖场", "breeding", "构树种植和养殖棚舍"),
];

/// Who runs assets: by the number of the village they lie in, and how they are called. The last was never vetted.
const OPERATORS: [(usize, &str); 9] = [
    (2, "葡萄种植专业合作社"),
    (15, "果蔬专业合作社"),
    (31, "樱桃家庭农场"),
    (47, "新能源有限公司"),
    (63, "生态农业有限公司"),
    (79, "养殖专业合作社"),
    (95, "农业发展有限公司"),
    (111, "绿色能源有限公司"),
    (127, "种植大户合作社"),
];

/// The criteria of vetting.
const CRITERIA: [&str; 7] = ["industry", "governance", "finance", "business", "strength", "helping", "honesty"];

/// What is not as it should be, and at which project.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gap {
    NoSupervisor = 3,
    NoCadre = 5,
    TwoOwners = 7,
    NoSign = 9,
    NoBooklet = 10,
    Arrears = 11,
    NoCycleLabel = 12,
    NoLabel = 13,
    Uninsured = 14,
    NotOnTheBook = 15,
    Idle = 17,
    Unvetted = 19,
    IncomeInPart = 20,
    Shortfall = 23,
    NoMaintainer = 25,
    NotPatrolled = 27,
    NotMaintained = 28,
    NotHandedOver = 32,
}

/// Makes it all.
///
/// # Errors
/// The refusal.
pub(super) fn make(writer: &mut Writer, maker: &Maker<'_>, seed: u64) -> Result<(), String> {
    let chance = SeededEntropy::new(seed ^ 0x000a_55e7);
    let who = parties(writer, maker, &chance)?;
    let made = Assets { maker, chance, who, collectives: collectives(writer) };
    let sketches: Vec<Sketch> = (0..PROJECTS).map(|n| made.sketch(n)).collect();
    let cadres: Vec<String> = (0..CADRES).map(|_| made.cadre()).collect();
    let acts: Vec<Act> = sketches.iter().map(|sketch| acting(made.project(sketch, &cadres))).collect();
    let projects = commit(writer, maker.now, acts)?;
    let handed_over = sketches.iter().zip(&projects).filter(|(sketch, _)| !sketch.is(Gap::NotHandedOver));
    let acts: Vec<Act> = handed_over.map(|(sketch, project)| acting(made.asset(sketch, *project))).collect();
    let assets = commit(writer, maker.now, acts)?;
    let acts = rights_of_contracts(writer, maker.today, &assets);
    commit(writer, maker.now, acts)?;
    Ok(())
}

/// The collective of each village.
fn collectives(writer: &Writer) -> BTreeMap<RegionCode, SubjectId> {
    let program = Viewer::program();
    let seen = program.look(writer.image());
    seen.subjects_of("collective").filter_map(|one| Some((seen.place_of(one)?, one))).collect()
}

/// Each contract names the right that it gives: the one of operation that began with it.
fn rights_of_contracts(writer: &Writer, today: Day, assets: &[SubjectId]) -> Vec<Act> {
    let program = Viewer::program();
    let seen = program.look(writer.image());
    let fact = |subject, attribute: &str| seen.fact(subject, attribute, today);
    let operates =
        |right: &&SubjectId| matches!(fact(**right, "right.kind"), Some(Value::Text(kind)) if &*kind == "operation");
    let mut acts = Vec::new();
    for asset in assets {
        let rights = seen.naming("right.asset", *asset, today);
        for contract in seen.naming("contract.asset", *asset, today) {
            let first = fact(contract, "contract.first-day");
            let mut given = rights.iter().filter(operates).filter(|right| fact(**right, "right.from") == first);
            let Some((right, Some(Value::Day(from)))) = given.next().zip(Some(first.clone())) else { continue };
            let facts = vec![("contract.right".to_owned(), Some(right.to_string()))];
            let source = SOURCE.to_owned();
            acts.push(acting(SetFacts { subject: contract, facts, sealed: None, from, to: None, source }));
        }
    }
    acts
}

/// Supervisors, operators and whoever builds and maintains.
fn parties(writer: &mut Writer, maker: &Maker<'_>, chance: &SeededEntropy) -> Result<Parties, String> {
    let townships = maker.catalog.regions.all().filter(|region| region.level == Level::Township);
    let townships: Vec<RegionCode> = townships.map(|region| region.code).collect();
    let offices =
        townships.iter().map(|area| acting(maker.site("agency", *area, "农业农村办公室").add(None, Vec::new())));
    let offices = commit(writer, maker.now, offices.collect())?;
    let operators = OPERATORS.iter().enumerate().map(|(n, (place, called))| {
        let mut entry = enterprise(maker, 100 + n, *place, called);
        // The last came without being vetted.
        if n + 1 < OPERATORS.len() {
            let day = Day::from_ymd(2019, 5, 6).unwrap_or(maker.founded).plus(days(chance, 0, 60));
            CRITERIA.iter().for_each(|name| entry.since(day, &format!("score-{name}"), days(chance, 68, 97)));
            entry.since(day, "vetted-on", day);
        }
        acting(entry.add(None, Vec::new()))
    });
    let operators = commit(writer, maker.now, operators.collect())?;
    let others = [(120, 8, "建筑工程有限公司"), (121, 55, "光伏运维服务有限公司")];
    let others = others.map(|(n, place, called)| acting(enterprise(maker, n, place, called).add(None, Vec::new())));
    let others = commit(writer, maker.now, others.into())?;
    let supervisors = townships.into_iter().zip(offices).collect();
    Ok(Parties { supervisors, operators, contractor: others[0], maintainer: others[1] })
}

fn enterprise(maker: &Maker<'_>, n: usize, place: usize, called: &str) -> Entry {
    let mut entry = maker.site("enterprise", maker.villages[place], called);
    maker.coded(&mut entry, "91", 20_000_000 + n);
    entry.is("leading", false);
    entry
}

/// A number from a range, both ends included.
fn days(chance: &SeededEntropy, first: i32, last: i32) -> i32 {
    first + i32::try_from(chance.below(u64::from((last - first + 1).unsigned_abs()))).unwrap_or(0)
}

/// Who has to do with assets.
struct Parties {
    /// By township.
    supervisors: BTreeMap<RegionCode, SubjectId>,
    operators: Vec<SubjectId>,
    contractor: SubjectId,
    maintainer: SubjectId,
}

/// A project before it is recorded.
struct Sketch {
    n: usize,
    village: RegionCode,
    name: String,
    sort: (&'static str, &'static str, &'static str),
    funds_yuan: i64,
    approved: Day,
    accepted: Day,
    handed_over: Day,
    operator: SubjectId,
    /// Who ran it before, and the day on which that ended.
    before: Option<(SubjectId, Day)>,
    /// The first day of the contract.
    first: Day,
}

impl Sketch {
    fn is(&self, gap: Gap) -> bool {
        self.n == gap as usize
    }

    fn planned_yuan(&self) -> i64 {
        self.funds_yuan * 8 / 100
    }
}

struct Assets<'a> {
    maker: &'a Maker<'a>,
    chance: SeededEntropy,
    who: Parties,
    collectives: BTreeMap<RegionCode, SubjectId>,
}

impl Assets<'_> {
    fn days(&self, first: i32, last: i32) -> i32 {
        days(&self.chance, first, last)
    }

    /// A name and an office.
    fn cadre(&self) -> String {
        let names = self.maker.names;
        let surname = self.chance.pick::<String>(&names.surnames);
        let given = [0; 2].map(|_| self.chance.pick::<String>(&names.given_male).as_str()).concat();
        let office: &&str = self.chance.pick(&["经济发展部副部长", "街道办事处副主任", "镇党委副书记", "财政局副局长"]);
        format!("{surname}{given}，{office}")
    }

    fn sketch(&self, n: usize) -> Sketch {
        let maker = self.maker;
        let village = maker.villages[n * 4 + 1];
        let sort = SORTS[n % SORTS.len()];
        let late = n == Gap::NotHandedOver as usize;
        let year = if late { 2020 } else { 2016 + i32::try_from(n % 4).unwrap_or(0) };
        let day = |month, day| Day::from_ymd(year, month, day).unwrap_or(maker.founded);
        let approved = day(2, 20).plus(self.days(0, 40));
        let accepted = if late { day(11, 20) } else { approved.plus(self.days(160, 220)) };
        let handed_over = accepted.plus(self.days(10, 50));
        // The year after: rent in advance, from a day of its own.
        let next = Day::from_ymd(year + 1, 1, 10).unwrap_or(maker.founded);
        let started = if n == Gap::Arrears as usize { next.plus(310) } else { next.plus(self.days(0, 280)) };
        let pool = self.who.operators.len() - 1;
        let other = n % 8 == 6;
        let operator = if n == Gap::Unvetted as usize { pool } else { (n * 5 + usize::from(other)) % pool };
        let changed = Day::from_ymd(2020, 3, 1).unwrap_or(maker.founded);
        Sketch {
            n,
            village,
            name: format!("{}{}", maker.name_of(village), sort.0),
            sort,
            funds_yuan: i64::from(self.days(40, 170)) * 10_000,
            approved,
            accepted,
            handed_over,
            operator: self.who.operators[operator],
            before: other.then(|| (self.who.operators[n * 5 % pool], changed)),
            first: if other { changed } else { started },
        }
    }

    fn project(&self, sketch: &Sketch, cadres: &[String]) -> AddSubject {
        let mut entry = Entry::new("project", sketch.approved.plus(-self.days(60, 120)));
        let from = entry.from;
        entry.is("area", sketch.village);
        entry.is("name", &sketch.name);
        entry.is("industry", sketch.sort.1);
        entry.is("planned-funds", yuan(sketch.funds_yuan));
        entry.is("reserved-on", from);
        entry.since(sketch.approved, "approved-on", sketch.approved);
        if !sketch.is(Gap::NoCadre) {
            entry.since(sketch.approved, "officer", &cadres[sketch.n % cadres.len()]);
        }
        let begun = sketch.approved.plus(self.days(30, 60));
        entry.since(begun, "contractor", self.who.contractor);
        entry.since(begun, "contract-price", yuan(sketch.funds_yuan - i64::from(self.days(1, 9)) * 1_000));
        entry.since(begun, "begun-on", begun);
        entry.since(sketch.accepted, "accepted-on", sketch.accepted);
        if !sketch.is(Gap::NotHandedOver) {
            entry.since(sketch.handed_over, "handed-over-on", sketch.handed_over);
        }
        entry.add(None, Vec::new())
    }

    fn asset(&self, sketch: &Sketch, project: SubjectId) -> AddSubject {
        let (maker, day) = (self.maker, sketch.handed_over);
        let mut entry = Entry::new("asset", day);
        entry.is("area", sketch.village);
        entry.is("name", &sketch.name);
        entry.is("industry", sketch.sort.1);
        entry.is("project", project);
        entry.is("worth", yuan(sketch.funds_yuan));
        entry.is("taken-over-on", day);
        entry.is("planned-income", yuan(sketch.planned_yuan()));
        if let Some(collective) = self.collectives.get(&sketch.village).filter(|_| !sketch.is(Gap::NotOnTheBook)) {
            entry.is("collective", collective);
            entry.is("book-class", "assets");
            entry.is("booked-on", day);
        }
        let earned = match sketch.is(Gap::Shortfall) {
            true => sketch.planned_yuan() * 7 / 10,
            false => sketch.planned_yuan() + i64::from(self.days(0, 900)),
        };
        entry.since(maker.founded, "old-year", 2020);
        entry.since(maker.founded, "old-income", yuan(earned));
        self.care(&mut entry, sketch);
        entry.add(None, self.belongings(sketch))
    }

    /// Its signs, and who looked after it when.
    fn care(&self, entry: &mut Entry, sketch: &Sketch) {
        let maker = self.maker;
        let signs = [
            ("sign-on", Gap::NoSign),
            ("booklet-on", Gap::NoBooklet),
            ("label-on", Gap::NoLabel),
            ("cycle-label-on", Gap::NoCycleLabel),
        ];
        for (name, gap) in signs {
            let day = sketch.handed_over.plus(self.days(5, 40));
            if !sketch.is(gap) && (name != "cycle-label-on" || sketch.sort.1 != "solar") {
                entry.since(day, name, day);
            }
        }
        let mut series = |name: &str, last: Day, every: i32, lasts: i32| {
            let times = (last.0 - sketch.handed_over.0) / every;
            for before in (0..=times.clamp(0, 8)).rev() {
                let day = last.plus(-before * every);
                entry.since(day, name, day.plus(lasts));
            }
        };
        let ago = |late: bool, late_days: i32, first: i32, last: i32| {
            maker.founded.plus(-if late { late_days } else { self.days(first, last) })
        };
        series("patrolled-on", ago(sketch.is(Gap::NotPatrolled), 110, 2, 45), 60, 0);
        series("maintained-on", ago(sketch.is(Gap::NotMaintained), 400, 20, 200), 300, 0);
        series("insured-until", ago(sketch.is(Gap::Uninsured), 362, 20, 250), 365, 365);
    }

    /// The rights to it, and the contracts about it.
    fn belongings(&self, sketch: &Sketch) -> Vec<(String, AddSubject)> {
        let mut all = Vec::new();
        let day = sketch.handed_over;
        if let Some(collective) = self.collectives.get(&sketch.village) {
            for (kind, share) in [("ownership", 100), ("income", if sketch.is(Gap::IncomeInPart) { 70 } else { 100 })] {
                let mut right = right(kind, *collective, share, day);
                right.is("collective", collective);
                all.push(right);
            }
        }
        if sketch.is(Gap::TwoOwners) {
            all.push(right("ownership", sketch.operator, 100, sketch.first.max(day)));
        }
        let township = sketch.village.parent().unwrap_or(sketch.village);
        if let Some(office) = self.who.supervisors.get(&township).filter(|_| !sketch.is(Gap::NoSupervisor)) {
            all.push(right("supervision", *office, 100, day));
        }
        let idle = Day::from_ymd(2021, 1, 1).filter(|_| sketch.is(Gap::Idle));
        let mut operated = vec![(sketch.operator, sketch.first, idle)];
        if let Some((operator, until)) = sketch.before {
            operated.insert(0, (operator, day, Some(until)));
        }
        let mut contracts = Vec::new();
        for (operator, first, ends) in operated {
            let mut right = right("operation", operator, 100, first);
            if let Some(ends) = ends {
                right.since(ends, "ends", ends);
            }
            all.push(right);
            contracts.push(self.contract(sketch, operator, first, ends));
        }
        let belongs = |entry: Entry| (format!("{}.asset", entry.kind), entry.add(None, Vec::new()));
        all.into_iter().chain(contracts).map(belongs).collect()
    }

    fn contract(&self, sketch: &Sketch, operator: SubjectId, first: Day, ends: Option<Day>) -> Entry {
        let mut entry = Entry::new("contract", first);
        if let Some(collective) = self.collectives.get(&sketch.village) {
            entry.is("owner", collective);
        }
        entry.is("operator", operator);
        entry.is("number", format_args!("{}-{:03}-{}", first.ymd().0, sketch.n + 1, sketch.village));
        entry.is("rent", yuan(sketch.planned_yuan()));
        entry.is("pays", "year");
        entry.is("first-day", first);
        entry.is("last-day", ends.map_or(first.plus(5 * 365), |ends| ends.plus(-1)));
        entry.is("deposit", yuan(sketch.planned_yuan() / 5));
        entry.is("duties", "村集体负责大修，经营主体负责看管、日常维修和更新");
        if sketch.sort.1 == "solar" && !sketch.is(Gap::NoMaintainer) {
            entry.is("maintainer", self.who.maintainer);
        }
        // Whose right ended with it left it in order; what lies idle ran out and nobody settled it.
        if let Some(ends) = ends.filter(|_| !sketch.is(Gap::Idle)) {
            entry.since(ends, "ended-on", ends);
        }
        let mut year = first;
        while year <= self.maker.founded && ends.is_none_or(|ends| year < ends) {
            let last = year.plus(365) > self.maker.founded;
            if !(last && sketch.is(Gap::Arrears)) {
                entry.since(year, "paid-until", year.plus(364));
            }
            year = year.plus(365);
        }
        entry
    }
}

fn right(kind: &str, holder: SubjectId, share: u32, from: Day) -> Entry {
    let mut entry = Entry::new("right", from);
    entry.is("kind", kind);
    entry.is("holder", holder);
    entry.is("share", share);
    entry.is("from", from);
    entry
}

fn yuan(amount: i64) -> String {
    format!("{amount}.00")
}
