//! Log lines in files, one a day, private, and kept for six months and more, as the law on network security asks
//! (网络安全法, article 21, item 3: no fewer than six months).

use crate::config::Logs;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use yizhan_kit::clock::SystemClock;
use yizhan_kit::{Clock, Day, Moment};

/// The fewest days that log lines are kept: the longest six months.
pub const LEAST_DAYS: u32 = 184;

/// The files of a folder.
pub struct Logbook {
    folder: PathBuf,
    days: u32,
    open: Mutex<Option<(Day, File)>>,
}

impl Logbook {
    /// Opens a folder, making it where there is none.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open(folder: &Path, days: u32) -> Result<Self, String> {
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        Ok(Self { folder: folder.to_owned(), days, open: Mutex::new(None) })
    }

    /// The logbook that a configuration names, if it does.
    ///
    /// # Errors
    /// As for [`Logbook::open`].
    pub fn of(logs: &Logs) -> Result<Option<Self>, String> {
        logs.folder.as_deref().map(|folder| Self::open(folder, logs.days)).transpose()
    }

    /// Writes lines into the file of the day; with the first of a day the files whose time is over go.
    ///
    /// # Errors
    /// The machine's.
    pub fn write_at(&self, now: Moment, lines: &[u8]) -> io::Result<()> {
        let today = now.day();
        let mut open = self.open.lock().expect("no panic while a line is written");
        if open.as_ref().is_none_or(|(day, _)| *day != today) {
            self.sweep(today);
            let mut options = File::options();
            options.append(true).create(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            *open = Some((today, options.open(self.folder.join(format!("yizhan-{today}.log")))?));
        }
        match open.as_mut() {
            Some((_, file)) => file.write_all(lines),
            None => Ok(()),
        }
    }

    fn sweep(&self, today: Day) {
        let oldest = today.plus(-i32::try_from(self.days).unwrap_or(i32::MAX));
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let day = name.strip_prefix("yizhan-").and_then(|rest| rest.strip_suffix(".log")?.parse::<Day>().ok());
            if day.is_some_and(|day| day < oldest) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

impl Write for &Logbook {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        self.write_at(SystemClock.now(), lines).map(|()| lines.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
