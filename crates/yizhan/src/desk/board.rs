//! The board of a service: how far its cases have come, in an area and in each part of it down to the village.
//!
//! Counting a million cases takes a second; what takes long is therefore kept for a moment, longer the longer it took, and
//! says when it was counted.

use super::model::{Board, BoardMeasure, BoardPart};
use super::rule::{CALLS_DAYS, Measure, percentile};
use crate::app::App;
use crate::case::act;
use crate::case::rule::words;
use crate::case::view::{self, area_name};
use crate::sheet::Sheet;
use std::collections::BTreeMap;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use yizhan_core::access::{Deed, Viewer};
use yizhan_core::image::Image;
use yizhan_core::image::case::CaseHead;
use yizhan_core::problem;
use yizhan_core::service::{Standing, Standings};
use yizhan_kit::codes::RegionCode;
use yizhan_kit::{Lang, Moment, Problem};

/// What was counted a moment ago, by what was asked for.
pub struct Moments<T>(Mutex<HashMap<String, Kept<T>>>);

struct Kept<T> {
    counted: T,
    /// What it was counted from: the last act, and the time.
    of: (u64, Moment),
    /// How long that took.
    took: Duration,
    done: Instant,
    /// Whether somebody is counting again.
    counting: bool,
}

/// What takes no longer than this is counted whenever it is asked for.
const AT_ONCE: Duration = Duration::from_millis(20);

impl<T> Moments<T> {
    /// Whether something was counted under a key.
    pub fn has(&self, key: &str) -> bool {
        self.0.lock().expect("no panic while something is counted").contains_key(key)
    }
}

impl<T> Default for Moments<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

/// Counts, or answers what was counted a moment ago. What takes long is counted again behind the answers, and takes no
/// more than a twentieth of the time; nobody but the first waits for it.
pub fn counted<T: Clone + Send + 'static>(
    app: &Arc<App>,
    moments: fn(&App) -> &Moments<T>,
    key: String,
    count: impl Fn(&Arc<App>) -> T + Send + 'static,
) -> T {
    let own = |app: &App| (app.image().seq, app.now());
    let keep = move |app: &Arc<App>, key: &str, kept: Kept<T>| {
        moments(app).0.lock().expect("no panic while something is counted").insert(key.to_owned(), kept);
    };
    let now = own(app);
    let mut known = moments(app).0.lock().expect("no panic while something is counted");
    if let Some(kept) = known.get_mut(&key) {
        let fresh = kept.of == now || kept.done.elapsed() < kept.took * 20;
        if kept.took > AT_ONCE && kept.of.1.day() == now.1.day() {
            if !fresh && !kept.counting {
                kept.counting = true;
                let (app, key) = (app.clone(), key.clone());
                std::thread::spawn(move || {
                    let kept = timed(&app, &count);
                    keep(&app, &key, kept);
                });
            }
            return known[&key].counted.clone();
        }
        if kept.of == now {
            return kept.counted.clone();
        }
    }
    if known.len() > 1_000 {
        known.clear();
    }
    drop(known);
    let kept = timed(app, &count);
    let counted = kept.counted.clone();
    keep(app, &key, kept);
    counted
}

fn timed<T>(app: &Arc<App>, count: &impl Fn(&Arc<App>) -> T) -> Kept<T> {
    let (begun, of) = (Instant::now(), (app.image().seq, app.now()));
    let counted = count(app);
    Kept { counted, of, took: begun.elapsed(), done: Instant::now(), counting: false }
}

/// What was counted: for each area its measures, and for each the minutes to the first call.
pub struct Counted {
    at: Moment,
    parts: BTreeMap<RegionCode, ([usize; Measure::ALL.len()], Vec<u32>)>,
}

/// How far each case has come, its service looked up once for all that are alike.
pub struct Walk<'a> {
    image: &'a Image,
    now: Moment,
    known: Vec<Standings<'a>>,
}

impl<'a> Walk<'a> {
    /// Over the cases of an image, at a moment.
    pub fn new(image: &'a Image, now: Moment) -> Self {
        Self { image, now, known: Vec::new() }
    }

    /// How far a case has come.
    pub fn standing(&mut self, case: &CaseHead) -> Standing {
        let place = self.known.iter().position(|known| known.fits(case)).unwrap_or_else(|| {
            self.known.push(Standings::like(self.image, case));
            self.known.len() - 1
        });
        self.known[place].of(case, self.now)
    }
}

fn count(image: &Image, viewer: &Viewer, service: &str, now: Moment) -> Counted {
    let seen = viewer.look(image);
    let mut walk = Walk::new(image, now);
    let mut counted = Counted { at: now, parts: BTreeMap::new() };
    let first = now.day().plus(-CALLS_DAYS);
    for case in seen.cases().filter(|case| image.service(case).name == service) {
        let standing = walk.standing(case);
        let opened = image.opened_at(case);
        let (numbers, calls) = counted.parts.entry(image.area(case)).or_default();
        for (number, measure) in numbers.iter_mut().zip(Measure::ALL) {
            *number += usize::from(measure.counts(&standing, opened.day(), now.day()));
        }
        if let Some(at) = standing.contacted.filter(|_| opened.day() > first) {
            calls.push(u32::try_from((at.0 - opened.0) / 60_000).unwrap_or(0));
        }
    }
    counted
}

/// The board of a service in the viewer's area.
///
/// # Errors
/// `forbidden`, `unknown-service`.
pub fn board(app: &Arc<App>, viewer: &Viewer, service: &str, lang: Lang) -> Result<Board, Problem> {
    viewer.must(Deed::Count)?;
    let image = app.image();
    let (found, _) = act::service(&image, service)?;
    if found.board.is_none() {
        let (zh, en) = ("这个事项没有看板。", "This service has no board.");
        return Err(problem::UNKNOWN_SERVICE.problem(zh, en));
    }
    let (catalog, _) = act::catalog(&image)?;
    let Some(area) = viewer.area else {
        return Err(problem::UNKNOWN_REGION.problem("没有辖区。", "There is no area to look at."));
    };
    let counted = {
        let (viewer, service) = (viewer.clone(), service.to_owned());
        let key = format!("{service} {area} {}", viewer.role.as_str());
        let count = move |app: &Arc<App>| Arc::new(count(&app.image(), &viewer, &service, app.now()));
        self::counted(app, |app| &app.boards, key, count)
    };
    let of = |code: RegionCode| {
        let mut numbers = [0; Measure::ALL.len()];
        let mut calls = Vec::new();
        for (_, (own, own_calls)) in counted.parts.iter().filter(|(at, _)| code.contains(**at)) {
            numbers.iter_mut().zip(own).for_each(|(sum, one)| *sum += one);
            calls.extend_from_slice(own_calls);
        }
        calls.sort_unstable();
        (numbers, calls)
    };
    let part = |code: RegionCode, level: &str, name: String, above: Option<RegionCode>| {
        let (numbers, calls) = of(code);
        BoardPart {
            area: code.to_string(),
            name,
            level: level.to_owned(),
            above: above.map(|code| code.to_string()).unwrap_or_default(),
            numbers: numbers.to_vec(),
            median_minutes: percentile(&calls, 50),
            p95_minutes: percentile(&calls, 95),
        }
    };
    let below = catalog.regions.all().filter(|region| region.code != area && area.contains(region.code));
    let below = below.filter(|region| region.holds_on(app.now().day()));
    let parts = below.map(|region| {
        let name = view::words(&region.name, lang).to_owned();
        part(region.code, region.level.as_str(), name, region.code.parent())
    });
    Ok(Board {
        service: service.to_owned(),
        title: view::words(&found.title, lang).to_owned(),
        measures: Measure::ALL
            .iter()
            .map(|measure| BoardMeasure {
                name: measure.as_str().to_owned(),
                title: words(measure.title().0, measure.title().1, lang).to_owned(),
            })
            .collect(),
        whole: part(area, "", area_name(&image, area), None),
        parts: parts.collect(),
        at: counted.at.to_string(),
    })
}

/// The board as a file.
///
/// # Errors
/// As for the board itself.
pub fn board_sheet(app: &Arc<App>, viewer: &Viewer, service: &str, lang: Lang) -> Result<Sheet, Problem> {
    let board = board(app, viewer, service, lang)?;
    let heading = |zh, en, width| (words(zh, en, lang).to_owned(), width);
    let mut columns = vec![heading("辖区", "Area", 24)];
    columns.extend(board.measures.iter().map(|measure| (measure.title.clone(), 14)));
    columns.extend([heading("首次联系中位（分钟）", "First call, median (min)", 18)]);
    columns.extend([heading("首次联系 95%（分钟）", "First call, p95 (min)", 18)]);
    let rows = std::iter::once(&board.whole).chain(&board.parts).map(|part| {
        let minutes = |minutes: Option<u32>| minutes.map(|n| n.to_string()).unwrap_or_default();
        let numbers = part.numbers.iter().map(ToString::to_string);
        let calls = [minutes(part.median_minutes), minutes(part.p95_minutes)];
        std::iter::once(part.name.clone()).chain(numbers).chain(calls).collect()
    });
    let rows = rows.collect();
    let at = board.at.get(..16).unwrap_or_default().replace('T', " ");
    Ok(Sheet { title: format!("{} · {} · {at}", board.title, board.whole.name), columns, rows })
}
