//! Self-service terminals as their wall sees them: what a heartbeat says, when silence is an outage, which alarm is raised for
//! it, once, and when it ends. Pure: time is given, nothing is read or written. All of it is working state and no evidence.

mod spell;
#[cfg(test)]
mod tests;
mod wall;

pub use spell::{Repair, Spell, Spells};
pub use wall::{Alarm, Seat, Signal, Wall};

use crate::row::SubjectId;

/// What a device is made of, as far as its heartbeat tells.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Part {
    /// Prints forms and receipts.
    Printer,
    /// What the printer has left to print on.
    Paper,
    /// Reads identity cards.
    CardReader,
    /// The cameras, taken together.
    Cameras,
    /// Its way to the network.
    Network,
    /// The screens, taken together.
    Screen,
}

impl Part {
    /// Every part, in the order of a heartbeat.
    pub const ALL: [Self; 6] =
        [Self::Printer, Self::Paper, Self::CardReader, Self::Cameras, Self::Network, Self::Screen];

    /// Its name in a heartbeat.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Printer => "printer",
            Self::Paper => "paper",
            Self::CardReader => "card-reader",
            Self::Cameras => "cameras",
            Self::Network => "network",
            Self::Screen => "screen",
        }
    }

    /// Reads its name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.as_str() == text)
    }
}

/// How a part is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Condition {
    /// As it should be.
    #[default]
    Good,
    /// The device has none.
    Absent,
    /// It still works, and wants looking after: little paper, a weak signal.
    Low,
    /// It does not work.
    Faulty,
}

impl Condition {
    /// Every condition, the better first.
    pub const ALL: [Self; 4] = [Self::Good, Self::Absent, Self::Low, Self::Faulty];

    /// Its name in a heartbeat.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Absent => "absent",
            Self::Low => "low",
            Self::Faulty => "faulty",
        }
    }

    /// Reads its name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|condition| condition.as_str() == text)
    }
}

/// What a device says every fifteen seconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Beat {
    /// Each part, in the order of [`Part::ALL`].
    pub parts: [Condition; 6],
    /// The version of the configuration that it runs.
    pub config: u32,
}

/// What may be wrong with a device: nothing is heard from it, or a part says that it does not work.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Fault {
    /// Nothing is heard.
    Silence,
    /// A part is faulty.
    Part(Part),
}

impl Fault {
    /// Every fault, silence first.
    pub const ALL: [Self; 7] = [
        Self::Silence,
        Self::Part(Part::Printer),
        Self::Part(Part::Paper),
        Self::Part(Part::CardReader),
        Self::Part(Part::Cameras),
        Self::Part(Part::Network),
        Self::Part(Part::Screen),
    ];

    /// Its name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Silence => "silence",
            Self::Part(part) => part.as_str(),
        }
    }
}

/// Whom an alarm is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Whom {
    /// A hall most of whose devices have the same fault at once: one cause, one alarm.
    Hall(SubjectId),
    /// One device.
    Device(SubjectId),
}

/// What an alarm is about: at most one alarm of a cause is open.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Cause {
    /// Whom.
    pub whom: Whom,
    /// What is wrong.
    pub fault: Fault,
}

/// When things are taken for what they seem. Milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// How often a device is heard.
    pub beat_ms: i64,
    /// Silence that counts as missing when the devices of a hall are counted: one beat did not come.
    pub missed_ms: i64,
    /// Silence that is an outage: two beats did not come.
    pub silent_ms: i64,
    /// How long an outage lasts before it is an alarm: one beat of grace, in which the other devices of a hall that lost its
    /// network fall silent too.
    pub grace_ms: i64,
    /// How long a part is faulty before it is an alarm, and how long all must be well before an alarm ends: two beats, so that
    /// what flickers rings once.
    pub calm_ms: i64,
    /// After how long an open alarm is repeated, again and again; the last of them for ever.
    pub repeat_ms: [i64; 3],
    /// Of a hundred devices of a hall, how many must have the same fault for one alarm of the hall.
    pub hall_percent: usize,
    /// The fewest devices that make a hall's alarm.
    pub hall_least: usize,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            beat_ms: 15_000,
            missed_ms: 20_000,
            silent_ms: 30_000,
            grace_ms: 15_000,
            calm_ms: 30_000,
            repeat_ms: [30 * 60_000, 2 * 3_600_000, 8 * 3_600_000],
            hall_percent: 80,
            hall_least: 2,
        }
    }
}
