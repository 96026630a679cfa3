//! The activation challenge: the GET with which Prelude verifies an endpoint before it sends an app's events.

use http::Method;

use crate::conform::{
    check::{Check, Needs, Plan, Probes, Severity},
    probe::{Expect, Probe, Request},
    sender::Sender,
};
use prelude_local::prelude::activation_query;

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "activation",
        proves: "a valid activation challenge is answered with its digits",
        severity: Severity::Critical,
        fault: "activation-unanswered",
        says: "A valid activation does not get its challenge back, so Prelude never activates the webhook. \
               Answer 200 with {\"challenge\":<digits>} if app id and verification token are right.",
        needs: Needs::AppKey,
        plan: Plan::InTurn(answered),
    },
    Check {
        name: "activation-large-challenge",
        proves: "a challenge above 2^53 is answered with the same digits",
        severity: Severity::Major,
        fault: "rounds-challenge",
        says: "A large challenge is answered with other digits, because it was read as a floating-point number. \
               Copy the digits.",
        needs: Needs::AppKey,
        plan: Plan::InTurn(large),
    },
    Check {
        name: "activation-wrong-token",
        proves: "a challenge with a wrong verification token is refused",
        severity: Severity::Critical,
        fault: "accepts-wrong-token",
        says: "A challenge with a wrong verification token is answered, so anyone can register your URL as theirs. \
               Compare the token in constant time.",
        needs: Needs::AppKey,
        plan: Plan::InTurn(wrong_token),
    },
    Check {
        name: "activation-missing-token",
        proves: "a challenge without a verification token is refused",
        severity: Severity::Critical,
        fault: "accepts-missing-token",
        says: "A challenge without a verification token, or with an empty one, is answered. Treat a missing token \
               as a wrong one.",
        needs: Needs::AppKey,
        plan: Plan::InTurn(missing_token),
    },
    Check {
        name: "activation-unknown-app",
        proves: "a challenge for an unknown app is refused",
        severity: Severity::Critical,
        fault: "accepts-unknown-app",
        says: "A challenge for an unknown app is answered, so another customer can activate your URL for their \
               own app. Compare the app id with the configured apps.",
        needs: Needs::AppKey,
        plan: Plan::InTurn(unknown_app),
    },
    Check {
        name: "activation-garbage",
        proves: "a challenge that is not an integer is refused",
        severity: Severity::Major,
        fault: "reflects-challenge",
        says: "A challenge that is not an integer is answered, so anyone who knows the token can make your endpoint \
               return any text. Accept digits only.",
        needs: Needs::AppKey,
        plan: Plan::InTurn(garbage),
    },
    Check {
        name: "plain-get",
        proves: "a GET that is not an activation is refused",
        severity: Severity::Minor,
        fault: "answers-any-get",
        says: "A GET that is not an activation is answered with success. Answer 400 or 404.",
        needs: Needs::Nothing,
        plan: Plan::InTurn(no_activation),
    },
];

fn get(query: impl Into<String>) -> Request {
    Request { query: query.into(), ..Request::new(Method::GET) }
}

fn answered(sender: &Sender) -> Probes {
    let probe = |app: &prelude_local::prelude::SessionApp| Probe {
        what: "a valid activation".into(),
        request: get(app.activation_query("1234567890")),
        expect: Expect::Challenge("1234567890".into()),
    };
    Ok(sender.identity.apps.iter().map(probe).collect())
}

fn large(sender: &Sender) -> Probes {
    let app = sender.app()?;
    let probe = |digits: &str| Probe {
        what: format!("the challenge {digits}").into(),
        request: get(app.activation_query(digits)),
        expect: Expect::Challenge(digits.into()),
    };
    // Above 2^53, and the largest 64-bit integer.
    Ok(["9007199254740993", "9223372036854775807"].map(probe).into())
}

fn wrong_token(sender: &Sender) -> Probes {
    let app = sender.app()?;
    let (right, id) = (&app.verification_token, &app.app_id);
    let longer = format!("{right}x");
    let shorter = right.get(..right.len() / 2).unwrap_or("x");
    let others = sender
        .identity
        .apps
        .get(1)
        .map(|other| ("the token of another app", other.verification_token.as_str()));
    let tokens =
        [("a wrong token", "wrong"), ("a longer token", &longer), ("the first half of the token", shorter)];
    let probe = |(what, token)| {
        Probe::refused(format!("an activation with {what}"), get(activation_query(id, token, "1234567890")))
    };
    Ok(tokens.into_iter().chain(others).map(probe).collect())
}

fn missing_token(sender: &Sender) -> Probes {
    let id = &sender.app()?.app_id;
    Ok(vec![
        Probe::refused("an activation with an empty token", get(activation_query(id, "", "1234567890"))),
        Probe::refused(
            "an activation without a token",
            get(format!("event=activate&challenge=1234567890&app_id={id}")),
        ),
    ])
}

fn unknown_app(sender: &Sender) -> Probes {
    let token = &sender.app()?.verification_token;
    Ok(vec![
        Probe::refused(
            "an activation for an unknown app",
            get(activation_query("nobody9", token, "1234567890")),
        ),
        Probe::refused("an activation with an empty app id", get(activation_query("", token, "1234567890"))),
    ])
}

fn garbage(sender: &Sender) -> Probes {
    let app = sender.app()?;
    let digits = "1".repeat(2000);
    let challenges = ["<script>alert(1)</script>", "12 34", "1e5", "{\"a\":1}", "", "0x10", &digits];
    let probe = |challenge| {
        Probe::refused("a challenge that is not an integer", get(app.activation_query(challenge)))
    };
    Ok(challenges.map(probe).into())
}

fn no_activation(sender: &Sender) -> Probes {
    let mut probes = vec![Probe::refused("a GET without a query", get(""))];
    if let Ok(app) = sender.app() {
        let other = app.activation_query("1234567890").replace("event=activate", "event=deactivate");
        probes.push(Probe::refused("a GET with another event", get(other)));
    }
    Ok(probes)
}
