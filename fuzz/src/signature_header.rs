//! Any value of the signature header is read exactly as an independent reader reads it. Only a genuine signature
//! verifies, in every alphabet and padding.

use std::sync::LazyLock;

use bytes::Bytes;
use prelude_webhooks::authenticate::{
    public_key::PublicKey,
    signature::{HeaderFault, Owner, Owners, Ownership, Unverified},
};

use crate::keys::{ACCOUNT, APP, Key, SECOND_APP};

/// Body of every signature in the seeds.
pub const BODY: &[u8] = b"{}";

/// Checks a header's value.
pub fn check(header: &[u8]) {
    let read = read(header);
    let unverified = match (Unverified::new(BODY.into(), header), &read) {
        (Ok(unverified), Ok(_)) => unverified,
        (Err(fault), Err(expected)) => return assert_eq!(fault, *expected),
        (read, expected) => panic!("read as {:?}, expected {expected:?}", read.map(|_| ())),
    };
    let signature = read.unwrap();
    let genuine = SIGNERS.iter().any(|key| key.sign(BODY)[..] == signature[..]);
    assert_eq!(verifies(unverified), genuine);

    // The same bits choose the spelling of a genuine signature. It verifies for its own body only.
    let key = SIGNERS[header.len() % SIGNERS.len()];
    let written = write(&key.sign(BODY), header);
    let genuine =
        |body: &'static [u8]| Unverified::new(Bytes::from_static(body), written.as_bytes()).unwrap();
    assert!(verifies(genuine(BODY)), "{written}");
    assert!(!verifies(genuine(b"{} ")), "{written}");
}

/// Content of the header: the signature, or the reason of its refusal.
///
/// # Errors
/// No `=`, another scheme, a value that is not base64, or not 256 to 1,024 bytes.
pub fn read(header: &[u8]) -> Result<Vec<u8>, HeaderFault> {
    if header.len() > 2048 {
        return Err(HeaderFault::TooLong);
    }
    let text = std::str::from_utf8(header).map_err(|_| HeaderFault::NoScheme)?;
    let end = text.find('=').ok_or(HeaderFault::NoScheme)?;
    if &text[..end] != "rsassa-pss-sha256" {
        return Err(HeaderFault::Scheme);
    }
    let signature = decode(&text[end + 1..]).ok_or(HeaderFault::NotBase64)?;
    match signature.len() {
        0..256 => Err(HeaderFault::TooShort),
        256..=1024 => Ok(signature),
        _ => Err(HeaderFault::TooLong),
    }
}

/// Decodes base64 of both alphabets, bit by bit. Accepts at most the missing padding, and no set bit that is unused.
fn decode(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    let (padding, last) = (text.len() - digits.len(), digits.len() % 4);
    if padding > 0 && (last < 2 || padding + last > 4) {
        return None;
    }
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0_u32, 0);
    for digit in digits.bytes() {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count).unwrap());
            bits &= (1 << count) - 1;
        }
    }
    (count < 6 && bits == 0).then_some(bytes)
}

/// Header with this signature. A bit of `choices` decides each choice of alphabet and padding.
fn write(signature: &[u8], choices: &[u8]) -> String {
    let mut choices = choices.iter().flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1 == 1)).cycle();
    let mut choose = || choices.next().unwrap_or_default();
    let mut text = String::from("rsassa-pss-sha256=");
    for triple in signature.chunks(3) {
        let bits = (0..3).fold(0_u32, |bits, index| bits << 8 | u32::from(*triple.get(index).unwrap_or(&0)));
        for index in 0..=triple.len() {
            let value = u8::try_from(bits >> (18 - 6 * index) & 63).unwrap();
            text.push(match value {
                0..26 => (b'A' + value).into(),
                26..52 => (b'a' + value - 26).into(),
                52..62 => (b'0' + value - 52).into(),
                62 => {
                    if choose() {
                        '+'
                    } else {
                        '-'
                    }
                }
                _ => {
                    if choose() {
                        '/'
                    } else {
                        '_'
                    }
                }
            });
        }
    }
    if choose() {
        text.extend(std::iter::repeat_n('=', (3 - signature.len() % 3) % 3));
    }
    text
}

/// Verifies with every configured key, and checks that the owner is the key that verified.
fn verifies(unverified: Unverified) -> bool {
    let owner = |key: &PublicKey| Owners {
        known: vec![Ownership { owner: Owner::Account, key_id: key.key_id().clone() }],
        undecided: Vec::new(),
    };
    match unverified.verify(PUBLIC.iter(), owner, |_, _| ()) {
        Ok(verified) => {
            let signer = verified.key_id_of(&Owner::Account).unwrap();
            assert!(
                SIGNERS.iter().any(|key| key.thumbprint() == **signer),
                "the verified owner is not a configured key"
            );
            true
        }
        Err(_) => false,
    }
}

/// Keys whose public halves are configured.
static SIGNERS: LazyLock<[&Key; 3]> = LazyLock::new(|| [&ACCOUNT, &APP, &SECOND_APP]);
static PUBLIC: LazyLock<Vec<PublicKey>> = LazyLock::new(|| {
    SIGNERS.iter().flat_map(|key| PublicKey::all_from_pem(&key.public_pem).unwrap()).collect()
});
