//! The work calendar, one file a year as the State Council announces it, and the names a demonstration zone is made of.

use super::source::{Place, Sheet, Words};
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;
use toml::value::Datetime;
use yizhan_kit::Day;
use yizhan_kit::calendar::WorkCalendar;

/// What the generator of a demonstration zone names people with: invented combinations, no real person.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ZoneNames {
    /// Surnames, the frequent ones first.
    pub surnames: Vec<String>,
    /// Single characters for men's given names; one or two make a name.
    pub given_male: Vec<String>,
    /// Single characters for women's given names; one or two make a name.
    pub given_female: Vec<String>,
    /// Names of villagers' groups (村民小组).
    pub village_groups: Vec<String>,
}

pub(super) fn read_names(sheet: &mut Sheet<'_>) -> Option<ZoneNames> {
    let names = sheet.shape::<ZoneNames>()?;
    let lists = [
        ("surnames", &names.surnames),
        ("given_male", &names.given_male),
        ("given_female", &names.given_female),
        ("village_groups", &names.village_groups),
    ];
    for (key, list) in lists {
        let mut seen = std::collections::BTreeSet::new();
        for name in list {
            if name.is_empty() || !seen.insert(name) {
                sheet.fault(&(0..0), format!("`{key}` has `{name}` empty or twice"), "each name once");
            }
        }
        if list.is_empty() {
            sheet.fault(&(0..0), format!("`{key}` is empty"), "at least one name");
        }
    }
    Some(names)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shape {
    source: String,
    holiday: Vec<HolidayShape>,
    workdays: Vec<Spanned<Datetime>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HolidayShape {
    title: Spanned<Words>,
    first: Spanned<Datetime>,
    last: Spanned<Datetime>,
}

/// What calendar files say, with the place of each day.
#[derive(Default)]
pub(super) struct CalendarRead {
    holidays: BTreeMap<Day, Place>,
    workdays: BTreeMap<Day, Place>,
}

impl CalendarRead {
    pub(super) fn read(&mut self, sheet: &mut Sheet<'_>) {
        let Some(shape) = sheet.shape::<Shape>() else { return };
        if shape.source.trim().is_empty() {
            sheet.fault(&(0..0), "a calendar without source", "where it is announced");
        }
        for row in shape.holiday {
            sheet.words("title", row.title);
            let (Some(first), Some(last)) = (sheet.day("first", &row.first), sheet.day("last", &row.last)) else {
                continue;
            };
            in_year(sheet, &row.first, first);
            if last < first || first.plus(31) < last {
                sheet.fault(
                    &row.last.span(),
                    format!("a holiday from {first} to {last}"),
                    "`last` on or after `first`, within a month",
                );
                continue;
            }
            let mut day = first;
            while day <= last {
                add(sheet, &mut self.holidays, &row.first, day);
                day = day.plus(1);
            }
        }
        for date in &shape.workdays {
            let Some(day) = sheet.day("workdays", date) else { continue };
            in_year(sheet, date, day);
            if day.weekday() < 5 {
                sheet.fault(
                    &date.span(),
                    format!("{day} is a working day anyway"),
                    "a Saturday or Sunday that is worked",
                );
            }
            add(sheet, &mut self.workdays, date, day);
        }
    }

    /// One calendar for all years.
    pub(super) fn join(self, mistakes: &mut Vec<super::Mistake>) -> WorkCalendar {
        for (day, place) in &self.workdays {
            if self.holidays.contains_key(day) {
                mistakes.push(place.mistake(format!("{day} is both a holiday and worked"), "one of the two"));
            }
        }
        WorkCalendar { holidays: self.holidays.into_keys().collect(), workdays: self.workdays.into_keys().collect() }
    }
}

fn add(sheet: &mut Sheet<'_>, days: &mut BTreeMap<Day, Place>, date: &Spanned<Datetime>, day: Day) {
    let place = sheet.place(&date.span());
    if let Some(first) = days.insert(day, place) {
        sheet.fault(
            &date.span(),
            format!("{day} stands twice, first in {}:{}", first.file, first.line),
            "each day once",
        );
    }
}

fn in_year(sheet: &mut Sheet<'_>, date: &Spanned<Datetime>, day: Day) {
    if !day.to_string().starts_with(sheet.stem) {
        sheet.fault(&date.span(), format!("{day} does not belong to this file"), format!("a day of {}", sheet.stem));
    }
}
