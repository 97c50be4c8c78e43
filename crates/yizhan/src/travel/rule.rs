//! From what is declared to the traits that plans ask for. Pure.

use serde_json::Value;
use std::collections::BTreeMap;
use yizhan_core::catalog::{Places, Traits};
use yizhan_kit::Day;

/// How many days before the arrival count.
const LOOKED_BACK: i32 = 14;

/// The province, prefecture or county a zone lies in: whoever comes from its province does not cross one.
pub fn is_same_province(home: u32, place: u32) -> bool {
    home / 10_000 == place / 10_000
}

/// A level of risk; the higher, the worse.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Risk {
    /// Nothing known.
    Low,
    /// Some cases.
    Medium,
    /// Many.
    High,
}

impl Risk {
    /// Reads `low`, `medium` or `high`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "low" => Some(Self::Low),
            "medium" => Some(Self::Medium),
            "high" => Some(Self::High),
            _ => None,
        }
    }

    /// Reads what people write: `medium`, `中风险`, `中`.
    pub fn said(text: &str) -> Option<Self> {
        match text.trim().trim_end_matches("风险").trim_end_matches("风险地区") {
            "低" => Some(Self::Low),
            "中" => Some(Self::Medium),
            "高" => Some(Self::High),
            other => Self::parse(&other.to_lowercase()),
        }
    }

    /// Its text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// The risk areas by place: from which day to which, and how high.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RiskAreas {
    /// Spells by place, half-open.
    pub areas: BTreeMap<u32, Vec<(Day, Option<Day>, Risk)>>,
}

impl RiskAreas {
    /// The areas above low risk on a day.
    pub fn on(&self, day: Day) -> impl Iterator<Item = (u32, Risk, Day)> + '_ {
        self.areas.iter().filter_map(move |(place, spells)| {
            let (from, _, risk) = spells.iter().find(|(from, to, _)| *from <= day && to.is_none_or(|to| day < to))?;
            (*risk > Risk::Low).then_some((*place, *risk, *from))
        })
    }

    /// The highest risk of a place on any of the days, and whether its prefecture had a risk area then.
    pub fn between(&self, place: u32, first: Day, last: Day) -> (Risk, bool) {
        let city = if place.is_multiple_of(10_000) { place } else { place / 100 * 100 };
        let mut worst = Risk::Low;
        let mut in_city = false;
        for (area, spells) in &self.areas {
            let of_days = spells.iter().filter(|(from, to, _)| *from <= last && to.is_none_or(|to| first < to));
            let Some(risk) = of_days.map(|(_, _, risk)| *risk).max().filter(|risk| *risk > Risk::Low) else { continue };
            if Places::contains(*area, place) {
                worst = worst.max(risk);
            } else if Places::contains(city, *area) {
                in_city = true;
            }
        }
        (worst, in_city)
    }

    /// The list with another laid over it from a day on: what the other does not name is of low risk.
    #[must_use]
    pub fn replaced(&self, from: Day, areas: &BTreeMap<u32, Risk>) -> Self {
        let mut replaced = self.clone();
        for (place, spells) in &mut replaced.areas {
            spells.retain(|(first, _, _)| *first < from);
            if let Some((_, to, _)) = spells.last_mut() {
                *to = Some(to.map_or(from, |to| to.min(from)));
            }
            spells.push((from, None, areas.get(place).copied().unwrap_or(Risk::Low)));
        }
        for (place, risk) in areas {
            replaced.areas.entry(*place).or_insert_with(|| vec![(from, None, *risk)]);
        }
        replaced
    }
}

/// The traits of whoever declared these answers and arrives on a day; `arrival` is what its registration says, or null.
pub fn traits(
    answers: &Value,
    arrival: &Value,
    arrives: Day,
    places: &Places,
    home: u32,
    risks: &RiskAreas,
) -> (Traits, Option<u32>) {
    let text = |pointer: &str| answers.pointer(pointer).and_then(Value::as_str);
    let place = text("/origin/place").and_then(|written| places.resolve(written));
    let (listed, in_city) =
        place.map_or((Risk::Low, false), |place| risks.between(place, arrives.plus(-LOOKED_BACK), arrives));
    // What people say of themselves counts as much as the list, whichever is worse.
    let said = text("/origin/risk").and_then(Risk::parse).unwrap_or(Risk::Low);
    let on_arrival = match (arrival["close_contact"] == true, arrival["stayed"] == true) {
        (true, _) => Risk::High,
        (false, true) => Risk::Medium,
        (false, false) => Risk::Low,
    };
    let risk = said.max(listed).max(on_arrival);
    let class = match (arrival["work"].as_str().unwrap_or("none"), place) {
        ("none", None) => "unknown",
        ("none", Some(_)) if in_city => "city-of-risk",
        ("none", Some(place)) if is_same_province(home, place) => "same-province",
        ("none", Some(_)) => "cross-province",
        _ => "key-post",
    };
    let traits = [("risk", risk.as_str()), ("class", class)];
    (traits.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(), place)
}
