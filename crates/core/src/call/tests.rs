//! The switchboard: rules one by one, and whole days by seed against a model.

use super::simulated::{Size, run};
use super::{Ending, Event, Figures, Past, Reach, Refusal, Share, Silence, Skills, Stage, Switchboard, Timing, Wanted};
use crate::row::SubjectId;
use std::sync::Arc;
use yizhan_kit::Day;

fn wants(skill: &str) -> Wanted {
    Wanted { skill: Arc::from(skill), language: Arc::from("zh"), agent: None }
}

fn knows(skills: &[&str]) -> Skills {
    Skills { skills: skills.iter().map(|one| Arc::from(*one)).collect(), ..Skills::default() }
}

const A: SubjectId = SubjectId(1);
const B: SubjectId = SubjectId(2);
const ONE: SubjectId = SubjectId(101);
const TWO: SubjectId = SubjectId(102);
const THREE: SubjectId = SubjectId(103);

/// A switchboard at which some agents are free, who know everything.
fn board(agents: &[SubjectId]) -> Switchboard {
    let mut board = Switchboard::new(Timing::default());
    for agent in agents {
        board.arrive(*agent, Skills::default(), 0);
        board.free(*agent, 0).unwrap();
    }
    board
}

fn rung(board: &mut Switchboard) -> Vec<(u32, u32)> {
    let told = board.take_events().into_iter();
    told.filter_map(|event| match event {
        Event::Rings { call, agent } => Some((call.0, agent.0)),
        _ => None,
    })
    .collect()
}

#[test]
fn when_the_hours_end_who_left_a_number_and_has_nobody_is_called_back() {
    let mut board = Switchboard::new(Timing::default());
    board.arrive(A, knows(&["tax"]), 0);
    board.enter(ONE, wants("tax"), Reach::Telephone, 1_000).unwrap();
    board.enter(TWO, wants("household"), Reach::PageAndNumber, 2_000).unwrap();
    board.enter(THREE, wants("household"), Reach::Page, 3_000).unwrap();
    board.free(A, 4_000).unwrap();
    assert_eq!(rung(&mut board), [(101, 1)], "an agent who stays goes on");
    board.hours_end(5_000);
    assert_eq!(board.call(TWO).map(|call| call.stage), Some(Stage::CallBack { since: 5_000 }));
    assert_eq!(board.call(THREE).map(|call| call.stage), Some(Stage::Waiting), "there is no number");
    board.can_be_reached(THREE).unwrap();
    board.hours_end(6_000);
    assert_eq!(board.call(THREE).map(|call| call.stage), Some(Stage::CallBack { since: 6_000 }));
    assert!(matches!(board.call(ONE).map(|call| call.stage), Some(Stage::Ringing { .. })));
}

#[test]
fn who_waits_longest_is_rung_for_first_and_skills_count() {
    let mut board = Switchboard::new(Timing::default());
    board.enter(ONE, wants("tax"), Reach::Page, 1_000).unwrap();
    board.enter(TWO, wants("household"), Reach::Page, 2_000).unwrap();
    board.enter(THREE, wants("tax"), Reach::Page, 3_000).unwrap();
    assert_eq!((board.position(ONE), board.position(TWO), board.position(THREE)), (Some(1), Some(1), Some(2)));
    assert_eq!(board.expected_wait(ONE), None, "nobody is there");
    board.arrive(A, knows(&["household"]), 4_000);
    assert!(rung(&mut board).is_empty(), "here, but not free");
    board.free(A, 4_000).unwrap();
    assert_eq!(rung(&mut board), [(102, 1)], "who waits longer wants another");
    board.arrive(B, knows(&["tax"]), 5_000);
    board.free(B, 5_000).unwrap();
    assert_eq!(rung(&mut board), [(101, 2)]);
    assert_eq!(board.expected_wait(THREE), Some(240_000), "one before it, of the usual length");
    assert_eq!(board.enter(ONE, wants("tax"), Reach::Page, 6_000), Err(Refusal::Twice));
}

#[test]
fn a_call_rings_for_twenty_seconds_and_then_at_the_next() {
    let mut board = board(&[A, B]);
    board.enter(ONE, wants("tax"), Reach::Page, 0).unwrap();
    assert_eq!(rung(&mut board), [(101, 1)]);
    board.tick(19_999);
    assert!(board.take_events().is_empty());
    board.tick(20_000);
    let told = board.take_events();
    assert_eq!(
        told,
        [
            Event::Stops { call: ONE, agent: A, why: Silence::Missed },
            Event::Pauses { agent: A },
            Event::Rings { call: ONE, agent: B },
        ]
    );
    // The one who missed it cannot answer it any more.
    assert_eq!(board.answer(ONE, A, 20_500), Err(Refusal::NotYours));
    board.answer(ONE, B, 21_000).unwrap();
    assert_eq!(board.answer(ONE, B, 21_000), Err(Refusal::NotYours), "once");
    assert_eq!(board.call(ONE).unwrap().waited, Some(21_000));
    // Nobody is left, until the first says that they are free.
    board.enter(TWO, wants("tax"), Reach::Page, 22_000).unwrap();
    board.take_events();
    board.free(A, 23_000).unwrap();
    assert_eq!(rung(&mut board), [(102, 1)]);
}

#[test]
fn an_agents_browser_dies_and_the_caller_is_first_again() {
    let mut board = board(&[A]);
    board.enter(ONE, wants("tax"), Reach::Page, 0).unwrap();
    board.answer(ONE, A, 1_000).unwrap();
    board.enter(TWO, wants("tax"), Reach::Page, 2_000).unwrap();
    board.agent_gone(A, 10_000);
    board.tick(15_000);
    assert!(matches!(board.call(ONE).unwrap().stage, Stage::Talking { .. }), "they may be back in a moment");
    board.arrive(A, Skills::default(), 16_000);
    board.tick(40_000);
    assert!(matches!(board.call(ONE).unwrap().stage, Stage::Talking { .. }), "they were");
    board.agent_gone(A, 50_000);
    board.take_events();
    board.tick(60_000);
    assert_eq!(board.take_events(), [Event::PutBack { call: ONE, agent: A }]);
    board.arrive(B, Skills::default(), 61_000);
    board.free(B, 61_000).unwrap();
    assert_eq!(rung(&mut board), [(101, 2)], "before whoever came later");
    assert_eq!(board.call(ONE).unwrap().put_back, 1);
}

#[test]
fn a_callers_page_dies_and_comes_back_in_its_place_or_is_called_back() {
    let mut board = board(&[]);
    board.enter(ONE, wants("tax"), Reach::Page, 0).unwrap();
    board.enter(TWO, wants("tax"), Reach::PageAndNumber, 1_000).unwrap();
    board.enter(THREE, wants("tax"), Reach::Page, 2_000).unwrap();
    board.caller_gone(ONE, 3_000);
    board.caller_gone(TWO, 3_000);
    // Nobody is rung for a caller who is not there.
    board.arrive(A, Skills::default(), 4_000);
    board.free(A, 4_000).unwrap();
    assert_eq!(rung(&mut board), [(103, 1)]);
    board.answer(THREE, A, 5_000).unwrap();
    board.caller_back(ONE, 10_000).unwrap();
    assert_eq!(board.position(ONE), Some(1));
    board.caller_gone(ONE, 20_000);
    board.take_events();
    board.tick(63_000);
    assert_eq!(board.take_events(), [Event::ToCallBack { call: TWO }]);
    board.tick(80_000);
    let [Event::Ended { call: ONE, agent: None, how: Ending::Lost, tale }] = board.take_events()[..] else { panic!() };
    assert_eq!(tale.waited, 80_000);
    // Whoever is in a call does not call back; afterwards they do, and it is theirs alone.
    assert_eq!(board.take_back(TWO, A, 81_000), Err(Refusal::NotFree));
    board.finish(THREE, A, 82_000).unwrap();
    assert_eq!(board.filed(THREE, A, 90_000), Ok(8_000));
    board.take_back(TWO, A, 91_000).unwrap();
    assert_eq!(board.take_back(TWO, A, 91_000), Err(Refusal::NotYours));
    // The agent's browser dies before the number was called: it is to be called back again.
    board.agent_gone(A, 92_000);
    board.tick(102_000);
    assert!(matches!(board.call(TWO).unwrap().stage, Stage::CallBack { .. }));
}

#[test]
fn hold_transfer_and_the_end_are_measured() {
    let mut board = board(&[A, B]);
    board.enter(ONE, wants("tax"), Reach::Page, 0).unwrap();
    board.answer(ONE, A, 5_000).unwrap();
    board.hold(ONE, A, Some(()), 10_000).unwrap();
    board.hold(ONE, A, None, 14_000).unwrap();
    assert_eq!(board.hold(ONE, B, Some(()), 14_000), Err(Refusal::NotYours));
    let to = Wanted { agent: Some(B), ..wants("household") };
    assert_eq!(board.transfer(ONE, A, Wanted { agent: Some(A), ..to.clone() }, 20_000), Err(Refusal::NotFree));
    board.take_events();
    board.transfer(ONE, A, to, 20_000).unwrap();
    assert_eq!(rung(&mut board), [(101, 2)]);
    // The one who is meant does not answer: the first one is rung again, for whoever knows how.
    board.tick(40_000);
    assert_eq!(rung(&mut board), [(101, 1)]);
    board.answer(ONE, A, 41_000).unwrap();
    board.hang_up(ONE, 50_000).unwrap();
    let told = board.take_events();
    let Some(Event::Ended { agent: Some(A), how: Ending::Finished, tale, .. }) = told.last() else {
        panic!("{told:?}")
    };
    assert_eq!((tale.waited, tale.talked, tale.held, tale.transfers), (5_000, 24_000, 4_000, 1));
    // Writing up takes a while; after two minutes they are free again anyway.
    board.enter(TWO, wants("tax"), Reach::Page, 60_000).unwrap();
    assert!(rung(&mut board).is_empty());
    board.tick(170_000);
    assert_eq!(rung(&mut board), [(102, 1)]);
}

#[test]
fn a_restart_puts_everybody_where_they_were() {
    let mut board = Switchboard::new(Timing::default());
    let was = super::Was { first: 1_000, waited: Some(2_000), agent: Some(A), to_call_back: false };
    board.restore(ONE, wants("tax"), Reach::Page, was, 100_000).unwrap();
    let was = super::Was { first: 500, ..super::Was::default() };
    board.restore(TWO, wants("tax"), Reach::Page, was, 100_000).unwrap();
    board.arrive(B, Skills::default(), 101_000);
    board.free(B, 101_000).unwrap();
    assert!(rung(&mut board).is_empty(), "the caller is not there yet");
    board.caller_back(ONE, 102_000).unwrap();
    board.caller_back(TWO, 102_000).unwrap();
    assert_eq!(rung(&mut board), [(102, 2)], "the first talks");
    board.arrive(A, Skills::default(), 103_000);
    board.tick(150_000);
    assert_eq!(board.call(ONE).unwrap().agent(), Some(A));
    assert_eq!(board.agent(A).unwrap().free, None, "they are asked again");
}

#[test]
fn figures_are_shares_of_calls() {
    let call = |order: u64, ending: Ending, waited: i64, settled: bool| Past {
        day: "2021-02-01".parse::<Day>().unwrap(),
        order,
        skill: "tax".into(),
        ending,
        waited,
        talked: 100_000,
        wrapped: 20_000,
        settled,
        transfers: 0,
        caller: None,
        satisfaction: None,
    };
    let caller = Some(yizhan_kit::Digest16([1; 16]));
    let all = vec![
        Past { caller, satisfaction: Some(5), ..call(1, Ending::Finished, 20_000, true) },
        Past { satisfaction: Some(2), ..call(2, Ending::Finished, 20_001, true) },
        call(3, Ending::Abandoned, 4_999, false),
        call(4, Ending::Abandoned, 5_000, false),
        Past { caller, ..call(5, Ending::Finished, 0, false) },
        Past { transfers: 1, ..call(6, Ending::Finished, 0, true) },
    ];
    let figures = Figures::of(&all.iter().collect::<Vec<_>>(), &all);
    assert_eq!(figures.soon, Share { part: 3, of: 5 }, "a slip of the finger does not count");
    assert_eq!(figures.abandoned, Share { part: 1, of: 5 });
    assert_eq!(figures.first_call, Share { part: 1, of: 4 }, "who called again was not settled, nor who was handed on");
    assert_eq!((figures.handling, figures.satisfaction_tenths), (120_000, 35));
    assert_eq!(figures.soon.permille(), Some(600));
    assert_eq!(Share::default().permille(), None);
}

#[test]
fn whole_days_lose_and_double_nothing() {
    for seed in 1..=3 {
        let day = run(seed, Size { agents: 40, calls: 600, server_deaths: 5 }).unwrap_or_else(|what| {
            panic!("seed {seed}: {what}");
        });
        assert_eq!(day.finished + day.abandoned + day.lost, 600, "seed {seed}: {day:?}");
        assert!(day.finished > 300 && day.browser_deaths > 0 && day.server_deaths == 5, "seed {seed}: {day:?}");
    }
}
