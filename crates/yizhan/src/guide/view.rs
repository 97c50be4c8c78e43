//! The catalog in the reader's language.

use super::model::{
    AdditionView, AttributeView, CatalogPage, CodeView, DatedView, DutyRule, EscalationView, ExampleView, KindView,
    ParameterView, ServiceLine, ServiceView, StepView,
};
use crate::case::model::ServicePage;
use crate::case::view::words;
use yizhan_core::catalog::{
    Attribute, Catalog, Duty, Example, Expect, Parameter, Rhythm, Service, Step, Who, Within, Words,
};
use yizhan_kit::id::to_hex;
use yizhan_kit::{Day, Lang};

/// The catalog in force on a day.
pub fn catalog(catalog: &Catalog, number: u64, today: Day, lang: Lang) -> CatalogPage {
    CatalogPage {
        number,
        digest: to_hex(&catalog.source.digest().0),
        services: catalog.services.values().map(|service| line(service, lang)).collect(),
        parameters: catalog.parameters.values().map(|found| parameter(found, today, lang)).collect(),
        kinds: catalog
            .subjects
            .values()
            .map(|kind| KindView {
                name: kind.name.clone(),
                title: words(&kind.title, lang).to_owned(),
                attributes: attributes_of(catalog, &kind.name, lang),
            })
            .collect(),
        files: catalog.source.files.keys().cloned().collect(),
    }
}

fn line(service: &Service, lang: Lang) -> ServiceLine {
    let of_duties: usize = service.duties.iter().map(|duty| duty.examples.len()).sum();
    ServiceLine {
        name: service.name.clone(),
        title: words(&service.title, lang).to_owned(),
        about: words(&service.about, lang).to_owned(),
        examples: service.examples.len() + of_duties,
    }
}

fn parameter(parameter: &Parameter, today: Day, lang: Lang) -> ParameterView {
    let in_force = parameter.at(today).map(|value| value.from);
    ParameterView {
        name: parameter.name.clone(),
        title: words(&parameter.title, lang).to_owned(),
        unit: parameter.unit.clone(),
        values: parameter
            .values
            .iter()
            .map(|value| DatedView {
                from: value.from.to_string(),
                to: value.to.map(|to| to.to_string()),
                value: value.value.clone(),
                source: value.source.clone(),
                confidence: value.confidence.as_str().to_owned(),
                in_force: in_force == Some(value.from),
            })
            .collect(),
    }
}

fn attributes_of(catalog: &Catalog, subject: &str, lang: Lang) -> Vec<AttributeView> {
    catalog.attributes_of(subject).map(|found| attribute(found, lang)).collect()
}

fn attribute(attribute: &Attribute, lang: Lang) -> AttributeView {
    let code = |(code, title): &(String, Words)| CodeView { code: code.clone(), title: words(title, lang).to_owned() };
    AttributeView {
        name: attribute.name.clone(),
        title: words(&attribute.title, lang).to_owned(),
        kind: attribute.kind.as_str().to_owned(),
        unit: attribute.unit.clone(),
        seen_by: attribute.seen_by.clone(),
        paper: attribute.paper.clone(),
        sealed: attribute.sealed.is_some(),
        codes: attribute.codes.iter().map(code).collect(),
    }
}

/// A service whole.
pub fn service(catalog: &Catalog, service: &Service, today: Day, lang: Lang) -> ServiceView {
    let addition = |name: &str, title: &Words, who: &[Who], holder: bool| AdditionView {
        name: name.to_owned(),
        title: words(title, lang).to_owned(),
        who: who.iter().map(|who| who.name().to_owned()).chain(holder.then(|| "holder".to_owned())).collect(),
    };
    let entries = service.entries.iter();
    let papers = service.papers.iter();
    ServiceView {
        name: service.name.clone(),
        title: words(&service.title, lang).to_owned(),
        about: words(&service.about, lang).to_owned(),
        opened_by: service.opened_by.clone(),
        purpose: service.purpose.clone(),
        keep_days: service.keep.days_on(today, &catalog.parameters),
        steps: service.steps.iter().map(|found| step(found, lang)).collect(),
        entries: entries.map(|entry| addition(&entry.name, &entry.title, &entry.who, entry.holder)).collect(),
        papers: papers.map(|paper| addition(&paper.name, &paper.title, &paper.who, paper.holder)).collect(),
        duties: service.duties.iter().map(|found| duty(catalog, found, lang)).collect(),
        examples: service.examples.iter().map(example).collect(),
        attributes: attributes_of(catalog, &service.name, lang),
        file: format!("service/{}.toml", service.name),
    }
}

fn step(step: &Step, lang: Lang) -> StepView {
    let within = step.within.as_ref().map(|within| match (within, lang) {
        (Within::Hours(n), Lang::Zh) => format!("{n} 小时"),
        (Within::Days(n), Lang::Zh) => format!("{n} 天"),
        (Within::WorkingDays(n), Lang::Zh) => format!("{n} 个工作日"),
        (Within::Hours(n), Lang::En) => format!("{n} hours"),
        (Within::Days(n), Lang::En) => format!("{n} days"),
        (Within::WorkingDays(n), Lang::En) => format!("{n} working days"),
    });
    StepView {
        name: step.name.clone(),
        title: words(&step.title, lang).to_owned(),
        who: step.who.name().to_owned(),
        within,
        notice_days: step.notice_days,
        may: step.may.iter().map(|may| may.as_str().to_owned()).collect(),
        same_person: step.same_person,
    }
}

fn duty(catalog: &Catalog, duty: &Duty, lang: Lang) -> DutyRule {
    let titled =
        |name: &str| catalog.attributes.get(name).map_or(name, |attribute| words(&attribute.title, lang)).to_owned();
    let days = match (&duty.rhythm, lang) {
        (Rhythm::Days(days), _) => days
            .iter()
            .map(|day| format!("+{day}"))
            .collect::<Vec<_>>()
            .join(if lang == Lang::Zh { "、" } else { ", " }),
        (Rhythm::Until { from, attribute }, Lang::Zh) => format!("+{from} 起每天，直到“{}”", titled(attribute)),
        (Rhythm::Until { from, attribute }, Lang::En) => {
            format!("daily from +{from}, {}", titled(attribute).to_lowercase())
        }
        (Rhythm::On(attribute), Lang::Zh) => format!("“{}”的日期", titled(attribute)),
        (Rhythm::On(attribute), Lang::En) => format!("on the days of: {}", titled(attribute).to_lowercase()),
    };
    DutyRule {
        name: duty.name.clone(),
        title: words(&duty.title, lang).to_owned(),
        who: duty.who.name().to_owned(),
        days,
        by: format!("{:02}:{:02}", duty.by_minutes / 60, duty.by_minutes % 60),
        escalate: duty
            .escalate
            .iter()
            .map(|up| EscalationView { after_hours: up.after_hours, to: up.to.as_str().to_owned() })
            .collect(),
        examples: duty.examples.len(),
    }
}

fn example(example: &Example) -> ExampleView {
    ExampleView {
        of: example.of.clone(),
        answers: example.answers.clone(),
        refused_at: match &example.expect {
            Expect::Accepted => None,
            Expect::Refused { at } => Some(at.clone()),
        },
    }
}

/// A service in the public's words.
pub fn service_page(service: &Service, catalog: &Catalog, today: Day, lang: Lang) -> ServicePage {
    ServicePage {
        name: service.name.clone(),
        title: words(&service.title, lang).to_owned(),
        about: words(&service.about, lang).to_owned(),
        form: service.form.schema.clone(),
        calculator: service.calculator.clone(),
        opened_by: service.opened_by.clone(),
        keep_days: service.keep.days_on(today, &catalog.parameters),
    }
}
