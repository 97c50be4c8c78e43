//! A table as it was brought: headings and rows of texts.

use calamine::{DataRef, Reader, Xlsx};
use encoding_rs::GB18030;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::Cursor;
use utoipa::ToSchema;
use yizhan_core::problem;
use yizhan_kit::Problem;

/// The largest file, in bytes.
pub const LARGEST: usize = 20 * 1024 * 1024;

/// The most rows.
const ROWS: usize = 100_000;

/// The most columns.
const COLUMNS: usize = 200;

/// The most bytes that an Excel file may unpack to.
const UNPACKED: u64 = 400 * 1024 * 1024;

/// A table: its headings, and its rows with the line of the file each stands in.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Table {
    /// What the columns are called.
    pub headings: Vec<String>,
    /// The rows: line from 1, and cells as wide as the headings.
    pub rows: Vec<(usize, Vec<String>)>,
}

impl Table {
    /// Reads an Excel file (`.xlsx`) or CSV in UTF-8 or GB 18030, whichever it is.
    ///
    /// # Errors
    /// `form-invalid`, saying what it is not; `paper-too-large`.
    pub fn read(bytes: &[u8]) -> Result<Self, Problem> {
        if bytes.len() > LARGEST {
            return Err(unreadable("文件超过 20 MB，请分成几份。", "The file is over 20 MB; send it in parts."));
        }
        let lines = match bytes {
            [b'P', b'K', ..] => excel(bytes)?,
            [0xD0, 0xCF, 0x11, 0xE0, ..] => {
                return Err(unreadable(
                    "这是旧格式，请另存为 .xlsx 再上传。",
                    "This is the old format; save it as .xlsx and send it again.",
                ));
            }
            _ => csv(bytes)?,
        };
        Self::from_lines(lines)
    }

    /// The first line with at least two cells is the headings: a title may stand above.
    fn from_lines(lines: Vec<(usize, Vec<String>)>) -> Result<Self, Problem> {
        let mut lines = lines.into_iter();
        let filled = |cells: &[String]| cells.iter().filter(|cell| !cell.is_empty()).count();
        let Some((_, mut headings)) = lines.find(|(_, cells)| filled(cells) >= 2) else {
            return Err(unreadable("表里没有标题行。", "The table has no line of headings."));
        };
        while headings.last().is_some_and(String::is_empty) {
            headings.pop();
        }
        let width = headings.len();
        if width > COLUMNS {
            return Err(too_wide());
        }
        let rows: Vec<_> = lines
            .filter(|(_, cells)| filled(cells) > 0)
            .map(|(line, mut cells)| {
                cells.resize(width, String::new());
                (line, cells)
            })
            .collect();
        if rows.is_empty() {
            return Err(unreadable("表里只有标题行，没有数据。", "The table has headings and nothing below."));
        }
        if rows.len() > ROWS {
            return Err(unreadable(
                "一次最多 100000 行，请分成几份。",
                "At most 100,000 rows at a time; send it in parts.",
            ));
        }
        Ok(Self { headings, rows })
    }
}

fn unreadable(zh: &str, en: &str) -> Problem {
    problem::FORM_INVALID.problem(zh, en)
}

fn no_table() -> Problem {
    unreadable(
        "这不是 Excel（.xlsx）或 CSV 文件，或已损坏。",
        "This is no Excel file (.xlsx) and no CSV, or it is damaged.",
    )
}

/// The cells of the first sheet that has any, read one after the other: a sheet may claim to be as wide as the world.
fn excel(bytes: &[u8]) -> Result<Vec<(usize, Vec<String>)>, Problem> {
    if unpacks_to(bytes) > UNPACKED {
        return Err(unreadable("文件解开后太大。", "The file unpacks to more than is taken."));
    }
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|_| no_table())?;
    for name in book.sheet_names() {
        let mut cells = book.worksheet_cells_reader(&name).map_err(|_| no_table())?;
        let mut lines: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        while let Some(found) = cells.next_cell().map_err(|_| no_table())? {
            let (row, column) = found.get_position();
            let text = cell(found.get_value());
            if text.is_empty() {
                continue;
            }
            if column as usize >= COLUMNS || lines.len() > ROWS + 10 {
                return Err(too_wide());
            }
            // Lines are counted as Excel shows them.
            let line = lines.entry(row as usize + 1).or_default();
            line.resize((column as usize + 1).max(line.len()), String::new());
            line[column as usize] = text;
        }
        if !lines.is_empty() {
            return Ok(lines.into_iter().collect());
        }
    }
    Err(unreadable("工作簿是空的。", "The workbook is empty."))
}

fn too_wide() -> Problem {
    unreadable(
        "表格超过 200 列或 100000 行，请只留需要的部分。",
        "The table has more than 200 columns or 100,000 rows; keep what is needed.",
    )
}

/// How many bytes a packed file says it has unpacked: the sum over its central directory.
fn unpacks_to(bytes: &[u8]) -> u64 {
    let mut total = 0_u64;
    for at in memchr::memmem::find_iter(bytes, b"PK\x01\x02") {
        if let Some(size) = bytes.get(at + 24..at + 28) {
            total += u64::from(u32::from_le_bytes(size.try_into().expect("four bytes")));
        }
    }
    total
}

/// A cell as people see it. Numbers that are whole lose their point: a telephone number is no quantity.
fn cell(data: &DataRef<'_>) -> String {
    let text = match data {
        DataRef::Empty | DataRef::Error(_) => String::new(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Int(n) => n.to_string(),
        DataRef::Float(n) if n.fract() == 0.0 && n.abs() < 1e15 => format!("{n:.0}"),
        // Excel keeps fifteen digits of a number: of a longer one the last are wrong, and it must not pass for one.
        DataRef::Float(n) if n.abs() >= 1e15 => format!("{n:e}"),
        DataRef::Float(n) => n.to_string(),
        DataRef::Bool(yes) => yes.to_string(),
        DataRef::DateTime(when) => {
            let (year, month, day, ..) = when.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02}")
        }
    };
    text.trim().to_owned()
}

fn csv(bytes: &[u8]) -> Result<Vec<(usize, Vec<String>)>, Problem> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => std::borrow::Cow::Borrowed(text),
        // What Excel saves as CSV in China.
        Err(_) => match GB18030.decode_without_bom_handling_and_without_replacement(bytes) {
            Some(text) => text,
            None => return Err(no_table()),
        },
    };
    if text.contains('\0') {
        return Err(no_table());
    }
    let head: Vec<&str> = text.lines().take(5).collect();
    let often = |mark: &u8| head.iter().map(|line| line.matches(char::from(*mark)).count()).sum::<usize>();
    let delimiter = [b';', b'\t', b','].into_iter().max_by_key(often);
    let mut reader = ::csv::ReaderBuilder::new();
    let reader = reader.has_headers(false).flexible(true).delimiter(delimiter.unwrap_or(b','));
    let mut lines = Vec::new();
    for record in reader.from_reader(text.as_bytes()).records() {
        let record = record.map_err(|_| no_table())?;
        if record.len() > COLUMNS {
            return Err(too_wide());
        }
        let line = record.position().map_or(0, ::csv::Position::line);
        let line = usize::try_from(line).unwrap_or(0);
        lines.push((line, record.iter().map(|cell| cell.trim().to_owned()).collect()));
        if lines.len() > ROWS + 10 {
            break;
        }
    }
    Ok(lines)
}

/// A table as a page shows it.
#[derive(Serialize, ToSchema)]
pub struct TableRead {
    /// What the columns are called.
    pub headings: Vec<String>,
    /// The cells of each row.
    pub rows: Vec<Vec<String>>,
}
