//! Tips (健康提示): short words with the days they are shown on and whom they are for.

use super::source::{Expected, Sheet, Words, texts};
use serde::Deserialize;
use toml::Spanned;
use toml::value::Datetime;
use yizhan_kit::Day;

/// A tip.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tip {
    /// Its name.
    pub name: String,
    /// A few words.
    pub title: Words,
    /// A sentence.
    pub text: Words,
    /// Whom it is for.
    pub audience: Vec<Reader>,
    /// The first day it is shown.
    pub from: Day,
    /// The first day it is no longer.
    pub to: Option<Day>,
    /// The days of the week it is shown on; Monday is 0.
    pub weekdays: Vec<u8>,
    /// The posters on the same topic.
    pub posters: Vec<String>,
}

impl Tip {
    /// Whether it is shown to somebody on a day.
    pub fn is_for(&self, reader: Reader, day: Day) -> bool {
        let holds = self.from <= day && self.to.is_none_or(|to| day < to);
        holds && self.audience.contains(&reader) && self.weekdays.contains(&day.weekday())
    }
}

/// Whom a tip is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Reader {
    /// Lives here.
    Resident,
    /// Comes back.
    Returning,
    /// A company or a shop.
    Company,
    /// Is watched over at home.
    Monitored,
}

texts!(
    Reader,
    "resident, returning, company or monitored",
    Resident = "resident",
    Returning = "returning",
    Company = "company",
    Monitored = "monitored",
);

/// A day of the week.
struct Weekday(u8);

impl std::str::FromStr for Weekday {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Expected> {
        let all = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        let place = all.iter().position(|day| *day == text).ok_or(Expected("mon, tue, wed, thu, fri, sat or sun"))?;
        Ok(Self(u8::try_from(place).expect("one of seven")))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shape {
    tip: Vec<TipShape>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TipShape {
    name: Spanned<String>,
    title: Spanned<Words>,
    text: Spanned<Words>,
    audience: Vec<Spanned<String>>,
    from: Spanned<Datetime>,
    to: Option<Spanned<Datetime>>,
    weekdays: Vec<Spanned<String>>,
    posters: Vec<String>,
}

pub(super) fn read(sheet: &mut Sheet<'_>) -> Vec<Tip> {
    let Some(shape) = sheet.shape::<Shape>() else { return Vec::new() };
    sheet.names("tip", shape.tip.iter().map(|tip| &tip.name));
    let tips: Vec<Option<Tip>> = shape.tip.into_iter().map(|row| read_tip(sheet, row)).collect();
    tips.into_iter().flatten().collect()
}

fn read_tip(sheet: &mut Sheet<'_>, row: TipShape) -> Option<Tip> {
    let audience = row.audience.iter().filter_map(|one| sheet.word("audience", one)).collect();
    let weekdays =
        row.weekdays.iter().filter_map(|one| sheet.word::<Weekday>("weekdays", one).map(|day| day.0)).collect();
    let from = sheet.day("from", &row.from)?;
    let to = match &row.to {
        Some(to) => Some(sheet.day("to", to)?),
        None => None,
    };
    if to.is_some_and(|to| to <= from) {
        sheet.fault(&row.from.span(), "the tip ends before it begins", "`from` before `to`");
    }
    Some(Tip {
        name: row.name.into_inner(),
        title: sheet.words("title", row.title),
        text: sheet.words("text", row.text),
        audience,
        from,
        to,
        weekdays,
        posters: row.posters,
    })
}
