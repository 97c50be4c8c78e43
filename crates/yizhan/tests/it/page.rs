//! The newspaper page, line by line: what `docs/page.md` names must exist, and what it does not name it calls missing.

use clap::Parser;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use yizhan::routes;

/// The figures of the page, F001 to F111; F107 to F109 were never given out.
fn figures() -> BTreeSet<u32> {
    (1..=106).chain([110, 111]).collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn numbers(cell: &str) -> Vec<u32> {
    let number = |text: &str| text.trim().trim_start_matches('F').parse::<u32>().expect("a figure is F and a number");
    let ranges = cell.split(',').map(str::trim).filter(|part| !part.is_empty());
    ranges
        .flat_map(|part| match part.split_once('–') {
            Some((first, last)) => (number(first)..=number(last)).collect(),
            None => vec![number(part)],
        })
        .collect()
}

/// Whether a screen is there: a route of the API or of the pages, or a command.
fn exists(screen: &str) -> bool {
    if let Some(command) = screen.strip_prefix("yizhan ") {
        return yizhan::command::Line::try_parse_from(["yizhan", command, "--help"])
            .is_err_and(|shown| shown.kind() == clap::error::ErrorKind::DisplayHelp);
    }
    let pages = ["src/resident", "src/guide", "src/demonstration"].iter().flat_map(|room| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(room);
        std::fs::read_dir(folder)
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|file| std::fs::read_to_string(file.path()).ok())
    });
    let is_page = pages.into_iter().any(|text| text.contains(&format!(".route(\"{screen}\"")));
    is_page || routes::openapi().paths.paths.contains_key(screen)
}

#[test]
fn every_line_of_the_page_has_its_screen_and_its_test_or_says_not_yet() {
    let text = std::fs::read_to_string(root().join("docs/page.md")).unwrap();
    let rows: Vec<Vec<&str>> = text
        .lines()
        .filter(|line| line.starts_with('|') && !line.starts_with("|---"))
        .skip(1)
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    assert!(rows.len() >= 25, "{} rows", rows.len());
    let mut named = BTreeSet::new();
    for row in &rows {
        let [said, _, figures, screen, test] = row.as_slice() else { panic!("five columns: {row:?}") };
        for figure in numbers(figures) {
            assert!(named.insert(figure), "F{figure:03} is named twice, again at {said}");
        }
        if screen.starts_with("还没有") {
            assert!(test.is_empty(), "{said}: what is not there is not tested");
            continue;
        }
        let screen = screen.trim_matches('`');
        assert!(exists(screen), "{said}: there is no {screen}");
        assert!(root().join(test.trim_matches('`')).is_file(), "{said}: there is no {test}");
    }
    assert_eq!(named, figures(), "every figure of the page is named once");
}
