//! What the totals of a generated zone are to be: a file of figures, read by the generator and by nothing else.

use std::collections::BTreeMap;
use std::path::Path;
use yizhan_kit::Fen;

/// The figures of the newspaper page, where no other file is named.
const PAGE: &str = include_str!("../../../../../catalog/zone/page.csv");

/// The figures of a file, by id.
pub(super) struct Targets(BTreeMap<String, Target>);

/// One figure: its value as written, its unit, and how many it was counted over.
struct Target {
    value: String,
    unit: String,
    count: String,
}

impl Targets {
    /// Reads a file with the columns `id,value,unit,count`; the page's own unless one is named.
    ///
    /// # Errors
    /// When it cannot be read, or lacks a column: the file and the line.
    pub(super) fn read(file: Option<&Path>) -> Result<Self, String> {
        let named = file.map_or_else(|| "catalog/zone/page.csv".to_owned(), |file| file.display().to_string());
        let text = match file {
            Some(file) => std::fs::read_to_string(file).map_err(|error| format!("{named}: {error}"))?,
            None => PAGE.to_owned(),
        };
        let mut read = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
        let heads = read.headers().map_err(|error| format!("{named}: {error}"))?.clone();
        let column = |name: &str| {
            let place = heads.iter().position(|head| head.trim() == name);
            place.ok_or_else(|| format!("{named}: no column {name}; expected id,value,unit,count"))
        };
        let places = [column("id")?, column("value")?, column("unit")?, column("count")?];
        let mut known = BTreeMap::new();
        for row in read.records() {
            let row = row.map_err(|error| format!("{named}: {error}"))?;
            let [id, value, unit, count] = places.map(|place| row.get(place).unwrap_or_default().trim().to_owned());
            known.insert(id, Target { value, unit, count });
        }
        Ok(Self(known))
    }

    /// An amount of money in fen; the unit is `元…` or `万元`.
    ///
    /// # Errors
    /// When the figure is missing, or no amount of whole fen.
    pub(super) fn money(&self, id: &str) -> Result<Fen, String> {
        let target = self.of(id)?;
        let digits = if target.unit.starts_with('万') { 6 } else { 2 };
        let wrong = || format!("{id}: {} {} is no amount of whole fen", target.value, target.unit);
        let (whole, part) = target.value.split_once('.').unwrap_or((&target.value, ""));
        let fits = part.len() <= digits && !whole.is_empty();
        let fen = fits.then(|| format!("{whole}{part:0<digits$}").parse().ok()).flatten();
        fen.filter(|fen| *fen >= 0).map(Fen).ok_or_else(wrong)
    }

    /// A number of persons, households, things or times.
    ///
    /// # Errors
    /// When the figure is missing, or no whole number.
    pub(super) fn number(&self, id: &str) -> Result<usize, String> {
        let target = self.of(id)?;
        target.value.parse().map_err(|_| format!("{id}: {} is no whole number", target.value))
    }

    /// How many an amount was counted over.
    ///
    /// # Errors
    /// When the figure is missing, or has no such number.
    pub(super) fn over(&self, id: &str) -> Result<usize, String> {
        let target = self.of(id)?;
        target.count.parse().map_err(|_| format!("{id}: its count {:?} is no whole number", target.count))
    }

    /// What the file says of a figure: its value and its unit.
    pub(super) fn said(&self, id: &str) -> Option<(&str, &str)> {
        self.0.get(id).map(|target| (target.value.as_str(), target.unit.as_str()))
    }

    fn of(&self, id: &str) -> Result<&Target, String> {
        self.0.get(id).ok_or_else(|| format!("the targets lack {id}"))
    }
}
