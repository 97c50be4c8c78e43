//! Who may move a case, and when it may move: asked before a form is looked at, and again when the move is decided.

use super::duties::is_fulfilled;
use super::pay::{must_be_collected, must_be_settled};
use crate::access::{Deed, Role, Viewer, forbidden};
use crate::act::{Actor, Scene};
use crate::catalog::{Entry, Paper, Service, Step, Who, Words};
use crate::image::Image;
use crate::image::case::{CaseHead, State, StepVerb};
use crate::image::fact::Value;
use crate::problem;
use crate::row::SubjectId;
use yizhan_kit::{Day, Problem};

/// The first day after the notice that the step before began, if it began one.
pub fn on_notice_until(case: &CaseHead, service: &Service) -> Option<Day> {
    let before = service.steps.get(usize::from(case.step).checked_sub(1)?)?;
    let days = i32::try_from(before.notice_days?).ok()?;
    Some(case.since().day().plus(days + 1))
}

/// Whether everyone may read about a case, because it is on notice.
pub fn is_on_notice(image: &Image, case: &CaseHead, today: Day) -> bool {
    case.state == State::Open && on_notice_until(case, image.service(case)).is_some_and(|until| today < until)
}

/// The case, when the viewer may make such a move of it as it stands. Asked before a form is looked at, so that a
/// stranger learns nothing from its faults, and again when the move is decided.
///
/// # Errors
/// `case-not-found`, `forbidden`, `case-ended`, `case-changed`.
pub fn may_move<'a>(
    image: &'a Image,
    viewer: &Viewer,
    case: SubjectId,
    version: u64,
    verb: StepVerb,
    today: Day,
) -> Result<&'a CaseHead, Problem> {
    let public = verb == StepVerb::Object && image.case(case).is_some_and(|case| is_on_notice(image, case, today));
    let case = if public { image.case(case).ok_or_else(no_case)? } else { find(image, viewer, case)? };
    viewer.must(match verb {
        StepVerb::Object => Deed::Object,
        StepVerb::Withdraw => Deed::Withdraw,
        _ => Deed::TakeStep,
    })?;
    must_be_current(image, case, version)?;
    if !matches!(verb, StepVerb::Object | StepVerb::Withdraw) {
        must_be_at(image, viewer, case)?;
    }
    Ok(case)
}

/// The case and the entry, when the viewer may record it now. Asked before its form is looked at, and again when it is
/// decided.
///
/// # Errors
/// `forbidden`, `case-not-found`, `case-ended`, `move-not-allowed`.
pub fn may_record<'a>(
    image: &'a Image,
    viewer: &Viewer,
    case: SubjectId,
    entry: &str,
) -> Result<(&'a CaseHead, &'a Entry), Problem> {
    viewer.must(Deed::RecordEntry)?;
    let case = find(image, viewer, case)?;
    must_be_open(image, case)?;
    let service = image.service(case);
    let Some(entry) = service.entry(entry) else {
        return Err(problem::MOVE_NOT_ALLOWED.problem(
            format!("“{}”没有登记项“{entry}”。", service.title.zh),
            format!("{} has no entry {entry:?}.", service.title.en),
        ));
    };
    let Entry { title, who, holder, during, .. } = entry;
    may_add(image, viewer, case, &Addition { title, who, holder: *holder, during })?;
    Ok((case, entry))
}

/// The case and the paper, when the viewer may attach it now. Asked before a file is looked at, and again when it is
/// decided.
///
/// # Errors
/// As [`may_record`]; `forgotten`, for nothing is added to a case whose key is gone.
pub fn may_attach<'a>(
    image: &'a Image,
    viewer: &Viewer,
    case: SubjectId,
    paper: &str,
) -> Result<(&'a CaseHead, &'a Paper), Problem> {
    viewer.must(Deed::RecordEntry)?;
    let case = find(image, viewer, case)?;
    must_be_open(image, case)?;
    let service = image.service(case);
    let Some(paper) = service.paper(paper) else {
        return Err(problem::MOVE_NOT_ALLOWED.problem(
            format!("“{}”不收这种材料。", service.title.zh),
            format!("{} takes no paper {paper:?}.", service.title.en),
        ));
    };
    let Paper { title, who, holder, during, .. } = paper;
    may_add(image, viewer, case, &Addition { title, who, holder: *holder, during })?;
    Ok((case, paper))
}

/// The case and the paper, when the viewer may say now whether it will do: whoever takes the step that the case waits for.
///
/// # Errors
/// As [`may_attach`].
pub fn may_judge<'a>(
    image: &'a Image,
    viewer: &Viewer,
    case: SubjectId,
    paper: &str,
) -> Result<(&'a CaseHead, &'a Paper), Problem> {
    viewer.must(Deed::TakeStep)?;
    let case = find(image, viewer, case)?;
    must_be_open(image, case)?;
    must_be_at(image, viewer, case)?;
    let paper = image.service(case).paper(paper).ok_or_else(|| {
        problem::MOVE_NOT_ALLOWED.problem("这个事项不收这种材料。", "This service takes no such paper.")
    })?;
    Ok((case, paper))
}

/// What is common to entries and papers: who may add one, and while the case waits for which steps.
struct Addition<'a> {
    title: &'a Words,
    who: &'a [Who],
    holder: bool,
    during: &'a [String],
}

fn may_add(image: &Image, viewer: &Viewer, case: &CaseHead, wanted: &Addition<'_>) -> Result<(), Problem> {
    let step = &image.service(case).steps[usize::from(case.step)];
    let by_holder = wanted.holder && viewer.role == Role::Holder;
    if !by_holder && !wanted.who.iter().any(|who| viewer.is_for(image, case, who)) {
        return Err(forbidden(
            &format!("“{}”不能登记“{}”。", viewer.role.as_str(), wanted.title.zh),
            &format!("A {} may not record {}.", viewer.role.as_str(), wanted.title.en),
        ));
    }
    if !wanted.during.is_empty() && !wanted.during.contains(&step.name) {
        return Err(problem::MOVE_NOT_ALLOWED.problem(
            format!("现在是“{}”环节，还不能登记“{}”。", step.title.zh, wanted.title.zh),
            format!("{} is not recorded while the case waits for {}.", wanted.title.en, step.title.en),
        ));
    }
    Ok(())
}

pub(super) fn find<'a>(image: &'a Image, viewer: &Viewer, case: SubjectId) -> Result<&'a CaseHead, Problem> {
    image.case(case).filter(|case| viewer.sees(image, case)).ok_or_else(no_case)
}

fn no_case() -> Problem {
    problem::CASE_NOT_FOUND.problem("没有这个办件，或者不在您的辖区内。", "There is no such case in your area.")
}

fn must_be_open(image: &Image, case: &CaseHead) -> Result<(), Problem> {
    if case.state.is_open() {
        return Ok(());
    }
    let (number, state) = (image.number(case), case.state.as_str());
    Err(problem::CASE_ENDED.problem(format!("{number} 已经结束（{state}）。"), format!("{number} has ended: {state}.")))
}

fn must_be_current(image: &Image, case: &CaseHead, version: u64) -> Result<(), Problem> {
    must_be_open(image, case)?;
    if u64::from(case.changed) == version {
        return Ok(());
    }
    let number = image.number(case);
    let changed = image.act(u64::from(case.changed)).map_or_else(String::new, |act| act.at().to_string());
    Err(problem::CASE_CHANGED
        .problem(
            format!("{number} 在 {changed} 已有变化，请刷新后再办。"),
            format!("{number} changed at {changed}; read it again first."),
        )
        .with("version", case.changed.into()))
}

fn must_be_at(image: &Image, viewer: &Viewer, case: &CaseHead) -> Result<(), Problem> {
    let step = &image.service(case).steps[usize::from(case.step)];
    if viewer.is_for(image, case, image.who(case)) {
        return Ok(());
    }
    Err(forbidden(
        &format!("“{}”环节不由“{}”办理。", step.title.zh, viewer.role.as_str()),
        &format!("The step {} is not for a {}.", step.title.en, viewer.role.as_str()),
    ))
}

/// Nobody takes two steps of one case unless its route allows it; the same step again, after it was sent back, is one
/// step. A deputy counts as themselves and as the absent.
pub(super) fn must_be_other_eyes(scene: &Scene<'_>, case: &CaseHead, step: &Step) -> Result<(), Problem> {
    let Actor::Staff { id, instead_of } = scene.actor else { return Ok(()) };
    let takers = scene.image.takers(case.subject);
    let took_another = |staff: SubjectId| takers.iter().any(|(taker, taken)| *taker == staff.0 && *taken != case.step);
    let before = took_another(id) || instead_of.is_some_and(took_another);
    if step.same_person || !before {
        return Ok(());
    }
    let number = scene.image.number(case);
    Err(problem::FOUR_EYES.problem(
        format!("您已经办理过 {number} 的一个环节，下一环节须由他人办理。"),
        format!("You already took a step of {number}; another person takes this one."),
    ))
}

pub(super) fn must_be_ready(scene: &Scene<'_>, case: &CaseHead, service: &Service, step: &Step) -> Result<(), Problem> {
    must_be_settled(scene, case, step)?;
    must_be_collected(scene, case, step)?;
    if let Some(rule) = &step.not_before {
        let Some(Value::Day(begun)) = scene.image.latest(case.subject, &rule.attribute) else {
            return Err(problem::TOO_EARLY.problem(
                format!("还没有登记“{}”。", rule.attribute),
                format!("{} is not recorded yet.", rule.attribute),
            ));
        };
        let first = begun.plus(rule.days);
        if scene.today() < first {
            return Err(problem::TOO_EARLY.problem(
                format!("“{}”最早在 {first} 办理。", step.title.zh),
                format!("{} is possible from {first}.", step.title.en),
            ));
        }
    }
    for name in &step.needs {
        let duty = service.duties.iter().find(|duty| duty.name == *name).expect("checked when the catalog was loaded");
        if !is_fulfilled(scene.image, case, duty, scene.at) {
            return Err(problem::DUTY_OPEN.problem(
                format!("“{}”还没有全部完成。", duty.title.zh),
                format!("{} is not complete yet.", duty.title.en),
            ));
        }
    }
    Ok(())
}

pub(super) fn not_allowed(verb: StepVerb, step: &Step) -> Problem {
    problem::MOVE_NOT_ALLOWED.problem(
        format!("“{}”环节不能这样办（{}）。", step.title.zh, verb.as_str()),
        format!("The step {} does not allow {}.", step.title.en, verb.as_str()),
    )
}
