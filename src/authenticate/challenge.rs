//! The activation challenge of Session webhooks: `GET …?event=activate&app_id=…&verification_token=…&challenge=…`
//! (`docs.prelude.so/session/documentation/webhooks/verification-event`).

use crate::{app::App, inbound::Query, rejection::Rejection, secret::Secret};

/// A proven challenge: the digits to answer, exactly as received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    digits: String,
}

/// Form of the answer to a challenge (`PRELUDE_CHALLENGE_RESPONSE`): Prelude's page describes an object and shows a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ChallengeForm {
    /// `{"challenge":<digits>}`.
    #[default]
    Object,
    /// The bare digits.
    Number,
}

impl Challenge {
    /// Recognises a challenge and checks that it is for a configured app.
    ///
    /// # Errors
    /// [`Rejection::NotAChallenge`] for any other `GET`, an unknown app, or a wrong token.
    pub fn prove(query: &Query, apps: &[App]) -> Result<Self, Rejection> {
        let is_activation = query.single("event").is_some_and(|event| event == "activate");
        let digits = query.single("challenge").filter(|digits| is_integer(digits));
        let (true, Some(digits)) = (is_activation, digits) else { return Err(Rejection::NotAChallenge) };
        let app_id = query.single("app_id").unwrap_or_default();
        let token = query.single("verification_token").unwrap_or_default();
        // An unknown app takes the same comparison as a known one, so that timing does not reveal app ids.
        let app = apps.iter().find(|app| *app.app_id == *app_id);
        let nobody = Secret::unmatchable();
        let token_fits = app.map_or(&nobody, |app| &app.verification_token).matches(&token);
        match (app, token_fits) {
            (Some(_), true) => Ok(Self { digits: digits.into_owned() }),
            (Some(_), false) => Err(Rejection::ChallengeTokenWrong),
            (None, _) => Err(Rejection::ChallengeAppUnknown),
        }
    }

    /// Text of the integer. It is never parsed, because the documentation does not bound its size.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.digits
    }
}

/// Recognises `-?(0|[1-9][0-9]{0,19})`: an integer in JSON, without any text that an attacker could have reflected.
fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text).as_bytes();
    match digits {
        [b'0'] => true,
        [b'1'..=b'9', rest @ ..] => rest.len() < 20 && rest.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::AppKeySource;

    fn apps() -> Vec<App> {
        vec![App {
            app_id: "54e9ujn".into(),
            verification_token: Secret::parse("to+ken").unwrap(),
            keys: AppKeySource::Pinned([].into()),
        }]
    }

    fn prove(query: &str) -> Result<String, Rejection> {
        Challenge::prove(&Query::Raw(query.into()), &apps()).map(|challenge| challenge.digits().into())
    }

    #[test]
    fn a_proven_challenge_gives_its_digits_verbatim() {
        for digits in ["0", "-0", "7", "1234567890", "-99999999999999999999", "18446744073709551616"] {
            let query =
                format!("event=activate&app_id=54e9ujn&verification_token=to%2Bken&challenge={digits}");
            assert_eq!(prove(&query).as_deref(), Ok(digits));
        }
    }

    #[test]
    fn only_an_integer_is_a_challenge() {
        for digits in [
            "",
            "-",
            "01",
            "-01",
            "00",
            "1.0",
            "1e3",
            "%201",
            "1%00",
            "abc",
            "123456789012345678901",
            "%D9%A1",
        ] {
            let query =
                format!("event=activate&app_id=54e9ujn&verification_token=to%2Bken&challenge={digits}");
            assert_eq!(prove(&query), Err(Rejection::NotAChallenge), "{digits}");
        }
        for query in [
            "",
            "event=activate",
            "challenge=1",
            "event=Activate&challenge=1",
            "event=activate&challenge=1&challenge=2",
        ] {
            assert_eq!(prove(query), Err(Rejection::NotAChallenge), "{query}");
        }
    }

    #[test]
    fn app_and_token_must_fit() {
        let wrong_token = "event=activate&challenge=1&app_id=54e9ujn";
        assert_eq!(prove(wrong_token), Err(Rejection::ChallengeTokenWrong));
        assert_eq!(
            prove(&format!("{wrong_token}&verification_token=to+ken")),
            Err(Rejection::ChallengeTokenWrong)
        );
        for app in ["", "&app_id=other", "&app_id=54e9ujn&app_id=54e9ujn", "&app_id=54E9UJN"] {
            let query = format!("event=activate&challenge=1&verification_token=to%2Bken{app}");
            assert_eq!(prove(&query), Err(Rejection::ChallengeAppUnknown), "{app}");
        }
    }
}
