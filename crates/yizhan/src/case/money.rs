//! The money that a step or an entry moves: from what the catalog says and what was answered to transfers.

use super::act::catalog;
use super::view;
use crate::answer::lang;
use crate::app::App;
use crate::pay;
use serde_json::Value;
use yizhan_core::access::{Question, Seen, Verdict, Viewer, forbidden};
use yizhan_core::catalog::{Lines, Most, Movement, Party, Step, Sum};
use yizhan_core::image::Image;
use yizhan_core::image::case::CaseHead;
use yizhan_core::image::fact::Value as Known;
use yizhan_core::ledger::Phase;
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_core::service::Payment;
use yizhan_kit::codes::RegionCode;
use yizhan_kit::{Fen, Lang, Problem};

/// The transfers that follow from signing a step.
///
/// # Errors
/// `form-invalid`, `forbidden`, `not-found`, the store's failure.
pub fn of_step(
    app: &App,
    image: &Image,
    viewer: &Viewer,
    case: &CaseHead,
    step: &Step,
    answers: Option<&Value>,
) -> Result<Vec<Payment>, Problem> {
    let mut payments = movements(app, image, viewer, case, &step.money, answers.unwrap_or(&Value::Null))?;
    if step.lines == Some(Lines::Pay) {
        payments.extend(pay::frozen::payments(app, image, case)?);
    }
    Ok(payments)
}

/// The transfers that follow from answers, overlaid on those of the application.
///
/// # Errors
/// As [`of_step`].
pub fn movements(
    app: &App,
    image: &Image,
    viewer: &Viewer,
    case: &CaseHead,
    movements: &[Movement],
    answers: &Value,
) -> Result<Vec<Payment>, Problem> {
    if movements.is_empty() {
        return Ok(Vec::new());
    }
    let program = Viewer::program();
    let seen = program.look(image);
    let mut all = view::given(app, &seen, case)?;
    if let (Some(all), Some(own)) = (all.as_object_mut(), answers.as_object()) {
        all.extend(own.iter().map(|(name, answer)| (name.clone(), answer.clone())));
    }
    let mut payments = Vec::new();
    for one in movements {
        if let Some((at, is)) = &one.when
            && said(&all, at) != *is
        {
            continue;
        }
        let asked = Asked { seen, viewer, area: image.area(case), case: case.subject, answers: &all, app };
        // What was not answered moves nothing, nor does what nobody is named for.
        if matches!(&one.amount, Sum::Answer(pointer) if said(&all, pointer).is_empty()) {
            continue;
        }
        let (Some(from), Some(to)) = (asked.whose(&one.from)?, asked.whose(&one.to)?) else { continue };
        let amount = asked.sum(&one.amount, to)?;
        if amount == Fen(0) {
            continue;
        }
        asked.must_not_exceed(one, amount)?;
        payments.push(Payment {
            fund: one.fund.clone(),
            rule: match (&one.rule, &one.amount) {
                (None, Sum::Rule(name)) => Some(name.clone()),
                (named, _) => named.clone(),
            },
            from,
            to,
            amount,
            phase: Phase::Direct,
            settles: None,
        });
    }
    Ok(payments)
}

/// An answer as a text; empty where none was given.
fn said(answers: &Value, pointer: &str) -> String {
    match answers.pointer(pointer) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// What is known when it is asked whose account is meant.
struct Asked<'a> {
    seen: Seen<'a>,
    viewer: &'a Viewer,
    area: RegionCode,
    case: SubjectId,
    answers: &'a Value,
    app: &'a App,
}

impl Asked<'_> {
    /// Whose account is meant; nobody where nothing was answered.
    fn whose(&self, party: &Party) -> Result<Option<SubjectId>, Problem> {
        match party {
            Party::Kind(kind) => nearest(&self.seen, kind, self.area).map(Some).ok_or_else(|| {
                problem::NOT_FOUND
                    .problem(format!("这里没有登记“{kind}”账户。"), format!("No {kind} is registered for this area."))
            }),
            Party::Named(pointer) => self.named(pointer),
            Party::Recalled(attribute) => self.fact(self.case, attribute).map(Some),
            Party::Of { named, attribute } => {
                let first =
                    if named.starts_with('/') { self.named(named)? } else { Some(self.fact(self.case, named)?) };
                first.map(|first| self.fact(first, attribute)).transpose()
            }
        }
    }

    /// How much it is for whoever receives it.
    fn sum(&self, sum: &Sum, to: SubjectId) -> Result<Fen, Problem> {
        match sum {
            Sum::Answer(pointer) => {
                let text = said(self.answers, pointer);
                text.parse().map_err(|_| {
                    problem::FORM_INVALID.problem(format!("“{text}”不是金额。"), format!("{text:?} is no amount."))
                })
            }
            Sum::Parameter(name) => self.figure(name),
            Sum::Rule(name) => self.entitled(name, to),
        }
    }

    /// A figure of the catalog today.
    fn figure(&self, name: &str) -> Result<Fen, Problem> {
        let parameters = &catalog(self.seen.image())?.0.parameters;
        let value = parameters.get(name).and_then(|parameter| parameter.at(self.app.now().day()));
        value.and_then(|value| value.value.parse().ok()).ok_or_else(|| {
            problem::FORM_INVALID
                .problem(format!("今天没有生效的“{name}”。"), format!("No value of {name} is in force today."))
        })
    }

    /// What an entitlement comes to for somebody today; nothing is paid to whoever is not entitled.
    fn entitled(&self, name: &str, to: SubjectId) -> Result<Fen, Problem> {
        let catalog = catalog(self.seen.image())?.0;
        let numbers = self.app.finder.numbers.read().expect("no panic while the numbers are held");
        let question = Question { day: self.app.now().day(), parameters: &catalog.parameters, lent: Some(&*numbers) };
        let due = catalog.rules.rule(name).and_then(|(book, _, nodes)| {
            let wanted: Vec<_> = [Some(nodes.when), Some(nodes.asks), nodes.amount].into_iter().flatten().collect();
            self.seen.judge_one(book, &wanted, to, &question, |judged, _| {
                let entitled = judged.verdict(&nodes, 0) == Verdict::Yes;
                nodes.amount.filter(|_| entitled).and_then(|node| judged.number(node, 0)).map(Fen)
            })?
        });
        due.ok_or_else(|| {
            problem::FORM_INVALID.problem(
                format!("按规则“{name}”，这个对象今天没有应发的钱。"),
                format!("By the rule {name} nothing is due to them today."),
            )
        })
    }

    /// More than the most is refused, at the answer where there is one.
    fn must_not_exceed(&self, movement: &Movement, amount: Fen) -> Result<(), Problem> {
        let most = match &movement.most {
            None => return Ok(()),
            Some(Most::Fixed(most)) => *most,
            Some(Most::Parameter(name)) => self.figure(name)?,
        };
        if amount <= most {
            return Ok(());
        }
        let (zh, en) = (format!("最多 {most} 元。"), format!("At most {most} yuan."));
        let refused = problem::FORM_INVALID.problem(zh.clone(), en.clone());
        let Sum::Answer(at) = &movement.amount else { return Err(refused) };
        let said = if lang() == Lang::Zh { &zh } else { &en };
        Err(refused.with("faults", serde_json::json!([{"at": at, "what": en, "said": said}])))
    }

    fn named(&self, pointer: &str) -> Result<Option<SubjectId>, Problem> {
        let Some(answer) = self.answers.pointer(pointer).filter(|answer| !answer.is_null()) else { return Ok(None) };
        let n = answer.as_u64().or_else(|| answer.as_str()?.parse().ok());
        let subject = n.and_then(|n| u32::try_from(n).ok()).map(SubjectId).ok_or_else(|| {
            problem::FORM_INVALID.problem(
                format!("没有指明收付款的一方（{pointer}）。"),
                format!("Nobody is named at {pointer} to give or receive the money."),
            )
        })?;
        let mine = self.seen.place_of(subject).is_some_and(|place| self.viewer.covers(place));
        mine.then_some(Some(subject)).ok_or_else(|| {
            forbidden("收付款的一方不在您的辖区内。", "Who gives or receives the money is outside your area.")
        })
    }

    /// Whom a fact names.
    fn fact(&self, subject: SubjectId, attribute: &str) -> Result<SubjectId, Problem> {
        match self.seen.fact(subject, attribute, self.app.now().day()) {
            Some(Known::Subject(named)) => Ok(named),
            _ => {
                Err(problem::NOT_FOUND
                    .problem(format!("没有登记“{attribute}”。"), format!("{attribute} is not recorded.")))
            }
        }
    }
}

/// The subject of a kind that lies in an area, or in the nearest area above it.
pub fn nearest(seen: &Seen<'_>, kind: &str, area: RegionCode) -> Option<SubjectId> {
    let placed = seen.subjects_of(kind).filter_map(|subject| Some((seen.place_of(subject)?, subject)));
    let around = placed.filter(|(place, _)| place.contains(area));
    // Of those around the area the innermost; of several in one place the first.
    let inner = |best: (RegionCode, SubjectId), one: (RegionCode, SubjectId)| {
        if best.0 != one.0 && best.0.contains(one.0) { one } else { best }
    };
    around.reduce(inner).map(|(_, subject)| subject)
}
