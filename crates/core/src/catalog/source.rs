//! The text of a catalog, and what is wrong with it: every mistake names its file and line.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::str::FromStr;
use toml::Spanned;
use toml::value::Datetime;
use yizhan_kit::digest::{HashKind, hash};
use yizhan_kit::{Day, Hash32};

/// The text of a catalog: path (with `/`, e.g. `service/travel-declaration.toml`) → contents.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CatalogSource {
    /// Every `.toml` and `.json` file by its path below the catalog's folder.
    pub files: BTreeMap<String, String>,
}

impl CatalogSource {
    /// Reads every `.toml` and `.json` file below a folder. Hidden files and other kinds are left alone.
    ///
    /// # Errors
    /// When the folder or a file cannot be read, or is not UTF-8.
    pub fn read_dir(folder: &Path) -> io::Result<Self> {
        let mut source = Self::default();
        source.read_below(folder, "")?;
        Ok(source)
    }

    fn read_below(&mut self, folder: &Path, prefix: &str) -> io::Result<()> {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with('.') {
                continue;
            }
            let path = format!("{prefix}{name}");
            if entry.path().is_dir() {
                self.read_below(&entry.path(), &format!("{path}/"))?;
            } else if Path::new(&name).extension().is_some_and(|kind| kind == "toml" || kind == "json") {
                let text = std::fs::read_to_string(entry.path())
                    .map_err(|error| io::Error::new(error.kind(), format!("{path}: {error}")))?;
                self.files.insert(path, text);
            }
        }
        Ok(())
    }

    /// The canonical form that is stored and hashed: one JSON object, paths in order.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(&self.files).expect("a map of texts is JSON")
    }

    /// Reads the canonical form.
    ///
    /// # Errors
    /// When the bytes are not one JSON object of texts.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes).map(|files| Self { files })
    }

    /// The SHA-256 of the canonical form, by which two versions are told apart.
    pub fn digest(&self) -> Hash32 {
        hash(HashKind::Sha256, &self.to_bytes())
    }
}

/// Something wrong in a catalog.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Mistake {
    /// The file's path in the catalog.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, and which.
    pub what: String,
    /// What would be right; may be empty.
    pub expected: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.what)?;
        if self.expected.is_empty() { Ok(()) } else { write!(f, "; expected {}", self.expected) }
    }
}

impl std::error::Error for Mistake {}

/// What a text should have been, when it does not read as a word of the catalog.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Expected(pub &'static str);

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}", self.0)
    }
}

impl std::error::Error for Expected {}

/// Gives a list of variants its texts: `ALL`, `as_str` and `FromStr`.
macro_rules! texts {
    ($name:ident, $expected:literal, $($variant:ident = $text:literal),+ $(,)?) => {
        impl $name {
            /// Every variant, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its text in the catalog and in the API.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::catalog::Expected;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    _ => Err($crate::catalog::Expected($expected)),
                }
            }
        }
    };
}
pub(crate) use texts;

/// A text in both languages.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// Where something stands in the catalog.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Place {
    pub(super) file: String,
    pub(super) line: usize,
}

impl Place {
    pub(super) fn mistake(&self, what: impl Into<String>, expected: impl Into<String>) -> Mistake {
        Mistake { file: self.file.clone(), line: self.line, what: what.into(), expected: expected.into() }
    }
}

/// One file while it is read: it knows its lines and gathers its mistakes.
pub(super) struct Sheet<'a> {
    pub(super) source: &'a CatalogSource,
    pub(super) path: &'a str,
    /// The file's name without folder and ending.
    pub(super) stem: &'a str,
    text: &'a str,
    /// Where its lines end.
    ends: Vec<usize>,
    pub(super) mistakes: &'a mut Vec<Mistake>,
}

impl<'a> Sheet<'a> {
    pub(super) fn new(source: &'a CatalogSource, path: &'a str, mistakes: &'a mut Vec<Mistake>) -> Self {
        let name = path.rsplit('/').next().unwrap_or(path);
        let stem = name.split('.').next().unwrap_or(name);
        let text = &source.files[path];
        let ends = text.match_indices('\n').map(|(at, _)| at).collect();
        Self { source, path, stem, text, ends, mistakes }
    }

    /// Reads the whole file into its shape. An unknown key, a missing one or a wrong type is a mistake.
    pub(super) fn shape<T: DeserializeOwned>(&mut self) -> Option<T> {
        match toml::from_str(self.text) {
            Ok(shape) => Some(shape),
            Err(error) => {
                let (what, expected) = plain(error.message());
                self.fault(&error.span().unwrap_or(0..0), what, expected);
                None
            }
        }
    }

    pub(super) fn place(&self, span: &Range<usize>) -> Place {
        let line = self.ends.partition_point(|end| *end < span.start) + 1;
        Place { file: self.path.to_owned(), line }
    }

    pub(super) fn fault(&mut self, span: &Range<usize>, what: impl Into<String>, expected: impl Into<String>) {
        let mistake = self.place(span).mistake(what, expected);
        self.mistakes.push(mistake);
    }

    /// Reads a text as a word of the catalog.
    pub(super) fn word<T: FromStr<Err = Expected>>(&mut self, key: &str, text: &Spanned<String>) -> Option<T> {
        match text.get_ref().parse() {
            Ok(word) => Some(word),
            Err(Expected(expected)) => {
                self.fault(&text.span(), format!("`{key}` cannot be `{}`", text.get_ref()), expected);
                None
            }
        }
    }

    /// Reads a date.
    pub(super) fn day(&mut self, key: &str, date: &Spanned<Datetime>) -> Option<Day> {
        let date_only = date.get_ref().time.is_none() && date.get_ref().offset.is_none();
        let day = date_only.then(|| date.get_ref().to_string().parse().ok()).flatten();
        if day.is_none() {
            self.fault(&date.span(), format!("`{key}` cannot be `{}`", date.get_ref()), "a day like 2021-02-03");
        }
        day
    }

    /// Checks that both languages say something.
    pub(super) fn words(&mut self, key: &str, words: Spanned<Words>) -> Words {
        if words.get_ref().zh.trim().is_empty() || words.get_ref().en.trim().is_empty() {
            self.fault(&words.span(), format!("`{key}` is empty in a language"), "a text for zh and one for en");
        }
        words.into_inner()
    }

    /// Checks a list for names that are not in kebab-case or stand twice.
    pub(super) fn names<'n>(&mut self, what: &str, names: impl IntoIterator<Item = &'n Spanned<String>>) {
        let mut seen = BTreeMap::new();
        for name in names {
            if !is_name(name.get_ref()) {
                self.fault(
                    &name.span(),
                    format!("{what} name `{}` is not kebab-case", name.get_ref()),
                    "a name like home-visit",
                );
            }
            let line = self.place(&name.span()).line;
            if let Some(first) = seen.insert(name.get_ref().clone(), line) {
                self.fault(
                    &name.span(),
                    format!("{what} `{}` stands twice, first in line {first}", name.get_ref()),
                    "each name once",
                );
            }
        }
    }
}

/// Whether a text is a name: lower-case words of letters and digits joined by hyphens.
pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text
            .split('-')
            .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()))
}

/// Says what the TOML reader found in the catalog's words.
fn plain(message: &str) -> (String, String) {
    let (what, expected) = message.split_once(", expected ").unwrap_or((message, ""));
    (what.replace("unknown field", "unknown key").replace("missing field", "missing key"), expected.to_owned())
}
