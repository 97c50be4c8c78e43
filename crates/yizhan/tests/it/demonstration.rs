//! The demonstration zone: the same seed makes the same zone, another seed another, and nobody in it exists.

use std::collections::BTreeSet;
use yizhan::command::Common;
use yizhan::{demo, store};
use yizhan_core::row::FactRow;
use yizhan_core::waist::Reader;
use yizhan_kit::codes::CitizenNumber;

const PEOPLE: usize = 2_478;

/// Every fact of a generated zone in plain words, in order of recording.
fn generated(name: &str, seed: u64) -> Vec<String> {
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
    std::fs::remove_dir_all(&folder).unwrap();
    plain
}

#[test]
fn the_same_seed_makes_the_same_zone() {
    let (first, again, another) = (generated("first", 7), generated("again", 7), generated("another", 8));
    assert!(first.len() > 10_000, "{} facts", first.len());
    assert_eq!(first, again);
    assert_ne!(first, another);

    let identities = first.iter().filter_map(|fact| fact.split_once(" person.identity "));
    let numbers: Vec<String> = identities
        .map(|(_, text)| {
            let identity: serde_json::Value = serde_json::from_str(text).unwrap();
            identity["citizen_number"].as_str().unwrap().to_owned()
        })
        .collect();
    let different: BTreeSet<&String> = numbers.iter().collect();
    assert_eq!((numbers.len(), different.len()), (PEOPLE, PEOPLE), "everyone has a number of their own");
    for number in numbers {
        let number: CitizenNumber = number.parse().expect("the check digit is right");
        assert!(number.to_string().starts_with("9901"), "{number}: under a region that was never assigned");
    }
}
