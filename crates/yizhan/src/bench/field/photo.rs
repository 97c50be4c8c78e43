//! Photos as a phone's camera makes them, by number, and as the field page keeps them.

use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, Rgb, RgbImage};
use yizhan_kit::id::SeededEntropy;

/// The longest edge and the most bytes that the page keeps: those of `web/field/photo.ts`.
const EDGE: u32 = 1280;
const MOST_BYTES: usize = 36 * 1024;

/// A photo: a room with things in it, a sheet of print, the grain of a small camera.
pub fn taken(n: usize) -> Vec<u8> {
    let chance = SeededEntropy::new(n as u64);
    let any = |bound: u32| u32::try_from(chance.below(u64::from(bound))).unwrap_or_default();
    let mut picture = RgbImage::from_fn(1600, 1200, |x, y| {
        let shade = |from: u32, by: u32| u8::try_from((from + (x * by / 1600) + y * 60 / 1200).min(255)).unwrap_or(255);
        Rgb([shade(90, 80), shade(80, 90), shade(70, 70)])
    });
    let fill = |picture: &mut RgbImage, (left, top): (u32, u32), (width, height): (u32, u32), colour: [u8; 3]| {
        for y in top..(top + height).min(1200) {
            for x in left..(left + width).min(1600) {
                picture.put_pixel(x, y, Rgb(colour));
            }
        }
    };
    let byte = || u8::try_from(any(200)).unwrap_or_default() + 20;
    for _ in 0..24 {
        let (at, size) = ((any(1500), any(1100)), (40 + any(260), 40 + any(200)));
        fill(&mut picture, at, size, [byte(), byte(), byte()]);
    }
    let (left, top) = (any(700), any(500));
    fill(&mut picture, (left, top), (700, 520), [245, 243, 238]);
    for line in 0..16 {
        for word in 0..9 {
            fill(&mut picture, (left + 30 + word * 72, top + 24 + line * 30), (20 + any(44), 12), [40, 40, 46]);
        }
    }
    // The grain: a step of brightness here and there, so that the file weighs what a camera's does.
    for pixel in picture.pixels_mut() {
        let grain = u8::try_from(any(9)).unwrap_or_default();
        pixel.0 = pixel.0.map(|level| level.saturating_add(grain).saturating_sub(4));
    }
    packed(&DynamicImage::ImageRgb8(picture), 80)
}

/// The same as the page keeps it: first with fewer shades, then with fewer pixels.
///
/// # Errors
/// When the bytes are no picture.
pub fn shrunk(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let picture = image::load_from_memory(bytes).map_err(|error| error.to_string())?;
    let mut edge = EDGE;
    loop {
        let drawn = picture.resize(edge, edge, FilterType::Triangle);
        for quality in [75, 60, 50, 40] {
            let packed = packed(&drawn, quality);
            if packed.len() <= MOST_BYTES || edge <= 320 {
                return Ok(packed);
            }
        }
        edge = edge * 4 / 5;
    }
}

fn packed(picture: &DynamicImage, quality: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = picture.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, quality));
    bytes
}
