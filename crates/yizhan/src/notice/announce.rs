//! What an area tells its people: published by a case, shown for its days to everybody or to whoever a rule finds, on pages,
//! terminals and household cards. Which households and terminals it reached is working state: it may be lost, and is never
//! evidence.

use super::model::AnnouncementView;
use crate::app::App;
use crate::case::view::area_name;
use std::collections::BTreeMap;
use yizhan_core::access::{Seen, Viewer};
use yizhan_core::catalog::Level;
use yizhan_core::image::fact::Value;
use yizhan_core::row::SubjectId;
use yizhan_kit::codes::RegionCode;
use yizhan_kit::{Day, Moment};

/// What is told to everybody; anything else is a rule, and told to whoever does not meet it.
const EVERYBODY: &str = "all";
/// Under which kind of working state it is kept whom it reached.
const REACHED: &str = "reached";
/// For how many days after its end it is known whom it reached.
const KNOWN_DAYS: i32 = 90;

/// Something an area tells its people.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Announcement {
    /// Its number.
    pub subject: SubjectId,
    /// Whom it is for: `all`, or a rule.
    pub audience: String,
    /// A few words.
    pub title: String,
    /// What is told.
    pub text: String,
    /// Where.
    pub area: RegionCode,
    /// The first day.
    pub from: Day,
    /// The last day.
    pub until: Day,
}

impl Announcement {
    fn of(seen: &Seen<'_>, subject: SubjectId) -> Option<Self> {
        let text = |attribute| match seen.latest(subject, attribute) {
            Some(Value::Text(text)) => text.to_string(),
            _ => String::new(),
        };
        let day = |attribute| match seen.latest(subject, attribute) {
            Some(Value::Day(day)) => Some(day),
            _ => None,
        };
        Some(Self {
            subject,
            audience: match seen.latest(subject, "announcement.audience") {
                Some(Value::Text(code)) => code.to_string(),
                _ => return None,
            },
            title: text("announcement.title"),
            text: text("announcement.text"),
            area: seen.place_of(subject)?,
            from: day("announcement.from")?,
            until: day("announcement.until")?,
        })
    }

    fn is_on(&self, today: Day) -> bool {
        self.from <= today && today <= self.until
    }
}

fn all(seen: &Seen<'_>) -> Vec<Announcement> {
    let mut all: Vec<_> =
        seen.subjects_of("announcement").filter_map(|subject| Announcement::of(seen, subject)).collect();
    all.sort_by_key(|one| (std::cmp::Reverse(one.from), std::cmp::Reverse(one.subject)));
    all
}

/// What is told today to everybody in a place; without a place, what is told to the whole district.
pub fn for_everybody(app: &App, at: Option<RegionCode>) -> Vec<Announcement> {
    let image = app.image();
    let program = Viewer::program();
    let today = app.now().day();
    let district = |area| {
        let region = image.catalog().and_then(|catalog| catalog.regions.get(area).cloned());
        region.is_some_and(|region| region.level == Level::District)
    };
    let here = |area: RegionCode| at.map_or_else(|| district(area), |at| area.contains(at));
    let told = all(&program.look(&image)).into_iter();
    told.filter(|one| one.is_on(today) && one.audience == EVERYBODY && here(one.area)).collect()
}

/// What is told today to a household: to everybody where it lies, and to whoever does not meet a rule that it does not meet.
pub fn for_household(app: &App, at: RegionCode, wanting: &[&str]) -> Vec<Announcement> {
    let image = app.image();
    let program = Viewer::program();
    let today = app.now().day();
    let is_for = |one: &Announcement| one.audience == EVERYBODY || wanting.contains(&one.audience.as_str());
    let told = all(&program.look(&image)).into_iter();
    told.filter(|one| one.is_on(today) && is_for(one) && one.area.contains(at)).collect()
}

/// It is kept that a household or a terminal was shown this.
pub fn reached(app: &App, told: &[Announcement], whom: SubjectId) {
    for one in told {
        let until: Moment = one.until.plus(KNOWN_DAYS).start();
        let name = format!("{}/{whom}", one.subject);
        // Whoever cannot be counted was shown it all the same.
        let kept = app.with_working(|working| working.put(REACHED, &name, b"", until));
        let _ = kept.inspect_err(|error| tracing::warn!(%error, "whom an announcement reached is not kept"));
    }
}

/// What the viewer's area was told, whatever its days, and how many it reached.
///
/// # Errors
/// The store's failure.
pub fn overview(app: &App, viewer: &Viewer) -> Result<Vec<AnnouncementView>, String> {
    let image = app.image();
    let seen = viewer.look(&image);
    let kept = app.with_working(|working| working.list(REACHED, app.now()))?;
    let mut counts: BTreeMap<u32, [usize; 2]> = BTreeMap::new();
    for (name, _) in kept {
        let Some((told, whom)) = name.split_once('/') else { continue };
        let (Ok(told), Ok(whom)) = (told.parse(), whom.parse()) else { continue };
        let is_household = image.kind(SubjectId(whom)).is_some_and(|kind| &**kind == "household");
        counts.entry(told).or_default()[usize::from(!is_household)] += 1;
    }
    let today = app.now().day();
    let view = |one: Announcement| {
        let [households, terminals] = counts.get(&one.subject.0).copied().unwrap_or_default();
        AnnouncementView {
            subject: one.subject.0,
            on: one.is_on(today),
            area_name: area_name(&image, one.area),
            title: one.title,
            text: one.text,
            audience: one.audience,
            from: one.from.to_string(),
            until: one.until.to_string(),
            households,
            terminals,
        }
    };
    Ok(all(&seen).into_iter().map(view).collect())
}
