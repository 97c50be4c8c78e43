//! What is expected of a case, by when, and whether it came: computed, never ticked off.

use crate::catalog::{Duty, DutyState, Occurrence, Rhythm, duty};
use crate::image::Image;
use crate::image::case::CaseHead;
use crate::image::fact::Value;
use std::sync::Arc;
use yizhan_kit::{Day, Moment};

/// A duty of a case with its occurrences.
pub struct OpenDuty {
    /// The service whose duty it is.
    pub service: Arc<crate::catalog::Service>,
    /// Which of its duties.
    pub position: usize,
    /// When it is expected, and what came of it.
    pub occurrences: Vec<Occurrence>,
}

impl OpenDuty {
    /// The duty.
    pub fn duty(&self) -> &Duty {
        &self.service.duties[self.position]
    }
}

/// The duties of a case at a moment. A duty whose first day is not known yet has no occurrences.
pub fn duties_of(image: &Image, case: &CaseHead, now: Moment) -> Vec<OpenDuty> {
    let service = image.service(case);
    let each = service.duties.iter().enumerate().map(|(position, duty)| OpenDuty {
        service: service.clone(),
        position,
        occurrences: occurrences(image, case, duty, now),
    });
    each.collect()
}

/// Whether everything a duty expects has come. What is ordered by facts may be nothing at all, and what was missed of it is
/// made good by one more later; what is counted from a day is not fulfilled before that day is known.
pub fn is_fulfilled(image: &Image, case: &CaseHead, duty: &Duty, now: Moment) -> bool {
    let occurrences = occurrences(image, case, duty, now);
    let known = !occurrences.is_empty() || matches!(duty.rhythm, Rhythm::On(_));
    let came = image.spells(case.subject, &duty.expects).len();
    let made_good = |one: &Occurrence| {
        matches!(duty.rhythm, Rhythm::On(_)) && one.state == DutyState::Missed && came >= occurrences.len()
    };
    known && occurrences.iter().all(|one| one.state == DutyState::Fulfilled || made_good(one))
}

fn occurrences(image: &Image, case: &CaseHead, duty: &Duty, now: Moment) -> Vec<Occurrence> {
    let Some(Value::Day(day0)) = image.latest(case.subject, &duty.starts) else { return Vec::new() };
    let begins = |attribute: &str| -> Vec<Day> {
        image.spells(case.subject, attribute).iter().map(|spell| spell.from).collect()
    };
    let (mut until, mut ordered) = (None, Vec::new());
    match &duty.rhythm {
        Rhythm::Days(_) => {}
        Rhythm::On(attribute) => {
            ordered = begins(attribute);
            // What was ordered for a day after the end is expected no more.
            let board = image.service(case).board.as_ref();
            if let Some(Value::Day(last)) = board.and_then(|board| image.latest(case.subject, &board.until)) {
                ordered.retain(|day| *day <= last);
            }
        }
        Rhythm::Until { attribute, .. } => {
            if let Some(Value::Day(day)) = image.latest(case.subject, attribute) {
                until = Some(day);
            }
        }
    }
    let came = begins(&duty.expects);
    duty::occurrences(duty, day0, duty.days(day0, until, &ordered, &came), &came, now)
}
