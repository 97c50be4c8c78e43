//! Funnels against counting by hand, difficulties against what was planted, and what is kept of a visit.

use super::planted::{MODULES, STEPS, Score, World};
use super::{
    Asked, Ending, StepOf, Turn, VisitOf, Visits, What, compare, difficulties, funnels, order, surprise, volume,
};
use crate::row::SubjectId;
use yizhan_kit::{Day, Moment};

const MONDAY: Day = Day(18_659);

fn step(name: &str, what: What, seconds: u32) -> StepOf {
    StepOf { step: name.into(), what, took_ms: seconds * 1000 }
}

fn visit(device: u32, module: &str, minute: u16, ending: Ending, steps: Vec<StepOf>) -> VisitOf {
    let (device, hall) = (SubjectId(device), SubjectId(device / 10));
    VisitOf { device, hall, module: module.into(), began: Moment::at(MONDAY, minute), ending, steps }
}

#[test]
fn a_funnel_tells_who_reached_each_step_and_where_they_were_lost() {
    let mut visits = Visits::default();
    let (done, error) = (What::Done, What::Error);
    visits.push(&visit(
        10,
        "proof",
        540,
        Ending::Finished,
        vec![step("card", done, 5), step("fill", done, 30), step("print", done, 3)],
    ));
    visits.push(&visit(
        10,
        "proof",
        550,
        Ending::GaveUp,
        vec![step("card", error, 9), step("card", error, 11), step("card", done, 4), step("fill", What::Help, 90)],
    ));
    visits.push(&visit(10, "proof", 556, Ending::WalkedAway, vec![step("card", error, 200)]));
    visits.push(&visit(20, "proof", 900, Ending::Finished, vec![step("card", done, 5)]));
    let told = funnels(&visits, &Asked::default());
    let [funnel] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((funnel.visits, funnel.finished, funnel.gave_up, funnel.again), (4, 2, 1, 1), "begun again at once");
    let row = |name: &str| funnel.steps.iter().find(|row| row.step == name).unwrap();
    assert_eq!(funnel.steps.iter().map(|row| row.step.as_str()).collect::<Vec<_>>(), ["card", "fill", "print"]);
    let card = row("card");
    assert_eq!((card.reached, card.errors, card.lost, card.taken), (4, 2, 1, 6));
    // 4, 5, 5, 9, 11 and 200 seconds.
    assert_eq!((card.median_tenths, card.ninth_tenths), (50, 2_000));
    let fill = row("fill");
    assert_eq!((fill.reached, fill.help, fill.lost), (2, 1, 1));
    let hall = Asked { halls: Some(vec![SubjectId(2)]), ..Asked::default() };
    assert_eq!(funnels(&visits, &hall)[0].visits, 1);
    let counted = volume(&visits, &Asked::default());
    assert_eq!((counted.visits, counted.hours[9], counted.hours[15]), (4, 3, 1));
    assert_eq!(counted.halls, [(SubjectId(1), 3), (SubjectId(2), 1)]);
    assert_eq!(counted.days, [(MONDAY, 4)]);
    let other_day = Asked { from: Some(MONDAY.plus(1)), ..Asked::default() };
    assert!(funnels(&visits, &other_day).is_empty());
}

#[test]
fn what_is_kept_of_a_visit_names_neither_device_nor_minute_and_comes_back_as_it_was() {
    let mut world = World::new(1, 3, 2);
    let visits = world.visits(3_000, MONDAY, 7);
    let bytes = visits.to_bytes();
    let mut back = Visits::default();
    back.take(&bytes).unwrap();
    assert_eq!(funnels(&back, &Asked::default()), funnels(&visits, &Asked::default()));
    assert_eq!(volume(&back, &Asked::default()), volume(&visits, &Asked::default()));
    // Two visits that differ in device, minute and order only leave the same bytes.
    let of = |device, minute| {
        let mut one = Visits::default();
        one.push(&visit(device, "proof", minute, Ending::Finished, vec![step("card", What::Done, 5)]));
        one.push(&visit(device, "other", 60 * 11 - minute % 60, Ending::Finished, vec![]));
        one.to_bytes()
    };
    assert_eq!(of(11, 541), of(19, 599));
    for cut in [0, 1, 7, bytes.len() / 2, bytes.len() - 1] {
        assert!(Visits::default().take(&bytes[..cut]).is_err(), "cut at {cut}");
    }
    let mut flipped = bytes.clone();
    flipped[0] = 9;
    assert!(back.take(&flipped).is_err());
}

#[test]
fn memory_is_bounded_and_words_are() {
    let mut world = World::new(1, 3, 0);
    let mut visits = world.visits(5_000, MONDAY, 7);
    let last = volume(&visits, &Asked::default()).days.last().unwrap().0;
    visits.keep_latest(4_000);
    assert!(visits.events() <= 4_000 && visits.events() > 3_900, "{}", visits.events());
    let left = volume(&visits, &Asked::default());
    assert_eq!((left.visits as usize, left.days.last().unwrap().0), (visits.len(), last), "the latest stay");
    let mut many = Visits::default();
    let words = |n: usize| ('a'..='z').cycle().skip(n % 26).take(n / 26 + 1).collect::<String>();
    let steps = (0..65).map(|n| step(&words(n), What::Done, 1)).collect();
    assert!(!many.push(&visit(10, "proof", 1, Ending::Finished, steps)), "a module of 65 steps");
    assert!((many.len(), many.events()) == (0, 0));
}

#[test]
fn a_share_surprises_by_its_distance_in_deviations() {
    // 130 of 1,000 where 100 are expected: off by 30, deviation 9.49, squared 10.0.
    assert_eq!(surprise(130, 1_000, 100_000), 1_000);
    assert_eq!(surprise(100, 1_000, 100_000), 0);
    assert_eq!(surprise(70, 1_000, 100_000), 1_000);
}

/// Twenty worlds: what was planted is found, what was not is hardly ever.
#[test]
fn planted_difficulties_are_found_and_few_others() {
    let mut whole = Score::default();
    for seed in 1..=20 {
        let mut world = World::new(seed, 5, 6);
        let visits = world.visits(30_000, MONDAY, 14);
        let found = difficulties(&visits, &Asked::default());
        let score = world.score(&found);
        whole.planted += score.planted;
        whole.hits += score.hits;
        whole.false_alarms += score.false_alarms;
        whole.at_the_top += score.at_the_top;
        assert!(found.iter().all(|one| one.score > 0 && !one.signs.is_empty()));
        assert!(found.windows(2).all(|pair| pair[0].score >= pair[1].score), "the costliest first");
    }
    assert_eq!(whole.planted, 120);
    assert!(whole.hits >= 105 && whole.false_alarms <= 6, "{whole:?}");
    // Worlds without a difficulty have none.
    let calm: usize = (100..110)
        .map(|seed| difficulties(&World::new(seed, 5, 0).visits(30_000, MONDAY, 14), &Asked::default()).len())
        .sum();
    assert!(calm <= 3, "{calm} false alarms in ten worlds without difficulties");
}

#[test]
fn the_home_screen_begins_with_what_is_wanted_most() {
    let mut world = World::new(3, 4, 0);
    let visits = world.visits(10_000, MONDAY, 7);
    let mut shown: Vec<String> = MODULES.iter().rev().map(|(name, ..)| (*name).to_owned()).collect();
    shown.push("nobody-wants-it".into());
    let order = order(&visits, &Asked::default(), &shown);
    let names: Vec<&str> = order.modules.iter().map(|one| one.module.as_str()).collect();
    assert_eq!(&names[..3], ["invoice-issue", "invoice-receive", "social-insurance"]);
    assert_eq!(names.last(), Some(&"nobody-wants-it"));
    assert_eq!(order.modules[0].now, Some(8));
    assert!(order.passed_now > 450 && order.passed_then < 250, "{} {}", order.passed_now, order.passed_then);
}

#[test]
fn a_change_that_helps_is_told_from_chance() {
    // The same world; from the second week on the card can be read.
    let mut before = World::new(5, 4, 0);
    before.planted.push(super::planted::Planted {
        module: 0,
        step: 1,
        hall: None,
        sort: super::Sort::Error,
        ppm: 150_000,
    });
    let mut visits = before.visits(8_000, MONDAY, 7);
    let mut after = World::new(5, 4, 0);
    for n in 0..8_000 {
        let one = after.visit(MONDAY.plus(7 + n % 7));
        visits.push(&one);
    }
    let rows = compare(&visits, &Asked::default(), MODULES[0].0, MONDAY.plus(7), 7);
    let better: Vec<_> = rows.iter().filter(|row| row.turn == Turn::Better).collect();
    assert_eq!(better.len(), 1, "{rows:?}");
    assert_eq!((better[0].step.as_deref(), better[0].measure.as_str()), (Some(STEPS[1]), "errors"));
    assert!(rows.iter().all(|row| row.turn != Turn::Worse));
    assert!(compare(&visits, &Asked::default(), "nothing", MONDAY, 7).is_empty());
}
