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
        payments.extend(pay::lines::payments(app, image, case)?);
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
        let amount: Fen = text.parse().map_err(|_| {
            problem::FORM_INVALID.problem(format!("“{text}”不是金额。"), format!("{text:?} is no amount."))
        })?;
        if amount == Fen(0) {
            continue;
        }
        let find = |party: &Party| whose(&seen, viewer, image.area(case), &all, party, app);
        payments.push(Payment {
            fund: one.fund.clone(),
            rule: one.rule.clone(),
            from: find(&one.from)?,
            to: find(&one.to)?,
            amount,
            phase: Phase::Direct,
            settles: None,
        });
    }
    Ok(payments)
}

/// Whose account is meant.
fn whose(
    seen: &Seen<'_>,
    viewer: &Viewer,
    area: RegionCode,
    answers: &Value,
    party: &Party,
    app: &App,
) -> Result<SubjectId, Problem> {
    let named = |pointer: &str| {
        let answer = answers.pointer(pointer);
        let n = answer.and_then(|answer| answer.as_u64().or_else(|| answer.as_str()?.parse().ok()));
        let subject = n.and_then(|n| u32::try_from(n).ok()).map(SubjectId).ok_or_else(|| {
            problem::FORM_INVALID.problem(
                format!("没有指明收付款的一方（{pointer}）。"),
                format!("Nobody is named at {pointer} to give or receive the money."),
            )
        })?;
        let mine = seen.place_of(subject).is_some_and(|place| viewer.covers(place));
        mine.then_some(subject).ok_or_else(|| {
            forbidden("收付款的一方不在您的辖区内。", "Who gives or receives the money is outside your area.")
        })
    };
    match party {
        Party::Kind(kind) => nearest(seen, kind, area).ok_or_else(|| {
            problem::NOT_FOUND
                .problem(format!("这里没有登记“{kind}”账户。"), format!("No {kind} is registered for this area."))
        }),
        Party::Named(pointer) => named(pointer),
        Party::Of { named: pointer, attribute } => {
            match seen.fact(named(pointer)?, attribute, app.now().day()) {
                Some(Known::Subject(subject)) => Ok(subject),
                _ => Err(problem::NOT_FOUND
                    .problem(format!("没有登记“{attribute}”。"), format!("{attribute} is not recorded."))),
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
