//! The lines of a batch: who is to be paid what by a programme, computed from the register as it is.

use super::frozen::frozen;
use super::model::{Adjust, KeptLine};
use super::place;
use super::rule;
use crate::app::App;
use crate::case::money;
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};
use yizhan_core::access::{Judged, Question, Seen, Verdict, Viewer};
use yizhan_core::catalog::{Asks, Batch, Catalog, Lines, Nodes, Per, Programme, Service};
use yizhan_core::image::Image;
use yizhan_core::image::case::{CaseHead, State};
use yizhan_core::image::fact::Value as Known;
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_core::rule::Ground;
use yizhan_kit::{Day, Fen, Problem};

/// Why somebody who is enrolled is not among the lines.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Why {
    /// The rule says no.
    NotEntitled,
    /// A fact is missing.
    Unknown,
    /// They died or moved away.
    Left,
    /// Another batch pays this period.
    Paid,
    /// A programme that excludes this one pays them.
    Overlap,
    /// The rule comes to nothing.
    NothingDue,
}

/// A line as the rule comes out.
pub struct Drawn {
    /// Who.
    pub subject: SubjectId,
    /// How much; of a programme of shares, the weight before the total is divided.
    pub amount: Fen,
    /// What it rests on.
    pub grounds: Vec<Ground>,
}

/// Somebody held back.
pub struct Held {
    /// Who.
    pub subject: SubjectId,
    /// Why.
    pub why: Why,
    /// What the rule comes to, where it does.
    pub amount: Fen,
    /// What it rests on.
    pub grounds: Vec<Ground>,
}

/// What a programme comes to in an area and period.
pub struct Draft {
    /// The lines.
    pub lines: Vec<Drawn>,
    /// Who is held back.
    pub held: Vec<Held>,
    /// What is divided, of a programme of shares.
    pub total: Option<Fen>,
}

/// What a case says of its batch.
pub struct Asked<'a> {
    /// The programme.
    pub programme: &'a Programme,
    /// How often it pays.
    pub per: Per,
    /// The period as written.
    pub period: String,
    /// The day its facts are asked for: the last of the period, or today where that is still to come; of shares today.
    pub on: Day,
    /// What is divided.
    pub total: Option<Fen>,
    /// Who pays, where the case names somebody.
    payer: Option<SubjectId>,
    /// Only those whose attribute names this subject.
    only: Option<(String, Option<SubjectId>)>,
    /// The case itself.
    pub case: &'a CaseHead,
    service: &'a Service,
}

/// Reads what a case says of its batch.
///
/// # Errors
/// `form-invalid`, saying what does not fit; `not-found`; the store's failure.
pub fn asked<'a>(
    app: &App,
    image: &'a Image,
    catalog: &'a Catalog,
    case: &'a CaseHead,
    answers: &Value,
) -> Result<Asked<'a>, Problem> {
    let service = image.service(case);
    let batch = service.batch.as_ref().ok_or_else(no_lines)?;
    let text = |pointer: &str| answers.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let Batch { programme, period, total, .. } = batch;
    let named = |pointer: &String| {
        let answer = answers.pointer(pointer);
        let n = answer.and_then(|answer| answer.as_u64().or_else(|| answer.as_str()?.parse().ok()));
        n.and_then(|n| u32::try_from(n).ok()).map(SubjectId)
    };
    let payer = batch.payer.as_ref().and_then(named);
    let only = batch.only.as_ref().map(|(attribute, pointer)| (attribute.clone(), named(pointer)));
    let name = if programme.starts_with('/') { text(programme) } else { programme.clone() };
    let programme = catalog.programmes.get(&name).ok_or_else(|| {
        problem::FORM_INVALID.problem(format!("没有政策项目“{name}”。"), format!("There is no programme {name:?}."))
    })?;
    // Nobody else's account is ever drawn on.
    if let Some(named) = payer.filter(|named| image.kind(*named).is_none_or(|kind| **kind != *programme.payer)) {
        let (kind, en) = (&programme.payer, format!("Subject {named} is no {}, which pays this.", programme.payer));
        return Err(problem::FORM_INVALID.problem(format!("付款方不是“{kind}”。"), en));
    }
    if let Some(own) = rule::paid_by(catalog, &name, service) {
        let (zh, en) = (&own.title.zh, &own.title.en);
        return Err(problem::FORM_INVALID
            .problem(format!("这个项目由“{zh}”发放。"), format!("This programme is paid by cases of {en:?}.")));
    }
    let per = match catalog.rules.rule(&programme.rule).map(|(_, rule, _)| &rule.asks) {
        Some(Asks::Entitlement { per, .. }) => *per,
        _ => return Err(no_lines()),
    };
    let period = period.as_ref().map(|pointer| text(pointer)).unwrap_or_default();
    let (_, after) = rule::period(per, &period).ok_or_else(|| {
        let written = rule::written(per);
        problem::FORM_INVALID.problem(
            format!("“{period}”不是这个项目的发放期，请写成 {written} 的样子。"),
            format!("{period:?} is no period of this programme; write it like {written}."),
        )
    })?;
    let total = match total {
        Some(pointer) if programme.shares || batch.given.is_some() => {
            Some(text(pointer).parse::<Fen>().map_err(|_| {
                problem::FORM_INVALID.problem("分配总额不是金额。", "What is to be divided is no amount.")
            })?)
        }
        _ => None,
    };
    // What an asset earned in a year goes to those who need it now; everything else to those of its period.
    let today = app.now().day();
    let on = if programme.shares { today } else { after.plus(-1).min(today) };
    Ok(Asked { programme, per, period, on, total, payer, only, case, service })
}

/// The refusal of a case that pays nobody.
pub fn no_lines() -> Problem {
    problem::NOT_FOUND.problem("这类办件没有发放清单。", "Cases of this kind have no lines.")
}

/// What a programme comes to, as the register is now.
///
/// # Errors
/// The store's failure.
pub fn draft(app: &App, image: &Image, catalog: &Catalog, asked: &Asked<'_>) -> Result<Draft, Problem> {
    let program = Viewer::program();
    let seen = program.look(image);
    let Some((book, _, nodes)) = catalog.rules.rule(&asked.programme.rule) else { return Err(no_lines()) };
    let paid = paid_already(app, &seen, catalog, asked)?;
    let numbers = app.finder.numbers.read().expect("no panic while the numbers are held");
    let area = image.area(asked.case);
    let question = Question { day: asked.on, parameters: &catalog.parameters, lent: Some(&*numbers) };
    let subjects = place::within(app, image, book, &question, area);
    let wanted: Vec<_> =
        [Some(nodes.when), Some(nodes.asks), nodes.receives, nodes.amount].into_iter().flatten().collect();
    let mut found: Vec<(SubjectId, Option<Why>, Fen)> = Vec::new();
    seen.judge_these(book, &wanted, &question, &subjects, |judged| {
        for (lane, subject) in judged.subjects.iter().enumerate() {
            let enrolled = nodes.receives.and_then(|node| judged.truth(node, lane)) == Some(true);
            if let Some((attribute, named)) = &asked.only
                && seen.fact(*subject, attribute, asked.on) != named.map(Known::Subject)
            {
                continue;
            }
            // Shares go to whoever is entitled; everything else to whoever is enrolled.
            if !(enrolled || asked.programme.shares) {
                continue;
            }
            let amount = nodes.amount.and_then(|node| judged.number(node, lane)).unwrap_or(0);
            let why = why(judged, &nodes, lane, amount);
            if asked.programme.shares && matches!(why, Some(Why::NotEntitled | Why::Left)) {
                continue;
            }
            let why = why
                .or_else(|| paid.contains(subject).then_some(Why::Paid))
                .or_else(|| excluded(&seen, asked, *subject).then_some(Why::Overlap));
            found.push((*subject, why, Fen(amount)));
        }
    });
    let mut ready = seen.judge_ready(book, &wanted, &question);
    let mut grounds = |subject| ready.one(subject, |_, tell| tell(nodes.asks, usize::MAX)).unwrap_or_default();
    let mut draft = Draft { lines: Vec::new(), held: Vec::new(), total: asked.total };
    // Reasons are read for lists that people look through; what is larger is opened line by line.
    let explained = found.len() <= EXPLAINED;
    for (subject, why, amount) in found {
        let grounds = if explained { grounds(subject) } else { Vec::new() };
        match why {
            None => draft.lines.push(Drawn { subject, amount, grounds }),
            Some(why) => draft.held.push(Held { subject, why, amount, grounds }),
        }
    }
    Ok(draft)
}

/// Up to how many lines the reasons of each are read.
const EXPLAINED: usize = 2_000;

fn why(judged: &Judged<'_>, nodes: &Nodes, lane: usize, amount: i64) -> Option<Why> {
    match judged.verdict(nodes, lane) {
        Verdict::Yes if amount <= 0 => Some(Why::NothingDue),
        Verdict::Yes => None,
        Verdict::No => Some(Why::NotEntitled),
        Verdict::Unknown => Some(Why::Unknown),
        Verdict::NotJudged => Some(Why::Left),
    }
}

/// Whether something stands in the way of whoever it is about.
fn excluded(seen: &Seen<'_>, asked: &Asked<'_>, subject: SubjectId) -> bool {
    let flags = asked.programme.never_with.iter();
    flags.into_iter().any(|flag| seen.fact(subject, flag, asked.on) == Some(Known::Flag(true)))
}

/// Whom another batch of the same programme and period pays, or has frozen a line for.
fn paid_already(
    app: &App,
    seen: &Seen<'_>,
    catalog: &Catalog,
    asked: &Asked<'_>,
) -> Result<HashSet<SubjectId>, Problem> {
    let mut paid = HashSet::new();
    if asked.programme.shares {
        return Ok(paid);
    }
    let image = seen.image();
    let services: Vec<&str> =
        catalog.services.values().filter(|one| one.batch.is_some()).map(|one| one.name.as_str()).collect();
    let others = seen
        .cases()
        .filter(|other| other.subject != asked.case.subject && services.contains(&image.service(other).name.as_str()));
    for other in others {
        let service = image.service(other);
        let says = |name: &str| match seen.latest(other.subject, &format!("{}.{name}", service.name)) {
            Some(Known::Text(text)) => Some(text),
            _ => None,
        };
        let same = says("programme").is_some_and(|name| *name == *asked.programme.name)
            && (asked.per == Per::Once || says("period").is_some_and(|period| *period == *asked.period));
        if !same {
            continue;
        }
        let moved = seen.transfers_of(other.subject).filter(|one| one.waits() || one.moves());
        paid.extend(moved.map(|one| one.credit));
        if other.state == State::Open && !pays_later(image, other) {
            continue;
        }
        if other.state == State::Open {
            let frozen = frozen(app, image, other)?.unwrap_or_default();
            paid.extend(frozen.iter().map(|line| SubjectId(line.subject)));
        }
    }
    Ok(paid)
}

/// Whether a case has frozen its lines and not yet set money aside.
fn pays_later(image: &Image, case: &CaseHead) -> bool {
    let steps = &image.service(case).steps;
    let place = |lines| steps.iter().position(|step| step.lines == Some(lines));
    let (froze, pays) = (place(Lines::Propose), place(Lines::Pay));
    froze.is_some_and(|froze| usize::from(case.step) > froze) && pays.is_some_and(|pays| usize::from(case.step) <= pays)
}

/// The lines with what was adjusted: each adjustment names somebody of the draft and a reason; shares are divided anew.
///
/// # Errors
/// `form-invalid`, saying which.
pub fn adjusted(draft: &Draft, adjust: &[Adjust]) -> Result<Vec<KeptLine>, Problem> {
    let wrong = |zh: String, en: String| Err(problem::FORM_INVALID.problem(zh, en));
    let mut by_hand: BTreeMap<u32, (Fen, String)> = BTreeMap::new();
    for one in adjust {
        let known = draft.lines.iter().any(|line| line.subject.0 == one.subject)
            || draft.held.iter().any(|held| held.subject.0 == one.subject && held.why != Why::Paid);
        if !known {
            let subject = one.subject;
            return wrong(
                format!("清单里没有 {subject} 号对象。"),
                format!("Subject {subject} is not among the lines."),
            );
        }
        if one.reason.trim().is_empty() || one.reason.chars().count() > 200 {
            return wrong(
                "调整要写明理由，最多 200 字。".into(),
                "An adjustment says why, in at most 200 characters.".into(),
            );
        }
        let amount = one.amount.parse::<Fen>().ok().filter(|amount| (Fen(0)..=MOST).contains(amount));
        let Some(amount) = amount else {
            return wrong(format!("“{}”不是金额。", one.amount), format!("{:?} is no amount.", one.amount));
        };
        by_hand.insert(one.subject, (amount, one.reason.trim().to_owned()));
    }
    let held = draft.held.iter().filter(|held| by_hand.contains_key(&held.subject.0));
    let all: Vec<(u32, Fen)> = draft
        .lines
        .iter()
        .map(|line| (line.subject.0, line.amount))
        .chain(held.map(|held| (held.subject.0, if draft.total.is_some() { Fen(0) } else { held.amount })))
        .collect();
    let (computed, amounts) = match draft.total {
        None => {
            let of = |(subject, computed): &(u32, Fen)| by_hand.get(subject).map_or(*computed, |(amount, _)| *amount);
            (all.iter().map(|(_, amount)| *amount).collect::<Vec<_>>(), all.iter().map(of).collect::<Vec<_>>())
        }
        Some(total) => {
            let weights: Vec<i64> = all.iter().map(|(_, weight)| weight.0).collect();
            let set: Vec<Option<Fen>> =
                all.iter().map(|(subject, _)| by_hand.get(subject).map(|(amount, _)| *amount)).collect();
            let free = vec![None; all.len()];
            let (Some(computed), Some(amounts)) =
                (rule::shares(total, &weights, &free), rule::shares(total, &weights, &set))
            else {
                return wrong(
                    "分配总额分不完，或者调整之后超过总额。".into(),
                    "The total cannot be divided without a rest, or the adjustments are more than it.".into(),
                );
            };
            (computed, amounts)
        }
    };
    let lines = all.iter().zip(computed).zip(amounts).filter(|(_, amount)| *amount > Fen(0));
    Ok(lines
        .map(|(((subject, _), computed), amount)| KeptLine {
            subject: *subject,
            amount: amount.to_string(),
            computed: computed.to_string(),
            reason: by_hand.get(subject).map(|(_, reason)| reason.clone()).unwrap_or_default(),
        })
        .collect())
}

/// The largest amount of a line: ten million yuan.
const MOST: Fen = Fen(1_000_000_000);

/// The sum of lines.
///
/// # Errors
/// `body-invalid`, when they are not ours.
pub fn sum(lines: &[KeptLine]) -> Result<Fen, Problem> {
    let amounts: Option<Vec<Fen>> = lines.iter().map(|line| line.amount.parse().ok()).collect();
    amounts.and_then(Fen::checked_sum).ok_or_else(|| problem::BODY_INVALID.problem("金额合计出错。", "The sum fails."))
}

/// Whose account pays.
///
/// # Errors
/// `not-found`.
pub fn payer(seen: &Seen<'_>, asked: &Asked<'_>) -> Result<SubjectId, Problem> {
    if let Some(named) = asked.payer {
        return Ok(named);
    }
    let kind = &asked.programme.payer;
    money::nearest(seen, kind, seen.image().area(asked.case)).ok_or_else(|| {
        problem::NOT_FOUND
            .problem(format!("这里没有登记“{kind}”账户。"), format!("No {kind} is registered for this area."))
    })
}

impl Asked<'_> {
    /// The service of the case.
    pub fn service(&self) -> &Service {
        self.service
    }
}
