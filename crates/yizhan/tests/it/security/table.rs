//! The table of what is asked of such a program, by two standards: each row names a test that is there, or says that it is
//! not met.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What the last cell of a row begins with when no test stands for it.
const NOT_MET: &str = "不满足 not met：";
const NOT_OURS: &str = "不适用 not applicable：";

/// How paths are shortened in the table.
const SHORT: [(&str, &str); 4] = [
    ("it/", "crates/yizhan/tests/it/"),
    ("core/", "crates/core/src/"),
    ("kit/", "crates/kit/src/"),
    ("journey/", "tests/journey/"),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn table() -> String {
    std::fs::read_to_string(root().join("docs/security.md")).expect("the table is kept")
}

/// The rows of the tables below a heading, cell by cell; heads and rules left out.
fn rows(text: &str, under: &str) -> Vec<Vec<String>> {
    let part = text.split("\n## ").find(|part| part.starts_with(under)).unwrap_or_else(|| panic!("no part {under:?}"));
    let cells = |line: &str| line.trim().trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
    let lines: Vec<Vec<String>> = part.lines().filter(|line| line.starts_with('|')).map(cells).collect();
    let is_head = |row: &Vec<String>| row[0].starts_with("条 ") || row[0].starts_with("---");
    lines.into_iter().filter(|row| !is_head(row)).collect()
}

/// Why a test that a row names is not there.
fn fault(named: &str) -> Option<String> {
    let Some((file, name)) = named.split_once("::") else { return Some(format!("{named}: no file::test")) };
    let Some((short, long)) = SHORT.iter().find(|(short, _)| file.starts_with(short)) else {
        return Some(format!("{named}: in none of the folders of tests"));
    };
    let Ok(text) = std::fs::read_to_string(root().join(long).join(&file[short.len()..])) else {
        return Some(format!("{named}: there is no such file"));
    };
    let there = if file.ends_with(".mjs") {
        text.contains(&format!("test(\"{name}\""))
    } else {
        let at = text.find(&format!("fn {name}("));
        let before = |at: usize| text[..at].lines().rev().take(4).any(|line| is_test(line.trim()));
        at.is_some_and(before)
    };
    (!there).then(|| format!("{named}: there is no such test"))
}

fn is_test(line: &str) -> bool {
    line.starts_with("#[test]") || line.starts_with("#[tokio::test")
}

/// What stands between backquotes.
fn named(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

#[test]
fn every_row_names_a_test_that_is_there_or_says_that_it_is_not_met() {
    let text = table();
    let mut faults = Vec::new();
    for (part, least) in [("等保三级", 60), ("OWASP ASVS", 90)] {
        let rows = rows(&text, part);
        assert!(rows.len() >= least, "{part}: {} rows only", rows.len());
        for row in rows {
            let [clause, asked, how, proof] = &row[..] else { panic!("{part}: four cells: {row:?}") };
            let both = !asked.is_ascii() && asked.chars().any(|one| one.is_ascii_alphabetic());
            if clause.is_empty() || !both || how.is_empty() {
                faults.push(format!("{clause} {asked}: a clause, a title in both languages and how it is met"));
            }
            if let Some(missing) = [NOT_MET, NOT_OURS].iter().find_map(|word| proof.strip_prefix(word)) {
                if missing.chars().count() < 4 {
                    faults.push(format!("{clause} {asked}: what is missing, or why it is not ours"));
                }
                continue;
            }
            let tests = named(proof);
            if tests.is_empty() {
                faults.push(format!("{clause} {asked}: neither a test nor {NOT_MET:?}"));
            }
            faults.extend(tests.into_iter().filter_map(fault).map(|fault| format!("{clause}: {fault}")));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_head_of_the_table_counts_its_rows() {
    let mut text = table();
    for part in ["等保三级", "OWASP ASVS"] {
        let mut count: BTreeMap<&str, usize> = BTreeMap::from([("met", 0), ("not met", 0), ("not applicable", 0)]);
        for row in rows(&text, part) {
            let what = match row[3].as_str() {
                proof if proof.starts_with(NOT_MET) => "not met",
                proof if proof.starts_with(NOT_OURS) => "not applicable",
                _ => "met",
            };
            *count.get_mut(what).expect("all three are counted") += 1;
        }
        let says = format!(
            "{part}：有测试 with a test {}，不满足 not met {}，不适用 not applicable {}",
            count["met"], count["not met"], count["not applicable"]
        );
        if std::env::var_os("YIZHAN_RENEW").is_some() {
            let begins = format!("{part}：有测试");
            let line = text.lines().find(|line| line.starts_with(&begins)).expect("the head has its line").to_owned();
            text = text.replace(&line, &says);
            std::fs::write(root().join("docs/security.md"), &text).unwrap();
        }
        assert!(text.contains(&says), "the head should say: {says}");
    }
}

#[test]
fn the_threat_model_says_what_is_left() {
    let text = table();
    for heading in [
        "### 资产 Assets",
        "### 谁会攻击 Who attacks",
        "### 入口 Entry points",
        "### 假定 Assumed",
        "### 余下的 What is left",
    ] {
        let part = text.split(heading).nth(1).unwrap_or_else(|| panic!("no {heading:?}"));
        let points =
            part.split("\n##").next().unwrap_or_default().lines().filter(|line| line.starts_with("- ")).count();
        assert!(points >= 4, "{heading}: {points} points only");
    }
}
