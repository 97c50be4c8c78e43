//! Reads the duties of a service file.

use super::check::Claim;
use super::duty::{Duty, DutyExample, DutyState, DutyWho, Escalation, Rhythm};
use super::region::Level;
use super::service::Who;
use super::service_file::{Outward, claim_who};
use super::source::{Expected, Sheet, Words};
use super::subject::ValueKind;
use serde::Deserialize;
use std::str::FromStr;
use toml::Spanned;
use toml::value::Datetime;
use yizhan_kit::{Day, Moment};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DutyShape {
    pub(super) name: Spanned<String>,
    title: Spanned<Words>,
    expects: Spanned<String>,
    starts: Spanned<String>,
    days: Option<Vec<i32>>,
    every: Option<EveryShape>,
    on: Option<Spanned<String>>,
    by: Spanned<String>,
    #[serde(default)]
    early_days: u8,
    counts_early_days: Option<u16>,
    #[serde(default)]
    late_days: u8,
    who: Spanned<String>,
    #[serde(default)]
    escalate: Vec<EscalationShape>,
    #[serde(default)]
    example: Vec<Spanned<DutyExampleShape>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EveryShape {
    from: i32,
    to: Option<i32>,
    until: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EscalationShape {
    after_hours: u32,
    to: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DutyExampleShape {
    day0: Spanned<Datetime>,
    until: Option<Spanned<Datetime>>,
    #[serde(default)]
    ordered: Vec<Spanned<Datetime>>,
    #[serde(default)]
    facts: Vec<Spanned<Datetime>>,
    now: Spanned<String>,
    expected: Option<usize>,
    due: Option<usize>,
    overdue: Option<usize>,
    missed: Option<usize>,
    fulfilled: Option<usize>,
    escalated_to: Option<Spanned<String>>,
}

/// A time of day, `00:00` to `24:00`.
struct TimeOfDay(u16);

impl FromStr for TimeOfDay {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Expected> {
        let expected = Expected("a time of day like 12:00");
        let two = |text: &str| (text.len() == 2).then(|| text.parse::<u8>().ok()).flatten().map(u16::from);
        let (hour, minute) = text.split_once(':').ok_or(expected)?;
        let (hour, minute) = (two(hour).ok_or(expected)?, two(minute).ok_or(expected)?);
        let minutes = hour * 60 + minute;
        if minute < 60 && minutes <= 24 * 60 { Ok(Self(minutes)) } else { Err(expected) }
    }
}

/// A minute, `2021-02-11T09:00`, at +08:00.
struct Minute(Moment);

impl FromStr for Minute {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Expected> {
        let expected = Expected("a minute like 2021-02-11T09:00");
        text.parse().map(Self).map_err(|_| expected)
    }
}

pub(super) fn read_duty(sheet: &mut Sheet<'_>, out: &mut Outward<'_>, row: DutyShape) -> Option<Duty> {
    let who = sheet.word::<DutyWho>("who", &row.who);
    if let Some(DutyWho::Who(who)) = &who {
        claim_who(sheet, out, who, &row.who);
    }
    claim(sheet, out, &row.starts, Some(ValueKind::Day));
    claim(sheet, out, &row.expects, None);
    let by = sheet.word::<TimeOfDay>("by", &row.by);
    let (early_days, late_days) = (i32::from(row.early_days), i32::from(row.late_days));
    let counts_early_days = early_days.max(row.counts_early_days.map_or(0, i32::from));
    let rhythm = read_rhythm(sheet, out, &row.name, (row.days, row.every, row.on));
    if let Some(Rhythm::Days(days)) = &rhythm
        && days.windows(2).any(|pair| pair[0] + late_days >= pair[1] - counts_early_days)
    {
        sheet.fault(
            &row.name.span(),
            format!("windows of duty `{}` overlap: one fact would fulfil two", row.name.get_ref()),
            "early and late days that leave each fact one occurrence",
        );
    }
    let escalate = read_escalations(sheet, who.as_ref(), row.escalate);
    let examples = row.example.into_iter().filter_map(|example| read_example(sheet, example)).collect();
    Some(Duty {
        name: row.name.into_inner(),
        title: sheet.words("title", row.title),
        expects: row.expects.into_inner(),
        starts: row.starts.into_inner(),
        rhythm: rhythm?,
        by_minutes: by?.0,
        early_days,
        counts_early_days,
        late_days,
        who: who?,
        escalate,
        examples,
    })
}

fn claim(sheet: &Sheet<'_>, out: &mut Outward<'_>, attribute: &Spanned<String>, kind: Option<ValueKind>) {
    let (place, name) = (sheet.place(&attribute.span()), attribute.get_ref().clone());
    let by = sheet.stem.to_owned();
    out.claims.push(match kind {
        Some(kind) => Claim::OfKind { place, by, attribute: name, kind },
        None => Claim::Known { place, by, attribute: name },
    });
}

fn read_rhythm(
    sheet: &mut Sheet<'_>,
    out: &mut Outward<'_>,
    name: &Spanned<String>,
    said: (Option<Vec<i32>>, Option<EveryShape>, Option<Spanned<String>>),
) -> Option<Rhythm> {
    let days = match said {
        (Some(days), None, None) => days,
        (None, Some(EveryShape { from, to: Some(to), until: None }), None) => (from..=to).take(400).collect(),
        (None, Some(EveryShape { from, to: None, until: Some(attribute) }), None) => {
            claim(sheet, out, &attribute, Some(ValueKind::Day));
            return Some(Rhythm::Until { from, attribute: attribute.into_inner() });
        }
        (None, None, Some(attribute)) => {
            let place = sheet.place(&attribute.span());
            let by = sheet.stem.to_owned();
            out.claims.push(Claim::Remembered { place, by, attribute: attribute.get_ref().clone() });
            return Some(Rhythm::On(attribute.into_inner()));
        }
        _ => {
            sheet.fault(
                &name.span(),
                format!("duty `{}` has no single list of days", name.get_ref()),
                "`days`, or `every` with `to` or `until`, or `on`",
            );
            return None;
        }
    };
    if days.is_empty() || days.len() > 366 || days.windows(2).any(|pair| pair[0] >= pair[1]) {
        sheet.fault(
            &name.span(),
            format!("the days of duty `{}` do not ascend", name.get_ref()),
            "1 to 366 ascending days",
        );
        return None;
    }
    Some(Rhythm::Days(days))
}

fn read_escalations(sheet: &mut Sheet<'_>, who: Option<&DutyWho>, rows: Vec<EscalationShape>) -> Vec<Escalation> {
    let mut told: Option<Level> = match who {
        Some(DutyWho::Who(Who::Level(level))) => Some(*level),
        _ => None,
    };
    let mut hours: Option<u32> = None;
    let mut escalate = Vec::new();
    for row in rows {
        let Some(to) = sheet.word::<Level>("to", &row.to) else { continue };
        if told.is_some_and(|told| to <= told) || hours.is_some_and(|hours| row.after_hours <= hours) {
            let what = format!("escalation to {} after {} hours does not ascend", to.as_str(), row.after_hours);
            sheet.fault(&row.to.span(), what, "later hours, higher levels");
        }
        (told, hours) = (Some(to), Some(row.after_hours));
        escalate.push(Escalation { after_hours: row.after_hours, to });
    }
    escalate
}

fn read_example(sheet: &mut Sheet<'_>, example: Spanned<DutyExampleShape>) -> Option<DutyExample> {
    let line = sheet.place(&example.span()).line;
    let row = example.into_inner();
    let day0 = sheet.day("day0", &row.day0);
    let mut days = |key, dates: &[Spanned<Datetime>]| -> Option<Vec<Day>> {
        let days: Vec<_> = dates.iter().map(|date| sheet.day(key, date)).collect();
        days.into_iter().collect()
    };
    let (facts, ordered) = (days("facts", &row.facts), days("ordered", &row.ordered));
    let until = match &row.until {
        Some(date) => Some(sheet.day("until", date)?),
        None => None,
    };
    let now = sheet.word::<Minute>("now", &row.now);
    let escalated_to = row.escalated_to.as_ref().and_then(|level| sheet.word("escalated_to", level));
    let counts = [
        (DutyState::Expected, row.expected),
        (DutyState::Due, row.due),
        (DutyState::Overdue, row.overdue),
        (DutyState::Missed, row.missed),
        (DutyState::Fulfilled, row.fulfilled),
    ];
    let counts: Vec<_> = counts.into_iter().filter_map(|(state, count)| count.map(|count| (state, count))).collect();
    if counts.is_empty() {
        sheet.fault(&row.now.span(), "the example expects nothing", "at least one count, `fulfilled = 1`");
    }
    Some(DutyExample { day0: day0?, until, ordered: ordered?, facts: facts?, now: now?.0, counts, escalated_to, line })
}
