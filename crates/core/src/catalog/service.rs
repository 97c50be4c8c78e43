//! A service item (办事事项): its form, its route, what may be recorded meanwhile and what must be done by when.

use super::alarm::Alarm;
use super::collects::Collects;
use super::duty::Duty;
use super::form::Form;
use super::learn::Learning;
use super::money::{Afterwards, Batch, Lines, Movement};
use super::parameter::Parameter;
use super::publish::Publishing;
use super::region::Level;
use super::settles::{Settles, Settling, Sharing};
use super::source::{Expected, Words, texts};
use serde_json::Value;
use std::collections::BTreeMap;
use std::str::FromStr;
use yizhan_kit::Day;

/// A service item.
#[derive(Debug)]
pub struct Service {
    /// Its file's name.
    pub name: String,
    /// What the public calls it.
    pub title: Words,
    /// One sentence for the public.
    pub about: Words,
    /// Whom the front door offers it to.
    pub serves: Vec<Audience>,
    /// What people say when they look for it, in either language.
    pub search: Vec<String>,
    /// What its case numbers begin with: `T` in `T-20210131-000017`.
    pub number_prefix: String,
    /// Who may open a case: levels, roles, `resident` (signed in by phone), `anyone` (without an account)
    /// and `system`, the program itself.
    pub opened_by: Vec<String>,
    /// The levels and roles to whom its cases are shown at all; empty: whoever has business in the area.
    pub seen_by: Vec<String>,
    /// The purpose whose keys seal what the case says about people.
    pub purpose: String,
    /// How long its identifying fields are kept.
    pub keep: Keep,
    /// Whether a unit may ask for it for several people, from a table.
    pub by_table: bool,
    /// Whether whoever a case is about may have it forgotten as soon as it has ended.
    pub forget_on_request: bool,
    /// Whether what is learnt may serve this service's purpose only, so that no rule outside it reads it.
    pub own_purpose: bool,
    /// What whoever opened a case reads on the receipt, until somebody has begun with it.
    pub received: Option<Words>,
    /// What people are told before they agree that their details are used (PIPL article 17).
    pub notice: Option<Notice>,
    /// What a guardian is told before they agree for a child (article 31).
    pub guardian_notice: Option<Notice>,
    /// What is asked.
    pub form: Form,
    /// The pointer into the answers to the region that handles the case: `/destination/region`.
    pub area: String,
    /// The answers by which a case is found again without being readable.
    pub blind: Vec<Blind>,
    /// What works out beforehand what it comes to.
    pub calculator: Option<String>,
    /// What is known of a case from its opening on: nothing about people, for it is not sealed.
    pub knows: Vec<FactFrom>,
    /// The route.
    pub steps: Vec<Step>,
    /// What is filled in to close a case, and known then.
    pub closing: Option<Closing>,
    /// What may be recorded while the case stays where it is.
    pub entries: Vec<Entry>,
    /// Which papers may be attached, photographed or as files.
    pub papers: Vec<Paper>,
    /// Which lines it computes, where it pays many people.
    pub batch: Option<Batch>,
    /// How it settles bills, where its cases are about one.
    pub settles: Option<Settles>,
    /// What people pay for a case, where they do.
    pub collects: Option<Collects>,
    /// Which attributes tell how far a case has come.
    pub board: Option<Board>,
    /// What must be done by when.
    pub duties: Vec<Duty>,
    /// What must not wait for anybody's list.
    pub alarms: Vec<Alarm>,
    /// Worked examples.
    pub examples: Vec<Example>,
}

/// Who comes to the front door: "I am …".
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Audience {
    /// Lives here.
    Resident,
    /// Comes back, or comes to visit.
    Returning,
    /// A company or a shop.
    Company,
    /// Works for a village.
    VillageWorker,
    /// Works for a township or the district.
    Officer,
}

texts!(
    Audience,
    "resident, returning, company, village-worker or officer",
    Resident = "resident",
    Returning = "returning",
    Company = "company",
    VillageWorker = "village-worker",
    Officer = "officer",
);

impl Service {
    /// A step by name, with its position on the route.
    pub fn step(&self, name: &str) -> Option<(usize, &Step)> {
        self.steps.iter().enumerate().find(|(_, step)| step.name == name)
    }

    /// An entry by name.
    pub fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// A paper by name.
    pub fn paper(&self, name: &str) -> Option<&Paper> {
        self.papers.iter().find(|paper| paper.name == name)
    }

    /// A duty by name.
    pub fn duty(&self, name: &str) -> Option<&Duty> {
        self.duties.iter().find(|duty| duty.name == name)
    }

    /// The form of a step or entry by name; the service's own without a name.
    pub fn form_of(&self, name: Option<&str>) -> Option<&Form> {
        let Some(name) = name else { return Some(&self.form) };
        if let Some(closing) = self.closing.as_ref().filter(|_| name == "close") {
            return Some(&closing.form);
        }
        let of_step = self.step(name).and_then(|(_, step)| step.form.as_ref());
        of_step.or_else(|| self.entry(name).map(|entry| &entry.form))
    }
}

/// How long identifying fields are kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Keep {
    /// So many days, or what a parameter says.
    pub days: Result<u32, String>,
    /// Counted from when.
    pub from: KeepFrom,
}

impl Keep {
    /// How many days they are, for what ends on a day. Before the first value of a parameter that value holds.
    ///
    /// # Panics
    /// When the parameter is no number of days; the catalog was checked.
    pub fn days_on(&self, day: Day, parameters: &BTreeMap<String, Parameter>) -> u32 {
        match &self.days {
            Ok(days) => *days,
            Err(name) => {
                let parameter = &parameters[name];
                let value = parameter.at(day).or(parameter.values.first()).expect("a parameter has a value");
                value.value.parse().expect("a number of days")
            }
        }
    }
}

/// From when on it is counted how long something is kept.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum KeepFrom {
    /// Its end.
    Ended,
    /// Its opening: it is over when the days are, whatever was left undone.
    Opened,
}

texts!(KeepFrom, "ended or opened", Ended = "ended", Opened = "opened");

/// Which attributes tell how far a case has come, for boards.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Board {
    /// Its first fact: somebody was reached.
    pub contact: String,
    /// The day of the arrival.
    pub arrived: String,
    /// The last day of what follows.
    pub until: String,
}

/// How an officer closes a case.
#[derive(Debug)]
pub struct Closing {
    /// What is filled in.
    pub form: Form,
    /// What is known then.
    pub facts: Vec<FactFrom>,
}

/// What people are told before they agree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notice {
    /// Its version, which the form records.
    pub version: String,
    /// Its text, in paragraphs.
    pub text: Words,
}

/// An answer that is found through a keyed index only.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Blind {
    /// `citizen-number`, `mobile` or `taxpayer-number`.
    pub name: String,
    /// Where the answers hold it.
    pub pointer: String,
}

/// A step of a route.
#[derive(Debug)]
pub struct Step {
    /// Its name within the service.
    pub name: String,
    /// What officers read.
    pub title: Words,
    /// Who takes it.
    pub who: Who,
    /// Who takes it instead, by what is known of the case.
    pub who_by: Option<WhoBy>,
    /// How soon.
    pub within: Option<Within>,
    /// How long it lies open to objections first.
    pub notice_days: Option<u32>,
    /// What whoever takes it may do.
    pub may: Vec<Move>,
    /// What is filled in to sign.
    pub form: Option<Form>,
    /// What is known once it is signed.
    pub facts: Vec<FactFrom>,
    /// What the register learns once it is signed.
    pub learning: Learning,
    /// The day before which it may not be signed.
    pub not_before: Option<NotBefore>,
    /// Duties that must be fulfilled before it may be signed.
    pub needs: Vec<String>,
    /// Whether one person may take it who took another step of the case. Otherwise four eyes are needed.
    pub same_person: bool,
    /// The set of plans of which one is chosen when it is signed.
    pub plans: Option<String>,
    /// What the person is told by text message once it is signed.
    pub tell: Option<Words>,
    /// Papers that must be attached before it may be signed.
    pub papers: Vec<String>,
    /// Transfers that follow once it is signed.
    pub money: Vec<Movement>,
    /// What it does with the lines of the service's batch.
    pub lines: Option<Lines>,
    /// What it does with a bill.
    pub settles: Option<Settling>,
    /// Whether signing it adopts the catalog with the files that the case proposes.
    pub adopts: bool,
    /// What it does with the figures of a report.
    pub figures: Option<Publishing>,
    /// What it does with a parcel.
    pub parcel: Option<Posting>,
}

/// What a step does with a parcel.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Posting {
    /// It hands one over to the carrier, where its form says so: `by` is `mail`.
    Send,
    /// It waits until the carrier says that it was signed for.
    Signed,
}

texts!(Posting, "send or signed", Send = "send", Signed = "signed");

/// Who takes a step or may record an entry.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Who {
    /// An officer of the case's area at this level.
    Level(Level),
    /// Whoever has a role.
    Role(String),
    /// Whoever opened the case.
    Opener,
}

impl Who {
    /// The level's or the role's name; `opener` for whoever opened the case.
    pub fn name(&self) -> &str {
        match self {
            Self::Level(level) => level.as_str(),
            Self::Role(role) => role,
            Self::Opener => "opener",
        }
    }
}

impl FromStr for Who {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Expected> {
        if text == "opener" {
            return Ok(Self::Opener);
        }
        if let Some(role) = text.strip_prefix("role:").filter(|role| super::source::is_name(role)) {
            return Ok(Self::Role(role.to_owned()));
        }
        text.parse().map(Self::Level).map_err(|_| Expected("village, township, district, opener or role:some-role"))
    }
}

/// Who takes a step, by a code that is known of the case from its opening on: a polluted river is the township's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WhoBy {
    /// The attribute of the case.
    pub attribute: String,
    /// Who, for each code that has somebody of its own; for the others it is the step's `who`.
    pub is: BTreeMap<String, Who>,
}

impl Step {
    /// Who may have to take it, whatever is known of a case.
    pub fn takers(&self) -> impl Iterator<Item = &Who> {
        std::iter::once(&self.who).chain(self.who_by.iter().flat_map(|by| by.is.values()))
    }
}

/// What an officer may do at a step.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Move {
    /// Done; the case moves on.
    Sign,
    /// Back to the step before, with a reason.
    SendBack,
    /// Stop it by an objection.
    Object,
    /// Take the request back.
    Withdraw,
    /// Hand it to another area.
    Forward,
    /// End it with a reason.
    Close,
}

texts!(
    Move,
    "sign, send-back, object, withdraw, forward or close",
    Sign = "sign",
    SendBack = "send-back",
    Object = "object",
    Withdraw = "withdraw",
    Forward = "forward",
    Close = "close",
);

/// How soon something must be done.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Within {
    /// Days that are worked, by the calendar.
    WorkingDays(u32),
    /// Civil days.
    Days(u32),
    /// Hours.
    Hours(u32),
}

impl FromStr for Within {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Expected> {
        let expected = Expected("a time like `5 working days`, `3 days` or `24 hours`");
        let (number, unit) = text.split_once(' ').ok_or(expected)?;
        let number = number.parse().ok().filter(|number| (1..=3660).contains(number)).ok_or(expected)?;
        match unit {
            "working day" | "working days" => Ok(Self::WorkingDays(number)),
            "day" | "days" => Ok(Self::Days(number)),
            "hour" | "hours" => Ok(Self::Hours(number)),
            _ => Err(expected),
        }
    }
}

/// A fact that follows from a signed step or a recorded entry. Its subject is the case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FactFrom {
    /// One of the service's attributes.
    pub attribute: String,
    /// Where its value comes from.
    pub from: Source,
    /// The pointer to the day it is true from; otherwise the day of recording.
    pub on: Option<String>,
    /// A pointer and the text it must equal, or there is no fact.
    pub when: Option<(String, String)>,
}

/// Where a fact's value comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Source {
    /// The answer at a pointer.
    Answer(String),
    /// Always the same.
    Constant(String),
}

/// The day before which a step may not be signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotBefore {
    /// The attribute that holds day 0.
    pub attribute: String,
    /// Days after it.
    pub days: i32,
}

/// Something recorded while the case stays where it is.
#[derive(Debug)]
pub struct Entry {
    /// Its name within the service.
    pub name: String,
    /// What people read.
    pub title: Words,
    /// Who may record it.
    pub who: Vec<Who>,
    /// Whether the person holding the receipt may.
    pub holder: bool,
    /// The steps in which it may be recorded; empty: while the case is open.
    pub during: Vec<String>,
    /// What is filled in.
    pub form: Form,
    /// What is known then.
    pub facts: Vec<FactFrom>,
    /// Whether what was filled in is shown by a page of its own only, not in the history of the case.
    pub apart: bool,
    /// Transfers that follow once it is recorded.
    pub money: Vec<Movement>,
    /// What it does with the lines of the service's batch.
    pub lines: Option<Afterwards>,
    /// What it does about the person's part of a settled bill.
    pub share: Option<Sharing>,
}

impl Entry {
    /// Whether it asks for the service's own form again: its answers take the place of the first ones.
    pub fn corrects(&self, service: &Service) -> bool {
        self.form.path == service.form.path
    }
}

/// A paper that may be attached to a case.
#[derive(Debug)]
pub struct Paper {
    /// Its name within the service.
    pub name: String,
    /// What people read.
    pub title: Words,
    /// Who may attach it.
    pub who: Vec<Who>,
    /// Whether the person holding the receipt may.
    pub holder: bool,
    /// The steps in which it may be attached; empty: while the case is open.
    pub during: Vec<String>,
}

/// A worked example of a form.
#[derive(Clone, PartialEq, Debug)]
pub struct Example {
    /// The step or entry whose form is meant; the service's own without.
    pub of: Option<String>,
    /// What somebody answers.
    pub answers: Value,
    /// What becomes of it.
    pub expect: Expect,
    /// Where it is written.
    pub line: usize,
}

/// What a worked example expects.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Expect {
    /// The form takes the answers.
    Accepted,
    /// The form refuses them; its first fault is at this pointer.
    Refused {
        /// The pointer.
        at: String,
    },
}
