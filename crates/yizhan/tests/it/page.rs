//! The newspaper page, line by line: what `docs/page.md` names must exist, and what it does not name it calls missing.

use crate::testing::TestApp;
use axum::http::StatusCode;
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
    let pages = [
        "src/resident",
        "src/guide",
        "src/notice",
        "src/demonstration",
        "src/asset",
        "src/calculator",
        "src/kiosk",
        "src/kitchen",
        "src/ground",
        "src/field",
        "src/cashier",
        "src/call",
        "src/report",
    ]
    .iter()
    .flat_map(|room| {
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

#[tokio::test]
async fn every_help_page_is_there_in_both_languages_with_pictures_that_exist() {
    let folder = root().join("docs/help");
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .flatten()
        .filter_map(|file| file.file_name().to_string_lossy().strip_suffix(".md").map(str::to_owned))
        .collect();
    names.sort();
    let pages: Vec<&String> = names.iter().filter(|name| !name.ends_with(".en")).collect();
    assert!(pages.len() >= 12 && pages.len() * 2 == names.len(), "each page stands in both languages: {names:?}");
    let app = TestApp::new();
    for name in pages {
        for (ending, lang) in [("", "zh"), (".en", "en")] {
            let file = format!("{name}{ending}.md");
            let text = std::fs::read_to_string(folder.join(&file)).unwrap();
            let links = text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link);
            for link in links.filter(|link| !link.starts_with("http")) {
                assert!(folder.join(link).is_file(), "{file} points to {link}, which is not there");
                let own = if lang == "zh" {
                    !link.contains(".en.") && !link.contains("/en/")
                } else {
                    !link.contains("/zh/")
                };
                assert!(own, "{file} points to the other language: {link}");
            }
            let path = if *name == "index" { "/help".to_owned() } else { format!("/help/{name}") };
            let page = app.get(&format!("{path}?lang={lang}"), None).await;
            assert_eq!(page.status, StatusCode::OK, "{path}");
            assert!(page.text.contains("<h1>") && !page.text.contains(".md\""), "{path}: {}", page.text);
            for picture in page.text.split("src=\"/help/").skip(1).filter_map(|rest| rest.split('"').next()) {
                let shown = app.get(&format!("/help/{picture}"), None).await;
                assert!(shown.bytes.starts_with(&[0xff, 0xd8]), "{path} shows {picture}");
            }
        }
    }
    assert_eq!(app.get("/help/nothing", None).await.status, StatusCode::NOT_FOUND);
}
