//! What the ledger says to rules: what somebody received since the year began, by what it counts as; what an asset earned
//! this year and last, whatever the rule. Nothing of it is stored. A household's is what was paid to itself: rules add what
//! was paid to its members.

use super::lanes::Lanes;
use crate::catalog::{Catalog, Income};
use crate::image::Image;
use crate::row::SubjectId;
use std::sync::Arc;
use yizhan_kit::Day;

/// How rules call it, after the kind of subject.
const NAMES: [(&str, Income); 3] =
    [("received-wage", Income::Wage), ("received-property", Income::Property), ("received-transfer", Income::Transfer)];

/// How rules call what an asset earned, in the order of the years back.
const EARNED: [&str; 2] = ["earned-this-year", "earned-last-year"];

/// By what income counts as, then by year.
type Sums = [i64; NAMES.len() + EARNED.len()];

/// What was received up to a day.
pub(super) struct Received<'a> {
    image: &'a Image,
    catalog: Option<&'a Arc<Catalog>>,
    /// The first day of the year before, the first day of the year, and the day.
    days: [Day; 3],
}

/// Which of the sums an attribute is, by its full name.
pub(super) fn which(attribute: &str) -> Option<usize> {
    let (kind, name) = attribute.split_once('.')?;
    match kind {
        "person" | "household" => NAMES.iter().position(|(known, _)| *known == name),
        "asset" => EARNED.iter().position(|known| *known == name).map(|year| NAMES.len() + year),
        _ => None,
    }
}

impl<'a> Received<'a> {
    pub(super) fn new(image: &'a Image, day: Day) -> Self {
        let year = day.ymd().0;
        let first = |year| Day::from_ymd(year, 1, 1).expect("every year has a first day");
        Self { image, catalog: image.catalog(), days: [first(year - 1), first(year), day] }
    }

    /// Loads one of the sums of some subjects; whoever received nothing received nothing.
    pub(super) fn load(&self, which: usize, subjects: &[SubjectId], into: &mut Lanes) {
        let nobody = self.image.ledger.is_empty();
        for (lane, subject) in subjects.iter().enumerate() {
            into.set(lane, if nobody { 0 } else { self.of(*subject)[which] });
        }
    }

    /// What a subject received, by what it counts as, and by year.
    pub(super) fn of(&self, subject: SubjectId) -> Sums {
        let mut sums = Sums::default();
        let [before, first, day] = self.days;
        for (seq, rule, amount) in self.image.ledger.received(subject) {
            let Some(on) = self.image.act(seq).map(|act| act.at().day()) else { continue };
            if on < before {
                break;
            }
            if on > day {
                continue;
            }
            sums[NAMES.len() + usize::from(on < first)] += amount.0;
            if let Some(place) = self.counts_as(rule).filter(|_| on >= first) {
                sums[place] += amount.0;
            }
        }
        sums
    }

    fn counts_as(&self, rule: &str) -> Option<usize> {
        let income = self.catalog?.programmes.get(rule)?.income;
        NAMES.iter().position(|(_, known)| *known == income)
    }
}
