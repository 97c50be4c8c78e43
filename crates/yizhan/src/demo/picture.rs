//! What a photographed paper looks like in the demonstration: a sheet with lines and a stamp. Nothing can be read on it,
//! for there is nothing it could truly say.

use image::{ImageFormat, Rgb, RgbImage};
use std::io::Cursor;

const WIDE: u32 = 480;
const HIGH: u32 = 640;

/// A sheet as a PNG file, a little different for each number.
pub fn sheet(n: usize) -> Vec<u8> {
    let n = u32::try_from(n % 97).unwrap_or(0);
    let mut sheet = RgbImage::from_pixel(WIDE, HIGH, Rgb([252, 251, 245]));
    let mut bar = |left: u32, top: u32, wide: u32, high: u32| {
        for (x, y) in (left..left + wide).flat_map(|x| (top..top + high).map(move |y| (x, y))) {
            sheet.put_pixel(x, y, Rgb([70, 72, 80]));
        }
    };
    bar(150, 60, 180, 16);
    (0..11).for_each(|line| bar(60, 130 + line * 34, 220 + (line * 53 + n * 17) % 130, 7));
    let (middle, radius) = ((350_i64, 520_i64), 62_i64);
    for (x, y) in (280..420).flat_map(|x| (450..590).map(move |y| (x, y))) {
        let far = (x - middle.0).pow(2) + (y - middle.1).pow(2);
        let ring = ((radius - 5).pow(2)..=radius.pow(2)).contains(&far);
        if ring || far < 160 {
            let place = u32::try_from(x).ok().zip(u32::try_from(y).ok()).expect("inside the sheet");
            sheet.put_pixel(place.0, place.1, Rgb([200, 40, 40]));
        }
    }
    let mut bytes = Vec::new();
    sheet.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).expect("memory takes a small picture");
    bytes
}
