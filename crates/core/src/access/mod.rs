//! The one gate: who may do what, and whose affairs they see. Every read goes through [`Seen`], counts included; every
//! act asks [`Viewer`] before it decides. Outside this crate there is no other way to a case or a fact: the image keeps
//! its finders to itself.

mod bill;
mod judge;
mod judgement;
mod money;
mod seen;

pub use bill::YearSoFar;
pub use judge::{Judged, Question, Ready, Verdict};
pub use judgement::{Counts, Finding, Judgement, JudgementSeen, Which, may_be_told, rules_of};
pub use seen::{Seen, Waiting};

use crate::act::Actor;
use crate::catalog::{Level, TEAM, Who};
use crate::image::Image;
use crate::image::case::{CaseHead, Desk};
use crate::image::fact::Value;
use crate::problem;
use crate::row::SubjectId;
use yizhan_kit::codes::RegionCode;
use yizhan_kit::{Day, Problem};

/// What a person is here as.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Role {
    /// An officer of a village, a township or the district.
    Officer(Level),
    /// A hospital's desk.
    Hospital,
    /// A family doctor: sees those who are with their team, and of these what only the team may know.
    FamilyDoctor,
    /// An agent of the remote desk.
    DeskAgent,
    /// Reads everything's journal, changes nothing.
    Auditor,
    /// Runs the program, cannot read people.
    SystemAdministrator,
    /// Gives and takes access, cannot read people.
    SecurityAdministrator,
    /// Somebody without an account.
    Resident,
    /// Whoever holds the receipt of a case.
    Holder,
    /// The program itself.
    System,
}

impl Role {
    /// Every role, in the order of the matrix.
    pub const ALL: [Self; 12] = [
        Self::Resident,
        Self::Holder,
        Self::Officer(Level::Village),
        Self::Officer(Level::Township),
        Self::Officer(Level::District),
        Self::Hospital,
        Self::FamilyDoctor,
        Self::DeskAgent,
        Self::Auditor,
        Self::SystemAdministrator,
        Self::SecurityAdministrator,
        Self::System,
    ];

    /// Its name in the catalog, in the matrix and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Officer(Level::Village) => "village",
            Self::Officer(Level::Township) => "township",
            Self::Officer(Level::District) => "district",
            Self::Hospital => "hospital",
            Self::FamilyDoctor => "family-doctor",
            Self::DeskAgent => "desk-agent",
            Self::Auditor => "auditor",
            Self::SystemAdministrator => "system-administrator",
            Self::SecurityAdministrator => "security-administrator",
            Self::Resident => "resident",
            Self::Holder => "holder",
            Self::System => "system",
        }
    }

    /// Whether it is one of the three administrators that watch over each other.
    pub fn is_administrator(self) -> bool {
        matches!(self, Self::Auditor | Self::SystemAdministrator | Self::SecurityAdministrator)
    }

    /// Reads its name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

/// What somebody may want to do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Deed {
    /// Open a case of a service that lets them.
    OpenCase,
    /// See a case: where it stands, its history.
    SeeCase,
    /// Open the sealed answers of a case; with a reason, in the journal.
    ReadPerson,
    /// Take a step of a case: sign, send back, forward, close.
    TakeStep,
    /// Object to a case on notice.
    Object,
    /// Take one's own case back.
    Withdraw,
    /// Record an entry on a case.
    RecordEntry,
    /// Count cases and duties.
    Count,
    /// Read the journal.
    ReadJournal,
    /// Add staff, set what they are, reset a password, delegate.
    ManageStaff,
    /// Adopt a catalog.
    AdoptCatalog,
    /// Add subjects and facts to the register.
    Register,
    /// Bring tables of households and people of one's own area into the register.
    Import,
    /// Keep the lists that rules read: risk areas.
    KeepLists,
    /// Add, enrol, tell and retire self-service terminals.
    TendDevices,
    /// Answer calls at the remote desk.
    AnswerCalls,
    /// Watch the remote desk, and listen.
    WatchCalls,
    /// Forget a purpose of a person.
    Forget,
}

impl Deed {
    /// Every deed, in the order of the matrix.
    pub const ALL: [Self; 18] = [
        Self::OpenCase,
        Self::SeeCase,
        Self::ReadPerson,
        Self::TakeStep,
        Self::Object,
        Self::Withdraw,
        Self::RecordEntry,
        Self::Count,
        Self::ReadJournal,
        Self::ManageStaff,
        Self::AdoptCatalog,
        Self::Register,
        Self::Import,
        Self::KeepLists,
        Self::TendDevices,
        Self::AnswerCalls,
        Self::WatchCalls,
        Self::Forget,
    ];

    /// Its name in the matrix.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OpenCase => "open-case",
            Self::SeeCase => "see-case",
            Self::ReadPerson => "read-person",
            Self::TakeStep => "take-step",
            Self::Object => "object",
            Self::Withdraw => "withdraw",
            Self::RecordEntry => "record-entry",
            Self::Count => "count",
            Self::ReadJournal => "read-journal",
            Self::ManageStaff => "manage-staff",
            Self::AdoptCatalog => "adopt-catalog",
            Self::Register => "register",
            Self::Import => "import",
            Self::KeepLists => "keep-lists",
            Self::TendDevices => "tend-devices",
            Self::AnswerCalls => "answer-calls",
            Self::WatchCalls => "watch-calls",
            Self::Forget => "forget",
        }
    }
}

/// Whether a role may do a deed at all; where, is the viewer's area's business.
pub fn may(role: Role, deed: Deed) -> bool {
    use Deed::{
        AdoptCatalog, AnswerCalls, Count, Forget, Import, KeepLists, ManageStaff, Object, OpenCase, ReadJournal,
        ReadPerson, RecordEntry, Register, SeeCase, TakeStep, TendDevices, WatchCalls, Withdraw,
    };
    match role {
        Role::Resident => matches!(deed, OpenCase | Object),
        Role::Holder => matches!(deed, SeeCase | ReadPerson | Withdraw | RecordEntry | Forget),
        Role::Officer(Level::Village) => {
            matches!(deed, OpenCase | SeeCase | ReadPerson | TakeStep | RecordEntry | Count | Import)
        }
        Role::Officer(Level::Township) => {
            matches!(deed, OpenCase | SeeCase | ReadPerson | TakeStep | RecordEntry | Count | Import | TendDevices)
        }
        Role::Officer(Level::District) => {
            matches!(
                deed,
                OpenCase
                    | SeeCase
                    | ReadPerson
                    | TakeStep
                    | RecordEntry
                    | Count
                    | Import
                    | KeepLists
                    | TendDevices
                    | WatchCalls
                    | Forget
            )
        }
        Role::Hospital | Role::FamilyDoctor => matches!(deed, OpenCase | SeeCase | ReadPerson | TakeStep | RecordEntry),
        Role::DeskAgent => {
            matches!(deed, OpenCase | SeeCase | ReadPerson | TakeStep | RecordEntry | AnswerCalls)
        }
        Role::Auditor => matches!(deed, SeeCase | Count | ReadJournal),
        Role::SystemAdministrator => matches!(deed, AdoptCatalog),
        Role::SecurityAdministrator => matches!(deed, ManageStaff),
        Role::System => {
            matches!(deed, AdoptCatalog | ManageStaff | Register | Import | KeepLists | TendDevices | Forget | OpenCase)
        }
    }
}

/// The kind of subject whose health a team of doctors knows.
const PERSON: &str = "person";

/// Somebody who looks or acts: a role and the area it reaches.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Viewer {
    /// Who, as the journal names them.
    pub actor: Actor,
    /// As what.
    pub role: Role,
    /// Down from where; absent for those whose affairs are not by area.
    pub area: Option<RegionCode>,
    /// The one case a holder may see.
    pub case: Option<SubjectId>,
}

impl Viewer {
    /// The program itself, which sees everything: for proofs, benches, and checking who else is there.
    pub fn program() -> Self {
        Self { actor: Actor::System, role: Role::System, area: None, case: None }
    }

    /// Who an actor is on a day, by the facts about them.
    ///
    /// # Errors
    /// `forbidden` when a staff member has no role that day, or a deputy no delegation.
    pub fn of(image: &Image, actor: Actor, today: Day) -> Result<Self, Problem> {
        match actor {
            Actor::System => Ok(Self::program()),
            Actor::Resident => Ok(Self { actor, role: Role::Resident, area: None, case: None }),
            Actor::Holder(case) => Ok(Self { actor, role: Role::Holder, area: None, case: Some(case) }),
            Actor::Staff { id, instead_of } => {
                if let Some(absent) = instead_of
                    && image.fact(absent, "staff.delegates-to", today) != Some(Value::Subject(id))
                {
                    return Err(forbidden("今天没有有效的委托。", "There is no delegation to you in force today."));
                }
                let whose = instead_of.unwrap_or(id);
                let Some(role) = Self::role_on(image, whose, today) else {
                    return Err(forbidden("该账号今天没有岗位。", "This account has no role today."));
                };
                if whose != id {
                    must_stay_apart(Self::role_on(image, id, today), role)?;
                }
                let area = match image.fact(whose, "staff.area", today) {
                    Some(Value::Region(code)) => Some(code),
                    _ => None,
                };
                Ok(Self { actor, role, area, case: None })
            }
        }
    }

    /// As what somebody of the staff is here on a day.
    pub fn role_on(image: &Image, staff: SubjectId, day: Day) -> Option<Role> {
        let text = |attribute| match image.fact(staff, attribute, day) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        };
        match text("staff.role").as_deref() {
            Some("officer") => text("staff.level").and_then(|level| level.parse().ok()).map(Role::Officer),
            other => other.and_then(Role::parse),
        }
    }

    /// Refuses what the role may not do.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn must(&self, deed: Deed) -> Result<(), Problem> {
        if may(self.role, deed) {
            return Ok(());
        }
        Err(forbidden(
            &format!("“{}”不能做这件事（{}）。", self.role.as_str(), deed.as_str()),
            &format!("The role {} may not {}.", self.role.as_str(), deed.as_str()),
        ))
    }

    /// Whether an area is theirs.
    pub fn covers(&self, area: RegionCode) -> bool {
        match self.role {
            Role::System => true,
            Role::Resident | Role::Holder => false,
            _ => self.area.is_some_and(|own| own.contains(area)),
        }
    }

    /// The same viewer, looking at a part of their area only.
    ///
    /// # Errors
    /// `forbidden` when it is no part of it.
    pub fn narrowed(&self, area: RegionCode) -> Result<Self, Problem> {
        if !self.covers(area) {
            return Err(forbidden(&format!("{area} 不在您的辖区内。"), &format!("{area} is outside your area.")));
        }
        Ok(Self { area: Some(area), ..self.clone() })
    }

    /// Whether they see a case at all. A hospital's desk and a remote agent see only cases of services that need them.
    pub fn sees(&self, image: &Image, case: &CaseHead) -> bool {
        if self.role == Role::System {
            return true;
        }
        let theirs = match self.role {
            Role::Hospital | Role::DeskAgent | Role::FamilyDoctor => {
                let service = image.service(case);
                let own = |attribute: &String| {
                    let clinic = self.clinic(image).map(Value::Subject);
                    clinic.is_some() && image.latest(case.subject, attribute) == clinic
                };
                let settles = service.settles.as_ref().filter(|_| self.role == Role::Hospital);
                if settles.is_some_and(|settles| !settles.clinic.as_ref().is_some_and(own)) {
                    return false;
                }
                if self.role == Role::FamilyDoctor {
                    // A case says in a fact which team's it is; one that does not is still to be taken on.
                    let of = image.latest(case.subject, &format!("{}.{TEAM}", service.name));
                    if of.is_some() && of != self.team(image).map(Value::Subject) {
                        return false;
                    }
                }
                let by_step = service.steps.iter().any(|step| step.takers().any(|who| self.is_at(who)));
                by_step || service.entries.iter().any(|entry| entry.who.iter().any(|who| self.is_at(who)))
            }
            _ => true,
        };
        let shown = &image.service(case).seen_by;
        let shown =
            shown.is_empty() || self.role == Role::Holder || shown.iter().any(|role| role == self.role.as_str());
        theirs
            && shown
            && may(self.role, Deed::SeeCase)
            && (self.case == Some(case.subject) || self.covers(image.area(case)))
    }

    /// The hospital whose desk they sit at.
    pub fn clinic(&self, image: &Image) -> Option<SubjectId> {
        let Actor::Staff { id, instead_of } = self.actor else { return None };
        match image.latest(instead_of.unwrap_or(id), "staff.clinic").filter(|_| self.role == Role::Hospital)? {
            Value::Subject(clinic) => Some(clinic),
            _ => None,
        }
    }

    /// The team of family doctors they belong to.
    pub fn team(&self, image: &Image) -> Option<SubjectId> {
        let Actor::Staff { id, instead_of } = self.actor else { return None };
        let team = image.latest(instead_of.unwrap_or(id), &format!("staff.{TEAM}"));
        match team.filter(|_| self.role == Role::FamilyDoctor)? {
            Value::Subject(team) => Some(team),
            _ => None,
        }
    }

    /// Whether a subject of the register in their area is their business: a family doctor's are the people of their team, and
    /// those who are with none yet.
    fn tends(&self, image: &Image, subject: SubjectId) -> bool {
        if self.role != Role::FamilyDoctor || image.kind(subject).is_none_or(|kind| **kind != *PERSON) {
            return true;
        }
        let with = image.latest(subject, &format!("{PERSON}.{TEAM}"));
        with.is_none() || with == self.team(image).map(Value::Subject)
    }

    /// Whether a step waits for somebody like them.
    pub fn is_at(&self, who: &Who) -> bool {
        match who {
            Who::Level(level) => self.role == Role::Officer(*level),
            Who::Role(name) => self.role.as_str() == name,
            Who::Opener => self.role == Role::Holder,
        }
    }

    /// Whether something about a case is theirs to do: as [`Viewer::is_at`], but where a case's area is larger than a
    /// village, what a village does is the area's.
    pub fn is_for(&self, image: &Image, case: &CaseHead, who: &Who) -> bool {
        match who {
            Who::Level(level) => self.role == Role::Officer(image.at_least(case, *level)),
            other => self.is_at(other),
        }
    }

    /// The desk they sit at.
    pub fn desk(&self, image: &Image) -> Option<Desk> {
        match self.role {
            Role::Officer(level) => Some(Desk::from(level)),
            Role::Holder | Role::Resident | Role::System => None,
            role => image.names.find_word(role.as_str()).map(Desk::Role),
        }
    }

    /// Looks at an image through the gate.
    pub fn look<'a>(&'a self, image: &'a Image) -> Seen<'a> {
        Seen::new(image, self)
    }
}

/// Whether somebody of one role may act in the place of another: an administrator only for one of their own kind, so that
/// nobody holds two of the three.
///
/// # Errors
/// `separate-duties`.
pub(crate) fn must_stay_apart(own: Option<Role>, other: Role) -> Result<(), Problem> {
    let touched = other.is_administrator() || own.is_some_and(Role::is_administrator);
    if touched && own != Some(other) {
        return Err(problem::SEPARATE_DUTIES.problem(
            "管理员只能由同类管理员代办：三类管理员不得兼任。",
            "An administrator is stood in for by one of the same kind only: the three stay apart.",
        ));
    }
    Ok(())
}

/// `forbidden`, with what and why.
pub fn forbidden(zh: &str, en: &str) -> Problem {
    problem::FORBIDDEN.problem(zh, en)
}
