//! The region tree: villages below townships below one district, each under dated names.

use super::source::{Expected, Place, Sheet, Words, texts};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::str::FromStr;
use toml::Spanned;
use toml::value::Datetime;
use yizhan_kit::Day;
use yizhan_kit::codes::{RegionCode, RegionLevel};

/// The three levels of a district's government, from small to large.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Level {
    /// A village or residents' committee (村、社区).
    Village,
    /// A township, town or street (乡镇、街道).
    Township,
    /// The district (县、区).
    District,
}

texts!(Level, "village, township or district", Village = "village", Township = "township", District = "district");

impl Level {
    /// The level a code's trailing zeros tell.
    pub fn of(code: RegionCode) -> Self {
        match code.level() {
            RegionLevel::Village => Self::Village,
            RegionLevel::Township => Self::Township,
            RegionLevel::County | RegionLevel::City | RegionLevel::Province => Self::District,
        }
    }
}

/// A region under one name, for the days it bore it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Region {
    /// Twelve digits.
    pub code: RegionCode,
    /// Its name in these days.
    pub name: Words,
    /// Where it stands in the tree.
    pub level: Level,
    /// The first day.
    pub from: Day,
    /// The first day no longer; absent while it lasts.
    pub to: Option<Day>,
    /// What it became.
    pub successors: Vec<RegionCode>,
    /// Where its middle is, for maps.
    pub centre: Option<Centre>,
}

/// A point of the earth, north and east, in hundred-thousandths of a degree: about a metre.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Centre {
    /// North.
    pub north: i32,
    /// East.
    pub east: i32,
}

impl FromStr for Centre {
    type Err = Expected;

    /// Reads `36.45120 115.98760`: north and east with up to five decimals.
    fn from_str(text: &str) -> Result<Self, Expected> {
        let degrees = |text: &str, most: i32| -> Option<i32> {
            let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
            let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
            if !digits(whole) || !digits(rest) || whole.is_empty() || whole.len() > 3 || rest.len() > 5 {
                return None;
            }
            let value = format!("{whole}{rest:0<5}").parse().ok()?;
            (value <= most * 100_000).then_some(value)
        };
        let (north, east) = text.split_once(' ').ok_or(Expected("north and east, `36.45120 115.98760`"))?;
        match (degrees(north, 90), degrees(east, 180)) {
            (Some(north), Some(east)) => Ok(Self { north, east }),
            _ => Err(Expected("north and east in degrees with up to five decimals, `36.45120 115.98760`")),
        }
    }
}

impl Region {
    /// Whether it bore this name on a day.
    pub fn holds_on(&self, day: Day) -> bool {
        self.from <= day && self.to.is_none_or(|to| day < to)
    }
}

/// The regions of a zone.
#[derive(Clone, Debug)]
pub struct Regions {
    root: RegionCode,
    /// Every name a region ever had here, oldest first.
    by_code: BTreeMap<RegionCode, Vec<Region>>,
    children: BTreeMap<RegionCode, Vec<RegionCode>>,
}

impl Regions {
    /// A region under its latest name.
    pub fn get(&self, code: RegionCode) -> Option<&Region> {
        self.by_code.get(&code).and_then(|names| names.last())
    }

    /// A region under the name it had on a day.
    pub fn get_on(&self, code: RegionCode, on: Day) -> Option<&Region> {
        self.by_code.get(&code)?.iter().find(|region| region.holds_on(on))
    }

    /// Whether a region existed on a day.
    pub fn is_known(&self, code: RegionCode, on: Day) -> bool {
        self.get_on(code, on).is_some()
    }

    /// The regions directly below one, by code, each under its latest name.
    pub fn children(&self, code: RegionCode) -> impl Iterator<Item = &Region> {
        self.children.get(&code).into_iter().flatten().filter_map(|child| self.get(*child))
    }

    /// The region above one; absent for the root and for unknown codes.
    pub fn parent(&self, code: RegionCode) -> Option<&Region> {
        if code == self.root {
            return None;
        }
        self.get(parent_of(self.get(code)?)?)
    }

    /// The district itself.
    pub fn root(&self) -> &Region {
        self.get(self.root).expect("a catalog without a district does not load")
    }

    /// Every region under its latest name, by code.
    pub fn all(&self) -> impl Iterator<Item = &Region> {
        self.by_code.values().filter_map(|names| names.last())
    }

    /// Every village under its latest name, by code.
    pub fn villages(&self) -> impl Iterator<Item = &Region> {
        self.all().filter(|region| region.level == Level::Village)
    }

    /// The Chinese names from the township down, `东城街道/柳林村`; the district's own name for the root, the code itself
    /// when it is unknown.
    pub fn path_zh(&self, code: RegionCode) -> String {
        let Some(region) = self.get(code) else { return code.to_string() };
        match self.parent(code) {
            Some(parent) if parent.code != self.root => format!("{}/{}", self.path_zh(parent.code), region.name.zh),
            _ => region.name.zh.clone(),
        }
    }
}

fn parent_of(region: &Region) -> Option<RegionCode> {
    match region.level {
        Level::District => None,
        Level::Township | Level::Village => region.code.parent(),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shape {
    region: Vec<RegionShape>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RegionShape {
    code: Spanned<String>,
    name: Spanned<Words>,
    level: Spanned<String>,
    from: Spanned<Datetime>,
    to: Option<Spanned<Datetime>>,
    #[serde(default)]
    successors: Vec<Spanned<String>>,
    centre: Option<Spanned<String>>,
}

/// What region files say, before they are joined to one tree.
#[derive(Default)]
pub(super) struct RegionsRead {
    rows: Vec<(Region, Place)>,
}

impl RegionsRead {
    pub(super) fn read(&mut self, sheet: &mut Sheet<'_>) {
        let Some(shape) = sheet.shape::<Shape>() else { return };
        let mut before: Option<(RegionCode, Day)> = None;
        for row in shape.region {
            let span = row.code.span();
            let Some(region) = read_region(sheet, row) else { continue };
            if before.is_some_and(|before| before >= (region.code, region.from)) {
                sheet.fault(
                    &span,
                    format!("region {} is out of order", region.code),
                    "rows by code, then by day, each once",
                );
            }
            before = Some((region.code, region.from));
            self.rows.push((region, sheet.place(&span)));
        }
    }

    /// Joins the rows to one tree. Absent when there is no single root.
    pub(super) fn join(self, mistakes: &mut Vec<super::Mistake>) -> Option<Regions> {
        let mut by_code: BTreeMap<RegionCode, Vec<Region>> = BTreeMap::new();
        let mut root = None;
        for (region, place) in &self.rows {
            let names = by_code.entry(region.code).or_default();
            if names.last().is_some_and(|last| last.to.is_none_or(|to| region.from < to)) {
                mistakes.push(place.mistake(
                    format!("region {} has two names on {}", region.code, region.from),
                    "days that do not overlap",
                ));
            }
            names.push(region.clone());
            if region.level == Level::District && *root.get_or_insert(region.code) != region.code {
                mistakes.push(
                    place.mistake(format!("region {} is a second district", region.code), "one district in a zone"),
                );
            }
        }
        let mut children: BTreeMap<RegionCode, Vec<RegionCode>> = BTreeMap::new();
        for (region, place) in &self.rows {
            check_links(region, place, &by_code, mistakes);
            if let Some(parent) = parent_of(region) {
                let children = children.entry(parent).or_default();
                if children.last() != Some(&region.code) {
                    children.push(region.code);
                }
            }
        }
        let Some(root) = root else {
            let file = self.rows.first().map_or("region/zone.toml", |(_, place)| &place.file).to_owned();
            mistakes
                .push(Place { file, line: 1 }.mistake("no district is listed", "one region with level = \"district\""));
            return None;
        };
        for children in children.values_mut() {
            children.sort();
            children.dedup();
        }
        Some(Regions { root, by_code, children })
    }
}

fn check_links(
    region: &Region,
    place: &Place,
    by_code: &BTreeMap<RegionCode, Vec<Region>>,
    mistakes: &mut Vec<super::Mistake>,
) {
    if let Some(parent) = parent_of(region) {
        match by_code.get(&parent) {
            None => mistakes.push(
                place.mistake(format!("region {} has no parent {parent}", region.code), "the parent to be listed"),
            ),
            Some(names) if !names.iter().any(|name| name.holds_on(region.from)) => mistakes.push(place.mistake(
                format!("region {} begins on {}, when its parent {parent} did not exist", region.code, region.from),
                "a parent that exists on the first day",
            )),
            Some(_) => {}
        }
    }
    for successor in &region.successors {
        if !by_code.contains_key(successor) {
            mistakes.push(
                place.mistake(
                    format!("successor {successor} of region {} is not listed", region.code),
                    "a listed region",
                ),
            );
        }
    }
}

fn read_region(sheet: &mut Sheet<'_>, row: RegionShape) -> Option<Region> {
    let code = read_code(sheet, &row.code);
    let level = sheet.word::<Level>("level", &row.level);
    let from = sheet.day("from", &row.from);
    let to = row.to.as_ref().map(|to| sheet.day("to", to));
    let name = sheet.words("name", row.name);
    let successors: Vec<_> = row.successors.iter().map(|text| read_code(sheet, text)).collect();
    let centre = row.centre.as_ref().and_then(|text| sheet.word::<Centre>("centre", text));
    let (code, level, from) = (code?, level?, from?);
    let to = match to {
        Some(to) => Some(to?),
        None => None,
    };
    if Level::of(code) != level {
        let told = Level::of(code).as_str();
        sheet.fault(
            &row.level.span(),
            format!("region {code} is no {}", level.as_str()),
            format!("level \"{told}\", as its zeros tell"),
        );
        return None;
    }
    if to.is_some_and(|to| to <= from) {
        sheet.fault(&row.from.span(), format!("region {code} ends before it begins"), "`from` before `to`");
    }
    Some(Region { code, name, level, from, to, successors: successors.into_iter().collect::<Option<_>>()?, centre })
}

fn read_code(sheet: &mut Sheet<'_>, text: &Spanned<String>) -> Option<RegionCode> {
    let code = Some(text.get_ref()).filter(|text| text.len() == 12).and_then(|text| text.parse().ok());
    if code.is_none() {
        sheet.fault(&text.span(), format!("`{}` is no region code", text.get_ref()), "twelve digits");
    }
    code
}
