//! The GET by which Prelude asks whether an endpoint wants an app's events.

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
        proves: "a proven activation challenge is answered with its digits",
        severity: Severity::Critical,
        fault: "activation-unanswered",
        says: "The challenge of a proven activation does not come back, so Prelude never activates the webhook. \
               Answer 200 with {\"challenge\":<digits>} when app id and verification token are right.",
        needs: Needs::AppKey,
        plan: Plan::InTurn(answered),
    },
    Check {
        name: "activation-large-challenge",
        proves: "a challenge beyond 2^53 comes back digit by digit",
        severity: Severity::Major,
        fault: "rounds-challenge",
        says: "A large challenge comes back changed: it went through a floating-point number. Copy its digits.",
        needs: Needs::AppKey,
        plan: Plan::InTurn(large),
    },
    Check {
        name: "activation-wrong-token",
        proves: "a challenge with a wrong verification token is refused",
        severity: Severity::Critical,
        fault: "accepts-wrong-token",
        says: "A challenge with a wrong verification token is answered: anyone can register your URL as theirs. \
               Compare the token, in constant time.",
        needs: Needs::AppKey,
        plan: Plan::InTurn(wrong_token),
    },
    Check {
        name: "activation-missing-token",
        proves: "a challenge without a verification token is refused",
        severity: Severity::Critical,
        fault: "accepts-missing-token",
        says: "A challenge without a verification token, or with an empty one, is answered. A missing token is a \
               wrong token.",
        needs: Needs::AppKey,
        plan: Plan::InTurn(missing_token),
    },
    Check {
        name: "activation-unknown-app",
        proves: "a challenge for an unknown app is refused",
        severity: Severity::Critical,
        fault: "accepts-unknown-app",
        says: "A challenge for an app that is not yours is answered: another customer can activate your URL for \
               his app. Look the app id up.",
        needs: Needs::AppKey,
        plan: Plan::InTurn(unknown_app),
    },
    Check {
        name: "activation-garbage",
        proves: "a challenge that is no integer is refused",
        severity: Severity::Major,
        fault: "reflects-challenge",
        says: "A challenge that is no integer is answered: whoever knows the token can make your endpoint say \
               anything. Accept digits only.",
        needs: Needs::AppKey,
        plan: Plan::InTurn(garbage),
    },
    Check {
        name: "plain-get",
        proves: "a GET that is no activation is refused",
        severity: Severity::Minor,
        fault: "answers-any-get",
        says: "A GET that is no activation is answered with success. Answer it 400 or 404.",
        needs: Needs::Nothing,
        plan: Plan::InTurn(no_activation),
    },
];

fn get(query: impl Into<String>) -> Request {
    Request { query: query.into(), ..Request::new(Method::GET) }
}

fn answered(sender: &Sender) -> Probes {
    let probe = |app: &prelude_local::prelude::SessionApp| Probe {
        what: "a proven activation".into(),
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
    // A receiver that answers no challenge at all is another check's business.
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
            "an activation of an unknown app",
            get(activation_query("nobody9", token, "1234567890")),
        ),
        Probe::refused("an activation of no app", get(activation_query("", token, "1234567890"))),
    ])
}

fn garbage(sender: &Sender) -> Probes {
    let app = sender.app()?;
    let digits = "1".repeat(2000);
    let challenges = ["<script>alert(1)</script>", "12 34", "1e5", "{\"a\":1}", "", "0x10", &digits];
    let probe =
        |challenge| Probe::refused("a challenge that is no integer", get(app.activation_query(challenge)));
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
