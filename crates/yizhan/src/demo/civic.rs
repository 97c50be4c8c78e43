//! The civic ground of the demonstration: stations in three tiers, most of them alive, kitchens with and without a camera,
//! activities that come, volunteers, a campaign. Nothing here is drawn by chance, so that nothing else changes with it.

use super::live::{Event, Story};
use super::{Entry, Maker, acting, commit};
use crate::app::App;
use serde_json::json;
use yizhan_core::access::Viewer;
use yizhan_core::catalog::Level;
use yizhan_core::row::SubjectId;
use yizhan_core::writer::Writer;
use yizhan_kit::codes::RegionCode;
use yizhan_kit::{Day, Moment};

/// Of how many villages one has no station: 113 of 138 have one, as the newspaper's district.
const WITHOUT: usize = 11;

/// Records all of it.
///
/// # Errors
/// The refusal.
pub(super) fn make(writer: &mut Writer, maker: &Maker<'_>) -> Result<(), String> {
    let mut entries = Vec::new();
    // Where stations were registered by cases, these are the ones.
    let known: Vec<SubjectId> = Viewer::program().look(writer.image()).subjects_of("station").collect();
    for region in maker.catalog.regions.all().filter(|region| region.holds_on(maker.founded)) {
        let (tier, called) = match region.level {
            Level::District => ("centre", "新时代文明实践中心"),
            Level::Township => ("sub-centre", "新时代文明实践分中心"),
            Level::Village => continue,
        };
        entries.push(station(maker, region.code, tier, called, 2));
    }
    for (n, village) in maker.villages.iter().enumerate().filter(|(n, _)| n % WITHOUT != 3 && n % WITHOUT != 8) {
        entries.push(station(maker, *village, "station", "文明实践站", i32::try_from(n * 7 % 41).unwrap_or(0)));
    }
    if !known.is_empty() {
        entries.clear();
    }
    for (n, village) in maker.villages.iter().enumerate().filter(|(n, _)| n % 9 == 4) {
        let mut kitchen = maker.site("kitchen", *village, if n % 2 == 0 { "幸福食堂" } else { "农家饭店" });
        kitchen.is("licence", format_args!("JY3990100{n:07}"));
        kitchen.is("licence-until", maker.today.plus(i32::try_from(n * 13).unwrap_or(0) - 40));
        kitchen.is("shows-by", if n % 2 == 0 { "camera" } else { "glass" });
        if n % 2 == 0 {
            kitchen.is("camera", format_args!("http://127.0.0.1:8654/live/k{n}/index.m3u8"));
        }
        kitchen.is("score", 70 + n % 29);
        kitchen.is("inspected-on", maker.today.plus(-i32::try_from(n * 3).unwrap_or(0)));
        entries.push(kitchen);
    }
    for (n, called) in ["柳师傅", "王老师", "张医生", "赵姐", "周叔"].into_iter().enumerate() {
        let mut volunteer = Entry::new("volunteer", maker.founded);
        volunteer.is("area", maker.villages[n * 5]);
        volunteer.is("name", called);
        volunteer.is("skill", ["cleaning", "lessons", "health", "other", "farming"][n]);
        entries.push(volunteer);
    }
    let district = maker.catalog.regions.root().code;
    let mut campaign = Entry::new("campaign", maker.founded);
    campaign.is("area", district);
    campaign.is("name", "节前餐饮安全整治");
    campaign.is("kind", "kitchen");
    campaign.is("items", "证照、留样、消毒、燃气");
    campaign.is("until", maker.today.plus(10));
    entries.push(campaign);
    let ids =
        commit(writer, maker.now, entries.into_iter().map(|entry| acting(entry.add(None, Vec::new()))).collect())?;
    activities(writer, maker, if known.len() > 8 { &known } else { &ids })
}

fn station(maker: &Maker<'_>, area: RegionCode, tier: &str, called: &str, ago: i32) -> Entry {
    let mut station = maker.site("station", area, called);
    station.is("tier", tier);
    station.is("rooms", if tier == "station" { 2 } else { 6 });
    station.is("active-on", maker.today.plus(-ago));
    station
}

/// What the first stations announce.
fn activities(writer: &mut Writer, maker: &Maker<'_>, stations: &[SubjectId]) -> Result<(), String> {
    let kinds =
        [("film", "反诈公益电影"), ("troupe", "庄户剧团下乡"), ("talk", "冬春防疫宣讲"), ("sport", "健身操教学")];
    // The first station of a village stands after the centre and the sub-centres.
    let above = maker.catalog.regions.all().filter(|one| one.level != Level::Village).count();
    let entries = kinds.into_iter().enumerate().map(|(n, (kind, name))| {
        let mut activity = Entry::new("activity", maker.founded);
        activity.is("area", maker.villages[n]);
        activity.is("station", stations[above + n]);
        activity.is("name", name);
        activity.is("kind", kind);
        activity.is("on", maker.today.plus(i32::try_from(n).unwrap_or(0)));
        activity.is("begins", "19:00");
        activity.is("hours", 2);
        activity.is("places", if n == 0 { 3 } else { 60 });
        activity.is("where", "文化广场");
        acting(activity.add(None, Vec::new()))
    });
    commit(writer, maker.now, entries.collect()).map(drop)
}

/// Reports of the last days and sign-ups for what comes, with what happened to them.
pub(super) fn stories(app: &App, maker: &Maker<'_>, today: Day) -> Vec<(Story, Vec<(Moment, Event)>)> {
    let mut all = Vec::new();
    let seen = [
        ("rubbish", "路口垃圾堆放"),
        ("road", "路面坑洼"),
        ("river", "河面漂浮物"),
        ("fire", "楼道堵塞"),
        ("rubbish", "村口垃圾堆放"),
        ("other", "路灯不亮"),
    ];
    let at = |days: i32, hour: i64| today.plus(-days).start().plus_ms(hour * 3_600_000);
    for n in 0..30 {
        let area = maker.villages[n * n * 3 % maker.villages.len() / 4];
        let (kind, what) = seen[n % seen.len()];
        let mut form = json!({"region": area.to_string(), "kind": kind, "where": "村委会东侧", "what": what});
        let centre = maker.catalog.regions.get(area).and_then(|region| region.centre).filter(|_| n % 3 == 0);
        if let Some(centre) = centre {
            let degrees = |n: i32| format!("{}.{:05}", n / 100_000, n % 100_000);
            (form["north"], form["east"]) = (degrees(centre.north + 150).into(), degrees(centre.east - 120).into());
        }
        let days = i32::try_from(n % 12).unwrap_or(0);
        let mut events = vec![(at(days + 1, 9), Event::Open)];
        if matches!(kind, "rubbish" | "road" | "other") && n % 2 == 0 {
            events.push((at(days, 15), Event::Take));
        }
        all.push((Story::new("grid-report", area, form), events));
    }
    let (image, program) = (app.image(), Viewer::program());
    for (n, activity) in program.look(&image).subjects_of("activity").enumerate() {
        for m in 0..5 {
            let mobile = format!("1540002{:04}", n * 10 + m);
            let form = json!({"region": maker.villages[n].to_string(), "activity": activity.0, "name": "欧阳来", "mobile": mobile, "as": "guest"});
            let hour = 10 + i64::try_from(m).unwrap_or(0);
            all.push((Story::new("activity-signup", maker.villages[n], form), vec![(at(1, hour), Event::Open)]));
        }
    }
    all
}
