//! What files are taken, and how they are made harmless.

use super::model::{Accepted, Doubt, FileKind};
use image::codecs::jpeg::JpegEncoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use std::io::Cursor;
use yizhan_kit::{Kind, Problem};

/// The largest file that is taken, in bytes.
pub const LARGEST: usize = 20 * 1024 * 1024;

/// The longest edge of a picture that is kept, in pixels: a page of print stays readable.
const EDGE: u32 = 2560;

/// The longest edge of a thumbnail: what it is can be told, what is written on it cannot be read.
const THUMBNAIL: u32 = 240;

/// The most memory that a picture may unfold to, in bytes.
const UNFOLDED: u64 = 256 * 1024 * 1024;

/// The file is none that is taken.
pub static PAPER_REFUSED: Kind =
    Kind {
        code: "paper-refused", status: 422, title_zh: "不能接收这个文件", title_en: "This file is not taken"
    };

/// The file is too large.
pub static PAPER_TOO_LARGE: Kind =
    Kind { code: "paper-too-large", status: 413, title_zh: "文件太大", title_en: "The file is too large" };

/// The file is larger than [`LARGEST`].
pub fn too_large() -> Problem {
    let megabytes = LARGEST / 1024 / 1024;
    PAPER_TOO_LARGE.problem(
        format!("文件最大 {megabytes} MB，请重新拍照或压缩后再传。"),
        format!("A file has at most {megabytes} MB; take the photo again, or make it smaller."),
    )
}

/// What a file is, told by its first bytes.
pub fn kind_of(bytes: &[u8]) -> Option<FileKind> {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Some(FileKind::Picture(ImageFormat::Jpeg)),
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Some(FileKind::Picture(ImageFormat::Png)),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(FileKind::Picture(ImageFormat::WebP)),
        [b'%', b'P', b'D', b'F', b'-', ..] => Some(FileKind::Pdf),
        _ => None,
    }
}

/// Looks at a file. A picture is turned upright, made no larger than needed and drawn anew as JPEG, without the place,
/// time and device that its camera wrote into it. A document is kept as it is and never run.
///
/// # Errors
/// `paper-refused` or `paper-too-large`.
pub fn accept(bytes: Vec<u8>) -> Result<Accepted, Problem> {
    if bytes.len() > LARGEST {
        return Err(too_large());
    }
    match kind_of(&bytes) {
        Some(FileKind::Picture(format)) => picture(&bytes, format),
        Some(FileKind::Pdf) if bytes.windows(5).rev().take(2048).any(|end| end == b"%%EOF") => {
            let (content, thumbnail) = (bytes, Vec::new());
            Ok(Accepted { media_type: "application/pdf", content, thumbnail, size: (0, 0), doubts: Vec::new() })
        }
        Some(FileKind::Pdf) => {
            Err(refused("PDF 文件不完整，请重新上传。", "The PDF is cut off; please send it again."))
        }
        None => Err(refused(
            "只收照片（JPEG、PNG、WebP）和 PDF 文件。",
            "Photos (JPEG, PNG, WebP) and PDF files are taken, nothing else.",
        )),
    }
}

fn refused(zh: &str, en: &str) -> Problem {
    PAPER_REFUSED.problem(zh, en)
}

fn picture(bytes: &[u8], format: ImageFormat) -> Result<Accepted, Problem> {
    let unreadable = |_| refused("照片打不开，请重新拍摄。", "The photo cannot be opened; please take it again.");
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_image_width = Some(16_000);
    limits.max_image_height = Some(16_000);
    limits.max_alloc = Some(UNFOLDED);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(unreadable)?;
    let upright = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut drawn = DynamicImage::from_decoder(decoder).map_err(unreadable)?;
    drawn.apply_orientation(upright);
    let drawn = on_white(&fitting(drawn, EDGE));
    let small = fitting(drawn.clone(), THUMBNAIL);
    Ok(Accepted {
        doubts: doubts(&drawn),
        media_type: "image/jpeg",
        size: (drawn.width(), drawn.height()),
        content: jpeg(&drawn, 85).map_err(unreadable)?,
        thumbnail: jpeg(&small, 70).map_err(unreadable)?,
    })
}

/// The longest edge at which a picture is looked at for its print, in pixels: what is blurred on a phone is blurred here.
const LOOKED_AT: u32 = 1000;

/// Below which mean brightness, of 255, a photo is too dark. Tried on photos of print; a district's own may differ.
const DARK: u64 = 60;

/// Below which variance of the Laplacian edges are too soft to be print.
const SOFT: i64 = 80;

/// Below how many pixels across its longer edge a page of print is too small to be read.
const SMALL: u32 = 700;

/// What may keep a picture from being read. It is told at once and refuses nothing: a seal on white paper is soft too.
pub fn doubts(drawn: &DynamicImage) -> Vec<Doubt> {
    let grey = fitting(drawn.clone(), LOOKED_AT).to_luma8();
    let mut doubts = Vec::new();
    let count = u64::from(grey.width()) * u64::from(grey.height());
    let light: u64 = grey.as_raw().iter().map(|level| u64::from(*level)).sum();
    if light < DARK * count {
        doubts.push(Doubt::Dark);
    }
    if drawn.width().max(drawn.height()) < SMALL {
        doubts.push(Doubt::Small);
    }
    if softness(&grey) < SOFT {
        doubts.push(Doubt::Blurred);
    }
    doubts
}

/// The variance of the Laplacian: how far brightness jumps from one pixel to its neighbours, where there are edges.
fn softness(grey: &image::GrayImage) -> i64 {
    let (width, height) = grey.dimensions();
    if width < 3 || height < 3 {
        return 0;
    }
    let level = |x: u32, y: u32| i64::from(grey.get_pixel(x, y).0[0]);
    let (mut sum, mut squares, mut count) = (0_i64, 0_i64, 0_i64);
    for y in 1..height - 1 {
        for x in 1..width - 1 {
            let jump = 4 * level(x, y) - level(x - 1, y) - level(x + 1, y) - level(x, y - 1) - level(x, y + 1);
            sum += jump;
            squares += jump * jump;
            count += 1;
        }
    }
    (squares - sum * sum / count) / count
}

fn fitting(drawn: DynamicImage, edge: u32) -> DynamicImage {
    if drawn.width().max(drawn.height()) <= edge { drawn } else { drawn.thumbnail(edge, edge) }
}

/// What was transparent becomes white, not black: JPEG has no transparency.
fn on_white(drawn: &DynamicImage) -> DynamicImage {
    if !drawn.color().has_alpha() {
        return DynamicImage::ImageRgb8(drawn.to_rgb8());
    }
    let mut ground = image::RgbaImage::from_pixel(drawn.width(), drawn.height(), image::Rgba([255; 4]));
    image::imageops::overlay(&mut ground, &drawn.to_rgba8(), 0, 0);
    DynamicImage::ImageRgb8(DynamicImage::ImageRgba8(ground).to_rgb8())
}

fn jpeg(drawn: &DynamicImage, quality: u8) -> Result<Vec<u8>, image::ImageError> {
    let mut bytes = Vec::new();
    drawn.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, quality))?;
    Ok(bytes)
}

/// A file's name as it may be kept and sent: without a path, without control characters, not endless.
pub fn plain_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept: String = last.chars().filter(|c| !c.is_control() && !matches!(c, '"' | '<' | '>')).take(80).collect();
    if kept.trim().is_empty() { "file".to_owned() } else { kept }
}
