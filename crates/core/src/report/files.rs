//! Figures from what is on file: slips of hospital bills, cases, facts; and from gaps of a rule.

use super::total::Item;
use super::{Counter, Each, Line};
use crate::catalog::report::{Counted, Figure, Learned};
use crate::image::case::State;
use crate::image::fact::{Spell, Value};
use crate::row::SubjectId;
use std::collections::HashMap;
use yizhan_kit::{Day, Fen};

impl Counter<'_> {
    /// Walks the items of a figure until enough were seen.
    pub(super) fn each(&self, figure: &Figure, take: &mut Each<'_>) {
        match &figure.counted {
            Counted::Slips { payer } => self.slips(payer, take),
            Counted::Cases { services } => self.cases(figure, services, take),
            Counted::Facts(learned) => self.facts(figure, learned, take),
            Counted::Rule(name) => self.gaps(name, |who, mark| {
                let item =
                    Item { n: u64::from(who.0), day: self.asked.to, amount: 1, who: who.0, ids: &[], part: mark.part };
                take(&item, &Line::of)
            }),
            _ => {}
        }
    }

    /// Slips that stand, discharged in the period, of which a payer pays something.
    fn slips(&self, payer: &str, take: &mut Each<'_>) {
        let mut layers: HashMap<String, Option<usize>> = HashMap::new();
        let mut found = Vec::new();
        for entry in self.image.book.years().flatten() {
            let kept = &entry.kept;
            if !self.in_period(kept.discharged.0) {
                continue;
            }
            let layer = *layers.entry(kept.policy.clone()).or_insert_with(|| {
                let policy = self.image.policy(&kept.policy)?;
                (0..policy.layers.len()).find(|layer| policy.payer(*layer).id == *payer)
            });
            if let Some(pay) = layer.map(|layer| kept.pay(layer)).filter(|pay| pay.0 > 0) {
                found.push((entry.case, kept.discharged, SubjectId(kept.person), pay));
            }
        }
        found.sort_unstable_by_key(|(case, ..)| case.0);
        for (case, day, person, pay) in found {
            let Some(mark) = self.mark(self.homes.place(person, day)) else { continue };
            let ids = [person.0];
            let item = Item { n: u64::from(case.0), day, amount: pay.0, who: person.0, ids: &ids, part: mark.part };
            if !take(&item, &Line::of) {
                return;
            }
        }
    }

    /// The day on which a case came to its end, if it did.
    fn ended(&self, case: &crate::image::case::CaseHead) -> Option<Day> {
        let done = case.state == State::Completed;
        done.then(|| self.image.act(u64::from(case.changed)).map(|act| act.at().day())).flatten()
    }

    fn cases(&self, figure: &Figure, services: &[String], take: &mut Each<'_>) {
        let wanted: Vec<_> = services.iter().filter_map(|service| self.image.names.find_word(service)).collect();
        let mut ids = Vec::new();
        for case in self.image.cases().filter(|case| wanted.contains(&case.service)) {
            let Some(day) = self.ended(case).filter(|day| self.in_period(day.0)) else { continue };
            let Some(mark) = self.mark(Some(self.image.area(case))) else { continue };
            self.ids(figure.measure, case.subject, day, mark, &mut ids);
            let n = u64::from(case.subject.0);
            let item = Item { n, day, amount: 1, who: case.subject.0, ids: &ids, part: mark.part };
            if !take(&item, &Line::of) {
                return;
            }
        }
    }

    fn facts(&self, figure: &Figure, learned: &Learned, take: &mut Each<'_>) {
        let kind = learned.attribute.split('.').next().unwrap_or_default();
        let known = |ids: &[String], value: &Value| {
            let text = self.image.attribute(&learned.attribute).and_then(|attribute| value.text(attribute));
            ids.is_empty() || text.is_some_and(|text| ids.contains(&text))
        };
        let mut ids = Vec::new();
        let mut one = |subject: SubjectId, spell: &Spell, take: &mut Each<'_>| {
            let recorded = self.image.act(spell.seq).map(|act| act.at().day());
            let counts = recorded.is_some_and(|day| self.in_period(day.0)) && self.in_period(spell.from.0);
            if !counts || !known(&learned.is, &spell.value) {
                return true;
            }
            let place = match self.image.case(subject) {
                Some(case) => Some(self.image.area(case)),
                None => self.homes.place(subject, spell.from),
            };
            let Some(mark) = self.mark(place) else { return true };
            let amount = match &spell.value {
                Value::Int(n) | Value::Fen(Fen(n)) => *n,
                _ => 1,
            };
            self.ids(figure.measure, subject, spell.from, mark, &mut ids);
            let item = Item { n: spell.seq, day: spell.from, amount, who: subject.0, ids: &ids, part: mark.part };
            take(&item, &Line::of)
        };
        let Some(service) = self.catalog.services.get(kind).and_then(|one| self.image.names.find_word(&one.name))
        else {
            for subject in self.image.subjects_of(kind) {
                for spell in self.image.spells(subject, &learned.attribute).iter() {
                    if !one(subject, spell, take) {
                        return;
                    }
                }
            }
            return;
        };
        for case in self.image.cases().filter(|case| case.service == service) {
            if learned.ended && self.ended(case).is_none_or(|day| day > self.asked.to) {
                continue;
            }
            for spell in self.image.spells(case.subject, &learned.attribute).iter() {
                if !one(case.subject, spell, take) {
                    return;
                }
            }
        }
    }
}
