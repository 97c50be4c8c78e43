//! The bill of materials: every package that the program and its pages are built from, as the lock files name them, in
//! CycloneDX 1.5. It is made from the lock files inside the program, so that it is that of this very build.

use data_encoding::{BASE64, HEXLOWER};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap};

/// The packages of the program, as they are locked.
const CARGO: &str = include_str!("../../../Cargo.lock");
/// The packages of its pages.
const NPM: &str = include_str!("../../../web/package-lock.json");
/// Licences of the program's packages as they say themselves: name, version, licence. A test holds the file.
const LICENCES: &str = include_str!("../../../packaging/licences.csv");

#[derive(Deserialize)]
struct Lock {
    package: Vec<Locked>,
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    version: String,
    #[serde(default)]
    checksum: Option<String>,
    #[serde(default)]
    dependencies: Vec<String>,
}

#[derive(Deserialize)]
struct NpmLock {
    packages: BTreeMap<String, NpmLocked>,
}

#[derive(Deserialize)]
struct NpmLocked {
    #[serde(default)]
    version: String,
    #[serde(default)]
    integrity: String,
    #[serde(default)]
    license: Option<String>,
    /// Only for building or testing the pages.
    #[serde(default)]
    dev: bool,
    #[serde(default)]
    optional: bool,
    #[serde(default)]
    dependencies: BTreeMap<String, String>,
}

/// The whole bill.
///
/// # Errors
/// When a lock file is not what such a file is.
pub fn bill() -> Result<Value, String> {
    let version = env!("CARGO_PKG_VERSION");
    let mut components = Vec::new();
    let mut dependencies = Vec::new();
    cargo(&mut components, &mut dependencies)?;
    npm(&mut components, &mut dependencies)?;
    Ok(json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {
            "type": "application", "bom-ref": "yizhan", "name": "yizhan", "version": version,
            "licenses": [{"expression": env!("CARGO_PKG_LICENSE")}],
        }},
        "components": components,
        "dependencies": dependencies,
    }))
}

fn cargo(components: &mut Vec<Value>, dependencies: &mut Vec<Value>) -> Result<(), String> {
    let lock: Lock = toml::from_str(CARGO).map_err(|error| format!("Cargo.lock: {error}"))?;
    let licences: HashMap<(&str, &str), &str> = licences().map(|(name, version, of)| ((name, version), of)).collect();
    let reference = |name: &str, version: &str| format!("pkg:cargo/{name}@{version}");
    let mut by_name: HashMap<&str, Vec<&Locked>> = HashMap::new();
    for one in &lock.package {
        by_name.entry(&one.name).or_default().push(one);
    }
    for one in &lock.package {
        let mut component = library(&one.name, &one.version, &reference(&one.name, &one.version));
        // What the licences do not name is built on demand only: the engine that understands speech.
        let licence = licences.get(&(one.name.as_str(), one.version.as_str()));
        component.insert("scope".into(), if licence.is_some() { "required" } else { "optional" }.into());
        if let Some(licence) = licence {
            component.insert("licenses".into(), json!([{"expression": licence}]));
        }
        if let Some(checksum) = &one.checksum {
            component.insert("hashes".into(), json!([{"alg": "SHA-256", "content": checksum}]));
        }
        components.push(Value::Object(component));
        let on = one.dependencies.iter().map(|named| {
            // `name`, or `name version` where there are several.
            let (name, version) =
                named.split_once(' ').map_or((named.as_str(), None), |(name, rest)| (name, Some(rest)));
            let found = by_name.get(name).into_iter().flatten();
            let found = found.copied().find(|found| version.is_none_or(|version| found.version == version));
            found.map(|found| reference(&found.name, &found.version)).ok_or_else(|| format!("Cargo.lock: no {named}"))
        });
        let on = on.collect::<Result<Vec<_>, _>>()?;
        dependencies.push(json!({"ref": reference(&one.name, &one.version), "dependsOn": on}));
    }
    let own = lock.package.iter().find(|one| one.name == "yizhan").map(|one| reference(&one.name, &one.version));
    dependencies.push(json!({"ref": "yizhan", "dependsOn": own}));
    Ok(())
}

fn npm(components: &mut Vec<Value>, dependencies: &mut Vec<Value>) -> Result<(), String> {
    let lock: NpmLock = serde_json::from_str(NPM).map_err(|error| format!("package-lock.json: {error}"))?;
    let name_of = |place: &str| place.rsplit("node_modules/").next().unwrap_or_default().to_owned();
    let reference = |place: &str, version: &str| {
        let name = name_of(place).replace('@', "%40");
        // The same version may lie in several places.
        format!("pkg:npm/{name}@{version}?place={}", place.replace('/', "%2F").replace('@', "%40"))
    };
    for (place, one) in lock.packages.iter().filter(|(place, _)| !place.is_empty()) {
        let of = reference(place, &one.version);
        let mut component = library(&name_of(place), &one.version, &of);
        let scope = if one.dev {
            "excluded"
        } else if one.optional {
            "optional"
        } else {
            "required"
        };
        component.insert("scope".into(), scope.into());
        if let Some(licence) = &one.license {
            component.insert("licenses".into(), json!([{"expression": licence}]));
        }
        let digest = one.integrity.strip_prefix("sha512-").map(|text| BASE64.decode(text.as_bytes()));
        let digest =
            digest.ok_or_else(|| format!("{place}: no SHA-512"))?.map_err(|error| format!("{place}: {error}"))?;
        component.insert("hashes".into(), json!([{"alg": "SHA-512", "content": HEXLOWER.encode(&digest)}]));
        components.push(Value::Object(component));
        let on = one.dependencies.keys().filter_map(|name| {
            // As a module is found: beside, then above.
            let mut from = Some(place.as_str());
            while let Some(folder) = from {
                let inner = if folder.is_empty() { String::new() } else { format!("{folder}/") };
                let inside = format!("{inner}node_modules/{name}");
                if let Some(found) = lock.packages.get(&inside) {
                    return Some(reference(&inside, &found.version));
                }
                from = (!folder.is_empty()).then(|| folder.rfind("/node_modules/").map_or("", |at| &folder[..at]));
            }
            None
        });
        dependencies.push(json!({"ref": of, "dependsOn": on.collect::<Vec<_>>()}));
    }
    Ok(())
}

fn library(name: &str, version: &str, purl: &str) -> Map<String, Value> {
    let mut component = Map::new();
    for (field, value) in [("type", "library"), ("bom-ref", purl), ("name", name), ("version", version), ("purl", purl)]
    {
        component.insert(field.into(), value.into());
    }
    component
}

/// The licences of the program's packages: name, version, licence.
pub fn licences() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    LICENCES.lines().skip(1).filter_map(|line| {
        let mut cells = line.splitn(3, ',');
        Some((cells.next()?, cells.next()?, cells.next()?))
    })
}
