//! The head of a case: the fold of its steps, in few bytes.

use super::names::{AreaIx, NameIx};
use crate::catalog::{Level, Service, Within};
use crate::row::{StepRow, SubjectId};
use yizhan_kit::Moment;
use yizhan_kit::calendar::WorkCalendar;

/// Where a case stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum State {
    /// Waiting for the step the head names.
    Open,
    /// Stopped by an objection until it is answered.
    Objected,
    /// Every step is signed.
    Completed,
    /// Taken back by its opener.
    Withdrawn,
    /// Ended by an officer with a reason.
    Closed,
}

impl State {
    /// Whether somebody still has to act.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Open | Self::Objected)
    }

    /// Its name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Objected => "objected",
            Self::Completed => "completed",
            Self::Withdrawn => "withdrawn",
            Self::Closed => "closed",
        }
    }
}

/// What may happen to a case, as the `verb` column of a step names it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum StepVerb {
    /// The request is made.
    Open,
    /// The step is done; the case moves on.
    Sign,
    /// Back to the step before, with a reason.
    SendBack,
    /// Somebody objects while the case is on notice.
    Object,
    /// The objection is answered; the case goes on.
    Answer,
    /// The opener takes it back.
    Withdraw,
    /// To another area.
    Forward,
    /// An officer ends it with a reason.
    Close,
    /// An entry is recorded; the case stays where it is.
    Record,
    /// A paper is attached; the case stays where it is.
    Attach,
    /// A paper was looked at and will do.
    Accept,
    /// A paper will not do; another is asked for, with a reason.
    Return,
    /// Somebody opened its sealed answers, with a reason.
    Read,
    /// Its identifying fields are forgotten.
    Forget,
}

impl StepVerb {
    /// Every verb, for matrices and docs.
    pub const ALL: [Self; 14] = [
        Self::Open,
        Self::Sign,
        Self::SendBack,
        Self::Object,
        Self::Answer,
        Self::Withdraw,
        Self::Forward,
        Self::Close,
        Self::Record,
        Self::Attach,
        Self::Accept,
        Self::Return,
        Self::Read,
        Self::Forget,
    ];

    /// Its text in rows and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Sign => "sign",
            Self::SendBack => "send-back",
            Self::Object => "object",
            Self::Answer => "answer",
            Self::Withdraw => "withdraw",
            Self::Forward => "forward",
            Self::Close => "close",
            Self::Record => "record",
            Self::Attach => "attach",
            Self::Accept => "accept-paper",
            Self::Return => "return-paper",
            Self::Read => "read",
            Self::Forget => "forget",
        }
    }

    /// Reads its text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verb| verb.as_str() == text)
    }
}

/// Who a case waits for, small enough to be part of a key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Desk {
    /// The village.
    Village,
    /// The township.
    Township,
    /// The district.
    District,
    /// A role, by name.
    Role(NameIx),
    /// Whoever opened it.
    Opener,
}

impl From<Level> for Desk {
    fn from(level: Level) -> Self {
        match level {
            Level::Village => Self::Village,
            Level::Township => Self::Township,
            Level::District => Self::District,
        }
    }
}

/// The state of a case.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseHead {
    /// The case as a subject.
    pub subject: SubjectId,
    /// Its service.
    pub service: NameIx,
    /// The adopted catalog it was opened under, whose form and route it keeps.
    pub catalog: u16,
    /// The area that has it.
    pub area: AreaIx,
    /// Where it stands.
    pub state: State,
    /// The step it waits for, by position on its route.
    pub step: u8,
    /// The act that opened it.
    pub opened: u32,
    /// The act that changed it last: its version.
    pub changed: u32,
    /// When the step it waits for is due, in minutes since 1970; 0 when nothing is due.
    pub due_minutes: u32,
    /// The key its bodies are sealed under; 0 once forgotten.
    pub key: u32,
    /// Its last step's row.
    pub last_step: u32,
    /// When the waiting step began, in minutes since 1970.
    pub since_minutes: u32,
}

impl CaseHead {
    /// When the waiting step is due.
    pub fn due(&self) -> Option<Moment> {
        (self.due_minutes != 0).then(|| from_minutes(self.due_minutes))
    }

    /// Since when it waits for its present step.
    pub fn since(&self) -> Moment {
        from_minutes(self.since_minutes)
    }

    /// Folds one later step in. `position` finds a step of the route by name.
    pub(crate) fn apply(
        &mut self,
        row: &StepRow,
        verb: StepVerb,
        at: Moment,
        service: &Service,
        calendar: &WorkCalendar,
    ) {
        let moved = match verb {
            StepVerb::Sign if usize::from(self.step) + 1 < service.steps.len() => {
                self.step += 1;
                true
            }
            StepVerb::Sign => {
                self.state = State::Completed;
                false
            }
            StepVerb::SendBack => {
                self.step = self.step.saturating_sub(1);
                true
            }
            StepVerb::Object => {
                self.state = State::Objected;
                false
            }
            StepVerb::Answer => {
                self.state = State::Open;
                true
            }
            StepVerb::Withdraw => {
                self.state = State::Withdrawn;
                false
            }
            StepVerb::Close => {
                self.state = State::Closed;
                false
            }
            StepVerb::Forget => {
                self.key = 0;
                // What was still open can be decided no more.
                if self.state.is_open() {
                    self.state = State::Closed;
                }
                false
            }
            StepVerb::Open | StepVerb::Forward | StepVerb::Record | StepVerb::Attach | StepVerb::Read => false,
            StepVerb::Accept | StepVerb::Return => false,
        };
        if moved {
            self.begin_step(at, service, calendar);
        }
        if !self.state.is_open() {
            self.due_minutes = 0;
        }
        self.last_step = u32::try_from(row.n).expect("fewer than 2^32 steps in a zone");
        // A report or a paper that arrives, or a colleague who reads, does not make an officer's page stale.
        let aside = matches!(verb, StepVerb::Record | StepVerb::Attach | StepVerb::Accept | StepVerb::Return);
        if !aside && verb != StepVerb::Read {
            self.changed = u32::try_from(row.seq).expect("fewer than 2^32 acts in a zone");
        }
    }

    /// Starts the clock of the step the case waits for now.
    pub(crate) fn begin_step(&mut self, at: Moment, service: &Service, calendar: &WorkCalendar) {
        self.since_minutes = to_minutes(at);
        let due = service.steps[usize::from(self.step)].within.as_ref().map(|within| due(at, within, calendar));
        self.due_minutes = due.map_or(0, to_minutes);
    }
}

/// When something is due that must be done within a time from a moment. Days end at midnight.
pub fn due(from: Moment, within: &Within, calendar: &WorkCalendar) -> Moment {
    match within {
        Within::Hours(hours) => from.plus_ms(i64::from(*hours) * 3_600_000),
        Within::Days(days) => from.day().plus(i32::try_from(*days).unwrap_or(i32::MAX / 2) + 1).start(),
        Within::WorkingDays(days) => calendar.plus_workdays(from.day(), *days as _).plus(1).start(),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "minutes since 1970 fit until the year 10136"
)]
fn to_minutes(moment: Moment) -> u32 {
    (moment.0.max(0) / 60_000) as u32
}

fn from_minutes(minutes: u32) -> Moment {
    Moment(i64::from(minutes) * 60_000)
}
