//! The zone of five years: its report says what its file of targets says, to the fen and to the person; figures that contradict
//! each other are refused by name, before anything is written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A small zone's figures.
const TARGETS: &str = include_str!("five_years.csv");

/// What no record of a zone tells.
const NOT_COUNTED: [&str; 7] = ["F038", "F088", "F094", "F105", "F106", "F110", "F111"];

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("yizhan-years-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn yizhan(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_yizhan")).args(arguments).output().unwrap()
}

fn generate(folder: &Path, targets: &str) -> Output {
    let file = folder.join("targets.csv");
    std::fs::write(&file, targets).unwrap();
    let (file, data) = (file.display().to_string(), folder.join("zone").display().to_string());
    yizhan(&["demo", "--page", "--targets", &file, "--people", "250", "--data", &data])
}

/// Rows of `id,value,unit,count…` by id.
fn rows(text: &str) -> BTreeMap<String, (String, String)> {
    let mut read = csv::Reader::from_reader(text.as_bytes());
    let rows = read.records().map(|row| {
        let row = row.unwrap();
        (row[0].to_owned(), (row[1].to_owned(), row[3].to_owned()))
    });
    rows.collect()
}

#[test]
fn the_report_of_a_zone_says_what_its_targets_say() {
    let folder = folder("told");
    let made = generate(&folder, TARGETS);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let data = folder.join("zone").display().to_string();
    let told = yizhan(&["report", "effectiveness", "--format", "csv", "--data", &data]);
    let (wanted, told) = (rows(TARGETS), rows(&String::from_utf8(told.stdout).unwrap()));
    let differs = |id: &&String| {
        let ((value, count), none) = (&wanted[*id], (String::new(), String::new()));
        let (said, over) = told.get(*id).unwrap_or(&none);
        let same = said.parse::<written::Exact>() == value.parse::<written::Exact>();
        !(same && (count.is_empty() || over == count))
    };
    let wrong: Vec<String> = wanted
        .keys()
        .filter(|id| !NOT_COUNTED.contains(&id.as_str()))
        .filter(differs)
        .map(|id| format!("{id}: {:?} and not {:?}", told.get(id), wanted[id]))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    std::fs::remove_dir_all(&folder).unwrap();
}

/// Numbers as they are written, whatever zeros follow the point.
mod written {
    #[derive(PartialEq, Eq, Debug)]
    pub struct Exact(String);

    impl std::str::FromStr for Exact {
        type Err = ();

        fn from_str(text: &str) -> Result<Self, ()> {
            let trimmed = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text };
            if trimmed.is_empty() { Err(()) } else { Ok(Self(trimmed.to_owned())) }
        }
    }
}

#[test]
fn figures_that_contradict_each_other_are_refused_by_name() {
    let folder = folder("refused");
    for (id, value) in [
        ("F057", "0.1001"),
        ("F061", "0.00001"),
        ("F073", "9999"),
        ("F006", "99999"),
        ("F074", "9999"),
        ("F023", "9999"),
    ] {
        let changed = TARGETS.lines().map(|line| match line.split_once(',') {
            Some((first, rest)) if first == id => format!("{first},{value},{}", rest.split_once(',').unwrap().1),
            _ => line.to_owned(),
        });
        let changed: Vec<String> = changed.collect();
        let made = generate(&folder, &(changed.join("\n") + "\n"));
        let said = String::from_utf8_lossy(&made.stderr).into_owned();
        assert!(!made.status.success() && said.contains(id), "{id}: {said}");
        assert!(!said.contains("there is a zone already"), "{id}: {said}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
