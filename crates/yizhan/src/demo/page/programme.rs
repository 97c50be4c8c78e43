//! The programmes that pay by list: each period one batch of the district, its lines as the rule draws them.

use super::census::Census;
use super::choices::{Rests, Soul, premium_day};
use super::families::{Livelihood, day};
use super::means::TopUp;
use super::play::{Adjusted, Deed, Desk, Lines, Script};
use super::school::{self, Aid, HALVES};
use serde_json::json;

use yizhan_core::row::SubjectId;
use yizhan_kit::codes::RegionCode;
use yizhan_kit::{Day, Fen, Moment};

/// From what the rule drew to what is adjusted.
type Adjust = Box<dyn Fn(&[(u32, Fen)]) -> Vec<Adjusted> + Send + Sync>;

/// A batch from its opening to its end.
pub(super) struct Paying<'a> {
    pub figure: &'static str,
    pub programme: &'a str,
    pub period: String,
    pub on: Day,
    pub count: usize,
    pub adjust: Option<Adjust>,
}

/// The batch of a programme in the whole district; nothing where nobody is to be paid.
pub(super) fn batch(district: RegionCode, paying: Paying<'_>) -> Option<Script> {
    let Paying { figure, programme, period, on, count, adjust } = paying;
    if count == 0 {
        return None;
    }
    let form = json!({"region": district.to_string(), "programme": programme, "period": period});
    let script = Script::new("programme-batch", district, form, Moment::at(on, 540), Desk::District);
    let script = script.then(Desk::District, Deed::Freeze(Lines { figure, count: Some(count), adjust }));
    Some(paid(script.days(4), Desk::Second))
}

/// The last steps of a batch: approved, answered by the bank, settled.
pub(super) fn paid(script: Script, approves: Desk) -> Script {
    script.sign(approves).then(approves, Deed::Reply).days(1).sign(approves)
}

/// All of them, as chosen for the people of the register.
pub(super) fn all(
    district: RegionCode,
    census: &Census,
    rests: &Rests,
    (aid, top_ups): (&Aid, &[Option<TopUp>]),
    homes: &[(SubjectId, SubjectId)],
) -> Vec<Script> {
    let mut scripts: Vec<Script> = Vec::new();
    let mut pay = |figure, programme: &str, period: String, on, count, adjust: Option<Adjust>| {
        scripts.extend(batch(district, Paying { figure, programme, period, on, count, adjust }));
    };
    let souls = &census.souls;
    let how_many = |fits: &dyn Fn(&Soul) -> bool| souls.iter().filter(|soul| fits(soul)).count();
    for year in 0..5 {
        let count = how_many(&|soul| soul.premium[year]);
        pay("F022", "premium-aid", (2016 + year).to_string(), premium_day(year), count, None);
    }
    for half in 0..HALVES {
        education(&mut pay, souls, (aid, rests.doubled[half]), half);
    }
    for month in 0..60_usize {
        let on = last_week(month);
        let period = format!("{}-{:02}", 2016 + month / 12, month % 12 + 1);
        let living = how_many(&|soul| soul.living.is_some_and(|since| since <= on));
        let last = month == 59 && rests.disability > Fen(0);
        let rest = last.then(|| more_to_one(rests.disability));
        let (of_care, of_living) = if living > 0 { (None, rest) } else { (rest, None) };
        pay("F085", "living-allowance", period.clone(), on, living, of_living);
        let care = how_many(&|soul| soul.care.is_some_and(|since| since <= on));
        pay("F085", "care-allowance", period, on, care, of_care);
    }
    for month in 1..=12_u8 {
        let (period, on) = (format!("2020-{month:02}"), day(2020, month, 15));
        let sixty = |soul: &Soul| turned(census, soul, 60) <= on;
        let poor = |soul: &Soul| census.households[soul.home].livelihood == Livelihood::Subsistence;
        pay("F075", "residents-pension", period.clone(), on, how_many(&sixty), None);
        let hard = how_many(&|soul| sixty(soul) && poor(soul));
        pay("F077", "hard-elder-allowance", period.clone(), on, hard, None);
        let old = how_many(&|soul| turned(census, soul, 70) <= on);
        pay("F079", "elder-allowance", period.clone(), on, old, None);
        let drawing = top_ups.iter().flatten().count();
        // Of one household the income is still looked into when the year begins.
        let late = top_ups.iter().position(|top_up| top_up.is_some_and(|one| one.months < 12)).filter(|_| month == 1);
        let late = late.map(|home| homes[home].0.0);
        let wait: Option<Adjust> = late.map(|home| -> Adjust {
            Box::new(move |_| vec![(home, Fen(0), "家庭收入正在核实，下月起发放")])
        });
        pay("F073", "subsistence-allowance", period, day(2020, month, 20), drawing, wait);
    }
    scripts
}

/// The day in a month on which its allowances are drawn up, by months since the period began.
fn last_week(month: usize) -> Day {
    day(2016 + i32::try_from(month / 12).unwrap_or(0), u8::try_from(month % 12 + 1).unwrap_or(1), 20)
}

/// The day on which somebody becomes so many years old.
fn turned(census: &Census, soul: &Soul, years: i32) -> Day {
    let (year, month, on) = census.households[soul.home].home.members[soul.n].kin.birth.ymd();
    day(year + years, month, on.min(28))
}

/// One line more than the rule's, so that what was due before is made up for.
fn more_to_one(rest: Fen) -> Adjust {
    Box::new(move |drawn| {
        let first = drawn.first().map(|(subject, amount)| (*subject, Fen(amount.0 + rest.0), "补发前期核定差额"));
        first.into_iter().collect()
    })
}

/// What a half-year pays pupils and students.
fn education(
    pay: &mut impl FnMut(&'static str, &str, String, Day, usize, Option<Adjust>),
    souls: &[Soul],
    (aid, doubled): (&Aid, usize),
    half: usize,
) {
    let on = school::drawn_on(half);
    let period = format!("{}-H{}", 2016 + half / 2, half % 2 + 1);
    let aided = |stages: &[&str], boards: Option<bool>| {
        let fits = |soul: &&Soul| {
            let stage = school::stage(&soul.path, on);
            stages.contains(&stage) && soul.aid[half].is_some_and(|own| boards.is_none_or(|boards| own == boards))
        };
        souls.iter().filter(fits).count()
    };
    pay("F050", "preschool-aid", period.clone(), on, aided(&["1"], None), None);
    for (figure, stage, of, [board, day]) in [
        ("F052", "2", &aid.primary, ["primary-boarder-aid", "primary-day-aid"]),
        ("F054", "3", &aid.junior, ["junior-boarder-aid", "junior-day-aid"]),
    ] {
        let boarders = aided(&[stage], Some(true));
        // Somebody came in the middle of the last half-year that has boarders.
        let last = (half..HALVES).all(|later| {
            let on = school::drawn_on(later);
            later == half
                || !souls.iter().any(|soul| soul.aid[later] == Some(true) && school::stage(&soul.path, on) == stage)
        });
        let part = of.part.filter(|_| last && boarders > 0);
        let part = part.map(|part| -> Adjust {
            Box::new(move |drawn| {
                drawn.first().map(|(subject, _)| (*subject, part, "学期中途转入，按在校时间折算")).into_iter().collect()
            })
        });
        pay(figure, board, period.clone(), on, boarders, part);
        pay(figure, day, period.clone(), on, aided(&[stage], Some(false)), None);
    }
    pay("F056", "vocational-aid", period.clone(), on, aided(&["5"], None), None);
    let dew = souls.iter().filter(|soul| soul.dew[half]).count();
    let twice = (doubled > 0).then(|| -> Adjust {
        Box::new(move |drawn| {
            let drawn = drawn.iter().take(doubled);
            drawn.map(|(subject, amount)| (*subject, Fen(amount.0 * 2), "上学期未及时申报，本学期一并补发")).collect()
        })
    });
    pay("F060", "rain-dew-grant", period, on, dew, twice);
}
