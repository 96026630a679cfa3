//! Payloads, one module per source or kind of message.
//!
//! Every member is optional, even if Prelude documents it as required: an incomplete event is worth more than an error.
//! A missing member, `null` and `""` are all read as `None`. Unlisted members are ignored here, and remain in
//! [`Envelope::payload`](crate::Envelope::payload).
//!
//! A number in place of a text is read as its digits, exactly as written: `36184`, `1.50`, `1e3`. A text in place of a
//! number is read as that number. Any other undocumented form, such as an object or a boolean in place of a text, is an
//! error.

pub mod inbound;
pub mod notify;
pub mod session;
pub mod subscription;
pub mod verify;
pub mod verify_v1;

use crate::{Decimal, Personal, RawJson, open_enum::open_enum};

/// Defines structs with optional members, in the sense of the module's documentation.
macro_rules! payload {
    ($(
        $(#[doc = $doc:literal])+
        $name:ident {
            $( $(#[doc = $member_doc:literal])+ $(#[serde(rename = $wire:literal)])? $member:ident: $type:ty, )+
        }
    )+) => {
        $(
            $(#[doc = $doc])+
            #[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
            #[non_exhaustive]
            pub struct $name {
                $(
                    $(#[doc = $member_doc])+
                    #[serde($(rename = $wire,)? skip_serializing_if = "Option::is_none")]
                    pub $member: Option<$type>,
                )+
            }

            impl crate::from_json::FromJson for $name {
                fn from_json(json: &serde_json::value::RawValue) -> Result<Self, crate::from_json::Misfit> {
                    let members =
                        crate::members::Members::of(json).map_err(|_| crate::from_json::Misfit::new(json))?;
                    Ok(Self { $( $member: members.read(crate::payload::wire_name!($member $(, $wire)?))?, )+ })
                }
            }

            impl<'de> serde::Deserialize<'de> for $name {
                fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    let json = Box::<serde_json::value::RawValue>::deserialize(deserializer)?;
                    crate::from_json::FromJson::from_json(&json).map_err(serde::de::Error::custom)
                }
            }

            impl crate::payload::Correlated for $name {
                fn correlation_id(&self) -> Option<&str> {
                    [$( crate::payload::correlation_id!(self.$member) ),+].into_iter().flatten().next()
                }
            }

            #[cfg(feature = "schema")]
            impl crate::schema::Described for $name {
                fn form() -> crate::schema::Form {
                    crate::schema::object(concat!(module_path!(), "::", stringify!($name)), &[$($doc),+], vec![
                        $( crate::schema::member::<$type>(
                            crate::payload::wire_name!($member $(, $wire)?), &[$($member_doc),+]
                        ), )+
                    ])
                }
            }
        )+
    };
}
use payload;

/// A member's name in the JSON.
macro_rules! wire_name {
    ($member:ident) => {
        stringify!($member)
    };
    ($member:ident, $wire:literal) => {
        $wire
    };
}
use wire_name;

/// The identifier in a member, if members of this name carry one.
macro_rules! correlation_id {
    ($payload:ident.correlation_id) => {
        $payload.correlation_id.as_ref().map(crate::payload::Identifying::text)
    };
    ($payload:ident.metadata) => {
        $payload.metadata.as_ref().and_then(crate::payload::Correlated::correlation_id)
    };
    ($payload:ident.$other:ident) => {
        None
    };
}
use correlation_id;

payload! {
    /// The cost of a verification or message.
    Price {
        /// The amount, in units of the currency, e.g. `0.009`.
        amount: Decimal,
        /// The ISO 4217 code, e.g. `EUR`.
        currency: String,
    }

    /// A phone number or e-mail address of a user: the target of a verification, or a Session user's identifier.
    Identifier {
        /// The kind: a phone number or an e-mail address.
        #[serde(rename = "type")]
        identifier_type: IdentifierType,
        /// The number or address. Do not rely on E.164: the documented examples are masked.
        value: Personal<String>,
    }
}

open_enum! {
    /// The kind of an identifier.
    IdentifierType {
        /// A phone number.
        PhoneNumber => "phone_number",
        /// An e-mail address.
        EmailAddress => "email_address",
    }
}

open_enum! {
    /// The channel on which a message reaches the user.
    Channel {
        /// Rich Communication Services.
        Rcs => "rcs",
        /// Silent network authentication, without a message.
        Silent => "silent",
        /// A text message.
        Sms => "sms",
        /// Telegram.
        Telegram => "telegram",
        /// Viber.
        Viber => "viber",
        /// A phone call.
        Voice => "voice",
        /// WhatsApp.
        Whatsapp => "whatsapp",
        /// Zalo.
        Zalo => "zalo",
    }
}

/// Payloads, and members of payloads, that can carry an identifier which ties events together.
pub(crate) trait Correlated {
    fn correlation_id(&self) -> Option<&str> {
        None
    }
}

impl Correlated for RawJson {}

/// Text of an identifier, personal or not.
pub(crate) trait Identifying {
    fn text(&self) -> &str;
}

impl Identifying for String {
    fn text(&self) -> &str {
        self
    }
}

impl Identifying for Personal<String> {
    fn text(&self) -> &str {
        self.expose()
    }
}

impl<T: Correlated> Correlated for Personal<T> {
    fn correlation_id(&self) -> Option<&str> {
        self.expose().correlation_id()
    }
}
