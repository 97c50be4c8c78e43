//! Between a microphone and a recogniser: a WAV file to the values an engine takes, and a guard against the loops that
//! offline engines fall into.

/// Values a second.
pub const RATE: u32 = 16_000;
/// The longest that is listened to at once, in seconds: what an engine takes without cost growing out of hand.
pub const SECONDS: u32 = 8;
/// The most signs that anybody says in that time; more is a loop.
const MOST_SIGNS: usize = 64;

/// Reads a WAV file of 16-bit values in one channel, 16,000 a second, at most eight seconds.
///
/// # Errors
/// What is wrong with it, in English.
pub fn wav(bytes: &[u8]) -> Result<Vec<i16>, &'static str> {
    let number = |at: usize, len: usize| -> Result<u32, &'static str> {
        let field = bytes.get(at..at + len).ok_or("it ends in the middle")?;
        Ok(field.iter().rev().fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte)))
    };
    if bytes.get(..4) != Some(b"RIFF") || bytes.get(8..12) != Some(b"WAVE") {
        return Err("it is no WAV file");
    }
    let (mut at, mut is_ours) = (12, false);
    loop {
        let name = bytes.get(at..at + 4).ok_or("it holds no sound")?;
        let len = number(at + 4, 4)? as usize;
        let body = at + 8;
        match name {
            b"fmt " => {
                let (kind, channels) = (number(body, 2)?, number(body + 2, 2)?);
                is_ours = (kind, channels, number(body + 4, 4)?, number(body + 14, 2)?) == (1, 1, RATE, 16);
            }
            b"data" if is_ours => {
                let data = bytes.get(body..).map(|rest| &rest[..rest.len().min(len)]).unwrap_or_default();
                if data.len() > (RATE * SECONDS * 2) as usize {
                    return Err("it is longer than eight seconds");
                }
                return Ok(data.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect());
            }
            b"data" => return Err("it is not 16 bits, one channel, 16000 a second"),
            _ => {}
        }
        at = body.checked_add(len + len % 2).ok_or("it ends in the middle")?;
    }
}

/// What was heard, once: an engine that falls into a loop says the same again and again. Nothing where only a loop remains,
/// or more than anybody says in the time.
pub fn once(heard: &str) -> String {
    let signs: Vec<char> = heard.trim().chars().collect();
    let mut kept: Vec<char> = Vec::with_capacity(signs.len());
    let mut at = 0;
    while at < signs.len() {
        let rest = &signs[at..];
        // The shortest piece that is said three times or more in a row.
        let looped = (1..=rest.len() / 3).find_map(|len| {
            let times = rest.chunks(len).take_while(|piece| *piece == &rest[..len]).count();
            (times >= 3 && (len > 1 || times >= 5)).then_some((len, times))
        });
        let (len, times) = looped.unwrap_or((1, 1));
        kept.extend(&rest[..len]);
        at += len * times;
    }
    if kept.len() > MOST_SIGNS { String::new() } else { kept.into_iter().collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(rate: u32, samples: &[i16]) -> Vec<u8> {
        let len = u32::try_from(samples.len() * 2).unwrap();
        let mut file = b"RIFF\0\0\0\0WAVELIST".to_vec();
        file.extend(3_u32.to_le_bytes());
        file.extend(b"odd\0fmt ");
        file.extend(16_u32.to_le_bytes());
        file.extend([1, 0, 1, 0]);
        file.extend(rate.to_le_bytes());
        file.extend((rate * 2).to_le_bytes());
        file.extend([2, 0, 16, 0]);
        file.extend(b"data");
        file.extend(len.to_le_bytes());
        file.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
        file
    }

    #[test]
    fn a_wav_file_is_read_and_anything_else_is_refused() {
        assert_eq!(wav(&file(16_000, &[0, 16_384, -32_768])), Ok(vec![0, 16_384, -32_768]));
        assert_eq!(wav(&file(44_100, &[0])), Err("it is not 16 bits, one channel, 16000 a second"));
        assert_eq!(wav(&file(16_000, &vec![0; 16_000 * 8 + 1])), Err("it is longer than eight seconds"));
        assert_eq!(wav(b"OggS"), Err("it is no WAV file"));
        // However it is cut, it is refused or read as far as it goes.
        let whole = file(16_000, &[1; 64]);
        for end in 0..whole.len() {
            let read = wav(&whole[..end]);
            assert!(read.is_err() || read.is_ok_and(|values| values.len() < 64), "{end}");
        }
    }

    #[test]
    fn a_loop_is_said_once() {
        assert_eq!(once("我要代开发票我要代开发票我要代开发票我要代开发票"), "我要代开发票");
        assert_eq!(once("我要开票的的的的的的的"), "我要开票的");
        assert_eq!(once("谢谢观看 谢谢观看 谢谢观看 "), "谢谢观看 谢谢观看 谢谢观看");
        assert_eq!(once("谢谢谢谢"), "谢谢谢谢", "people say so");
        assert_eq!(once("123 4567 1111"), "123 4567 1111");
        assert_eq!(once("社保怎么缴"), "社保怎么缴");
        let long: String = (0..200).map(|n| char::from_u32(0x4e00 + n).unwrap()).collect();
        assert_eq!(once(&long), "");
    }
}
