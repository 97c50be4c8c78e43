//! Which alarms of a case are open: computed from its facts, answered by a later one.

use crate::catalog::{Alarm, Service};
use crate::image::Image;
use crate::image::case::CaseHead;
use crate::image::fact::Spell;
use std::sync::Arc;

/// An alarm of a case that nobody has answered yet.
pub struct OpenAlarm {
    service: Arc<Service>,
    position: usize,
    /// What raised it: the attribute's full name and what was true, the latest last.
    pub raised_by: Vec<(String, Spell)>,
}

impl OpenAlarm {
    /// The alarm.
    pub fn alarm(&self) -> &Alarm {
        &self.service.alarms[self.position]
    }
}

/// The open alarms of a case. An ended case has none.
pub fn alarms_of(image: &Image, case: &CaseHead) -> Vec<OpenAlarm> {
    let service = image.service(case);
    if service.alarms.is_empty() || !case.state.is_open() {
        return Vec::new();
    }
    let Some(catalog) = image.catalog_at(u64::from(case.catalog)) else { return Vec::new() };
    let mut open = Vec::new();
    for (position, alarm) in service.alarms.iter().enumerate() {
        let answered = image.spells(case.subject, &alarm.answered_by).iter().map(|spell| spell.seq).max().unwrap_or(0);
        let mut raised_by = Vec::new();
        for condition in &alarm.when {
            let Some(attribute) = catalog.attributes.get(&condition.attribute) else { continue };
            let spells = image.spells(case.subject, &condition.attribute);
            let since = spells.iter().filter(|spell| spell.seq > answered);
            let met = since.filter(|spell| condition.is_met(&spell.value, spell.from, attribute, &catalog.parameters));
            raised_by.extend(met.map(|spell| (condition.attribute.clone(), spell.clone())));
        }
        if !raised_by.is_empty() {
            raised_by.sort_by_key(|(_, spell)| spell.seq);
            open.push(OpenAlarm { service: service.clone(), position, raised_by });
        }
    }
    open
}
