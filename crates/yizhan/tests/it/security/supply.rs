//! What the program is built from: which licences, from where, how often, and that the bill of materials names all of it.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use yizhan::materials;

/// Licences under which a package may be taken. A dual licence is as good as its better half.
const TAKEN: [&str; 18] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-1-Clause",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "BlueOak-1.0.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "MPL-2.0+",
    "Python-2.0",
    "Unicode-3.0",
    "Unlicense",
];

/// One more, too long for the list above.
const ZLIB: &str = "Zlib";

/// The most packages that are there in more than one version. A ratchet.
const TWICE: usize = 24;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Whether an expression of SPDX leaves a way to take the package.
fn is_taken(expression: &str) -> bool {
    let inner = |text: &str| text.trim().trim_start_matches('(').trim_end_matches(')').trim().to_owned();
    let every = |part: &str| {
        part.split(" OR ").any(|one| {
            let one = inner(one);
            TAKEN.contains(&one.as_str()) || one == ZLIB
        })
    };
    expression.split(" AND ").all(every)
}

fn metadata() -> Value {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let asked = ["metadata", "--format-version", "1", "--offline", "--locked"];
    let output = Command::new(cargo).args(asked).current_dir(root()).output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn licences_are_known_and_every_package_comes_from_the_registry() {
    let metadata = metadata();
    let (mut rows, mut sources) = (BTreeSet::new(), BTreeSet::new());
    for package in metadata["packages"].as_array().unwrap() {
        let text = |field: &str| package[field].as_str().unwrap_or_default().to_owned();
        let own = text("name").starts_with("yizhan");
        let source = text("source");
        assert!(own || source.starts_with("registry+https://"), "{} {source}", text("name"));
        sources.extend((!own).then_some(source));
        rows.insert((text("name"), text("version"), text("license").replace('/', " OR ")));
    }
    assert_eq!(sources.len(), 1, "all from one registry: {sources:?}");
    let line = |(name, version, licence): &(String, String, String)| format!("{name},{version},{licence}\n");
    let table = format!("package,version,licence\n{}", rows.iter().map(line).collect::<String>());
    let file = root().join("packaging/licences.csv");
    if std::env::var_os("YIZHAN_RENEW").is_some() {
        std::fs::write(&file, &table).unwrap();
    }
    assert_eq!(
        table,
        std::fs::read_to_string(&file).unwrap(),
        "packages changed: renew with YIZHAN_RENEW=1 and review"
    );
    for (name, version, licence) in &rows {
        assert!(is_taken(licence), "{name} {version}: {licence}");
    }
    let lock: Value =
        serde_json::from_str(&std::fs::read_to_string(root().join("web/package-lock.json")).unwrap()).unwrap();
    for (place, package) in lock["packages"].as_object().unwrap().iter().filter(|(place, _)| !place.is_empty()) {
        assert!(is_taken(package["license"].as_str().unwrap_or_default()), "{place}: {}", package["license"]);
        assert!(package["integrity"].as_str().is_some_and(|of| of.starts_with("sha512-")), "{place}: without a digest");
        // The lock names no place: it is the one that npm is set to.
        assert!(package["resolved"].is_null(), "{place}: {}", package["resolved"]);
    }
    for (expression, taken) in [
        ("MIT", true),
        ("GPL-3.0", false),
        ("MIT OR GPL-3.0", true),
        ("MIT AND GPL-3.0", false),
        ("(MIT OR Apache-2.0) AND Unicode-3.0", true),
        ("", false),
    ] {
        assert_eq!(is_taken(expression), taken, "{expression}");
    }
}

#[test]
fn few_packages_are_there_twice() {
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, version, _) in materials::licences() {
        versions.entry(name.into()).or_default().insert(version.into());
    }
    let twice: Vec<_> = versions.iter().filter(|(_, of)| of.len() > 1).collect();
    assert!(twice.len() <= TWICE, "{} packages: {twice:?}", twice.len());
}

#[test]
fn the_bill_of_materials_names_every_locked_package() {
    let bill = materials::bill().unwrap();
    assert_eq!((&bill["bomFormat"], &bill["specVersion"]), (&"CycloneDX".into(), &"1.5".into()));
    let cargo = std::fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let npm: Value =
        serde_json::from_str(&std::fs::read_to_string(root().join("web/package-lock.json")).unwrap()).unwrap();
    let locked = cargo.lines().filter(|line| *line == "[[package]]").count();
    let pages = npm["packages"].as_object().unwrap().len() - 1;
    let components = bill["components"].as_array().unwrap();
    assert_eq!(components.len(), locked + pages);
    let mut known: BTreeSet<&str> = BTreeSet::from(["yizhan"]);
    let mut without_digest = Vec::new();
    for component in components {
        let reference = component["bom-ref"].as_str().unwrap();
        assert!(known.insert(reference), "{reference} is there twice");
        assert_eq!(component["purl"], component["bom-ref"]);
        for field in ["type", "name", "version", "scope"] {
            assert!(component[field].as_str().is_some_and(|text| !text.is_empty()), "{reference}: {field}");
        }
        match component["hashes"][0]["content"].as_str() {
            Some(digest) => {
                let long = if component["hashes"][0]["alg"] == "SHA-256" { 64 } else { 128 };
                assert!(digest.len() == long && digest.bytes().all(|one| one.is_ascii_hexdigit()), "{reference}");
            }
            None => without_digest.push(component["name"].as_str().unwrap()),
        }
    }
    assert_eq!(without_digest, ["yizhan", "yizhan-core", "yizhan-kit"], "only what is ours has no digest");
    let mut told = 0;
    for one in bill["dependencies"].as_array().unwrap() {
        let on = one["dependsOn"].as_array().map_or(1, Vec::len);
        told += on;
        assert!(known.contains(one["ref"].as_str().unwrap()), "{}", one["ref"]);
        for on in one["dependsOn"].as_array().into_iter().flatten() {
            assert!(known.contains(on.as_str().unwrap()), "{on} is not there");
        }
    }
    assert!(told > 1000, "{told} dependencies are told");
    let named =
        |name: &str, version: &str| components.iter().any(|one| one["name"] == name && one["version"] == version);
    let mut lines = cargo.lines();
    while let Some(line) = lines.next() {
        if let Some(name) = line.strip_prefix("name = ") {
            let version = lines.next().unwrap().trim_start_matches("version = ");
            assert!(named(name.trim_matches('"'), version.trim_matches('"')), "{name} {version}");
        }
    }
}
