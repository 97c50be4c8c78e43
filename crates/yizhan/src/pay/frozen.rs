//! The lines of a batch as a signature froze them: what is sealed, what is read back, what is paid.

use super::lines::{Asked, adjusted, asked, draft, no_lines, payer, sum};
use super::model::{Adjust, KeptLine};
use crate::app::App;
use crate::case::{act, view};
use serde_json::{Value, json};
use yizhan_core::access::Viewer;
use yizhan_core::catalog::{Catalog, Lines};
use yizhan_core::image::Image;
use yizhan_core::image::case::{CaseHead, StepVerb};
use yizhan_core::ledger::Phase;
use yizhan_core::problem;
use yizhan_core::row::{StepRow, SubjectId};
use yizhan_core::service::{Payment, ProposedFact};
use yizhan_kit::{Fen, Problem};

/// What is sealed when a step freezes the lines: what was answered, with the lines; and what is known of the case then.
///
/// # Errors
/// `form-invalid`, `overdraft`, the store's failure.
pub fn freeze(app: &App, image: &Image, case: &CaseHead, mut answers: Value) -> Result<Frozen, Problem> {
    let program = Viewer::program();
    let given = view::given(app, &program.look(image), case)?;
    let (catalog, _) = act::catalog(image)?;
    let asked = asked(app, image, catalog, case, &given)?;
    let lines = if asked.service().batch.as_ref().is_some_and(|batch| batch.given.is_some()) {
        super::opening::given(image, &asked, &given, &answers)?
    } else {
        let adjust: Vec<Adjust> = serde_json::from_value(answers.get("adjust").cloned().unwrap_or(json!([])))
            .map_err(|error| problem::FORM_INVALID.problem(error.to_string(), error.to_string()))?;
        adjusted(&draft(app, image, catalog, &asked)?, &adjust)?
    };
    if lines.is_empty() {
        return Err(
            problem::FORM_INVALID.problem("清单是空的，没有人可发。", "There are no lines: nobody is to be paid.")
        );
    }
    must_be_covered(app, image, catalog, &asked, &lines)?;
    if let Some(all) = answers.as_object_mut() {
        all.insert("programme".into(), json!(asked.programme.name));
        all.insert("period".into(), json!(asked.period));
        all.insert("lines".into(), json!(lines));
    }
    let known = |name: &str, value: &str| ProposedFact {
        attribute: format!("{}.{name}", asked.service().name),
        value: value.to_owned(),
        on: None,
    };
    let facts = vec![known("programme", &asked.programme.name), known("period", &asked.period)];
    Ok((answers, facts))
}

/// Answers with their lines, and what is known of the case then.
type Frozen = (Value, Vec<ProposedFact>);

/// Shares come out of what was really received, less what is to be kept.
fn must_be_covered(
    app: &App,
    image: &Image,
    catalog: &Catalog,
    asked: &Asked<'_>,
    lines: &[KeptLine],
) -> Result<(), Problem> {
    if !asked.programme.shares {
        return Ok(());
    }
    let program = Viewer::program();
    let seen = program.look(image);
    let payer = payer(&seen, asked)?;
    let free = seen.balance(&asked.programme.fund, payer).map(|balance| balance.free()).unwrap_or_default();
    let reserve = catalog.parameters.get(RESERVE).and_then(|one| one.at(app.now().day()));
    let kept = reserve.and_then(|dated| yizhan_core::rule::number("ratio", &dated.value)).unwrap_or(0);
    let most = Fen(free.0.max(0) - free.0.max(0) * kept / 10_000);
    let sum = sum(lines)?;
    if sum <= most {
        return Ok(());
    }
    Err(problem::OVERDRAFT.problem(
        format!("集体账上可用 {free} 元，按规定留存后最多分配 {most} 元，方案合计 {sum} 元。"),
        format!("The account holds {free} yuan, of which at most {most} may be divided; the lines come to {sum}."),
    ))
}

/// The share of collective income that is kept.
const RESERVE: &str = "asset-income-reserve";

/// The lines as they were signed last; nothing while they are open, or were sent back.
///
/// # Errors
/// `forgotten`, the store's failure.
pub fn frozen(app: &App, image: &Image, case: &CaseHead) -> Result<Option<Vec<KeptLine>>, Problem> {
    let service = image.service(case);
    let Some(place) = service.steps.iter().position(|step| step.lines == Some(Lines::Propose)) else { return Ok(None) };
    if case.state.is_open() && usize::from(case.step) <= place {
        return Ok(None);
    }
    let steps = view::steps(app, case)?;
    let signed = |row: &&StepRow| *row.verb == *StepVerb::Sign.as_str() && *row.name == *service.steps[place].name;
    let Some(body) = steps.iter().find(signed).and_then(|row| row.body) else { return Ok(None) };
    let answers = view::read_json(app, body)?;
    serde_json::from_value(answers["lines"].clone()).map(Some).map_err(|error| crate::app::store(&error))
}

/// The pending transfers of a case's frozen lines.
///
/// # Errors
/// `not-found`, the store's failure.
pub fn payments(app: &App, image: &Image, case: &CaseHead) -> Result<Vec<Payment>, Problem> {
    let program = Viewer::program();
    let seen = program.look(image);
    let (catalog, _) = act::catalog(image)?;
    let given = view::given(app, &seen, case)?;
    let asked = asked(app, image, catalog, case, &given)?;
    let from = payer(&seen, &asked)?;
    let lines = frozen(app, image, case)?.ok_or_else(no_lines)?;
    // What was paid before the program came is not paid again: it is booked.
    let booked = asked.service().batch.as_ref().is_some_and(|batch| batch.given.is_some());
    let phase = if booked { Phase::Direct } else { Phase::Pending };
    let pay = |line: &KeptLine| {
        let amount = line.amount.parse::<Fen>().map_err(|error| crate::app::store(&error))?;
        Ok(Payment {
            fund: asked.programme.fund.clone(),
            rule: Some(asked.programme.name.clone()),
            from,
            to: SubjectId(line.subject),
            amount,
            phase,
            settles: None,
        })
    };
    lines.iter().map(pay).collect()
}
