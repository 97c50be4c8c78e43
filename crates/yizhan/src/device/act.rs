//! What happens to devices: they are heard, told something, set up, mended.

use super::model::{BeatOf, DeviceConfig, DeviceSettings, DeviceTold, OrderOf};
use super::rule;
use crate::app::{App, Request, store};
use crate::case;
use crate::staff::http::name as staff_name;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, RwLock};
use tokio::sync::{Notify, watch};
use yizhan_core::access::{Deed, Seen, Viewer};
use yizhan_core::device::{Signal, Timing, Wall};
use yizhan_core::image::fact::Value;
use yizhan_core::row::SubjectId;
use yizhan_kit::{Moment, Problem};

/// After how long an order that did not arrive is dropped: a page that comes back next day is not to be restarted then.
const ORDER_MS: i64 = 10 * 60_000;
/// How many orders of a device are remembered.
const ORDERS: usize = 8;
/// How many versions of the configuration are kept.
const VERSIONS: usize = 20;
/// How many signals wait to be told at most.
const UNTOLD: usize = 1_000;
/// The service by which devices are mended.
pub const REPAIR: &str = "device-repair";
pub(super) const FOR_EVER: Moment = Moment(i64::MAX);

/// Every device's wall, line and orders.
pub struct Devices {
    ready: OnceLock<()>,
    wall: Mutex<Wall>,
    lines: Mutex<HashMap<SubjectId, Line>>,
    /// Devices by the digest of their secret.
    pub(super) known: RwLock<HashMap<String, SubjectId>>,
    configs: RwLock<Vec<DeviceConfig>>,
    /// Changes with whatever the wall shows.
    pub changed: watch::Sender<u64>,
    /// The version of the wall that consoles were told of.
    shown: AtomicU64,
    /// When this process began to watch.
    began: AtomicU64,
    orders: AtomicU64,
    /// Alarms that began, were repeated or ended, and that nobody was told of yet.
    untold: Mutex<VecDeque<Signal>>,
}

/// What is between us and a device.
#[derive(Default)]
pub struct Line {
    /// What it was told lately, the oldest first.
    pub orders: VecDeque<Order>,
    /// Rings when there is something to tell.
    pub(super) bell: Arc<Notify>,
    /// The case by which it is mended.
    pub ticket: Option<String>,
}

/// Something a device was told.
#[derive(Clone)]
pub struct Order {
    /// What it is told.
    pub of: OrderOf,
    /// Who said so.
    pub by: String,
    /// When.
    pub at: Moment,
    /// Whether it was sent.
    pub sent: Option<Moment>,
    /// Whether it was carried out.
    pub done: Option<Moment>,
}

impl Order {
    /// Where it stands.
    pub fn state(&self, now: Moment) -> &'static str {
        match (self.done, self.sent) {
            (Some(_), _) => "done",
            _ if self.is_over(now) => "expired",
            (None, Some(_)) => "sent",
            (None, None) => "waiting",
        }
    }

    fn is_over(&self, now: Moment) -> bool {
        now.0 - self.at.0 > ORDER_MS
    }
}

/// A code or a secret as it is kept, under its digest.
#[derive(Serialize, Deserialize)]
pub(super) struct Kept {
    /// The device.
    pub(super) device: u32,
}

impl Default for Devices {
    fn default() -> Self {
        Self {
            ready: OnceLock::new(),
            wall: Mutex::new(Wall::new(Timing::default())),
            lines: Mutex::default(),
            known: RwLock::default(),
            configs: RwLock::default(),
            changed: watch::Sender::new(0),
            shown: AtomicU64::new(0),
            began: AtomicU64::new(0),
            orders: AtomicU64::new(0),
            untold: Mutex::default(),
        }
    }
}

impl Devices {
    /// The devices of an application, as they were left when the program stopped.
    pub fn of(app: &App) -> &Self {
        app.devices.ready.get_or_init(|| {
            if let Err(problem) = app.devices.gather(app) {
                tracing::error!(%problem, "the devices could not be read");
            }
        });
        &app.devices
    }

    fn gather(&self, app: &App) -> Result<(), Problem> {
        let now = app.real_clock.now();
        self.began.store(u64::try_from(now.0).unwrap_or(0), Ordering::Relaxed);
        // Orders are numbered on from the time, so that no number comes twice however often the program starts.
        self.orders.store(u64::try_from(now.0).unwrap_or(0), Ordering::Relaxed);
        let image = app.image();
        let program = Viewer::program();
        let seen = program.look(&image);
        let mut known = self.known.write().expect("no panic while secrets are held");
        for (digest, kept) in list::<Kept>(app, "device", now)? {
            let device = SubjectId(kept.device);
            let Some(hall) = hall_of(&seen, device) else { continue };
            known.insert(digest, device);
            self.wall().seat(device, hall, now.0);
        }
        for (device, number) in list::<String>(app, "device-ticket", now)? {
            if let Ok(device) = device.parse() {
                self.lines().entry(SubjectId(device)).or_default().ticket = Some(number);
            }
        }
        let mut configs: Vec<DeviceConfig> =
            list(app, "device-config", now)?.into_iter().map(|(_, config)| config).collect();
        configs.sort_by_key(|config| config.version);
        *self.configs.write().expect("no panic while the configuration is held") = configs;
        Ok(())
    }

    /// The wall.
    pub fn wall(&self) -> std::sync::MutexGuard<'_, Wall> {
        self.wall.lock().expect("no panic while the wall is held")
    }

    /// What is between us and each device.
    pub fn lines(&self) -> std::sync::MutexGuard<'_, HashMap<SubjectId, Line>> {
        self.lines.lock().expect("no panic while the lines are held")
    }

    /// When this process began to watch.
    pub fn began(&self) -> Moment {
        Moment(i64::try_from(self.began.load(Ordering::Relaxed)).unwrap_or(0))
    }

    /// The device that a secret is of.
    ///
    /// # Errors
    /// `unknown-device`.
    pub fn known(&self, app: &App, secret: &str) -> Result<SubjectId, Problem> {
        let digest = app.vault.digest("device", secret.as_bytes()).to_string();
        let known = self.known.read().expect("no panic while secrets are held");
        known.get(&digest).copied().ok_or_else(rule::unknown)
    }

    /// A heartbeat: what the device is to be told. `told` is the version of the configuration that it was told last.
    ///
    /// # Errors
    /// `unknown-device` once it was retired.
    pub fn beat(&self, device: SubjectId, of: &BeatOf, now: Moment, told: &mut u32) -> Result<DeviceTold, Problem> {
        let (known, version) = {
            let mut wall = self.wall();
            (wall.beat(device, of.beat(), now.0), wall.version())
        };
        if !known {
            return Err(rule::unknown());
        }
        if !of.done.is_empty() {
            self.done(device, &of.done, now);
        }
        self.tell(version);
        let config = self.newest_but(of.config).filter(|newest| newest.version != *told);
        if let Some(config) = &config {
            *told = config.version;
        }
        Ok(DeviceTold { orders: Vec::new(), config })
    }

    /// Orders that a device has not carried out; those that it was not sent yet, or all.
    pub fn orders(&self, device: SubjectId, now: Moment, again: Again) -> Vec<OrderOf> {
        let mut lines = self.lines();
        let Some(line) = lines.get_mut(&device) else { return Vec::new() };
        let mut due = Vec::new();
        for order in &mut line.orders {
            let wanted = order.done.is_none() && !order.is_over(now) && (again == Again::All || order.sent.is_none());
            if wanted {
                order.sent.get_or_insert(now);
                due.push(order.of.clone());
            }
        }
        due
    }

    fn done(&self, device: SubjectId, numbers: &[u64], now: Moment) {
        let mut lines = self.lines();
        let Some(line) = lines.get_mut(&device) else { return };
        for order in line.orders.iter_mut().filter(|order| numbers.contains(&order.of.n)) {
            order.done.get_or_insert(now);
        }
        drop(lines);
        self.changed.send_modify(|version| *version += 1);
    }

    /// Takes a device's line over: the bell that rings when there is something to tell it. Whoever had the line hears it ring
    /// once more, and finds that it is no longer theirs.
    pub fn take_line(&self, device: SubjectId) -> Arc<Notify> {
        let mut lines = self.lines();
        let line = lines.entry(device).or_default();
        let before = std::mem::take(&mut line.bell);
        before.notify_one();
        line.bell.clone()
    }

    /// Whether a line is still the one that a device is told things on.
    pub fn has_line(&self, device: SubjectId, bell: &Arc<Notify>) -> bool {
        self.lines().get(&device).is_some_and(|line| Arc::ptr_eq(&line.bell, bell))
    }

    /// The configuration that a device should run, if it is another than the one it runs. Asked with every heartbeat.
    fn newest_but(&self, runs: u32) -> Option<DeviceConfig> {
        let configs = self.configs.read().expect("no panic while the configuration is held");
        configs.last().filter(|newest| newest.version != runs).cloned()
    }

    /// The configuration that devices should run.
    pub fn newest(&self) -> Option<DeviceConfig> {
        self.configs.read().expect("no panic while the configuration is held").last().cloned()
    }

    /// Every version of it that is kept, the latest first.
    pub fn configs(&self) -> Vec<DeviceConfig> {
        self.configs.read().expect("no panic while the configuration is held").iter().rev().cloned().collect()
    }

    /// Looks who fell silent and which alarms begin and end; each is written to the log, and told by [`super::tell`].
    pub fn look(&self, now: Moment) {
        let (signals, version) = {
            let mut wall = self.wall();
            (wall.look(now.0), wall.version())
        };
        let mut untold = self.untold.lock().expect("no panic while signals are held");
        for signal in signals {
            if untold.len() == UNTOLD {
                untold.pop_front();
            }
            untold.push_back(signal);
            match signal {
                Signal::Raised(alarm) => {
                    tracing::warn!(n = alarm.n, fault = alarm.cause.fault.as_str(), whom = ?alarm.cause.whom, devices = alarm.devices, "alarm");
                }
                Signal::Repeated(alarm) => {
                    tracing::warn!(n = alarm.n, fault = alarm.cause.fault.as_str(), whom = ?alarm.cause.whom, times = alarm.repeats, "alarm still open");
                }
                Signal::Cleared(alarm) => {
                    tracing::info!(n = alarm.n, fault = alarm.cause.fault.as_str(), whom = ?alarm.cause.whom, "alarm over");
                }
            }
        }
        drop(untold);
        self.tell(version);
    }

    /// What nobody was told of yet, the oldest first; from now on it is told.
    pub fn take_untold(&self) -> Vec<Signal> {
        self.untold.lock().expect("no panic while signals are held").drain(..).collect()
    }

    /// Tells open consoles that the wall changed.
    fn tell(&self, version: u64) {
        if self.shown.swap(version, Ordering::Relaxed) != version {
            self.changed.send_modify(|changes| *changes += 1);
        }
    }
}

/// Which orders.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// Those that were not sent.
    New,
    /// All that were not carried out: a line was cut, or there is none.
    All,
}

/// The hall where a device stands; nothing once it was retired.
pub fn hall_of(seen: &Seen<'_>, device: SubjectId) -> Option<SubjectId> {
    if seen.latest(device, "device.retired-on").is_some() {
        return None;
    }
    match seen.latest(device, "device.hall") {
        Some(Value::Subject(hall)) => Some(hall),
        _ => None,
    }
}

/// A device that a viewer may tend, and its hall.
///
/// # Errors
/// `forbidden`, `not-found`.
pub fn tended(app: &App, viewer: &Viewer, device: u32) -> Result<(SubjectId, SubjectId), Problem> {
    viewer.must(Deed::TendDevices)?;
    let image = app.image();
    let (seen, device) = (viewer.look(&image), SubjectId(device));
    let is_device = image.kind(device).is_some_and(|kind| **kind == *"device");
    let hall = is_device.then(|| hall_of(&seen, device)).flatten().ok_or_else(rule::missing)?;
    Ok((device, hall))
}

/// Tells devices what to do.
///
/// # Errors
/// `forbidden`, `not-found`.
pub fn order(app: &App, viewer: &Viewer, devices: &[u32], what: &str, text: &str) -> Result<usize, Problem> {
    let whom = devices.iter().map(|device| tended(app, viewer, *device)).collect::<Result<Vec<_>, _>>()?;
    let (all, by, at) = (Devices::of(app), staff_name(&app.image(), viewer.actor), app.real_clock.now());
    let mut lines = all.lines();
    for (device, _) in &whom {
        let n = all.orders.fetch_add(1, Ordering::Relaxed) + 1;
        let line = lines.entry(*device).or_default();
        // A later order of a kind takes the place of one that has not arrived.
        line.orders.retain(|order| order.sent.is_some() || order.of.what != what);
        if line.orders.len() == ORDERS {
            line.orders.pop_front();
        }
        let of = OrderOf { n, what: what.to_owned(), text: text.to_owned() };
        line.orders.push_back(Order { of, by: by.clone(), at, sent: None, done: None });
        line.bell.notify_one();
        tracing::info!(device = device.0, what, by, "order");
    }
    drop(lines);
    all.changed.send_modify(|version| *version += 1);
    Ok(whom.len())
}

/// Makes a new version of the configuration.
///
/// # Errors
/// `forbidden`, the store's failure.
pub fn configure(app: &App, viewer: &Viewer, settings: DeviceSettings) -> Result<DeviceConfig, Problem> {
    viewer.must(Deed::KeepLists)?;
    rule::settings(&settings)?;
    let devices = Devices::of(app);
    let mut configs = devices.configs.write().expect("no panic while the configuration is held");
    let version = configs.last().map_or(1, |last| last.version + 1);
    let (by, at) = (staff_name(&app.image(), viewer.actor), app.now().to_string());
    let config = DeviceConfig { version, settings, by, at };
    put(app, "device-config", &format!("{version:010}"), &config, FOR_EVER)?;
    if configs.len() == VERSIONS {
        let oldest = configs.remove(0);
        delete(app, "device-config", &format!("{:010}", oldest.version))?;
    }
    configs.push(config.clone());
    drop(configs);
    devices.lines().values().for_each(|line| line.bell.notify_one());
    devices.changed.send_modify(|version| *version += 1);
    Ok(config)
}

/// Opens a case by which a device is mended; while one is open, that one.
///
/// # Errors
/// The refusal of opening it.
pub async fn mend(
    app: &App,
    viewer: &Viewer,
    request: Request,
    device: u32,
    fault: &str,
    what: &str,
) -> Result<String, Problem> {
    let (device, hall) = tended(app, viewer, device)?;
    if let Some(open) = ticket(app, device) {
        return Ok(open);
    }
    let image = app.image();
    let seen = viewer.look(&image);
    let text = |subject, attribute: &str| match seen.latest(subject, attribute) {
        Some(Value::Text(text)) => text.to_string(),
        _ => String::new(),
    };
    let area = seen.place_of(device).map(|area| area.to_string()).unwrap_or_default();
    let answers = serde_json::json!({
        "region": area, "device": device.0, "place": text(hall, "hall.name"), "name": text(device, "device.name"),
        "fault": rule::fault(fault)?, "what": what.trim(),
    });
    let outcome = case::act::open(app, viewer.actor, REPAIR, request, answers.to_string().as_bytes()).await?;
    let number = case::act::receipt(app, &outcome)?.number;
    put(app, "device-ticket", &device.0.to_string(), &number, FOR_EVER)?;
    let devices = Devices::of(app);
    devices.lines().entry(device).or_default().ticket = Some(number.clone());
    devices.changed.send_modify(|version| *version += 1);
    Ok(number)
}

/// The open case by which a device is mended.
pub fn ticket(app: &App, device: SubjectId) -> Option<String> {
    let number = Devices::of(app).lines().get(&device)?.ticket.clone()?;
    let image = app.image();
    let program = Viewer::program();
    let is_open = program.look(&image).numbered(&number).is_ok_and(|head| head.state.is_open());
    is_open.then_some(number)
}

pub(super) fn put(app: &App, kind: &str, name: &str, value: &impl Serialize, until: Moment) -> Result<(), Problem> {
    let bytes = serde_json::to_vec(value).map_err(|error| store(&error))?;
    app.with_working(|working| working.put(kind, name, &bytes, until)).map_err(|error| store(&error))
}

pub(super) fn delete(app: &App, kind: &str, name: &str) -> Result<(), Problem> {
    app.with_working(|working| working.delete(kind, name)).map_err(|error| store(&error))
}

fn list<T: DeserializeOwned>(app: &App, kind: &str, now: Moment) -> Result<Vec<(String, T)>, Problem> {
    let kept = app.with_working(|working| working.list(kind, now)).map_err(|error| store(&error))?;
    Ok(kept.into_iter().filter_map(|(name, bytes)| Some((name, serde_json::from_slice(&bytes).ok()?))).collect())
}
