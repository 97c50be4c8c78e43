//! The pages' templates and the words they are made of.

use super::form::{Control, Field};
use crate::case::model::{DutyView, Status};
use crate::invoice::model::RunView;
use crate::notice::view::TipShown;
use crate::paper::model::{PaperLine, Papers, UploadLink};
use crate::parcel::model::ParcelView;
use crate::travel::model::PlanView;
use askama::Template;
use yizhan_kit::{Lang, Problem};

/// What every page carries.
#[derive(Clone)]
pub struct Frame {
    /// The language.
    pub lang: Lang,
    /// What time it is for the zone, in a demonstration.
    pub demo: Option<String>,
    /// This page, to come back to.
    pub here: String,
    /// Large type and strong contrast, for whoever asked for it.
    pub care: bool,
    /// The same page in the other language.
    pub other: String,
    /// The same page in care mode, or out of it.
    pub easier: String,
}

impl Frame {
    /// One of two texts.
    pub fn t<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        match self.lang {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }

    /// The language's tag.
    pub fn tag(&self) -> &'static str {
        match self.lang {
            Lang::Zh => "zh-CN",
            Lang::En => "en",
        }
    }
}

/// `/r/{service}`
#[derive(Template)]
#[template(path = "form.html")]
pub struct FormPage {
    /// The frame.
    pub frame: Frame,
    /// What the form is called.
    pub title: String,
    /// One sentence about it.
    pub about: String,
    /// Where it is sent.
    pub action: String,
    /// Under which key it is sent, so that twice is once.
    pub key: String,
    /// What is asked.
    pub fields: Vec<Field>,
    /// What was wrong with the last try.
    pub problem: Option<String>,
    /// The work, or the patience, that is asked for while the queue is long.
    pub challenge: Option<Challenge>,
    /// What people are told before they agree, in paragraphs.
    pub told: Vec<String>,
    /// What a guardian is told before they agree for a child.
    pub guardian_told: Vec<String>,
    /// Where an app says who somebody is, and what it is called.
    pub enter: Option<(String, String)>,
    /// Where a unit declares for several people, where it may.
    pub unit: Option<String>,
    /// Where it is worked out beforehand what it comes to.
    pub calculator: Option<String>,
    /// How long personal details are kept after the end; not said twice to whoever corrects.
    pub keep_days: Option<u32>,
}

/// What is asked for while the queue is long.
pub struct Challenge {
    /// What a script works on.
    pub text: String,
    /// How much.
    pub bits: u64,
    /// What whoever waits instead hands back.
    pub ticket: String,
}

impl Challenge {
    /// What a refusal asks for.
    pub fn of(problem: &Problem) -> Option<Self> {
        let text = |name: &str| problem.extra(name).and_then(|value| value.as_str()).map(str::to_owned);
        Some(Self { text: text("challenge")?, bits: problem.extra("bits")?.as_u64()?, ticket: text("ticket")? })
    }
}

/// `/c/{number}`
#[derive(Template)]
#[template(path = "case.html")]
pub struct CasePage {
    /// The frame.
    pub frame: Frame,
    /// Where it stands.
    pub status: Status,
    /// The state in words.
    pub state: String,
    /// The address of this page, for the code and for sending on.
    pub link: String,
    /// The code, as SVG.
    pub code: String,
    /// What the holder may fill in now.
    pub entries: Vec<EntryForm>,
    /// What is expected.
    pub duties: Vec<DutyView>,
    /// The papers, and which may be attached.
    pub papers: Papers,
    /// The invoices that it gave out.
    pub packet: Vec<RunView>,
    /// Its parcels, the latest first.
    pub parcels: Vec<ParcelView>,
    /// A link for another phone that was just made.
    pub given: Option<UploadLink>,
    /// What may be corrected: where its form is asked for, and what it is called.
    pub corrections: Vec<(String, String)>,
    /// Where the form for somebody who travels along is asked for.
    pub companion: Option<String>,
    /// Where the case is taken back, while it may be.
    pub withdraw: Option<String>,
    /// Where help at home is asked for.
    pub help: Option<String>,
    /// Whom to call.
    pub call: Option<String>,
    /// The receipts of whoever was declared together with the holder: address and number.
    pub companions: Vec<(String, String)>,
    /// Where the personal details are deleted at once, where that may be asked for.
    pub forget: Option<String>,
    /// What follows on arrival, by which rule.
    pub plan: Option<PlanView>,
    /// Where it is paid, and what is left: nothing once it is paid.
    pub pay: Option<(String, Option<String>)>,
    /// What happens next, until somebody has begun with it.
    pub received: Option<String>,
    /// What an open alarm tells whoever holds the receipt.
    pub warnings: Vec<String>,
    /// Words for everyday life, while somebody is watched over.
    pub tips: Vec<TipShown>,
    /// What was just done.
    pub notice: Option<String>,
    /// Why it was not.
    pub problem: Option<String>,
}

/// A form on the receipt page.
pub struct EntryForm {
    /// Its name.
    pub name: String,
    /// What it is called.
    pub title: String,
    /// Where it is sent.
    pub action: String,
    /// Under which key.
    pub key: String,
    /// What is asked.
    pub fields: Vec<Field>,
    /// Whether it is drawn open.
    pub open: bool,
}

/// `/poster/{region}`
#[derive(Template)]
#[template(path = "poster.html")]
pub struct Poster {
    /// The frame.
    pub frame: Frame,
    /// The place.
    pub place: String,
    /// What is declared there.
    pub title: String,
    /// What whoever stands before it is asked to do.
    pub asks: String,
    /// The address behind the code.
    pub link: String,
    /// The code, as SVG.
    pub code: String,
}

/// A refusal as a page.
#[derive(Template)]
#[template(path = "refused.html")]
pub struct Refused {
    /// The frame.
    pub frame: Frame,
    /// What it is.
    pub title: String,
    /// What, which, and what next.
    pub detail: String,
}

impl Refused {
    /// The page of a problem.
    pub fn new(frame: Frame, problem: &Problem) -> Self {
        let (title, detail) = (problem.title(frame.lang).to_owned(), problem.detail(frame.lang).to_owned());
        Self { frame, title, detail }
    }
}

/// A state in words.
pub fn state(state: &str, lang: Lang) -> String {
    let (zh, en) = match state {
        "open" => ("办理中", "In progress"),
        "objected" => ("有异议，处理中", "Objected, being answered"),
        "completed" => ("已办结", "Completed"),
        "withdrawn" => ("已撤回", "Withdrawn"),
        "closed" => ("已结束", "Closed"),
        "expected" => ("未到时间", "Ahead"),
        "due" => ("待完成", "Due"),
        "overdue" => ("已逾期", "Overdue"),
        "missed" => ("未完成", "Missed"),
        "fulfilled" => ("已完成", "Done"),
        other => (other, other),
    };
    if lang == Lang::Zh { zh.to_owned() } else { en.to_owned() }
}

/// The address of a paper's content, beside the receipt's own link.
fn paper_link(link: &str, hash: &str) -> String {
    below_api(link, &format!("papers/{hash}/content"))
}

/// The address of a paper's small picture.
fn thumbnail_link(link: &str, hash: &str) -> String {
    below_api(link, &format!("papers/{hash}/thumbnail"))
}

/// Where a paper is sent to.
fn attach_link(link: &str, name: &str) -> String {
    let (number, secret) = receipt_of(link);
    format!("/c/{number}/papers/{name}?{secret}")
}

/// Where a link for another phone is asked for.
fn link_link(link: &str, name: &str) -> String {
    let (number, secret) = receipt_of(link);
    format!("/c/{number}/links/{name}?{secret}")
}

/// A moment to the minute, as people read it.
fn minute(at: &str) -> String {
    at.chars().take(16).collect::<String>().replace('T', " ")
}

/// Where a paper stands, in words.
fn paper_state(line: &PaperLine, lang: Lang) -> &'static str {
    let (zh, en) = match (line.state.as_str(), line.needed.as_str()) {
        ("accepted", _) => ("已接收", "accepted"),
        ("returned", _) => ("需要重新提供", "another is needed"),
        ("given", _) => ("已上传，等待核对", "arrived, to be looked at"),
        (_, "now") => ("请上传", "please send it"),
        _ => ("后面的环节需要", "needed later"),
    };
    if lang == Lang::Zh { zh } else { en }
}

fn below_api(link: &str, what: &str) -> String {
    let (number, secret) = receipt_of(link);
    format!("/api/cases/{number}/{what}?{secret}")
}

/// Number and secret in a receipt's link, `…/c/T-20210201-000001?k=…`.
fn receipt_of(link: &str) -> (&str, &str) {
    let own = link.rsplit_once("/c/").map_or(link, |(_, own)| own);
    own.split_once('?').unwrap_or((own, ""))
}
