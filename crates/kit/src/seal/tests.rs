//! Known answers, refusals by name, and what holds for every sealed text.

use super::*;
use crate::id::SeededEntropy;
use proptest::prelude::*;

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|n| u8::from_str_radix(&text[2 * n..2 * n + 2], 16).unwrap()).collect()
}

/// The GCM specification's test case 16: AES-256 with associated data.
#[test]
fn aes_256_gcm_gives_the_known_answer() {
    let key = unhex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
    let mut bytes = unhex(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
    );
    let associated = unhex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    let nonce: [u8; 12] = unhex("cafebabefacedbaddecaf888").try_into().unwrap();
    let tag = encrypt(&aes(&Key::from_bytes(key.try_into().unwrap())), nonce, &associated, &mut bytes);
    assert_eq!(
        to_hex(&bytes),
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
    );
    assert_eq!(to_hex(&tag), "76fc6ece0f4e1768cddf8853bb2d551b");
}

/// GB/T 32907, appendix A, example 1: one block.
#[test]
fn sm4_gives_the_known_answer() {
    use sm4::cipher::BlockCipherEncrypt;
    let key: [u8; 16] = unhex("0123456789abcdeffedcba9876543210").try_into().unwrap();
    let mut block = key.into();
    <Sm4 as KeyInit>::new(&key.into()).encrypt_block(&mut block);
    assert_eq!(to_hex(&block), "681edf34d206965e86b3e94f536e4246");
}

/// RFC 8998, appendix A.1.
#[test]
fn sm4_gcm_gives_the_known_answer() {
    let mut key = [0; 32];
    key[..16].copy_from_slice(&unhex("0123456789abcdeffedcba9876543210"));
    let mut bytes = unhex(
        "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccddddddddddddddddeeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa",
    );
    let associated = unhex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    let nonce: [u8; 12] = unhex("00001234567800000000abcd").try_into().unwrap();
    let tag = encrypt(&sm4(&Key::from_bytes(key)), nonce, &associated, &mut bytes);
    assert_eq!(
        to_hex(&bytes),
        "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
    );
    assert_eq!(to_hex(&tag), "83de3541e4c2b58177e065a9bf7b62ec");
}

#[test]
fn refuses_by_name() {
    let key = Key::from_bytes([7; 32]);
    let sealed = seal(Cipher::Aes256Gcm, &key, [1; 12], b"journey", b"secret");
    let check =
        |sealed: &[u8], context: &[u8], key: &Key, error| assert_eq!(open(key, context, sealed).err(), Some(error));
    check(b"", b"journey", &key, SealError::Truncated);
    check(&sealed[..29], b"journey", &key, SealError::Truncated);
    check(&sealed[..30], b"journey", &key, SealError::Forged);
    check(&[&[1, 2], &sealed[2..]].concat(), b"journey", &key, SealError::Forged);
    check(&[&[9], &sealed[1..]].concat(), b"journey", &key, SealError::UnknownVersion);
    check(&[&[1, 9], &sealed[2..]].concat(), b"journey", &key, SealError::UnknownCipher);
    check(&sealed, b"register", &key, SealError::Forged);
    check(&sealed, b"journey", &Key::from_bytes([8; 32]), SealError::Forged);
}

#[test]
fn sealed_bytes_have_the_documented_form() {
    let key = Key::from_bytes([7; 32]);
    let check = |cipher, code: u8| {
        let sealed = seal(cipher, &key, [9; 12], b"journey", b"secret");
        assert_eq!(sealed[..HEADER], [1, code, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9]);
        assert_eq!((sealed.len(), sealed.capacity()), (HEADER + 6 + TAG, HEADER + 6 + TAG));
    };
    check(Cipher::Aes256Gcm, 1);
    check(Cipher::Sm4Gcm, 2);
}

#[test]
fn a_context_may_be_of_any_length() {
    let key = Key::from_bytes([7; 32]);
    for length in [0, 1, SHORT_CONTEXT - 1, SHORT_CONTEXT, SHORT_CONTEXT + 1, 1000] {
        let context = vec![b'c'; length];
        let sealed = seal(Cipher::Sm4Gcm, &key, [1; 12], &context, b"secret");
        assert_eq!(&open(&key, &context, &sealed).unwrap()[..], b"secret", "{length}");
        let longer = [&context[..], &[0]].concat();
        assert_eq!(open(&key, &longer, &sealed).err(), Some(SealError::Forged), "{length}");
    }
}

#[test]
fn a_wrapped_key_is_no_text_and_a_text_is_no_key() {
    let (outer, inner) = (Key::from_bytes([1; 32]), Key::from_bytes([2; 32]));
    let wrapped = wrap(Cipher::Aes256Gcm, &outer, [3; 12], b"household", &inner);
    assert_eq!(unwrap(&outer, b"household", &wrapped).unwrap().bytes(), inner.bytes());
    let check = |key: &Key, context: &[u8], wrapped: &[u8], error| {
        assert_eq!(unwrap(key, context, wrapped).err(), Some(error));
    };
    check(&outer, b"register", &wrapped, SealError::Forged);
    check(&inner, b"household", &wrapped, SealError::Forged);
    check(&outer, b"household", &wrapped[..10], SealError::Truncated);
    assert_eq!(open(&outer, b"household", &wrapped).err(), Some(SealError::Forged));
    let text = seal(Cipher::Aes256Gcm, &outer, [4; 12], b"household", inner.bytes());
    check(&outer, b"household", &text, SealError::Forged);
}

#[test]
fn derived_keys_differ_and_no_key_is_printed() {
    let key = Key::random(&SeededEntropy::new(1));
    assert_eq!(key.derive("a").bytes(), key.derive("a").bytes());
    assert_ne!(key.derive("a").bytes(), key.derive("b").bytes());
    assert_ne!(key.derive("a").bytes(), key.bytes());
    assert_eq!(format!("{key:?}"), "Key(…)");
}

#[test]
fn cipher_names_come_back() {
    for cipher in [Cipher::Aes256Gcm, Cipher::Sm4Gcm] {
        assert_eq!(cipher.name().parse(), Ok(cipher));
    }
    assert_eq!("aes-128-gcm".parse::<Cipher>(), Err(digest::UnknownName));
}

#[test]
fn a_master_key_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let path = std::env::temp_dir().join(format!("yizhan-master-{}.key", std::process::id()));
    let _ = std::fs::remove_file(&path);
    let made = MasterKey::create_file(&path, &SeededEntropy::new(1)).unwrap();
    assert_eq!(MasterKey::read_file(&path).unwrap().bytes(), made.bytes());
    assert!(matches!(MasterKey::create_file(&path, &SeededEntropy::new(2)), Err(MasterKeyError::Exists)));
    assert_eq!(MasterKey::read_file(&path).unwrap().bytes(), made.bytes());
    for mode in [0o644, 0o640, 0o604, 0o620] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        assert!(matches!(MasterKey::read_file(&path), Err(MasterKeyError::NotPrivate)), "{mode:o}");
    }
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    for text in ["", "00", &"0".repeat(63), &"0".repeat(65), &"g".repeat(64), &"0".repeat(1000)] {
        std::fs::write(&path, text).unwrap();
        assert!(matches!(MasterKey::read_file(&path), Err(MasterKeyError::NotAKey)), "{text}");
    }
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(MasterKey::read_file(&path), Err(MasterKeyError::File(_))));
}

proptest! {
    #[test]
    fn what_is_sealed_opens_and_what_is_changed_does_not(
        plain: Vec<u8>, context: Vec<u8>, other: Vec<u8>, nonce: [u8; 12], flip: prop::sample::Index,
    ) {
        let key = Key::from_bytes([3; 32]);
        for cipher in [Cipher::Aes256Gcm, Cipher::Sm4Gcm] {
            let mut sealed = seal(cipher, &key, nonce, &context, &plain);
            prop_assert_eq!(&open(&key, &context, &sealed).unwrap()[..], &plain[..]);
            prop_assert_eq!(open(&key, &other, &sealed).is_ok(), other == context);
            let bit = flip.index(sealed.len() * 8);
            sealed[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(open(&key, &context, &sealed).is_err());
        }
    }
}
