//! The money that a step or an entry moves: from what the catalog says and what was answered to transfers.

use super::view;
use crate::app::App;
use crate::pay;
use serde_json::Value;
use yizhan_core::access::{Seen, Viewer, forbidden};
use yizhan_core::catalog::{Lines, Movement, Party, Step};
use yizhan_core::image::Image;
use yizhan_core::image::case::CaseHead;
use yizhan_core::image::fact::Value as Known;
use yizhan_core::ledger::Phase;
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_core::service::Payment;
use yizhan_kit::codes::RegionCode;
use yizhan_kit::{Fen, Problem};

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
        // What was not answered moves nothing.
        let Some(text) = all.pointer(&one.amount).and_then(Value::as_str).filter(|text| !text.is_empty()) else {
            continue;
        };
        if let Some((at, is)) = &one.when
            && said(&all, at) != *is
        {
            continue;
        }
        let amount: Fen = text.parse().map_err(|_| {
            problem::FORM_INVALID.problem(format!("“{text}”不是金额。"), format!("{text:?} is no amount."))
        })?;
        if amount == Fen(0) {
            continue;
        }
        let asked = Asked { seen, viewer, area: image.area(case), case: case.subject, answers: &all, app };
        // Nor does what nobody is named for.
        let (Some(from), Some(to)) = (asked.whose(&one.from)?, asked.whose(&one.to)?) else { continue };
        payments.push(Payment {
            fund: one.fund.clone(),
            rule: one.rule.clone(),
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
