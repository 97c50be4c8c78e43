//! A table that is written row by row: CSV for people and their spreadsheets, or JSON, one object a line.

use clap::ValueEnum;
use data_encoding::{BASE64, HEXLOWER};
use serde_json::{Map, Value, json};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

/// In which format tables are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub enum Format {
    /// CSV (RFC 4180) in UTF-8 with a byte order mark, without which Excel in Chinese reads it as GBK.
    #[default]
    Csv,
    /// JSON, one object a line.
    Json,
}

impl Format {
    /// How files of it end.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "jsonl",
        }
    }
}

/// What a column holds, as it is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A whole number.
    Int,
    /// `true` or `false`.
    Flag,
    /// Text.
    Text,
    /// An amount of money in yuan, `12.34`.
    Yuan,
    /// A day, `2021-02-01`.
    Day,
    /// A moment, `2021-02-01T09:00:00.000+08:00`.
    Moment,
    /// A hash or digest in hexadecimal.
    Hex,
    /// Bytes in base64.
    Bytes,
    /// Any JSON.
    Json,
}

/// A column.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
    /// What it says, in Chinese and English.
    pub words: [String; 2],
}

impl Column {
    /// A column.
    pub fn new(name: &str, kind: Kind, zh: &str, en: &str) -> Self {
        Self { name: name.to_owned(), kind, words: [zh.to_owned(), en.to_owned()] }
    }
}

/// A table: where it lies, what it says, its columns.
#[derive(Clone, Debug)]
pub struct Shape {
    /// Its path without the ending.
    pub path: String,
    /// What it says, in Chinese and English.
    pub words: [String; 2],
    /// Its columns; the first is its key where it is unique.
    pub columns: Vec<Column>,
}

/// What stands in a cell.
#[derive(Clone, Debug)]
pub enum Cell {
    /// Nothing.
    None,
    /// A whole number.
    Int(i64),
    /// `true` or `false`.
    Flag(bool),
    /// Text, or what is written as text.
    Text(String),
    /// A hash or digest.
    Hex(Vec<u8>),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Any JSON.
    Json(Value),
}

impl Cell {
    /// A number of a row, an act or a subject.
    pub fn number(n: u64) -> Self {
        Self::Int(i64::try_from(n).unwrap_or(i64::MAX))
    }

    /// Text, or nothing.
    pub fn maybe(text: Option<String>) -> Self {
        text.map_or(Self::None, Self::Text)
    }
}

/// Writes a table.
pub struct Table {
    /// What it is.
    pub shape: Shape,
    /// How many rows were written.
    pub rows: u64,
    file: BufWriter<File>,
    format: Format,
    line: String,
}

impl Table {
    /// Begins a table in a folder.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn create(folder: &Path, shape: Shape, format: Format) -> std::io::Result<Self> {
        let path = folder.join(format!("{}.{}", shape.path, format.ending()));
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut table = Self {
            shape,
            rows: 0,
            file: BufWriter::with_capacity(1 << 18, File::create(path)?),
            format,
            line: String::new(),
        };
        if format == Format::Csv {
            table.line.push('\u{feff}');
            for (place, column) in table.shape.columns.iter().enumerate() {
                quote(place, &column.name, &mut table.line);
            }
            table.end_line()?;
        }
        Ok(table)
    }

    /// Writes a row: a cell for each column.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn row(&mut self, cells: Vec<Cell>) -> std::io::Result<()> {
        debug_assert_eq!(cells.len(), self.shape.columns.len(), "{}", self.shape.path);
        self.rows += 1;
        match self.format {
            Format::Csv => {
                for (place, cell) in cells.into_iter().enumerate() {
                    let words = self.shape.columns[place].kind == Kind::Text;
                    quote(place, &plain(cell, words), &mut self.line);
                }
            }
            Format::Json => {
                let named = self.shape.columns.iter().zip(cells);
                let object: Map<String, Value> =
                    named.map(|(column, cell)| (column.name.clone(), value(cell))).collect();
                self.line.push_str(&Value::Object(object).to_string());
            }
        }
        self.end_line()
    }

    /// Makes what was written durable.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn finish(mut self) -> std::io::Result<(Shape, u64)> {
        self.file.flush()?;
        self.file.get_ref().sync_all()?;
        Ok((self.shape, self.rows))
    }

    fn end_line(&mut self) -> std::io::Result<()> {
        self.line.push_str(if self.format == Format::Csv { "\r\n" } else { "\n" });
        let written = self.file.write_all(self.line.as_bytes());
        self.line.clear();
        written
    }
}

/// A cell as CSV has it. Nothing is an empty cell; in a column of text one that is empty, or begins with what a spreadsheet takes for a formula
/// or with a backslash, gets a backslash before it, which whoever reads takes away.
fn plain(cell: Cell, words: bool) -> String {
    match cell {
        Cell::None => String::new(),
        Cell::Int(number) => number.to_string(),
        Cell::Flag(flag) => flag.to_string(),
        Cell::Hex(bytes) => HEXLOWER.encode(&bytes),
        Cell::Bytes(bytes) => BASE64.encode(&bytes),
        Cell::Json(value) => value.to_string(),
        Cell::Text(text) => {
            let odd = words && text.chars().next().is_none_or(|first| "\\=+-@\t\r".contains(first));
            if odd { format!("\\{text}") } else { text }
        }
    }
}

fn value(cell: Cell) -> Value {
    match cell {
        Cell::None => Value::Null,
        Cell::Int(number) => json!(number),
        Cell::Flag(flag) => json!(flag),
        Cell::Text(text) => json!(text),
        Cell::Hex(bytes) => json!(HEXLOWER.encode(&bytes)),
        Cell::Bytes(bytes) => json!(BASE64.encode(&bytes)),
        Cell::Json(value) => value,
    }
}

fn quote(place: usize, text: &str, into: &mut String) {
    if place > 0 {
        into.push(',');
    }
    if text.contains([',', '"', '\r', '\n']) {
        into.push('"');
        into.push_str(&text.replace('"', "\"\""));
        into.push('"');
    } else {
        into.push_str(text);
    }
}
