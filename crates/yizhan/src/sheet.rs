//! Lists as Excel files. A cell is what it says: numbers as numbers, everything else as text, never a formula.

use crate::app::store;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use rust_xlsxwriter::{Format, Workbook};
use yizhan_kit::Problem;

/// The most rows that are written.
pub const ROWS: usize = 50_000;

/// A list on its way out: a title, columns with their widths in characters, rows of texts.
pub struct Sheet {
    /// What the list is, and of which day.
    pub title: String,
    /// Headings and widths.
    pub columns: Vec<(String, u16)>,
    /// The rows, as wide as the columns.
    pub rows: Vec<Vec<String>>,
}

impl Sheet {
    /// The file as an answer, under a plain name.
    ///
    /// # Errors
    /// When the list cannot be written.
    pub fn answer(&self, name: &str) -> Result<Response, Problem> {
        self.answer_of(name, &[])
    }

    /// As [`Self::answer`], with columns whose cells are numbers, so that they can be added up.
    ///
    /// # Errors
    /// When the list cannot be written.
    pub fn answer_of(&self, name: &str, numbers: &[usize]) -> Result<Response, Problem> {
        let bytes = self.bytes_of(numbers).map_err(|error| store(&error))?;
        let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
        let named = format!("attachment; filename=\"{name}.xlsx\"");
        Ok(([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, named)], bytes).into_response())
    }

    /// The file.
    ///
    /// # Errors
    /// When a text is too long for a cell.
    pub fn bytes(&self) -> Result<Vec<u8>, rust_xlsxwriter::XlsxError> {
        self.bytes_of(&[])
    }

    /// As [`Self::bytes`], with columns whose cells are numbers.
    ///
    /// # Errors
    /// When a text is too long for a cell.
    pub fn bytes_of(&self, numbers: &[usize]) -> Result<Vec<u8>, rust_xlsxwriter::XlsxError> {
        let mut book = Workbook::new();
        let page = book.add_worksheet();
        let (bold, heading) = (
            Format::new().set_bold().set_font_size(14),
            Format::new().set_bold().set_border_bottom(rust_xlsxwriter::FormatBorder::Thin),
        );
        page.write_string_with_format(0, 0, &self.title, &bold)?;
        for (column, (title, width)) in (0u16..).zip(&self.columns) {
            page.set_column_width(column, *width)?;
            page.write_string_with_format(1, column, title, &heading)?;
        }
        for (line, row) in (2u32..).zip(&self.rows) {
            for (column, text) in (0u16..).zip(row) {
                match number(text).filter(|_| numbers.contains(&usize::from(column))) {
                    Some(number) => page.write_number(line, column, number)?,
                    None => page.write_string(line, column, text)?,
                };
            }
        }
        page.set_freeze_panes(2, 0)?;
        book.save_to_buffer()
    }
}

/// A decimal that a cell holds as it is written. Excel knows no other numbers than floats; fifteen digits of one are exact.
fn number(text: &str) -> Option<f64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let short = digits.bytes().filter(u8::is_ascii_digit).count() <= 15;
    (plain && short).then(|| text.parse().ok()).flatten()
}
