//! What a board counts. Pure: one question about how far a case has come, asked for counting and for choosing alike.

use yizhan_core::service::Standing;
use yizhan_kit::Day;

/// A column of the board.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Measure {
    /// Opened today.
    Declared,
    /// Opened within the last seven days, and somebody was reached in time.
    ContactedInTime,
    /// Opened within the last seven days, and nobody was reached in time.
    ContactedLate,
    /// Arrived today.
    Arrived,
    /// Watched over today.
    Monitored,
    /// A step or a report is overdue.
    Overdue,
    /// An officer is to see to a test today, or should have.
    TestsDue,
    /// An alarm is open.
    Alarm,
    /// Released.
    Released,
}

/// For how many days back the first call is looked at.
pub const CALLS_DAYS: i32 = 7;

impl Measure {
    /// Every measure, in the order of the board.
    pub const ALL: [Self; 9] = [
        Self::Declared,
        Self::ContactedInTime,
        Self::ContactedLate,
        Self::Arrived,
        Self::Monitored,
        Self::Overdue,
        Self::TestsDue,
        Self::Alarm,
        Self::Released,
    ];

    /// Its name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Declared => "declared",
            Self::ContactedInTime => "contacted-in-time",
            Self::ContactedLate => "contacted-late",
            Self::Arrived => "arrived",
            Self::Monitored => "monitored",
            Self::Overdue => "late",
            Self::TestsDue => "tests-due",
            Self::Alarm => "alarm",
            Self::Released => "released",
        }
    }

    /// What officers read.
    pub fn title(self) -> (&'static str, &'static str) {
        match self {
            Self::Declared => ("今日申报", "Declared today"),
            Self::ContactedInTime => ("七日内按时联系", "Called in time, 7 days"),
            Self::ContactedLate => ("七日内未按时联系", "Not called in time, 7 days"),
            Self::Arrived => ("今日到达", "Arrived today"),
            Self::Monitored => ("监测中", "In monitoring"),
            Self::Overdue => ("有逾期", "Something overdue"),
            Self::TestsDue => ("应做检测", "Tests due"),
            Self::Alarm => ("告警", "Alarms"),
            Self::Released => ("已解除", "Released"),
        }
    }

    /// Reads its name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|measure| measure.as_str() == text)
    }

    /// Whether only open cases can count.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Monitored | Self::Overdue | Self::TestsDue | Self::Alarm)
    }

    /// Whether a case counts that was opened on a day.
    pub fn counts(self, standing: &Standing, opened: Day, today: Day) -> bool {
        let lately = opened > today.plus(-CALLS_DAYS);
        match self {
            Self::Declared => standing.opened_today,
            Self::ContactedInTime => lately && standing.in_time == Some(true),
            Self::ContactedLate => lately && standing.in_time == Some(false),
            Self::Arrived => standing.arrived == Some(today),
            Self::Monitored => standing.monitored,
            Self::Overdue => standing.overdue,
            Self::TestsDue => standing.due,
            Self::Alarm => standing.alarm,
            Self::Released => standing.released,
        }
    }
}

/// The smallest value that at least such a part of all, in hundredths, does not exceed (nearest rank). `sorted` ascends.
pub fn percentile(sorted: &[u32], hundredths: usize) -> Option<u32> {
    let rank = (sorted.len() * hundredths).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}
