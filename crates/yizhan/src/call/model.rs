//! What callers, agents and we say to each other.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

/// A call that somebody makes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCall {
    /// The service it is about, if any.
    #[serde(default)]
    pub service: String,
    /// The language the agent should speak: a name of the remote desk's.
    #[serde(default)]
    pub language: String,
    /// Where from: `web`, `phone` or `terminal`.
    #[serde(default)]
    pub channel: String,
    /// A number by which the caller can be called back.
    #[serde(default)]
    pub mobile: String,
    /// Only a call-back is wanted.
    #[serde(default)]
    pub call_back: bool,
}

/// A server that finds a way between two browsers.
#[derive(Serialize, ToSchema, Clone)]
pub struct IceServer {
    /// Its addresses.
    pub urls: Vec<String>,
    /// A name for a while.
    pub username: String,
    /// The password that belongs to it.
    pub credential: String,
}

/// A call as its caller has it.
#[derive(Serialize, ToSchema)]
pub struct CallMade {
    /// The call.
    pub call: u32,
    /// What proves that one is its caller.
    pub secret: String,
    /// Whether it waits; otherwise it is to be called back.
    pub waits: bool,
}

/// What the desk is like now.
#[derive(Serialize, ToSchema)]
pub struct DeskState {
    /// Whether somebody is there.
    pub open: bool,
    /// What it is called.
    pub title: String,
    /// What is said when nobody is there.
    pub closed: String,
    /// What may be spoken: names and titles.
    pub languages: Vec<NamedOf>,
}

/// A name and what it is called.
#[derive(Serialize, ToSchema, Clone)]
pub struct NamedOf {
    /// The name.
    pub name: String,
    /// The title.
    pub title: String,
}

/// What a browser wants another to know; we do not look into it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignalOf {
    /// To whom: `caller`, `agent` or `watcher`.
    pub to: String,
    /// What.
    pub body: Value,
}

/// One field of a form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldOf {
    /// Its pointer, as the form names it.
    pub at: String,
    /// What is in it.
    #[serde(default)]
    pub value: String,
}

/// A form that the caller lets the agent see.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SharedForm {
    /// Of which service.
    pub service: String,
    /// What is in its fields.
    pub fields: BTreeMap<String, String>,
}

/// What a caller's page says.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum CallerSaid {
    /// It is there.
    Beat {},
    /// To another browser.
    Signal(SignalOf),
    /// In writing.
    Text(String),
    /// A number by which one can be called back.
    Mobile(String),
    /// The form that is before the caller.
    Form(SharedForm),
    /// What was changed in it.
    Field(FieldOf),
    /// The form is shared no more.
    FormAway {},
    /// What the agent proposed is taken, or not.
    Reply {
        /// Which proposal.
        n: u64,
        /// Whether it is taken.
        taken: bool,
    },
    /// Whether the caller agrees to a recording.
    Consent {
        /// Whether.
        given: bool,
    },
    /// The case that the form became.
    Case {
        /// Its number.
        number: String,
        /// The secret of its receipt.
        k: String,
    },
    /// The caller hangs up.
    HangUp {},
}

/// What an agent's page says.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum AgentSaid {
    /// It is there.
    Beat {},
    /// The agent takes calls.
    Free {},
    /// The agent takes no calls.
    Pause {},
    /// Answers what rings.
    Answer {
        /// Which.
        call: u32,
    },
    /// Does not answer.
    Decline {
        /// Which.
        call: u32,
    },
    /// To another browser.
    Signal(SignalOf),
    /// In writing.
    Text(String),
    /// Puts the talk on hold, or takes it off.
    Hold {
        /// Whether.
        on: bool,
    },
    /// Hands it on.
    Transfer {
        /// To whoever knows this.
        #[serde(default)]
        skill: String,
        /// To one agent.
        #[serde(default)]
        agent: u32,
    },
    /// Ends the talk.
    Finish {},
    /// Writes it up.
    File {
        /// Which.
        call: u32,
        /// `settled`, `case`, `again` or `elsewhere`.
        outcome: String,
        /// The case it belongs to.
        #[serde(default)]
        case: String,
    },
    /// Points at a field of the caller's form.
    Point {
        /// Its pointer; nothing takes the finger away.
        at: String,
    },
    /// Proposes what might stand in a field.
    Propose(FieldOf),
    /// Asks whether the caller agrees to a recording.
    AskConsent {},
    /// Calls somebody back.
    TakeBack {
        /// Which call.
        call: u32,
    },
    /// Listens to a call.
    Listen {
        /// Which.
        call: u32,
    },
    /// Listens no more.
    StopListening {},
}

/// What a page says first on its line.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hello {
    /// The call.
    pub call: u32,
    /// What proves that one is its caller.
    pub secret: String,
}

/// How satisfied a caller was.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Satisfaction {
    /// One to five.
    pub stars: u8,
}

/// What came of a code that was sent to a telephone.
#[derive(Serialize, ToSchema)]
pub struct LinkSent {
    /// The number it went to, masked.
    pub to: String,
    /// For how many minutes it is good.
    pub minutes: u32,
}

/// A caller's number, and the cases that are theirs.
#[derive(Serialize, ToSchema)]
pub struct CallerNumber {
    /// The number.
    pub mobile: String,
    /// The numbers of cases, the latest first.
    pub cases: Vec<String>,
}

/// A photograph of a call.
#[derive(Serialize, ToSchema)]
pub struct PhotoTaken {
    /// Its number within the call.
    pub n: u32,
}

/// As what a photograph is attached to a case.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PhotoTo {
    /// The case's number.
    pub case: String,
    /// Which of its papers.
    pub paper: String,
}

/// How far a recording is.
#[derive(Serialize, Deserialize, ToSchema, Clone, Default)]
pub struct RecordingState {
    /// How many pieces there are.
    pub pieces: u32,
    /// How many bytes.
    pub bytes: u64,
    /// The end of its chain, in hexadecimal: SHA-256 of the end before it and the piece's own SHA-256.
    pub chain: String,
}

/// Why somebody hears a recording.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Hearing {
    /// Why.
    #[serde(default)]
    pub reason: String,
}

/// What an exchange for ordinary telephones tells.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExchangeSaid {
    /// The exchange's own name of the call.
    pub id: String,
    /// `arrived` or `ended`.
    pub event: String,
    /// The caller's number, with `arrived`.
    #[serde(default)]
    pub number: String,
    /// What was chosen by key: a skill of the remote desk.
    #[serde(default)]
    pub skill: String,
    /// The language that was chosen.
    #[serde(default)]
    pub language: String,
}

/// What an exchange is answered.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct ExchangeTold {
    /// The call; 0 for one that is not known.
    pub call: u32,
    /// Whether it waits for an agent.
    pub waits: bool,
    /// What the exchange may say to the caller.
    pub say: String,
}

/// Which figures.
#[derive(Deserialize, IntoParams, Default)]
#[serde(deny_unknown_fields)]
pub struct FiguresAsked {
    /// The first day; today unless given.
    #[serde(default)]
    pub from: String,
    /// The last day; today unless given.
    #[serde(default)]
    pub to: String,
    /// Only calls that count in this figure: `soon`, `abandoned`, `first-call`, `talked`, `asked` or all.
    #[serde(default)]
    pub which: String,
    /// Only the others: those of the whole that do not count in it.
    #[serde(default)]
    pub not: bool,
}

/// A share of calls.
#[derive(Serialize, ToSchema)]
pub struct ShareOf {
    /// How many.
    pub part: usize,
    /// Of how many.
    pub of: usize,
    /// In thousandths; absent of nothing.
    pub permille: Option<usize>,
}

/// What the desk is measured by.
#[derive(Serialize, ToSchema)]
pub struct CallFigures {
    /// Answered within twenty seconds.
    pub soon: ShareOf,
    /// Given up or lost.
    pub abandoned: ShareOf,
    /// Settled by the first call.
    pub first_call: ShareOf,
    /// Calls somebody talked in.
    pub talked: usize,
    /// How long those took, seconds: the mean.
    pub handling_seconds: i64,
    /// How many callers said how satisfied they were.
    pub asked: usize,
    /// What they said, in tenths.
    pub satisfaction_tenths: i64,
}

/// A call that was.
#[derive(Serialize, ToSchema)]
pub struct CallRow {
    /// The call.
    pub call: u32,
    /// When it came in.
    pub at: String,
    /// Where from.
    pub channel: String,
    /// About what.
    pub skill: String,
    /// Who answered last.
    pub agent: String,
    /// How it ended; empty while it has not.
    pub ending: String,
    /// How long it waited, seconds.
    pub waited_seconds: i64,
    /// How long was talked, seconds.
    pub talked_seconds: i64,
    /// How often it was handed on.
    pub transfers: i64,
    /// What it came to.
    pub outcome: String,
    /// The case it belongs to.
    pub case: String,
    /// One to five; 0 if the caller did not say.
    pub satisfaction: i64,
    /// Whether there is a recording.
    pub recorded: bool,
}

/// Calls that were, and the figures of all of them.
#[derive(Serialize, ToSchema)]
pub struct CallsPast {
    /// The figures of the days asked for.
    pub figures: CallFigures,
    /// The calls asked for, the latest first, at most two hundred.
    pub calls: Vec<CallRow>,
    /// How many there are.
    pub total: usize,
}

/// An agent on the wall.
#[derive(Serialize, ToSchema)]
pub struct AgentView {
    /// Who.
    pub agent: u32,
    /// Their name.
    pub name: String,
    /// `free`, `paused`, `rings`, `talks`, `writes` or `gone`.
    pub state: String,
    /// The call they have.
    pub call: u32,
}

/// A call on the wall.
#[derive(Serialize, ToSchema)]
pub struct CallView {
    /// The call.
    pub call: u32,
    /// About what.
    pub skill: String,
    /// In which language.
    pub language: String,
    /// Where from.
    pub channel: String,
    /// `waits`, `rings`, `talks`, `held` or `call-back`.
    pub stage: String,
    /// Whether the caller's page is there.
    pub here: bool,
    /// How long ago it began.
    pub seconds: i64,
    /// Who has it.
    pub agent: String,
    /// The number, masked, if there is one.
    pub number: String,
}

/// The desk as its agents and its supervisor see it.
#[derive(Serialize, ToSchema)]
pub struct CallWall {
    /// Whether the desk is open.
    pub open: bool,
    /// The agents.
    pub agents: Vec<AgentView>,
    /// The calls that are not over, whoever waited longest first.
    pub calls: Vec<CallView>,
    /// What may be asked about.
    pub skills: Vec<NamedOf>,
    /// Whether the viewer answers.
    pub answers: bool,
    /// Whether the viewer watches.
    pub watches: bool,
}
