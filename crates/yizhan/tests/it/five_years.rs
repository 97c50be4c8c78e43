//! The zone of five years: its report says what its file of targets says, to the fen and to the person; figures that contradict
//! each other are refused by name, before anything is written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use yizhan::bench::cluster::Cluster;

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
    // As files too, which go nowhere but into a file.
    for format in ["xlsx", "docx"] {
        let wished = ["report", "effectiveness", "--format", format, "--by", "area", "--data", &data];
        assert!(!yizhan(&wished).status.success(), "{format} without a file");
        let file = folder.join(format).display().to_string();
        let made = yizhan(&[&wished[..], &["--out", &file]].concat());
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        assert_eq!(std::fs::read(&file).unwrap()[..2], *b"PK");
    }
    let table = crate::figures::rows(&std::fs::read(folder.join("xlsx")).unwrap());
    assert!(table[1].len() > 8, "a township is a column: {:?}", table[1]);
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

/// The targets with another value of a figure.
fn with(id: &str, value: &str) -> String {
    let changed = TARGETS.lines().map(|line| match line.split_once(',') {
        Some((first, rest)) if first == id => format!("{first},{value},{}", rest.split_once(',').unwrap().1),
        _ => line.to_owned(),
    });
    changed.map(|line| line + "\n").collect()
}

/// Whether anything was written below a folder.
fn is_empty(zone: &Path) -> bool {
    std::fs::read_dir(zone).map_or(true, |mut entries| entries.next().is_none())
}

#[test]
fn figures_that_no_record_decides_are_refused_by_name_before_anything_is_written() {
    let folder = folder("decided");
    for (id, value, says) in [
        ("F001", "6", "the report's period says 5"),
        ("F021", "7", "the catalog says 6"),
        ("F044", "12", "the rule ill-visited says 4"),
        ("F049", "2", "the rule mentally-ill-visited says 1"),
        ("F070", "5", "the catalog says 4"),
        ("F071", "5300", "the parameter rural-subsistence-standard says 5160"),
        ("F076", "65", "change catalog/parameter/pension-age.toml"),
        ("F078", "2015", "the parameter elder-allowance-age says 2014"),
        ("F079", "75", "change catalog/parameter/elder-allowance-age.toml"),
        ("F080", "70", "the parameter filial-age says 60"),
        ("F089", "5", "the list of codes of right.kind says 4"),
        ("F098", "3", "the catalog says 4"),
        ("F099", "2", "the list of codes of station.tier says 3"),
        ("F045", "90", "in every zone of the page it is 100"),
        ("F062", "1", "in every zone of the page it is 0"),
        ("F069", "99.5", "in every zone of the page it is 100"),
    ] {
        let made = generate(&folder, &with(id, value));
        let said = String::from_utf8_lossy(&made.stderr).into_owned();
        assert!(!made.status.success(), "{id}");
        assert!(said.contains(&format!("{id}: the file says {value} ")) && said.contains(says), "{id}: {said}");
        assert!(is_empty(&folder.join("zone")), "{id}: something was written");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn figures_that_cannot_be_are_refused_before_anything_is_written() {
    let folder = folder("cannot");
    for (id, value) in [
        ("F004", "3"),
        ("F004", "9999"),
        ("F009", "9999"),
        ("F015", "8.25"),
        ("F016", "5"),
        ("F018", "1"),
        ("F020", "0.0001"),
        ("F040", "some"),
        ("F048", "0.0001"),
        ("F064", "999"),
        ("F067", "999"),
        ("F083", "0.0001"),
        ("F090", "9999"),
        ("F092", "9999"),
        ("F096", "9"),
        ("F100", "1.5"),
    ] {
        let made = generate(&folder, &with(id, value));
        let said = String::from_utf8_lossy(&made.stderr).into_owned();
        assert!(!made.status.success() && said.contains(id), "{id} {value}: {said}");
        assert!(is_empty(&folder.join("zone")), "{id} {value}: something was written");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn the_same_zone_comes_of_postgresql_and_a_second_one_is_refused() {
    let folder = folder("postgres");
    let (keys, config, targets) = (folder.join("keys"), folder.join("yizhan.toml"), folder.join("targets.csv"));
    std::fs::write(&config, format!("key_folder = {:?}\n", keys.display().to_string())).unwrap();
    std::fs::write(&targets, TARGETS).unwrap();
    let (config, targets) = (config.display().to_string(), targets.display().to_string());
    let cluster = Cluster::start().expect("PostgreSQL starts");
    let data = cluster.address("page");
    let page = |data: &str| {
        let more = ["--people", "250", "--data", data, "--config", &config];
        yizhan(&[&["demo", "--page", "--targets", &targets][..], &more].concat())
    };
    let made = page(&data);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let again = page(&data);
    let said = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(!again.status.success() && said.contains("there is a zone already"), "{said}");
    let figures = ["report", "effectiveness", "--format", "csv", "--data", &data, "--config", &config];
    let told = rows(&String::from_utf8(yizhan(&figures).stdout).unwrap());
    let wanted = rows(TARGETS);
    let told_so = |id: &&String| !NOT_COUNTED.contains(&id.as_str());
    for id in wanted.keys().filter(told_so) {
        let (value, count) = &wanted[id];
        let same = told[id].0.parse::<written::Exact>() == value.parse::<written::Exact>();
        assert!(same && (count.is_empty() || told[id].1 == *count), "{id}: {:?} and not {:?}", told[id], wanted[id]);
    }
    let verified = yizhan(&["verify", "--data", &data, "--config", &config]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    // The plain demonstration in another zone of the same server.
    let plain = cluster.address("plain");
    let keys = folder.join("plain.toml");
    std::fs::write(&keys, format!("key_folder = {:?}\n", folder.join("plain").display().to_string())).unwrap();
    let keys = keys.display().to_string();
    let made = yizhan(&["demo", "--people", "2478", "--data", &plain, "--config", &keys]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    drop(cluster);
    std::fs::remove_dir_all(&folder).unwrap();
}
