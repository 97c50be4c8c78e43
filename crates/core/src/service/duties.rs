//! What is expected of a case, by when, and whether it came: computed, never ticked off.

use crate::catalog::{Duty, Occurrence, duty};
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

/// Whether everything a duty expects has come.
pub fn is_fulfilled(image: &Image, case: &CaseHead, duty: &Duty, now: Moment) -> bool {
    let occurrences = occurrences(image, case, duty, now);
    !occurrences.is_empty() && occurrences.iter().all(|one| one.state == crate::catalog::DutyState::Fulfilled)
}

fn occurrences(image: &Image, case: &CaseHead, duty: &Duty, now: Moment) -> Vec<Occurrence> {
    let Some(Value::Day(day0)) = image.latest(case.subject, &duty.starts) else { return Vec::new() };
    let came: Vec<Day> = image.spells(case.subject, &duty.expects).iter().map(|spell| spell.from).collect();
    duty::occurrences(duty, *day0, &came, now)
}
