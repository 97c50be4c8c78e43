//! The house rules, as an ordinary test: what arrows may point where, how long a file may grow, what may not be said.

use std::path::{Path, PathBuf};

/// The longest a source file may be. A ratchet: lower it when the longest one is split.
const LONGEST: usize = 500;

/// The most packages in the lock file. To 247 TLS brought 17 (ten of which only Windows builds), pictures and Excel 31,
/// an HTTP client 5, file uploads 4. WebSockets, by which terminals are heard, brought 11: the handshake wants a hash and a
/// source of chance of an older kind than the others. How easily a password is guessed brought 18, ten of which other systems build.
const PACKAGES: usize = 377;

/// What the files of a room may be called.
const ROOM_FILES: [&str; 7] = ["mod.rs", "model.rs", "rule.rs", "act.rs", "view.rs", "http.rs", "page.rs"];

/// What only one room has: a subject of its own beside the common ones.
const OWN_FILES: [&str; 63] = [
    "odd.rs",
    "docx.rs",
    "past.rs",
    "pick.rs",
    "publish.rs",
    "signed.rs",
    "document.rs",
    "sandbox.rs",
    "template.rs",
    "visit.rs",
    "trend.rs",
    "change.rs",
    "hear.rs",
    "whisper.rs",
    "link.rs",
    "help.rs",
    "mine.rs",
    "named.rs",
    "enter.rs",
    "unit.rs",
    "board.rs",
    "sessions.rs",
    "account.rs",
    "credential.rs",
    "office.rs",
    "factor.rs",
    "oidc.rs",
    "token.rs",
    "form.rs",
    "receipt.rs",
    "doctor.rs",
    "live.rs",
    "gather.rs",
    "numbers.rs",
    "subjects.rs",
    "card.rs",
    "export.rs",
    "learn.rs",
    "household.rs",
    "import.rs",
    "columns.rs",
    "slider.rs",
    "upload.rs",
    "money.rs",
    "lines.rs",
    "frozen.rs",
    "place.rs",
    "bank.rs",
    "opening.rs",
    "records.rs",
    "booked.rs",
    "book.rs",
    "trace.rs",
    "watch.rs",
    "papers.rs",
    "statement.rs",
    "national.rs",
    "channel.rs",
    "wechat.rs",
    "alipay.rs",
    "crypt.rs",
    "poll.rs",
    "bill.rs",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn files(folder: &Path, ending: &str, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() && !matches!(name.as_str(), "target" | "node_modules" | "dist" | "out" | ".git" | "data") {
            files(&path, ending, into);
        } else if name.ends_with(ending) {
            into.push(path);
        }
    }
}

fn sources(folder: &str, ending: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    files(&root().join(folder), ending, &mut found);
    found.sort();
    let read = |path: PathBuf| {
        let name = path.strip_prefix(root()).unwrap_or(&path).display().to_string();
        std::fs::read_to_string(&path).ok().map(|text| (name, text))
    };
    found.into_iter().filter_map(read).collect()
}

#[test]
fn arrows_point_one_way() {
    for (file, text) in sources("crates/kit/src", ".rs") {
        assert!(!text.contains("yizhan_core"), "{file}: the kit knows no core");
    }
    for (file, text) in sources("crates/core/src", ".rs") {
        for outside in ["axum", "askama", "travel-declaration", "residence-proof"] {
            // Examples in its docs and tests may speak of a service; its code may not.
            let text: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            let own_tests = file.contains("tests");
            assert!(own_tests || !text.contains(outside), "{file}: the core knows nothing of {outside}");
        }
    }
}

#[test]
fn rooms_have_the_same_inner_shape() {
    for room in [
        "asset",
        "audit",
        "case",
        "cashier",
        "day",
        "demonstration",
        "desk",
        "editor",
        "field",
        "finder",
        "ground",
        "guide",
        "hospital",
        "kiosk",
        "kitchen",
        "operate",
        "paper",
        "pay",
        "report",
        "resident",
        "settle",
        "staff",
        "voice",
    ] {
        for (file, _) in sources(&format!("crates/yizhan/src/{room}"), ".rs") {
            let name = file.rsplit('/').next().unwrap_or_default();
            let own = OWN_FILES.contains(&name);
            assert!(own || ROOM_FILES.contains(&name), "{file}: not a kind of file that rooms have");
        }
    }
}

#[test]
fn no_file_grows_without_end() {
    for (file, text) in sources("crates", ".rs").into_iter().chain(sources("web", ".ts")).chain(sources("web", ".vue"))
    {
        if file.ends_with(".d.ts") {
            continue;
        }
        let lines = text.lines().count();
        assert!(lines <= LONGEST, "{file} has {lines} lines; would a newcomer find one subject in it?");
    }
}

#[test]
fn nothing_is_left_undone() {
    let marks = [
        concat!("to", "do!("),
        concat!("unimple", "mented!("),
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("#[ig", "nore"),
    ];
    for (file, text) in sources("crates", ".rs").into_iter().chain(sources("web", ".ts")).chain(sources("web", ".vue"))
    {
        for mark in marks {
            assert!(!text.contains(mark), "{file}: {mark}");
        }
    }
}

#[test]
fn money_is_never_a_float() {
    for (file, text) in sources("crates", ".rs") {
        // Excel has no other numbers: only what writes its cells knows them.
        let measures = file.contains("/bench/") || file.ends_with("tidy.rs") || file.ends_with("/sheet.rs");
        assert!(measures || !(text.contains("f64") || text.contains("f32")), "{file}: a float outside the benches");
    }
}

#[test]
fn the_program_is_built_from_few_packages() {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).expect("the lock file is kept");
    let packages = lock.lines().filter(|line| *line == "[[package]]").count();
    assert!(packages <= PACKAGES, "{packages} packages");
}

#[test]
fn every_file_begins_by_saying_what_it_is() {
    for (file, text) in sources("crates", ".rs") {
        assert!(text.starts_with("//!"), "{file} does not say what it is");
    }
}

#[test]
fn every_operation_has_a_name_of_its_own() {
    // The web's client tells operations apart by it.
    let described = serde_json::to_value(yizhan::routes::openapi()).unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for item in described["paths"].as_object().unwrap().values() {
        for operation in item.as_object().unwrap().values() {
            let name = operation["operationId"].as_str().unwrap_or_default();
            assert!(seen.insert(name), "two operations are called {name}: rename a handler");
        }
    }
}
