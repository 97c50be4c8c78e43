//! What households share: water points, schools, clinics, collectives, enterprises.

use super::{Entry, Maker, acting, commit};
use std::collections::BTreeMap;
use yizhan_core::catalog::Level;
use yizhan_core::row::SubjectId;
use yizhan_core::writer::Writer;
use yizhan_kit::Day;
use yizhan_kit::codes::{CreditCode, RegionCode};

/// Where a household gets its water.
#[derive(Clone, Copy)]
pub(super) struct Point {
    /// Its number, once it is recorded.
    pub id: SubjectId,
    /// Whether it comes by tap.
    pub tapped: bool,
    /// Whether nobody came to test it lately.
    late: bool,
}

/// What households share.
pub(super) struct Sites {
    /// By village: the works, and a well where there is one.
    water: BTreeMap<RegionCode, Vec<Point>>,
    /// By township and stage.
    schools: BTreeMap<(RegionCode, &'static str), SubjectId>,
    /// What becomes known of them only later: of whom, what, from which day on.
    pub later: Vec<(SubjectId, String, String, Day)>,
}

/// The kinds of schools that each township has, or every second one.
const SCHOOLS: [(&str, &str); 5] =
    [("1", "中心幼儿园"), ("2", "中心小学"), ("3", "初级中学"), ("4", "高级中学"), ("5", "职业中等专业学校")];

/// Every so many villages there is a well besides the works.
const WELLS: usize = 6;

/// Enterprises, by the number of the village they lie in and what they do.
const ENTERPRISES: [(usize, &str); 6] = [
    (4, "农业发展有限公司"),
    (27, "面粉加工有限公司"),
    (51, "蔬菜种植有限公司"),
    (76, "畜牧养殖有限公司"),
    (99, "服装加工有限公司"),
    (123, "食品有限公司"),
];

impl Sites {
    /// The water that a household of a village gets, by its number there.
    pub(super) fn water(&self, village: RegionCode, number: usize) -> Option<Point> {
        let points = self.water.get(&village)?;
        points.get(if number.is_multiple_of(3) { points.len() - 1 } else { 0 }).copied()
    }

    /// The school of a stage to which the children of a village go.
    pub(super) fn school(&self, village: RegionCode, stage: &str) -> Option<SubjectId> {
        let here = village
            .parent()
            .and_then(|township| self.schools.iter().find(|((at, of), _)| *at == township && *of == stage));
        here.or_else(|| self.schools.iter().find(|((_, of), _)| *of == stage)).map(|(_, school)| *school)
    }

    /// Some school of a stage.
    pub(super) fn any_school(&self, stage: &str) -> Option<SubjectId> {
        self.schools.iter().find(|((_, of), _)| *of == stage).map(|(_, school)| *school)
    }

    /// The water points that are tested once more before the demonstration begins: but for a few, all.
    pub(super) fn tested_again(&self) -> impl Iterator<Item = SubjectId> + '_ {
        self.water.values().flatten().filter(|point| !point.late).map(|point| point.id)
    }

    /// Records all of them.
    ///
    /// # Errors
    /// The refusal.
    pub(super) fn make(writer: &mut Writer, maker: &Maker<'_>) -> Result<Self, String> {
        Self::known_until(writer, maker, Day(i32::MAX))
    }

    /// As [`Sites::make`], with what is known up to a day.
    ///
    /// # Errors
    /// The refusal.
    pub(super) fn known_until(writer: &mut Writer, maker: &Maker<'_>, until: Day) -> Result<Self, String> {
        let mut sites = Self { water: BTreeMap::new(), schools: BTreeMap::new(), later: Vec::new() };
        let points: Vec<_> =
            maker.villages.iter().enumerate().flat_map(|(n, village)| maker.points(n, *village)).collect();
        let schools = maker.schools();
        let others = maker.clinics().into_iter().chain(maker.collectives()).chain(maker.enterprises());
        let mut entries: Vec<_> = points
            .iter()
            .map(|(.., entry)| entry)
            .chain(schools.iter().map(|(_, entry)| entry))
            .cloned()
            .chain(others)
            .collect();
        let later: Vec<_> = entries.iter_mut().map(|entry| entry.later(until)).collect();
        let ids =
            commit(writer, maker.now, entries.into_iter().map(|entry| acting(entry.add(None, Vec::new()))).collect())?;
        for (id, facts) in ids.iter().zip(later) {
            sites.later.extend(facts.into_iter().map(|(name, value, day)| (*id, name, value, day)));
        }
        let mut ids = ids.into_iter();
        for (village, point, _) in points {
            sites.water.entry(village).or_default().extend(ids.next().map(|id| Point { id, ..point }));
        }
        for (at, _) in schools {
            sites.schools.extend(ids.next().map(|id| (at, id)));
        }
        Ok(sites)
    }
}

impl Maker<'_> {
    /// The water points of a village. One well of the district runs dry for too long.
    fn points(&self, n: usize, village: RegionCode) -> Vec<(RegionCode, Point, Entry)> {
        let name = self.name_of(village);
        let begun = Day::from_ymd(2016, 6, 30).unwrap_or(self.founded);
        let late = n % 29 == 7;
        let point = |tapped: bool| {
            let mut entry = Entry::new("water-point", begun);
            entry.is("area", village);
            entry.is("name", format_args!("{name}{}", if tapped { "集中供水站" } else { "水井" }));
            entry.is("supply", if tapped { "1" } else { "2" });
            entry.is("litres", if tapped { self.days(60, 120) } else { self.days(38, 60) });
            entry.is("fetch-minutes", if tapped { 0 } else { self.days(4, 15) });
            let dry = !tapped && n == WELLS * 10 + 3;
            entry.is("short-days", if dry { 45 } else { self.days(0, 6) });
            entry.is("report-paper", n % 45 != 20);
            // Month by month for more than a year; in five villages nobody came lately.
            let last = if late { self.days(40, 70) } else { self.days(1, 9) };
            for before in (0..14).rev() {
                let day = self.founded.plus(-last - before * 29);
                entry.since(day, "tested-on", day);
                if before == 13 {
                    entry.since(day, "quality-passes", true);
                }
            }
            (village, Point { id: SubjectId(0), tapped, late }, entry)
        };
        let mut points = vec![point(true)];
        if n % WELLS == 3 {
            points.push(point(false));
        }
        points
    }

    fn schools(&self) -> Vec<((RegionCode, &'static str), Entry)> {
        let mut schools = Vec::new();
        for (n, township) in self.townships().into_iter().enumerate() {
            for (stage, called) in SCHOOLS {
                // A senior school in one township, a vocational one in the next.
                if (stage == "4" && n % 2 == 1) || (stage == "5" && n % 2 == 0) {
                    continue;
                }
                let mut entry = self.site("school", township, called);
                entry.is("stage", stage);
                schools.push(((township, stage), entry));
            }
        }
        schools
    }

    fn clinics(&self) -> Vec<Entry> {
        let townships = self.townships().into_iter().map(|township| (township, "卫生院", "1"));
        let district = self.catalog.regions.all().find(|region| region.level == Level::District);
        let hospital = district.map(|region| (region.code, "人民医院", "2"));
        let made = townships.chain(hospital).map(|(area, called, level)| {
            let mut entry = self.site("clinic", area, called);
            entry.is("level", level);
            entry
        });
        let mut made: Vec<Entry> = made.collect();
        // The hospital is the last.
        made.drain(..made.len().saturating_sub(self.clinics));
        made
    }

    fn collectives(&self) -> Vec<Entry> {
        let made = self.villages.iter().enumerate().map(|(n, village)| {
            let mut entry = self.site("collective", *village, "股份经济合作社");
            self.coded(&mut entry, "N2", 10_000_000 + n);
            entry
        });
        made.collect()
    }

    fn enterprises(&self) -> Vec<Entry> {
        let found = ENTERPRISES.iter().filter_map(|(n, called)| Some((*n, *self.villages.get(*n)?, *called)));
        let made = found.map(|(n, village, called)| {
            let mut entry = self.site("enterprise", village, called);
            self.coded(&mut entry, "91", 20_000_000 + n);
            entry.is("leading", n % 2 == 0 && !self.exact);
            entry
        });
        made.collect()
    }

    /// Something with an area and a name.
    pub(super) fn site(&self, kind: &'static str, area: RegionCode, called: &str) -> Entry {
        let mut entry = Entry::new(kind, Day::from_ymd(2015, 1, 1).unwrap_or(self.founded));
        entry.is("area", area);
        entry.is("name", format_args!("{}{called}", self.name_of(area)));
        entry
    }

    pub(super) fn coded(&self, entry: &mut Entry, kind: &str, organisation: usize) {
        if let Ok(code) = CreditCode::compose(kind, super::PREFIX, &organisation.to_string()) {
            entry.is("credit-code", code.as_str());
        }
    }

    fn townships(&self) -> Vec<RegionCode> {
        let all = self.catalog.regions.all().filter(|region| region.level == Level::Township);
        all.map(|region| region.code).collect()
    }

    pub(super) fn name_of(&self, area: RegionCode) -> &str {
        self.catalog.regions.get(area).map_or("", |region| region.name.zh.as_str())
    }
}
