//! The fuzz targets on any toolchain: the kept corpus as it is, and seeded changes of it, for some seconds.

#[path = "../../../../../fuzz/targets.rs"]
mod targets;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use yizhan_kit::id::SeededEntropy;

/// How many changed inputs a target gets, unless its time is over before.
const TRIES: usize = 4000;

/// For how long a target is tried.
const WHILE: Duration = Duration::from_millis(1800);

fn corpus(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target)
}

/// What is kept for a target, in order of name.
fn kept(target: &str) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(corpus(target)).unwrap().flatten().map(|one| one.path()).collect();
    files.sort();
    files.into_iter().map(|path| (path.display().to_string(), std::fs::read(&path).unwrap())).collect()
}

/// Pieces that mean something somewhere.
const PIECES: [&[u8]; 14] = [
    b"\x00",
    b"\xff\xff\xff\xff",
    b"\"",
    b"{",
    b"]",
    b",",
    b"\n",
    b"-1",
    b"99999999999999999999",
    b"1e400",
    b"null",
    "\u{202e}".as_bytes(),
    b"%00",
    b"=cmd|' /C calc'!A0",
];

/// Some change of some input: bits, bytes, pieces, lengths, or the half of another input.
fn change(inputs: &[Vec<u8>], chance: &SeededEntropy) -> Vec<u8> {
    let mut bytes = chance.pick(inputs).clone();
    let below = |most: usize| usize::try_from(chance.below(most.max(1) as u64)).unwrap();
    for _ in 0..=below(4) {
        let at = below(bytes.len());
        match chance.below(8) {
            0 if !bytes.is_empty() => bytes[at] ^= 1 << chance.below(8),
            1 if !bytes.is_empty() => bytes[at] = u8::try_from(chance.below(256)).unwrap(),
            2 => bytes.truncate(at),
            3 => drop(bytes.splice(at..at, chance.pick(&PIECES).iter().copied())),
            4 => {
                let end = (at + below(32)).min(bytes.len());
                bytes.drain(at.min(end)..end);
            }
            5 => {
                let end = (at + below(64)).min(bytes.len());
                let part = bytes[at.min(end)..end].repeat(1 + below(3));
                drop(bytes.splice(at..at, part));
            }
            6 => {
                let other = chance.pick(inputs);
                let from = below(other.len());
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from.min(other.len())..]);
            }
            _ => {
                let digit = bytes.iter().position(u8::is_ascii_digit);
                if let Some(digit) = digit {
                    bytes[digit] = b'0' + u8::try_from(chance.below(10)).unwrap();
                }
            }
        }
    }
    bytes
}

fn tried(target: &str, run: fn(&[u8]), bytes: &[u8], what: &str) {
    let outcome = catch_unwind(AssertUnwindSafe(|| run(bytes)));
    assert!(
        outcome.is_ok(),
        "{target} fell over ({what}); keep this input in fuzz/corpus/{target}: {:?}",
        String::from_utf8_lossy(bytes).chars().take(2000).collect::<String>()
    );
}

/// Pictures and a workbook, which nobody writes by hand.
fn make_binary_seeds() {
    let drawn = RgbImage::from_fn(24, 16, |x, y| Rgb([(x * 9) as u8, (y * 15) as u8, 90]));
    let drawn = DynamicImage::ImageRgb8(drawn);
    for (name, format) in [("p.jpg", ImageFormat::Jpeg), ("p.png", ImageFormat::Png), ("p.webp", ImageFormat::WebP)] {
        let mut bytes = Cursor::new(Vec::new());
        drawn.write_to(&mut bytes, format).unwrap();
        std::fs::write(corpus("upload").join(name), bytes.into_inner()).unwrap();
    }
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (row, cells) in [["姓名", "手机"], ["柳二", "15400000001"]].into_iter().enumerate() {
        for (column, cell) in cells.into_iter().enumerate() {
            sheet.write(row as u32, column as u16, cell).unwrap();
        }
    }
    std::fs::write(corpus("table").join("book.xlsx"), book.save_to_buffer().unwrap()).unwrap();
}

#[test]
fn no_target_falls_over_whatever_it_is_given() {
    if !corpus("table").join("book.xlsx").exists() {
        make_binary_seeds();
    }
    let mut sums = Vec::new();
    for (target, run) in targets::TARGETS {
        let kept = kept(target);
        assert!(!kept.is_empty(), "{target} has no corpus");
        for (name, bytes) in &kept {
            tried(target, run, bytes, name);
        }
        let inputs: Vec<Vec<u8>> = kept.into_iter().map(|(_, bytes)| bytes).collect();
        let seed = target.bytes().fold(2021, |sum: u64, byte| sum.wrapping_mul(31) + u64::from(byte));
        let chance = SeededEntropy::new(seed);
        let begun = Instant::now();
        let mut tries = 0;
        while tries < TRIES && begun.elapsed() < WHILE {
            let bytes = change(&inputs, &chance);
            tried(target, run, &bytes, &format!("seed {seed}, try {tries}"));
            tries += 1;
        }
        sums.push((target, tries));
    }
    assert!(sums.iter().all(|(_, tries)| *tries >= 20), "{sums:?}");
}
