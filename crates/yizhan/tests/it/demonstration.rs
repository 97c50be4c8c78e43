//! The demonstration zone: the same seed makes the same zone, another seed another, and nobody in it exists.

use std::collections::{BTreeMap, BTreeSet};
use yizhan::command::Common;
use yizhan::{demo, store};
use yizhan_core::row::FactRow;
use yizhan_core::waist::Reader;
use yizhan_kit::codes::CitizenNumber;

const PEOPLE: usize = 2_478;

/// Every fact of a generated zone in plain words, in order of recording; and the list of what was planted.
fn generated(name: &str, seed: u64) -> (Vec<String>, String) {
    let folder = std::env::temp_dir().join(format!("yizhan-demo-{}-{name}", std::process::id()));
    let common = Common { data: folder.display().to_string(), catalog: None, config: None };
    demo::run(&common, PEOPLE, seed).unwrap();
    let vault = store::vault(&common.address(), &common.config().unwrap()).unwrap();
    let mut reader = Reader::open(&common.address()).unwrap();
    let facts: Vec<FactRow> = reader.page(0, 1_000_000).unwrap();
    let plain = facts.into_iter().map(|fact| {
        let said = match (&fact.sealed, fact.key) {
            (Some(sealed), Some(key)) => {
                let key = reader.key(key).unwrap().unwrap();
                String::from_utf8(vault.unseal(Some(&key), sealed).unwrap()).unwrap()
            }
            _ => fact.value.as_deref().unwrap_or_default().to_owned(),
        };
        format!("{} {} {said}", fact.subject.0, fact.attribute)
    });
    let plain = plain.collect();
    let planted = std::fs::read_to_string(folder.join(demo::PLANTED_FILE)).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    (plain, planted)
}

#[test]
fn the_same_seed_makes_the_same_zone() {
    let (first, again, another) = (generated("first", 7), generated("again", 7), generated("another", 8));
    assert!(first.0.len() > 100_000, "{} facts", first.0.len());
    assert_eq!(first, again);
    assert_ne!(first.0, another.0);

    // Of each, what was said last; those with a planted error stand apart.
    let identities = first.0.iter().filter_map(|fact| fact.split_once(" person.identity "));
    let numbers: BTreeMap<&str, String> = identities
        .map(|(subject, text)| {
            let identity: serde_json::Value = serde_json::from_str(text).unwrap();
            (subject, identity["citizen_number"].as_str().unwrap().to_owned())
        })
        .collect();
    assert_eq!(numbers.len(), PEOPLE);
    let planted = first.1.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let listed: BTreeSet<&str> = planted
        .filter(|cells| matches!(cells[0], "number-not-valid" | "number-on-two-people"))
        .map(|cells| cells[2])
        .collect();
    assert_eq!(listed.len(), 5 + 2 * 5);
    let mut carriers: BTreeMap<&str, usize> = BTreeMap::new();
    numbers.values().for_each(|number| *carriers.entry(number).or_default() += 1);
    for (subject, number) in &numbers {
        assert!(number.starts_with("9901"), "{number}: under a region that was never assigned");
        let right = number.parse::<CitizenNumber>().is_ok() && carriers[number.as_str()] == 1;
        assert_eq!(right, !listed.contains(subject), "{subject} {number}: of their own, with the right check digit");
    }
}
