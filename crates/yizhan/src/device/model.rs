//! What the room's API takes and gives.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use yizhan_core::device::{Beat, Condition};

/// How a part is.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema, PartialEq, Eq, Debug, Default)]
#[serde(rename_all = "kebab-case")]
pub enum ConditionOf {
    /// As it should be.
    Good,
    /// The device has none.
    #[default]
    Absent,
    /// It still works, and wants looking after.
    Low,
    /// It does not work.
    Faulty,
}

impl From<ConditionOf> for Condition {
    fn from(of: ConditionOf) -> Self {
        match of {
            ConditionOf::Good => Self::Good,
            ConditionOf::Absent => Self::Absent,
            ConditionOf::Low => Self::Low,
            ConditionOf::Faulty => Self::Faulty,
        }
    }
}

/// What a device says every fifteen seconds. A part that is not named is one the device does not have.
#[derive(Clone, Deserialize, Serialize, ToSchema, Default, Debug)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct BeatOf {
    /// Prints forms and receipts.
    pub printer: ConditionOf,
    /// What the printer has left to print on.
    pub paper: ConditionOf,
    /// Reads identity cards.
    pub card_reader: ConditionOf,
    /// The cameras.
    pub cameras: ConditionOf,
    /// The way to the network.
    pub network: ConditionOf,
    /// The screens.
    pub screen: ConditionOf,
    /// The version of the configuration that the device runs.
    pub config: u32,
    /// The numbers of orders that were carried out.
    pub done: Vec<u64>,
}

impl BeatOf {
    /// As the wall takes it.
    pub fn beat(&self) -> Beat {
        let parts = [self.printer, self.paper, self.card_reader, self.cameras, self.network, self.screen];
        Beat { parts: parts.map(Condition::from), config: self.config }
    }
}

/// What a device says over its line: a beat, a visit that is over, or both.
#[derive(Clone, Deserialize, Serialize, Default, Debug)]
#[serde(deny_unknown_fields, default)]
pub struct Said {
    /// A heartbeat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beat: Option<BeatOf>,
    /// A visit that is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visit: Option<crate::behaviour::model::VisitSaid>,
}

/// What a device is told: orders, each until it says that it is done, and the configuration when it runs another.
#[derive(Clone, Serialize, Deserialize, ToSchema, Default, Debug)]
pub struct DeviceTold {
    /// What to do.
    pub orders: Vec<OrderOf>,
    /// What to run.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub config: Option<DeviceConfig>,
}

/// Something to do.
#[derive(Clone, Serialize, Deserialize, ToSchema, Debug)]
pub struct OrderOf {
    /// Its number; the same order may come twice and is carried out once.
    pub n: u64,
    /// `restart` or `notice`.
    pub what: String,
    /// What a notice says; nothing takes it away.
    #[serde(default)]
    pub text: String,
}

/// How devices are set up.
#[derive(Clone, Serialize, Deserialize, ToSchema, Default, Debug, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct DeviceSettings {
    /// The home screen: names of services, the first place first.
    pub order: Vec<String>,
    /// After how many seconds without a touch a visit is over: 30 to 600.
    pub idle_seconds: u32,
}

/// A version of the configuration.
#[derive(Clone, Serialize, Deserialize, ToSchema, Debug)]
pub struct DeviceConfig {
    /// Counted from one; 0 is what a device has from its maker.
    pub version: u32,
    /// What it says.
    pub settings: DeviceSettings,
    /// Who made it.
    pub by: String,
    /// When, RFC 3339.
    pub at: String,
}

/// The configuration and those before it, the latest first.
#[derive(Serialize, ToSchema)]
pub struct DeviceConfigs {
    /// The versions.
    pub versions: Vec<DeviceConfig>,
}

/// A hall to be added.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewHall {
    /// What people call it.
    pub name: String,
    /// The area it lies in, twelve digits.
    pub area: String,
}

/// A device to be added.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDevice {
    /// What people call it.
    pub name: String,
    /// The number of the hall where it stands.
    pub hall: u32,
}

/// What was added.
#[derive(Serialize, ToSchema)]
pub struct DeviceAdded {
    /// Its number in the register.
    pub subject: u32,
}

/// A code by which one device is enrolled, once.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct DeviceCode {
    /// The device.
    pub device: u32,
    /// The code, to be typed at the device.
    pub code: String,
    /// For how many hours it is good.
    pub hours: u32,
}

/// A code that is traded for a secret.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Enrol {
    /// The code.
    pub code: String,
}

/// What a device needs from now on.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct Enrolled {
    /// Its number.
    pub device: u32,
    /// Its hall's number.
    pub hall: u32,
    /// Its secret, shown this once: `Authorization: Bearer …`.
    pub secret: String,
    /// Seconds between heartbeats.
    pub beat_seconds: u32,
}

/// How many codes a demonstration hands out.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DemoCodes {
    /// 1 to 2,000.
    pub count: usize,
}

/// An order to several devices.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrder {
    /// Which devices, up to 500.
    pub devices: Vec<u32>,
    /// `restart` or `notice`.
    pub what: String,
    /// What a notice says, up to 200 characters; nothing takes the last one away.
    #[serde(default)]
    pub text: String,
}

/// How many were told.
#[derive(Serialize, ToSchema)]
pub struct DevicesTold {
    /// Devices.
    pub devices: usize,
}

/// What is to be mended.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTicket {
    /// `silence` or a part's name, or `other`.
    pub fault: String,
    /// What was seen.
    pub what: String,
}

/// A case that was opened.
#[derive(Serialize, ToSchema)]
pub struct DeviceTicket {
    /// Its number.
    pub number: String,
}

/// Which part of the wall.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct WallAsked {
    /// Only this area and below.
    #[serde(default)]
    pub area: Option<String>,
    /// The language.
    #[serde(default)]
    #[param(ignore)]
    #[allow(dead_code, reason = "read by the layer around every request")]
    pub lang: Option<String>,
}

/// The wall.
#[derive(Serialize, ToSchema)]
pub struct WallView {
    /// Devices by state: `good`, `low`, `faulty`, `silent`, `awaited`.
    pub counts: Vec<DeviceCount>,
    /// The halls, what is worst first.
    pub halls: Vec<HallView>,
    /// The alarms that are open, the latest first.
    pub alarms: Vec<DeviceAlarm>,
    /// How long repairs took in the last seven days, as far as this process remembers.
    pub repairs: Vec<DeviceRepair>,
    /// The version of the configuration that devices should run.
    pub config: u32,
    /// Whether the viewer may tell devices what to do.
    pub tends: bool,
    /// For how long this process has watched, seconds.
    pub watched_seconds: i64,
}

/// How many devices are in a state.
#[derive(Serialize, ToSchema)]
pub struct DeviceCount {
    /// The state.
    pub state: String,
    /// How many.
    pub devices: usize,
}

/// A hall.
#[derive(Serialize, ToSchema)]
pub struct HallView {
    /// Its number.
    pub hall: u32,
    /// Its name.
    pub name: String,
    /// Where it is.
    pub area_name: String,
    /// Whether most of it fell silent at once.
    pub alarm: bool,
    /// Its devices, what is worst first.
    pub devices: Vec<DeviceView>,
}

/// A device.
#[derive(Serialize, ToSchema)]
pub struct DeviceView {
    /// Its number.
    pub device: u32,
    /// Its name.
    pub name: String,
    /// `silent`, `faulty`, `low`, `good`; `awaited` until its code was traded.
    pub state: String,
    /// For how long so: seconds since it was heard last when it is silent, since the oldest fault when it is faulty.
    pub for_seconds: i64,
    /// Its parts.
    pub parts: Vec<DevicePart>,
    /// The version of the configuration that it runs.
    pub config: u32,
    /// Whether an alarm of its own is open.
    pub alarm: bool,
    /// Of a thousand parts of the last day, or of the time it was watched, in how many it was heard.
    pub heard_permille: u32,
    /// Outages in the last seven days.
    pub outages: usize,
    /// The case by which it is being mended.
    pub ticket: Option<String>,
    /// What it was told last.
    pub orders: Vec<DeviceOrder>,
}

/// A part of a device.
#[derive(Serialize, ToSchema)]
pub struct DevicePart {
    /// Its name.
    pub part: String,
    /// `good`, `absent`, `low` or `faulty`.
    pub condition: String,
}

/// Something a device was told.
#[derive(Serialize, ToSchema)]
pub struct DeviceOrder {
    /// Its number.
    pub n: u64,
    /// `restart` or `notice`.
    pub what: String,
    /// What a notice says.
    pub text: String,
    /// Who.
    pub by: String,
    /// How long ago, seconds.
    pub ago_seconds: i64,
    /// `waiting`, `sent`, `done` or `expired`.
    pub state: String,
}

/// An alarm that is open.
#[derive(Serialize, ToSchema)]
pub struct DeviceAlarm {
    /// Its number.
    pub n: u64,
    /// What is wrong: `silence` or a part.
    pub fault: String,
    /// The hall.
    pub hall: u32,
    /// Its name.
    pub hall_name: String,
    /// The device, unless it is the whole hall.
    pub device: Option<u32>,
    /// Its name.
    pub device_name: String,
    /// How many devices suffered when it was raised.
    pub devices: usize,
    /// How long ago it was raised, seconds.
    pub ago_seconds: i64,
    /// How often it was repeated.
    pub repeats: usize,
}

/// How long a kind of fault takes to repair.
#[derive(Serialize, ToSchema)]
pub struct DeviceRepair {
    /// What was wrong.
    pub fault: String,
    /// How often.
    pub count: usize,
    /// The middle, seconds.
    pub median_seconds: i64,
    /// The longest, seconds.
    pub longest_seconds: i64,
}
