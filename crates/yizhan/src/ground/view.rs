//! The map of reports, the coverage of stations, the hours of volunteers, the progress of campaigns: counted when asked for.

use super::model::{
    AskedMap, CampaignRow, Cell, KindCount, Named, Numbers, PatrolMap, PatrolRow, PlaceRow, StationPart, StationRow,
    Stations, TierCount, Village, VolunteerRow,
};
use super::rule::{is_fresh, repeats};
use crate::app::App;
use crate::case::act;
use crate::case::view::{area_name, status, words};
use std::collections::{BTreeMap, BTreeSet};
use yizhan_core::access::{Seen, Viewer};
use yizhan_core::catalog::{Catalog, Level, Region, Service};
use yizhan_core::image::case::CaseHead;
use yizhan_core::image::fact::Value;
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_kit::codes::RegionCode;
use yizhan_kit::{Day, Lang, Problem};

/// The longest list beside the map.
const MOST: usize = 200;

/// The service that is drawn unless another is asked for.
const REPORTS: &str = "grid-report";

/// What is known of subjects, for one viewer on one day.
pub(super) struct Known<'a> {
    pub seen: Seen<'a>,
    pub catalog: &'a Catalog,
    pub today: Day,
    pub lang: Lang,
}

impl Known<'_> {
    pub fn text(&self, subject: SubjectId, attribute: &str) -> String {
        match self.seen.fact(subject, attribute, self.today) {
            Some(Value::Text(text)) => text.to_string(),
            _ => String::new(),
        }
    }

    pub fn day(&self, subject: SubjectId, attribute: &str) -> Option<Day> {
        match self.seen.fact(subject, attribute, self.today) {
            Some(Value::Day(day)) => Some(day),
            _ => None,
        }
    }

    pub fn int(&self, subject: SubjectId, attribute: &str) -> i64 {
        match self.seen.fact(subject, attribute, self.today) {
            Some(Value::Int(n)) => n,
            _ => 0,
        }
    }

    pub fn named(&self, subject: SubjectId, attribute: &str) -> Option<SubjectId> {
        match self.seen.fact(subject, attribute, self.today) {
            Some(Value::Subject(other)) => Some(other),
            _ => None,
        }
    }

    pub fn meaning(&self, attribute: &str, code: &str) -> String {
        let known = self.catalog.attributes.get(attribute).and_then(|one| one.meaning(code));
        known.map_or_else(|| code.to_owned(), |known| words(known, self.lang).to_owned())
    }

    fn days(&self, parameter: &str) -> i32 {
        let dated = self.catalog.parameters.get(parameter).and_then(|one| one.at(self.today));
        dated.and_then(|dated| dated.value.parse().ok()).unwrap_or(0)
    }

    pub fn place(&self, subject: SubjectId) -> String {
        self.seen.place_of(subject).map(|area| area_name(self.seen.image(), area)).unwrap_or_default()
    }

    /// The villages of the viewer's area that are there today.
    fn villages(&self) -> impl Iterator<Item = &Region> {
        let mine = |region: &&Region| region.holds_on(self.today) && self.seen.viewer().covers(region.code);
        self.catalog.regions.villages().filter(mine)
    }
}

/// The attribute by whose codes a service's cases are known from their opening on.
fn kind_of(catalog: &Catalog, service: &Service) -> Option<String> {
    let name = format!("{}.kind", service.name);
    let known = service.knows.iter().any(|one| one.attribute == name);
    (known && catalog.attributes.contains_key(&name)).then_some(name)
}

/// A case on the map.
struct Spot<'a> {
    case: &'a CaseHead,
    area: RegionCode,
    kind: String,
    late: bool,
    open: bool,
    earlier: Vec<usize>,
}

/// Where the cases of a service come from.
///
/// # Errors
/// `unknown-service`, `form-invalid`, `forbidden`.
pub fn patrol(app: &App, viewer: &Viewer, asked: &AskedMap, lang: Lang) -> Result<PatrolMap, Problem> {
    let image = app.image();
    let (catalog, _) = act::catalog(&image)?;
    let known = Known { seen: viewer.look(&image), catalog, today: app.now().day(), lang };
    let drawn = |service: &Service| kind_of(catalog, service).is_some();
    let services = catalog.services.values().filter(|service| drawn(service));
    let services =
        services.map(|one| Named { name: one.name.clone(), title: words(&one.title, lang).to_owned() }).collect();
    let (service, _) = act::service(&image, asked.service.as_deref().unwrap_or(REPORTS))?;
    let Some(attribute) = kind_of(catalog, service) else {
        return Err(problem::UNKNOWN_SERVICE.problem("这个事项不能上图。", "Cases of this service are not drawn."));
    };
    let days = asked.days.unwrap_or(90);
    if !(1..=366).contains(&days) {
        return Err(problem::FORM_INVALID.problem("天数在 1 到 366 之间。", "Days are from 1 to 366."));
    }
    let repeat_days = known.days("patrol-repeat-days");
    let first = known.today.plus(1 - days);
    let spots = spots(app, &known, service, &attribute, first.plus(-repeat_days), repeat_days);
    let inside = |spot: &&Spot<'_>| image.opened_at(spot.case).day() >= first;
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    spots.iter().filter(inside).for_each(|spot| *kinds.entry(&spot.kind).or_default() += 1);
    let of_kind = |spot: &&Spot<'_>| asked.kind.as_ref().is_none_or(|kind| *kind == spot.kind);
    let mut numbers: BTreeMap<RegionCode, Numbers> = BTreeMap::new();
    let mut whole = Numbers::default();
    for spot in spots.iter().filter(inside).filter(of_kind) {
        add(numbers.entry(spot.area).or_default(), spot);
        add(&mut whole, spot);
    }
    let mut rows: Vec<&Spot<'_>> =
        spots.iter().filter(inside).filter(of_kind).filter(|spot| is_listed(spot, asked)).collect();
    rows.sort_by_key(|spot| (std::cmp::Reverse(spot.earlier.len()), std::cmp::Reverse(spot.case.opened)));
    let total = rows.len();
    let rows = rows.into_iter().take(MOST).map(|spot| PatrolRow {
        status: status(&known.seen, spot.case, lang),
        kind_title: known.meaning(&attribute, &spot.kind),
        late: spot.late,
        north: known.text(spot.case.subject, &format!("{}.north", service.name)),
        east: known.text(spot.case.subject, &format!("{}.east", service.name)),
        repeats: spot.earlier.iter().map(|n| image.number(spots[*n].case)).collect(),
    });
    let cells = known.villages().map(|village| {
        let township = catalog.regions.parent(village.code);
        Cell {
            area: village.code.to_string(),
            name: words(&village.name, lang).to_owned(),
            township: township.map(|one| one.code.to_string()).unwrap_or_default(),
            township_name: township.map(|one| words(&one.name, lang).to_owned()).unwrap_or_default(),
            north: village.centre.map(|centre| centre.north),
            east: village.centre.map(|centre| centre.east),
            numbers: numbers.get(&village.code).copied().unwrap_or_default(),
        }
    });
    Ok(PatrolMap {
        service: service.name.clone(),
        services,
        days,
        repeat_days,
        kinds: kinds
            .into_iter()
            .map(|(kind, count)| KindCount { title: known.meaning(&attribute, kind), kind: kind.to_owned(), count })
            .collect(),
        cells: cells.collect(),
        whole,
        rows: rows.collect(),
        total,
    })
}

/// The cases of a service since a day, in order of opening, each with the earlier ones that it repeats.
fn spots<'a>(
    app: &App,
    known: &Known<'a>,
    service: &Service,
    attribute: &str,
    since: Day,
    within: i32,
) -> Vec<Spot<'a>> {
    let image = known.seen.image();
    let mine = |case: &&CaseHead| image.service(case).name == service.name;
    let mut spots: Vec<Spot<'a>> = known
        .seen
        .opened_since(since)
        .filter(mine)
        .map(|case| Spot {
            area: image.area(case),
            kind: known.text(case.subject, attribute),
            late: case.state.is_open() && case.due().is_some_and(|due| due < app.now()),
            open: case.state.is_open(),
            earlier: Vec::new(),
            case,
        })
        .collect();
    spots.reverse();
    let mut alike: BTreeMap<(RegionCode, String), Vec<usize>> = BTreeMap::new();
    for (n, spot) in spots.iter().enumerate() {
        alike.entry((spot.area, spot.kind.clone())).or_default().push(n);
    }
    for places in alike.values() {
        let days: Vec<Day> = places.iter().map(|n| image.opened_at(spots[*n].case).day()).collect();
        for (n, earlier) in repeats(&days, within).into_iter().enumerate() {
            spots[places[n]].earlier = earlier.into_iter().map(|one| places[one]).collect();
        }
    }
    spots
}

fn add(numbers: &mut Numbers, spot: &Spot<'_>) {
    numbers.all += 1;
    numbers.open += usize::from(spot.open);
    numbers.late += usize::from(spot.late);
    numbers.closed += usize::from(!spot.open);
    numbers.repeats += usize::from(!spot.earlier.is_empty());
}

fn is_listed(spot: &Spot<'_>, asked: &AskedMap) -> bool {
    let stands = match asked.state.as_deref() {
        Some("open") => spot.open,
        Some("late") => spot.late,
        Some("closed") => !spot.open,
        Some("repeats") => !spot.earlier.is_empty(),
        _ => true,
    };
    stands && asked.village.as_ref().is_none_or(|village| spot.area.to_string() == *village)
}

/// Which stations are alive.
///
/// # Errors
/// When the zone has no catalog.
pub fn stations(app: &App, viewer: &Viewer, lang: Lang) -> Result<Stations, Problem> {
    let image = app.image();
    let (catalog, _) = act::catalog(&image)?;
    let known = Known { seen: viewer.look(&image), catalog, today: app.now().day(), lang };
    let days = known.days("station-activity-days");
    let township = |area: RegionCode| match Level::of(area) {
        Level::Village => area.parent().unwrap_or(area),
        _ => area,
    };
    let mut rows: Vec<(Option<Day>, StationRow)> = Vec::new();
    let (mut there, mut alive) = (BTreeSet::new(), BTreeSet::new());
    for station in known.seen.subjects_of("station") {
        let Some(area) = known.seen.place_of(station) else { continue };
        let (tier, last) = (known.text(station, "station.tier"), known.day(station, "station.active-on"));
        let is_alive = is_fresh(last, known.today, days);
        if Level::of(area) == Level::Village {
            there.insert(area);
            if is_alive {
                alive.insert(area);
            }
        }
        let row = StationRow {
            subject: station.0,
            name: known.text(station, "station.name"),
            tier_title: known.meaning("station.tier", &tier),
            tier,
            area: area.to_string(),
            area_name: area_name(&image, area),
            township: township(area).to_string(),
            last: last.map(|day| day.to_string()).unwrap_or_default(),
            alive: is_alive,
        };
        rows.push((last, row));
    }
    rows.sort_by(|(one, a), (other, b)| (one, &a.area).cmp(&(other, &b.area)));
    let rows: Vec<StationRow> = rows.into_iter().map(|(_, row)| row).collect();
    let villages: Vec<RegionCode> = known.villages().map(|village| village.code).collect();
    let mut parts: BTreeMap<RegionCode, StationPart> = BTreeMap::new();
    for village in &villages {
        let above = township(*village);
        let part = parts.entry(above).or_insert_with(|| StationPart {
            area: above.to_string(),
            name: area_name(&image, above),
            villages: 0,
            with_station: 0,
            alive: 0,
        });
        part.villages += 1;
        part.with_station += usize::from(there.contains(village));
        part.alive += usize::from(alive.contains(village));
    }
    let codes = catalog.attributes.get("station.tier").map(|one| one.codes.as_slice()).unwrap_or_default();
    let tiers = codes.iter().map(|(tier, title)| TierCount {
        tier: tier.clone(),
        title: words(title, lang).to_owned(),
        stations: rows.iter().filter(|row| row.tier == *tier).count(),
        alive: rows.iter().filter(|row| row.tier == *tier && row.alive).count(),
    });
    let without = villages.iter().filter(|village| !there.contains(village)).map(|village| Village {
        area: village.to_string(),
        area_name: area_name(&image, *village),
        township: township(*village).to_string(),
    });
    Ok(Stations {
        on: known.today.to_string(),
        days,
        villages: villages.len(),
        with_station: villages.iter().filter(|village| there.contains(village)).count(),
        alive: villages.iter().filter(|village| alive.contains(village)).count(),
        parts: parts.into_values().collect(),
        tiers: tiers.collect(),
        without: without.collect(),
        rows,
    })
}

/// The volunteers, those with the most hours first. Hours are counted from what they came to and what they carried out.
///
/// # Errors
/// When the zone has no catalog.
pub fn volunteers(app: &App, viewer: &Viewer, lang: Lang) -> Result<Vec<VolunteerRow>, Problem> {
    let image = app.image();
    let (catalog, _) = act::catalog(&image)?;
    let known = Known { seen: viewer.look(&image), catalog, today: app.now().day(), lang };
    let row = |volunteer: SubjectId| {
        let came = known.seen.naming("activity-signup.volunteer", volunteer, known.today);
        let activities: Vec<(SubjectId, i64)> = came
            .into_iter()
            .filter(|case| known.day(*case, "activity-signup.came-on").is_some())
            .filter_map(|case| {
                Some((case, known.int(known.named(case, "activity-signup.activity")?, "activity.hours")))
            })
            .collect();
        let orders: Vec<(SubjectId, i64)> = known
            .seen
            .naming("volunteer-order.volunteer", volunteer, known.today)
            .into_iter()
            .map(|case| (case, known.int(case, "volunteer-order.hours")))
            .collect();
        let number = |(case, _): &(SubjectId, i64)| known.seen.case(*case).ok().map(|case| image.number(case));
        VolunteerRow {
            subject: volunteer.0,
            name: known.text(volunteer, "volunteer.name"),
            area_name: known.place(volunteer),
            skill: known.meaning("volunteer.skill", &known.text(volunteer, "volunteer.skill")),
            activity_hours: activities.iter().map(|(_, hours)| hours).sum(),
            order_hours: orders.iter().map(|(_, hours)| hours).sum(),
            cases: activities.iter().chain(&orders).filter_map(number).collect(),
        }
    };
    let mut rows: Vec<VolunteerRow> = known.seen.subjects_of("volunteer").map(row).collect();
    rows.sort_by_key(|row| (-(row.activity_hours + row.order_hours), row.subject));
    Ok(rows)
}

/// The campaigns of the area, the late ones first. A place counts as visited once somebody else checked the visit.
///
/// # Errors
/// When the zone has no catalog.
pub fn campaigns(app: &App, viewer: &Viewer, lang: Lang) -> Result<Vec<CampaignRow>, Problem> {
    let image = app.image();
    let (catalog, _) = act::catalog(&image)?;
    let known = Known { seen: viewer.look(&image), catalog, today: app.now().day(), lang };
    // A village sees what its township or the district started, and of it its own places.
    let program = Viewer::program();
    let all = program.look(&image);
    let started = Known { seen: all, catalog, today: known.today, lang };
    let reaches = |area: RegionCode| viewer.covers(area) || viewer.area.is_some_and(|own| area.contains(own));
    let mut rows: Vec<CampaignRow> = Vec::new();
    for campaign in all.subjects_of("campaign") {
        let Some(area) = all.place_of(campaign).filter(|area| reaches(*area)) else { continue };
        let kind = started.text(campaign, "campaign.kind");
        let visits: BTreeMap<SubjectId, SubjectId> = all
            .naming("campaign-visit.campaign", campaign, known.today)
            .into_iter()
            .filter(|case| !started.text(*case, "campaign-visit.outcome").is_empty())
            .filter_map(|case| Some((started.named(case, "campaign-visit.place")?, case)))
            .collect();
        let place = |subject: SubjectId| {
            let visit = visits.get(&subject).and_then(|case| known.seen.case(*case).ok());
            let outcome = visit.map(|case| known.text(case.subject, "campaign-visit.outcome")).unwrap_or_default();
            PlaceRow {
                subject: subject.0,
                name: known.text(subject, &format!("{kind}.name")),
                area_name: known.place(subject),
                case: visit.map(|case| image.number(case)).unwrap_or_default(),
                outcome: known.meaning("campaign-visit.outcome", &outcome),
            }
        };
        let there = |subject: &SubjectId| known.seen.place_of(*subject).is_some_and(|at| area.contains(at));
        let mut places: Vec<PlaceRow> = known.seen.subjects_of(&kind).filter(there).map(place).collect();
        places.sort_by_key(|place| (!place.case.is_empty(), place.subject));
        let visited = places.iter().filter(|place| !place.case.is_empty()).count();
        let until = started.day(campaign, "campaign.until");
        rows.push(CampaignRow {
            subject: campaign.0,
            name: started.text(campaign, "campaign.name"),
            area_name: area_name(&image, area),
            kind_title: started.meaning("campaign.kind", &kind),
            items: started.text(campaign, "campaign.items"),
            late: visited < places.len() && until.is_some_and(|until| until < known.today),
            until: until.map(|day| day.to_string()).unwrap_or_default(),
            places: places.len(),
            visited,
            rows: places,
        });
    }
    rows.sort_by(|one, other| (!one.late, &one.until).cmp(&(!other.late, &other.until)));
    Ok(rows)
}
