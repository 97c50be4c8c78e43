//! The register of the zone as it was taken up at its founding, and what becomes known of its people in the years after, each on
//! its own day.

use super::book::{Book, Who};
use super::choices::{Chosen, Soul};
use super::families::{Livelihood, Roof, day};
use super::means::TopUp;
use super::school::{self, HALVES};
use crate::demo::family::{Kin, Sort};
use crate::demo::home::{Home, Standing, Watch};
use crate::demo::person::Member;
use crate::demo::site::{Point, Sites};
use crate::demo::{Maker, Person, acting, commit};
use yizhan_core::access::Viewer;
use yizhan_core::row::SubjectId;
use yizhan_core::service::AddSubject;
use yizhan_core::writer::{GROUP, Writer};
use yizhan_kit::codes::RegionCode;
use yizhan_kit::{Day, Fen, Moment};

/// What cases of the years tell, or the targets.
const TOLD_OTHERWISE: [&str; 13] = [
    "person.student",
    "person.school",
    "person.boards",
    "person.school-aid",
    "person.rain-dew",
    "person.premium-aid",
    "person.living-allowance",
    "person.care-allowance",
    "person.came-by",
    "household.support-agreement",
    "household.filial-fund",
    "house.barrier-free",
    "house.subsidy",
];

/// What an appraiser finds in a house that is to be renovated.
const APPRAISED: [&str; 3] = ["house.grade", "house.appraised-on", "house.appraisal-paper"];

/// A household that was recorded.
pub(super) struct Household {
    pub area: RegionCode,
    pub livelihood: Livelihood,
    /// The name of its head.
    pub name: String,
    /// Its people, by place.
    pub souls: Vec<usize>,
    pub home: Home,
}

/// The register.
pub(super) struct Census {
    pub households: Vec<Household>,
    pub souls: Vec<Soul>,
    pub people: Vec<Person>,
    pub sites: Sites,
}

/// What is known of the register before it is written down.
pub(super) struct Taken {
    pub roofs: Vec<Roof>,
    pub chosen: Chosen,
    pub top_ups: Vec<Option<TopUp>>,
    /// Whose houses are renovated, and by how many households water comes by tap.
    pub renovated: Vec<bool>,
    pub tapped: usize,
}

/// Records the register, and keeps what becomes known later.
///
/// # Errors
/// The refusal.
pub(super) fn make(
    writer: &mut Writer,
    maker: &Maker<'_>,
    mut sites: Sites,
    taken: Taken,
    now: Moment,
) -> Result<(Census, Book), String> {
    let Taken { roofs, chosen, top_ups, renovated, tapped } = taken;
    let mut book = Book::of(chosen.souls.len());
    for (subject, name, value, day) in std::mem::take(&mut sites.later) {
        book.since(day, Who::Subject(subject), &name, value);
    }
    let mut census = Census { households: Vec::new(), people: Vec::new(), souls: chosen.souls, sites };
    let mut acts = Vec::new();
    for (place, roof) in roofs.into_iter().enumerate() {
        let first = census.people.len();
        let (area, number) = (maker.villages[place % maker.villages.len()], place / maker.villages.len() + 1);
        let mut water = census.sites.water(area, 1).ok_or("a village without water")?;
        water.tapped &= place < tapped;
        let livelihood = roof.livelihood;
        let home = home(maker, roof, &census.souls[first..], (area, number, water));
        let surname = maker.surname();
        let members = home.members.iter().enumerate();
        let people: Vec<Person> = members.map(|(n, one)| maker.named(place, n, &one.kin, &surname)).collect();
        let mut add = maker.followed_household(&home).add(None, Vec::new());
        add.since.retain(|(name, ..)| !otherwise(name));
        add.since.retain(|(name, _, day)| !(is_of_income(name) && *day >= self::day(2020, 12, 31)));
        if let Some(top_up) = top_ups[place] {
            add.since.retain(|(name, _, day)| !(is_of_income(name) && *day >= self::day(2019, 12, 31)));
            poor_income(maker, &mut add, &home, top_up);
        }
        book.later(now.day(), Who::Home(place), &mut add);
        for (n, (person, member)) in people.iter().zip(&home.members).enumerate() {
            let soul = &census.souls[first + n];
            let mut one = maker.followed_person(person, member, &home, &census.sites);
            one.since.retain(|(name, ..)| !otherwise(name));
            one.since.extend(told(soul, &census.sites, area));
            one.since.sort_by_key(|(.., day)| *day);
            book.later(now.day().max(soul.from), Who::Soul(first + n), &mut one);
            if soul.from > now.day() {
                book.joins(soul.from, (first + n, place), one);
            } else {
                add.members.push(("person.household".into(), one));
            }
        }
        for (attribute, mut house) in maker.houses(&home) {
            let lived_in = house.facts.iter().any(|(name, value)| name == "house.lived-in" && value == "true");
            house.since.retain(|(name, ..)| !otherwise(name));
            if renovated[place] && lived_in {
                house.since.retain(|(name, ..)| !APPRAISED.contains(&name.as_str()));
            }
            // An old house besides is looked at once, before it is on record.
            let who = if lived_in { Some(Who::House(place)) } else { None };
            match who {
                Some(who) => book.later(now.day(), who, &mut house),
                None => house.since.retain(|(.., day)| *day <= now.day()),
            }
            add.members.push((attribute, house));
        }
        acts.push(acting(add));
        let name = people[0].name.clone();
        let souls = (first..first + people.len()).collect();
        census.people.extend(people);
        census.households.push(Household { area, livelihood, name, souls, home });
    }
    let mut ids = Vec::new();
    while !acts.is_empty() {
        let group: Vec<_> = acts.drain(..acts.len().min(GROUP / 8)).collect();
        ids.extend(commit(writer, now, group)?);
    }
    census.numbered(writer, &mut book, &ids, now.day())?;
    Ok((census, book))
}

impl Census {
    /// Learns under which numbers they were recorded.
    fn numbered(&self, writer: &Writer, book: &mut Book, ids: &[SubjectId], on: Day) -> Result<(), String> {
        let program = Viewer::program();
        let seen = program.look(writer.image());
        for (household, id) in self.households.iter().zip(ids) {
            let members = seen.naming("person.household", *id, on);
            let there = household.souls.iter().filter(|n| self.souls[**n].from <= on);
            for (n, member) in there.zip(members) {
                book.ids[*n] = Some(member);
            }
            let house = seen.naming("house.household", *id, on).first().copied();
            book.homes.push((*id, house.ok_or("a household without a house")?));
        }
        Ok(())
    }

    /// Somebody as a member of a household.
    pub(super) fn member(&self, soul: usize) -> &Member {
        let soul = &self.souls[soul];
        &self.households[soul.home].home.members[soul.n]
    }

    pub(super) fn area(&self, soul: usize) -> RegionCode {
        self.households[self.souls[soul].home].area
    }
}

fn otherwise(name: &str) -> bool {
    TOLD_OTHERWISE.contains(&name)
}

fn is_of_income(name: &str) -> bool {
    ["household.income-", "household.cost-", "household.transfer-"].iter().any(|begins| name.starts_with(begins))
}

/// What somebody's household and its people are.
fn home(maker: &Maker<'_>, roof: Roof, souls: &[Soul], (area, number, water): (RegionCode, usize, Point)) -> Home {
    let Roof { livelihood, known, kin } = roof;
    let members: Vec<Member> =
        kin.into_iter().zip(souls).map(|(kin, soul)| member(maker, kin, soul, livelihood)).collect();
    let own_a_head = match livelihood {
        Livelihood::Destitute => i64::from(maker.days(7_000, 9_000)),
        Livelihood::Subsistence => i64::from(maker.days(2_400, 4_800)),
        Livelihood::Own => i64::from(maker.days(7_500, 17_000)),
    };
    Home {
        area,
        number,
        standing: Standing::Registered,
        attribute: match livelihood {
            Livelihood::Destitute => "6",
            Livelihood::Subsistence => "4",
            Livelihood::Own => "1",
        },
        watch: Watch::Never,
        known,
        subsistence: known,
        ethnic: "01",
        members,
        water,
        helper: maker.helpers.get(&area).copied(),
        rebuilt: false,
        called_again: maker.percent(58),
        stays: false,
        gap: false,
        own_a_head,
        all_a_head: if livelihood == Livelihood::Subsistence { own_a_head + 2_700 } else { own_a_head },
    }
}

fn member(maker: &Maker<'_>, kin: Kin, soul: &Soul, livelihood: Livelihood) -> Member {
    let sort = if livelihood == Livelihood::Destitute { Sort::Destitute } else { Sort::Poor };
    let mut member = maker.member(kin, sort);
    member.student = school::stage(&soul.path, maker.today);
    (member.boards, member.exempt, member.employee, member.soldier, member.post) = (false, false, false, false, None);
    let kind = if soul.mental { "6" } else { maker.code(&["1", "2", "3", "4", "4", "4", "5", "7"]) };
    member.disability = match (soul.severe, soul.living.is_some()) {
        (true, _) => Some((kind, maker.code(&["1", "2", "2"]))),
        (_, true) => Some((kind, maker.code(&["3", "3", "4"]))),
        _ => None,
    };
    member.mental = soul.mental;
    member.health = match member.disability {
        Some(_) => "4",
        None if soul.ill => maker.code(&["2", "2", "3"]),
        None => "1",
    };
    member.subsistence = livelihood == Livelihood::Subsistence;
    member.destitute = livelihood == Livelihood::Destitute;
    member.labour = match (member.kin.age, member.health) {
        (..16, _) => "4",
        _ if member.in_school() => "4",
        _ if member.severe() => "3",
        (75.., _) => "4",
        (60..75, "1") if !member.destitute && maker.percent(60) => "5",
        (60..75, _) => "4",
        (_, "1") if maker.percent(12) => "2",
        (_, "1") => "1",
        _ => "5",
    };
    (member.months, member.away) = (0, false);
    if matches!(member.labour, "1" | "2") && maker.percent(72) {
        member.months = maker.days(3, 12);
        member.away = maker.percent(60);
    }
    member
}

/// Facts that hold from days of their own.
type Told = Vec<(String, String, Day)>;

/// What the years tell of somebody: schools, aid, allowances.
fn told(soul: &Soul, sites: &Sites, area: RegionCode) -> Told {
    let mut told: Told = Vec::new();
    let new_year = day(2021, 1, 1);
    let mut since =
        |on: Day, name: &str, value: String| told.push((format!("person.{name}"), value, on.max(soul.from)));
    let begins = soul.path.iter().take_while(|(_, first)| *first <= soul.from.max(day(2016, 1, 1))).count().max(1);
    for (stage, first) in &soul.path[begins - 1..] {
        since(*first, "student", (*stage).to_owned());
        if let Some(school) = sites.school(area, stage).filter(|_| *stage != "0") {
            since(*first, "school", school.to_string());
        }
    }
    let mut before: (Option<bool>, Option<bool>, Option<bool>, Fen) = (None, None, None, Fen(0));
    let studied = soul.path.iter().any(|(stage, first)| *stage != "0" && *first <= new_year)
        && soul.path.last().is_some_and(|(_, left)| *left > day(2016, 1, 1));
    for half in (0..HALVES).filter(|_| studied) {
        let on = school::begins_on(half);
        let stage = school::stage(&soul.path, school::drawn_on(half));
        let boards = soul.aid[half].unwrap_or(matches!(stage, "4" | "5"));
        let (aided, dew) = (soul.aid[half].is_some(), soul.dew[half]);
        for (name, value, last) in
            [("boards", boards, &mut before.0), ("school-aid", aided, &mut before.1), ("rain-dew", dew, &mut before.2)]
        {
            if last.replace(value) != Some(value) {
                since(on, name, value.to_string());
            }
        }
        if soul.waived[half] != before.3 {
            before.3 = soul.waived[half];
            since(on, "kindergarten-waiver", before.3.to_string());
        }
    }
    let stage = school::stage(&soul.path, new_year);
    if studied {
        since(new_year, "school-aid", (stage != "0").to_string());
        since(new_year, "rain-dew", matches!(stage, "5" | "6").to_string());
    }
    let mut paid = None;
    for (year, premium) in soul.premium.iter().copied().chain([true]).enumerate() {
        if paid.replace(premium) != Some(premium) {
            since(day(2016 + i32::try_from(year).unwrap_or(0), 1, 1), "premium-aid", premium.to_string());
        }
    }
    if let Some(on) = soul.care {
        since(on, "care-allowance", "true".into());
    }
    if let Some(on) = soul.living {
        since(on, "living-allowance", "true".into());
    }
    // Of one day and attribute the last holds.
    let mut kept: Told = Vec::with_capacity(told.len());
    for one in told {
        if let Some(same) = kept.iter_mut().find(|(name, _, on)| *name == one.0 && *on == one.2) {
            same.1 = one.1;
        } else {
            kept.push(one);
        }
    }
    kept
}

/// The income of 2019 of a household that receives the subsistence allowance in 2020: by so much below the standard.
fn poor_income(maker: &Maker<'_>, add: &mut AddSubject, home: &Home, top_up: TopUp) {
    let heads = i64::try_from(home.members.len()).unwrap_or(1);
    let standard = school::parameter(maker.catalog, "rural-subsistence-standard", day(2020, 12, 31)).unwrap_or(Fen(0));
    let own = (standard.0 - 12 * top_up.monthly.0) * heads;
    let on = day(2019, 12, 31);
    // Some of it is earned where somebody can work, some of it is the yield of the land, the rest comes from children.
    let worked = home.members.iter().any(|one| one.months > 0);
    let wage = if worked { own / 2 } else { 0 };
    let property = own / 10;
    let lines = [
        ("income-wage", wage),
        ("income-business", 0),
        ("cost-business", 0),
        ("income-property", property),
        ("income-transfer", own - wage - property),
        ("transfer-subsistence", 0),
        ("transfer-destitute", 0),
        ("transfer-pension", 0),
        ("transfer-family-planning", 0),
        ("transfer-ecology", 0),
        ("transfer-other", own - wage - property),
    ];
    add.since.push(("household.income-year".into(), "2019".into(), on));
    for (name, fen) in lines {
        add.since.push((format!("household.{name}"), Fen(fen).to_string(), on));
    }
}
