//! The wall as a viewer sees it: the halls of their area, what is worst first.

use super::act::{Devices, hall_of, ticket};
use super::model::{DeviceAlarm, DeviceCount, DeviceOrder, DevicePart, DeviceRepair, DeviceView, HallView, WallView};
use crate::app::App;
use crate::case::view::area_name;
use std::collections::{BTreeMap, HashSet};
use yizhan_core::access::{Deed, Seen, Viewer, may};
use yizhan_core::device::{Condition, Fault, Part, Seat, Wall, Whom};
use yizhan_core::image::fact::Value;
use yizhan_core::row::SubjectId;
use yizhan_kit::{Moment, Problem};

/// The states of devices, the worst first.
const STATES: [&str; 5] = ["silent", "faulty", "low", "awaited", "good"];
/// Over which time it is told how much a device was heard, and over which its outages are counted, milliseconds.
const DAY_MS: i64 = 86_400_000;
const WEEK_MS: i64 = 7 * DAY_MS;

/// The name of a hall or a device.
pub fn name(seen: &Seen<'_>, subject: SubjectId, attribute: &str) -> String {
    match seen.latest(subject, attribute) {
        Some(Value::Text(text)) => text.to_string(),
        _ => String::new(),
    }
}

/// The wall.
///
/// # Errors
/// `forbidden`.
pub fn wall(app: &App, viewer: &Viewer) -> Result<WallView, Problem> {
    viewer.must(Deed::Count)?;
    let devices = Devices::of(app);
    let now = app.real_clock.now();
    devices.look(now);
    let image = app.image();
    let seen = viewer.look(&image);
    let mut halls: BTreeMap<SubjectId, HallView> = seen
        .subjects_of("hall")
        .map(|hall| {
            let area = seen.place_of(hall).map(|area| area_name(&image, area)).unwrap_or_default();
            let view = HallView {
                hall: hall.0,
                name: name(&seen, hall, "hall.name"),
                area_name: area,
                alarm: false,
                devices: Vec::new(),
            };
            (hall, view)
        })
        .collect();
    let standing: Vec<(SubjectId, SubjectId)> =
        seen.subjects_of("device").filter_map(|device| Some((device, hall_of(&seen, device)?))).collect();
    // The cases that mend devices are asked for before the wall is held: a heartbeat is not to wait for them.
    let tickets: BTreeMap<SubjectId, String> =
        standing.iter().filter_map(|(device, _)| Some((*device, ticket(app, *device)?))).collect();
    let wall = devices.wall();
    let alarmed: HashSet<SubjectId> = wall
        .alarms()
        .filter_map(|alarm| match alarm.cause.whom {
            Whom::Device(device) => Some(device),
            Whom::Hall(_) => None,
        })
        .collect();
    for (device, hall) in &standing {
        let Some(view) = halls.get_mut(hall) else { continue };
        let mut one = row(&wall, *device, now, devices.began());
        one.name = name(&seen, *device, "device.name");
        one.alarm = alarmed.contains(device);
        one.ticket = tickets.get(device).cloned();
        view.devices.push(one);
    }
    let alarms = alarms(&wall, &seen, &halls, now);
    let shown: HashSet<SubjectId> = standing.iter().map(|(device, _)| *device).collect();
    let repairs = wall.spells().repairs(now.0 - WEEK_MS, |device| shown.contains(&device));
    drop(wall);
    tell_orders(devices, &mut halls, now);
    for alarm in alarms.iter().filter(|alarm| alarm.device.is_none()) {
        halls.entry(SubjectId(alarm.hall)).and_modify(|hall| hall.alarm = true);
    }
    let rank = |state: &str| STATES.iter().position(|known| *known == state).unwrap_or(STATES.len());
    let mut halls: Vec<HallView> = halls.into_values().collect();
    for hall in &mut halls {
        hall.devices.sort_by_cached_key(|one| (rank(&one.state), !one.alarm, one.name.clone()));
    }
    halls.sort_by_cached_key(|hall| {
        let in_state = |state: &str| hall.devices.iter().filter(|one| one.state == state).count();
        let (silent, faulty, low) = (in_state("silent"), in_state("faulty"), in_state("low"));
        (!hall.alarm, usize::MAX - silent, usize::MAX - faulty, usize::MAX - low, hall.hall)
    });
    let count = |state: &&str| halls.iter().flat_map(|hall| &hall.devices).filter(|one| one.state == **state).count();
    Ok(WallView {
        counts: STATES.iter().map(|state| DeviceCount { state: (*state).to_owned(), devices: count(state) }).collect(),
        halls,
        alarms,
        repairs: repairs
            .into_iter()
            .map(|repair| DeviceRepair {
                fault: repair.fault.as_str().into(),
                count: repair.count,
                median_seconds: repair.median_ms / 1000,
                longest_seconds: repair.longest_ms / 1000,
            })
            .collect(),
        config: devices.newest().map_or(0, |config| config.version),
        tends: may(viewer.role, Deed::TendDevices),
        watched_seconds: (now.0 - devices.began().0) / 1000,
    })
}

/// The state of a seat, and since when.
fn state(seat: &Seat) -> (&'static str, i64) {
    if let Some(since) = seat.silent_since() {
        return ("silent", since);
    }
    if let Some(since) = seat.faults().map(|(_, since)| since).min() {
        return ("faulty", since);
    }
    let is_low = seat.last.is_some_and(|beat| beat.parts.contains(&Condition::Low));
    (if is_low { "low" } else { "good" }, seat.heard)
}

fn row(wall: &Wall, device: SubjectId, now: Moment, began: Moment) -> DeviceView {
    let seat = wall.find(device);
    let (state, since) = seat.map_or(("awaited", now.0), state);
    let told = seat.and_then(|seat| seat.last);
    let parts = told.map(|beat| {
        Part::ALL
            .into_iter()
            .zip(beat.parts)
            .map(|(part, condition)| DevicePart { part: part.as_str().into(), condition: condition.as_str().into() })
            .collect()
    });
    let spells = wall.spells();
    let outages = spells.of(device, now.0 - WEEK_MS).filter(|spell| spell.fault == Fault::Silence).count();
    let silent = seat.and_then(Seat::silent_since);
    DeviceView {
        device: device.0,
        name: String::new(),
        state: state.into(),
        for_seconds: (now.0 - since).max(0) / 1000,
        parts: parts.unwrap_or_default(),
        config: told.map_or(0, |beat| beat.config),
        alarm: false,
        heard_permille: seat.map_or(0, |_| spells.heard_permille(device, began.0.max(now.0 - DAY_MS), now.0, silent)),
        outages: outages + usize::from(silent.is_some()),
        ticket: None,
        orders: Vec::new(),
    }
}

fn alarms(wall: &Wall, seen: &Seen<'_>, halls: &BTreeMap<SubjectId, HallView>, now: Moment) -> Vec<DeviceAlarm> {
    let mut told: Vec<DeviceAlarm> = wall
        .alarms()
        .filter_map(|alarm| {
            let (hall, device) = match alarm.cause.whom {
                Whom::Hall(hall) => (hall, None),
                Whom::Device(device) => (wall.find(device)?.hall, Some(device)),
            };
            Some(DeviceAlarm {
                n: alarm.n,
                fault: alarm.cause.fault.as_str().into(),
                hall: hall.0,
                hall_name: halls.get(&hall)?.name.clone(),
                device: device.map(|device| device.0),
                device_name: device.map(|device| name(seen, device, "device.name")).unwrap_or_default(),
                devices: alarm.devices,
                ago_seconds: (now.0 - alarm.raised) / 1000,
                repeats: alarm.repeats,
            })
        })
        .collect();
    told.sort_by_key(|alarm| u64::MAX - alarm.n);
    told
}

fn tell_orders(devices: &Devices, halls: &mut BTreeMap<SubjectId, HallView>, now: Moment) {
    let lines = devices.lines();
    for one in halls.values_mut().flat_map(|hall| &mut hall.devices) {
        let Some(line) = lines.get(&SubjectId(one.device)) else { continue };
        one.orders = line
            .orders
            .iter()
            .rev()
            .map(|order| DeviceOrder {
                n: order.of.n,
                what: order.of.what.clone(),
                text: order.of.text.clone(),
                by: order.by.clone(),
                ago_seconds: (now.0 - order.at.0) / 1000,
                state: order.state(now).into(),
            })
            .collect();
    }
}
