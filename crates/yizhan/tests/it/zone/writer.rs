//! The writer keeps its word whatever the store does, and the fold of the rows is the image.

use super::world::{self, commit, declare, engines, found, keyed, memory, nine, vault};
use yizhan_core::access::Viewer;
use yizhan_core::act::{Act, Actor};
use yizhan_core::image::Image;
use yizhan_core::service::OpenCase;
use yizhan_core::waist::AppendError;
use yizhan_core::waist::load::Depth;
use yizhan_core::waist::memory::Trouble;
use yizhan_core::writer::Verdict;
use yizhan_core::zone::rebuild;
use yizhan_kit::digest::HashKind;

/// Everything that can be asked of an image, as text.
fn observed(image: &Image) -> String {
    use std::fmt::Write;
    let mut text = format!("{} {} {:?}\n", image.seq, image.hash, image.counts);
    let program = Viewer::program();
    let seen = program.look(image);
    for case in seen.cases() {
        let spells = seen.spells(case.subject, "travel-declaration.temperature-morning");
        let arrived = seen.latest(case.subject, "travel-declaration.arrived");
        let _ = writeln!(
            text,
            "{} {case:?} {} {:?} {arrived:?} {spells:?}",
            image.number(case),
            image.area(case),
            image.desk(case)
        );
    }
    let mut desks: Vec<_> = seen.desks().collect();
    desks.sort();
    for (area, desk) in desks {
        let waiting: Vec<_> = seen.waiting(area, desk).map(|case| case.subject.0).collect();
        if !waiting.is_empty() {
            let _ = writeln!(text, "{area:?} {desk:?} {waiting:?}");
        }
    }
    text
}

#[test]
fn the_same_story_has_the_same_end_on_every_engine() {
    for seed in [1, 2] {
        let mut ends = Vec::new();
        for place in engines() {
            let mut writer = place.writer();
            let staff = found(&mut writer);
            let (accepted, refused) = world::story(&mut writer, &staff, seed, 25);
            assert!(accepted > 20 && refused > 5, "seed {seed}: {accepted} accepted, {refused} refused");
            let live = observed(writer.image());
            let reader = writer.engine().reader().unwrap();
            let rebuilt = rebuild(&reader, HashKind::Sha256, Depth::Bodies);
            assert_eq!(rebuilt.faults, Vec::new(), "seed {seed} on {}", place.name);
            assert_eq!(observed(&rebuilt.image), live, "seed {seed} on {}: the fold is the image", place.name);
            ends.push(live);
        }
        assert!(ends.windows(2).all(|pair| pair[0] == pair[1]), "seed {seed}: engines differ");
    }
}

#[test]
fn many_random_stories_fold_to_what_was_live() {
    for seed in 100..140 {
        let place = memory();
        let mut writer = place.writer();
        let staff = found(&mut writer);
        world::story(&mut writer, &staff, seed, 12);
        let rebuilt = rebuild(&writer.engine().reader().unwrap(), HashKind::Sha256, Depth::Heads);
        assert_eq!(observed(&rebuilt.image), observed(writer.image()), "seed {seed}");
    }
}

#[test]
fn a_repeat_gets_the_first_answer_even_after_a_restart() {
    for place in engines() {
        let mut writer = place.writer();
        found(&mut writer);
        let act = declare(writer.image(), &vault(1), 1);
        let answers = commit(&mut writer, nine(), &[act.clone(), act.clone()]);
        let first = *answers[0].as_ref().unwrap();
        let again = *answers[1].as_ref().unwrap();
        assert_eq!((first.seq, first.at, first.about, again.repeated), (again.seq, again.at, again.about, true));
        drop(writer);
        let mut writer = place.writer();
        let later = nine().plus_ms(9_000_000);
        let repeated = *commit(&mut writer, later, std::slice::from_ref(&act))[0].as_ref().unwrap();
        assert_eq!((repeated.seq, repeated.at, repeated.about), (first.seq, first.at, first.about), "{}", place.name);
        let other = keyed(Actor::Resident, "declare-1", b"another body", Never);
        assert_eq!(commit(&mut writer, later, &[other])[0].as_ref().unwrap_err().kind.code, "key-reused");
        assert_eq!(writer.image().case_count(), 1, "{}", place.name);
    }
}

/// A verb that must not be asked.
struct Never;

impl yizhan_core::act::Verb for Never {
    fn name(&self) -> &'static str {
        "never"
    }
    fn decide(
        &self,
        _: &yizhan_core::act::Scene<'_>,
        _: &mut yizhan_core::act::Effects<'_>,
    ) -> Result<(), yizhan_kit::Problem> {
        panic!("a repeat is not decided again")
    }
}

#[test]
fn a_poisoned_row_harms_only_its_own_act() {
    let place = memory();
    let mut writer = place.writer();
    found(&mut writer);
    let vault = vault(1);
    let mut acts: Vec<Act> = (0..10).map(|n| declare(writer.image(), &vault, n)).collect();
    let image = writer.image();
    let area = image.catalog().unwrap().regions.villages().next().unwrap().code;
    let poison: std::sync::Arc<[u8]> = b"poison"[..].into();
    let (key, _) = vault.new_key("journey", &[]);
    let verb = OpenCase {
        service: "travel-declaration".into(),
        catalog: 1,
        area,
        key,
        form: poison.clone(),
        facts: Vec::new(),
    };
    acts[4] = keyed(Actor::Resident, "poison", b"", verb);
    place.memory().poison(&poison);
    let answers = commit(&mut writer, nine(), &acts);
    for (n, answer) in answers.iter().enumerate() {
        match answer {
            Ok(_) => assert_ne!(n, 4),
            Err(problem) => assert_eq!((n, problem.kind.code), (4, "row-refused")),
        }
    }
    assert_eq!(writer.image().case_count(), 9);
}

#[test]
fn an_unknown_outcome_is_found_out_before_anyone_is_answered() {
    let check = |trouble: Trouble, head_fails: u32, code: Option<&str>| {
        let place = memory();
        let mut writer = place.writer();
        found(&mut writer);
        let act = declare(writer.image(), &vault(1), 1);
        place.memory().will_suffer([trouble]);
        place.memory().head_will_fail(head_fails);
        let mut verdict = writer.commit(nine(), std::slice::from_ref(&act));
        let mut asked = 0;
        let answers = loop {
            match verdict {
                Verdict::Answered(answers) => break answers,
                Verdict::InDoubt => {
                    asked += 1;
                    assert_eq!(writer.image().case_count(), 0, "nothing is seen while it is in doubt");
                    verdict = writer.resolve().map_or(Verdict::InDoubt, Verdict::Answered);
                }
            }
        };
        assert_eq!(asked, head_fails, "asked until the head could be read");
        assert_eq!(answers[0].as_ref().err().map(|problem| problem.kind.code), code);
        // Asking again under the same key does it once, whatever happened before.
        assert!(commit(&mut writer, nine(), &[act])[0].is_ok());
        assert_eq!(writer.image().case_count(), 1);
        assert_eq!(place.memory().rows().steps.len(), 1);
    };
    check(Trouble::WrittenAnswerLost, 0, None);
    check(Trouble::WrittenAnswerLost, 3, None);
    check(Trouble::NotWrittenAnswerLost, 0, Some("store-unavailable"));
    check(Trouble::NotWrittenAnswerLost, 2, Some("store-unavailable"));
}

#[test]
fn trouble_is_named_and_passes() {
    let check = |error: AppendError, code: &str, goes_on: bool| {
        let place = memory();
        let mut writer = place.writer();
        found(&mut writer);
        let acts: Vec<Act> = (0..3).map(|n| declare(writer.image(), &vault(1), n)).collect();
        place.memory().will_suffer([Trouble::Fails(error)]);
        for answer in commit(&mut writer, nine(), &acts) {
            assert_eq!(answer.unwrap_err().kind.code, code);
        }
        assert_eq!(writer.image().case_count(), 0);
        let later = commit(&mut writer, nine(), &acts);
        assert!(later.iter().all(|answer| answer.is_ok() == goes_on), "{code}");
    };
    check(AppendError::Full("no space".into()), "store-full", true);
    check(AppendError::Unreachable("gone".into()), "store-unavailable", true);
    check(AppendError::Fenced, "fenced", false);
}

#[test]
fn recorded_time_never_runs_backwards() {
    let place = memory();
    let mut writer = place.writer();
    found(&mut writer);
    let vault = vault(1);
    let (one, two) = (declare(writer.image(), &vault, 1), declare(writer.image(), &vault, 2));
    let late = commit(&mut writer, nine().plus_ms(60_000), &[one]);
    let early = commit(&mut writer, nine(), &[two]);
    assert!(early[0].as_ref().unwrap().at >= late[0].as_ref().unwrap().at);
}
