//! Papers: by pieces, by their bytes and not their names, without what a camera wrote into them, sealed, on record.

use crate::testing::{Cast, TestApp};
use axum::http::{Method, StatusCode};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use serde_json::{Value, json};
use std::io::Cursor;
use yizhan::paper::rule::{LARGEST, accept, plain_name};

/// A photo, 60 pixels across and 40 down, red on its left half.
fn photo(format: ImageFormat) -> Vec<u8> {
    let picture = RgbImage::from_fn(60, 40, |x, _| if x < 30 { Rgb([220, 20, 20]) } else { Rgb([240, 240, 240]) });
    let mut bytes = Vec::new();
    DynamicImage::ImageRgb8(picture).write_to(&mut Cursor::new(&mut bytes), format).unwrap();
    bytes
}

/// The same as a phone held sideways writes it: the camera's name, and that it must be turned by a quarter.
fn sideways() -> Vec<u8> {
    let plain = photo(ImageFormat::Jpeg);
    let mut tiff = b"MM\0*\0\0\0\x08\0\x02".to_vec();
    tiff.extend([0x01, 0x0f, 0, 2, 0, 0, 0, 10, 0, 0, 0, 38]); // maker, ten letters at 38
    tiff.extend([0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0]); // turn it by a quarter to the right
    tiff.extend([0, 0, 0, 0]);
    tiff.extend(b"SPYCAMERA\0");
    let length = u16::try_from(tiff.len() + 8).unwrap().to_be_bytes();
    [&plain[..2], &[0xff, 0xe1], &length, b"Exif\0\0", &tiff, &plain[2..]].concat()
}

pub fn pdf() -> Vec<u8> {
    b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n".to_vec()
}

#[test]
fn a_picture_is_drawn_anew_upright_and_without_what_the_camera_wrote() {
    let sent = sideways();
    assert!(sent.windows(9).any(|part| part == b"SPYCAMERA"));
    let kept = accept(sent).unwrap();
    assert_eq!((kept.media_type, kept.size), ("image/jpeg", (40, 60)));
    assert!(!kept.content.windows(9).any(|part| part == b"SPYCAMERA"));
    assert!(!kept.content.windows(4).any(|part| part == b"Exif"));
    let upright = image::load_from_memory(&kept.content).unwrap().to_rgb8();
    let [red, green, _] = upright.get_pixel(20, 10).0;
    assert!(red > 180 && green < 90, "what was left is above now");
    assert!(image::load_from_memory(&kept.thumbnail).is_ok());
}

#[test]
fn what_is_taken_is_told_by_bytes() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png] {
        assert_eq!(accept(photo(format)).unwrap().media_type, "image/jpeg");
    }
    assert_eq!(accept(pdf()).unwrap().media_type, "application/pdf");
    let code = |bytes: Vec<u8>| accept(bytes).unwrap_err().kind.code;
    assert_eq!(code(b"<html><script>alert(1)</script>".to_vec()), "paper-refused");
    assert_eq!(code(b"MZ\x90\0".to_vec()), "paper-refused");
    assert_eq!(code(photo(ImageFormat::Jpeg)[..200].to_vec()), "paper-refused", "cut off");
    assert_eq!(code(b"%PDF-1.4 cut".to_vec()), "paper-refused");
    assert_eq!(code(Vec::new()), "paper-refused");
    assert_eq!(code(vec![0xff; LARGEST + 1]), "paper-too-large");
    // A small file that unfolds to a gigabyte is not unfolded.
    let mut bomb = photo(ImageFormat::Png);
    bomb[16..24].copy_from_slice(&[0, 0, 0x3e, 0x80, 0, 0, 0x3e, 0x80]);
    assert_eq!(code(bomb), "paper-refused");
}

#[test]
fn names_lose_what_they_must_not_have() {
    assert_eq!(plain_name("C:\\Users\\x\\报告.jpg"), "报告.jpg");
    assert_eq!(plain_name("../../etc/passwd"), "passwd");
    assert_eq!(plain_name("a\"b\r\n<c>.pdf"), "abc.pdf");
    assert_eq!(plain_name("/"), "file");
}

/// Uploads bytes in pieces of so many; the upload's address.
pub async fn upload(app: &TestApp, who: Option<&Cast>, query: &str, bytes: &[u8], piece: usize) -> String {
    let length = bytes.len().to_string();
    let headers = [("upload-length", length.as_str()), ("upload-metadata", "filename 5oql5ZGKLmpwZw==")];
    let begun = app.raw(Method::POST, &format!("/api/uploads{query}"), who, &headers, Vec::new()).await;
    assert_eq!(begun.status, StatusCode::CREATED, "{}", begun.text);
    let address = begun.headers["location"].to_str().unwrap().to_owned();
    let mut at = 0;
    for part in bytes.chunks(piece) {
        let offset = at.to_string();
        let headers = [("upload-offset", offset.as_str()), ("content-type", "application/offset+octet-stream")];
        let taken = app.raw(Method::PATCH, &format!("{address}{query}"), who, &headers, part.to_vec()).await;
        assert_eq!(taken.status, StatusCode::NO_CONTENT, "{}", taken.text);
        at += part.len();
        assert_eq!(taken.headers["upload-offset"].to_str().unwrap(), at.to_string());
    }
    address
}

pub fn name_of(address: &str) -> Value {
    json!({"upload": address.rsplit('/').next().unwrap()})
}

#[tokio::test]
async fn a_paper_travels_by_pieces_and_goes_on_where_it_was_cut_off() {
    let mut app = TestApp::new();
    let (number, secret) = app.declared().await;
    let clerk = app.signed_in("clerk").await;
    let holding = format!("?case={number}&k={secret}");
    let bytes = sideways();
    let address = upload(&app, None, &holding, &bytes[..300], 100).await;
    // The connection is lost; what arrived is asked for.
    let path = format!("{address}{holding}");
    let asked = app.raw(Method::HEAD, &path, None, &[], Vec::new()).await;
    assert_eq!((asked.status, asked.headers["upload-offset"].to_str().unwrap()), (StatusCode::OK, "300"));
    let twice = app.raw(Method::PATCH, &path, None, &[("upload-offset", "200")], vec![1]).await;
    assert_eq!(twice.code(), "case-changed");
    let over = app.raw(Method::PATCH, &path, None, &[("upload-offset", "300")], vec![1]).await;
    assert_eq!(over.code(), "paper-too-large");
    // Nobody else goes on with it.
    let stranger = app.raw(Method::PATCH, &address, Some(&clerk), &[("upload-offset", "300")], vec![1]).await;
    assert_eq!(stranger.status, StatusCode::NOT_FOUND);
    let attach = format!("/api/cases/{number}/papers/test-report?k={secret}");
    assert_eq!(app.post(&attach, None, name_of(&address)).await.code(), "paper-refused", "a photo cut off is none");

    let address = upload(&app, None, &holding, &bytes, 128).await;
    let attached = app.post(&attach, None, name_of(&address)).await;
    assert_eq!(attached.status, StatusCode::OK, "{}", attached.text);
    let hash = attached.json()["hash"].as_str().unwrap().to_owned();
    assert_eq!(app.raw(Method::HEAD, &format!("{address}{holding}"), None, &[], Vec::new()).await.status, 404);
    // The same photo again is the same paper.
    let before = app.app.image().seq;
    let address = upload(&app, None, &holding, &bytes, 5000).await;
    assert_eq!(app.post(&attach, None, name_of(&address)).await.json()["hash"], json!(hash));
    assert_eq!(app.app.image().seq, before);

    let list = app.get(&format!("/api/cases/{number}/papers"), Some(&clerk)).await.json();
    assert_eq!(list["papers"].as_array().unwrap().len(), 1);
    let row = &list["papers"][0];
    assert_eq!((&row["file"], &row["width"], &row["height"]), (&json!("报告.jpg"), &json!(40), &json!(60)));
    assert_eq!(list["may_attach"][0]["name"], "test-report");
    let content = format!("/api/cases/{number}/papers/{hash}/content");
    let seen = app.get(&content, Some(&clerk)).await;
    assert!(seen.bytes.starts_with(&[0xff, 0xd8, 0xff]));
    assert_eq!(seen.headers["content-security-policy"], "default-src 'none'; sandbox");
    assert_eq!(app.app.image().seq, before + 1, "that the clerk opened it is on record");
    let small = app.get(&format!("/api/cases/{number}/papers/{hash}/thumbnail?k={secret}"), None).await;
    assert_eq!((small.status, small.headers["content-type"].to_str().unwrap()), (StatusCode::OK, "image/jpeg"));
    for login in ["neighbour", "auditor", "system"] {
        let other = app.signed_in(login).await;
        let refused = app.get(&content, Some(&other)).await;
        assert!(matches!(refused.status.as_u16(), 403 | 404), "{login}: {}", refused.text);
    }
    let history = app.get(&format!("/api/cases/{number}"), Some(&clerk)).await.json()["history"].clone();
    assert_eq!((&history[0]["title"], &history[1]["title"]), (&json!("To see a paper"), &json!("Test report")));
}

#[tokio::test]
async fn a_paper_is_refused_where_it_has_no_place_and_gone_once_forgotten() {
    let mut app = TestApp::new();
    let (number, secret) = app.declared().await;
    let (clerk, neighbour) = (app.signed_in("clerk").await, app.signed_in("neighbour").await);
    let address = upload(&app, Some(&clerk), "", &pdf(), 1000).await;
    let other = format!("/api/cases/{number}/papers/contract");
    assert_eq!(app.post(&other, Some(&clerk), name_of(&address)).await.code(), "move-not-allowed");
    let path = format!("/api/cases/{number}/papers/test-report");
    assert_eq!(app.post(&path, Some(&neighbour), name_of(&address)).await.status, StatusCode::NOT_FOUND);
    let attached = app.post(&path, Some(&clerk), name_of(&address)).await;
    let hash = attached.json()["hash"].as_str().unwrap().to_owned();
    let content = format!("/api/cases/{number}/papers/{hash}/content");
    let file = app.get(&content, Some(&clerk)).await;
    assert_eq!(
        (file.bytes.clone(), file.headers["content-disposition"].to_str().unwrap()),
        (pdf(), "attachment; filename=\"paper.pdf\"")
    );
    app.step(&number, &clerk, json!({"verb": "close", "reason": "不再返乡"})).await;
    let address = upload(&app, Some(&clerk), "", &pdf(), 1000).await;
    assert_eq!(app.post(&path, Some(&clerk), name_of(&address)).await.code(), "case-ended");
    let district = app.signed_in("district").await;
    app.post(&format!("/api/cases/{number}/forget"), Some(&district), json!({})).await;
    assert_eq!(app.get(&content, Some(&clerk)).await.status, StatusCode::NOT_FOUND);
    let list = app.get(&format!("/api/cases/{number}/papers?k={secret}"), None).await.json();
    assert_eq!(list, json!({"papers": [], "may_attach": [], "board": [], "may_judge": false}));
}

#[tokio::test]
async fn a_phone_without_script_sends_it_whole() {
    let mut app = TestApp::new();
    let (number, secret) = app.declared().await;
    let send = async |bytes: &[u8]| {
        let body = [
            b"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\nContent-Type: text/html\r\n\r\n",
            bytes,
            b"\r\n--x--\r\n",
        ]
        .concat();
        let headers = [("content-type", "multipart/form-data; boundary=x")];
        let path = format!("/c/{number}/papers/test-report?k={secret}&lang=zh");
        app.raw(Method::POST, &path, None, &headers, body).await
    };
    assert_eq!(send(&photo(ImageFormat::Png)).await.status, StatusCode::SEE_OTHER);
    let page = app.get(&format!("/c/{number}?k={secret}&lang=zh"), None).await.text;
    assert!(page.contains("核酸检测报告") && page.contains("/thumbnail?k="), "{page}");
    let refused = send(b"GIF89a").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("只收照片"), "{}", refused.text);
    let empty = send(b"").await;
    assert!(empty.text.contains("请先选择照片"), "{}", empty.text);
}
