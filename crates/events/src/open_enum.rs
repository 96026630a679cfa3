//! Enums of words. Prelude may add words.

/// Defines an enum of known words, with a last variant for every other word. It has `ALL`, `known`, `as_str`,
/// conversions from text that cannot fail, `Display`, and the serde form of a string.
macro_rules! open_enum {
    (
        $(#[doc = $about:literal])+
        $name:ident { $( $(#[doc = $doc:literal])+ $variant:ident => $word:literal, )+ }
    ) => {
        $(#[doc = $about])+
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $(
                #[doc = concat!("`", $word, "`.")]
                $(#[doc = $doc])+
                $variant,
            )+
            /// A word that this version does not know, as received. Make it with `from`, which never puts a known
            /// word here.
            Unknown(String),
        }

        impl $name {
            /// Every known value, in the order of the definition.
            pub const ALL: &'static [Self] = &[$( Self::$variant, )+];

            /// The value of a known word. Words are compared exactly.
            pub fn known(word: &str) -> Option<Self> {
                match word {
                    $( $word => Some(Self::$variant), )+
                    _ => None,
                }
            }

            /// The word as Prelude writes it.
            pub fn as_str(&self) -> &str {
                match self {
                    $( Self::$variant => $word, )+
                    Self::Unknown(word) => word,
                }
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                Self::known(word).unwrap_or_else(|| Self::Unknown(word.to_owned()))
            }
        }

        impl From<String> for $name {
            fn from(word: String) -> Self {
                Self::known(&word).unwrap_or(Self::Unknown(word))
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::convert::Infallible;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                Ok(Self::from(word))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                <String as serde::Deserialize>::deserialize(deserializer).map(Self::from)
            }
        }

        impl crate::from_json::FromJson for $name {
            fn from_json(json: &serde_json::value::RawValue) -> Result<Self, crate::from_json::Misfit> {
                crate::from_json::FromJson::from_json(json).map(|word: String| Self::from(word))
            }
        }

        #[cfg(feature = "schema")]
        impl crate::schema::Described for $name {
            fn form() -> crate::schema::Form {
                let path = concat!(module_path!(), "::", stringify!($name));
                let set = crate::schema::word_set(path, &[$($about),+]);
                crate::schema::Form::Word(vec![ $( crate::schema::word(&set, $word, &[$($doc),+]), )+ ])
            }
        }
    };
}
pub(crate) use open_enum;
