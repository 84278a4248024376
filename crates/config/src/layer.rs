//! What a key is, and the macro that makes a layer of texts and its resolved form from one table.

use crate::{Setting, name};

/// One line of a table of settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// The name in TOML; INI files may write it in any style.
    pub name: &'static str,
    /// What it sets.
    pub doc: &'static str,
    /// The built-in value, as it would be written.
    pub default: Option<&'static str>,
    /// The least and the greatest value, as they would be written.
    pub range: Option<(&'static str, &'static str)>,
    /// Environment variables, our own before those of the other Alibaba Cloud tools.
    pub env: &'static [&'static str],
    /// Other names in files, without regard to style.
    pub aliases: &'static [&'static str],
    /// Whether the value is shown only to those who ask for it.
    pub is_secret: bool,
}

impl Key {
    /// The name and the aliases.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }

    /// Whether a file may write this key so.
    pub fn is_written(&self, spelled: &str) -> bool {
        self.names().any(|name| name::same(name, spelled))
    }
}

/// One place of a layer, with the key it belongs to.
pub(crate) type Slot<'a> = (&'static Key, &'a mut Option<Setting<String>>);

/// A struct of optional texts, one for each key of its table.
pub(crate) trait Slots: Default {
    /// The table, in the order of the fields.
    const TABLE: &'static [Key];

    /// Every place, in the order of the table.
    fn slots(&mut self) -> impl Iterator<Item = Slot<'_>>;

    /// The place of the key that is written `spelled`.
    fn slot(&mut self, spelled: &str) -> Option<Slot<'_>> {
        self.slots().find(|(key, _)| key.is_written(spelled))
    }

    /// Fills what is not given here from a lower layer.
    fn fill(mut self, mut lower: Self) -> Self {
        for ((_, upper), (_, lower)) in self.slots().zip(lower.slots()) {
            if upper.is_none() {
                *upper = lower.take();
            }
        }
        self
    }
}

/// Makes two structs from one table: the layer, whose fields are texts, and the resolved settings.
///
/// A line is `name: Type = "default" in "least"..="greatest", env ["A"], also ["alias"];` with
/// everything after the type optional. With a default the resolved field is a `Setting<Type>`,
/// else an `Option<Setting<Type>>`.
macro_rules! settings {
    (
        $(#[$layer_doc:meta])* layer $Layer:ident;
        $(#[$resolved_doc:meta])* resolved $Resolved:ident {
            $($(#[$extra_doc:meta])* $extra:ident: $extra_type:ty,)*
        }
        $(
            #[doc = $doc:literal]
            $field:ident: $type:ident $(= $default:literal)? $(in $low:literal..=$high:literal)?
            $(, env [$($env:literal),+])? $(, also [$($alias:literal),+])?;
        )+
    ) => {
        $(#[$layer_doc])*
        #[derive(Clone, Default)]
        pub struct $Layer {
            $(#[doc = $doc] pub $field: Option<$crate::Setting<String>>,)+
        }

        impl $Layer {
            /// The table of keys, in the order of the fields.
            pub const KEYS: &[$crate::Key] = &[$($crate::Key {
                name: stringify!($field),
                doc: $doc.trim_ascii(),
                default: $crate::layer::optional!($($default)?),
                range: $crate::layer::optional!($(($low, $high))?),
                env: &[$($($env),+)?],
                aliases: &[$($($alias),+)?],
                is_secret: <$type as $crate::value::Value>::IS_SECRET,
            }),+];

            /// What this layer gives, each with its key.
            pub fn iter(
                &self,
            ) -> impl Iterator<Item = (&'static $crate::Key, &$crate::Setting<String>)> {
                let given = Self::KEYS.iter().zip([$(&self.$field),+]);
                given.filter_map(|(key, text)| text.as_ref().map(|text| (key, text)))
            }
        }

        impl $crate::layer::Slots for $Layer {
            const TABLE: &'static [$crate::Key] = Self::KEYS;

            fn slots(&mut self) -> impl Iterator<Item = $crate::layer::Slot<'_>> {
                Self::KEYS.iter().zip([$(&mut self.$field),+])
            }
        }

        /// Shows what is given and where, not the texts: any of them may be a secret.
        impl std::fmt::Debug for $Layer {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let entries = self.iter().map(|(key, text)| (key.name, &text.source));
                f.debug_map().entries(entries).finish()
            }
        }

        $(#[$resolved_doc])*
        #[derive(Clone, Debug)]
        pub struct $Resolved {
            $(#[doc = $doc] pub $field: $crate::layer::shape!($type $(, $default)?),)+
            $($(#[$extra_doc])* pub $extra: $extra_type,)*
        }

        impl $Resolved {
            /// Reads the texts of a layer; every one that cannot be read is added to `errors`.
            pub(crate) fn read(
                layer: &$Layer,
                $($extra: $extra_type,)*
                errors: &mut $crate::Errors,
            ) -> Option<Self> {
                let mut keys = $Layer::KEYS.iter();
                $(let $field = keys.next().and_then(|key| {
                    errors.keep($crate::value::Shape::read(key, layer.$field.as_ref()))
                });)+
                Some(Self { $($field: $field?,)+ $($extra,)* })
            }
        }
    };
}

/// `Some` of what is there.
macro_rules! optional {
    () => {
        None
    };
    ($value:expr) => {
        Some($value)
    };
}

/// The type of a resolved field, without and with a default.
macro_rules! shape {
    ($type:ident) => { Option<$crate::Setting<$type>> };
    ($type:ident, $default:literal) => { $crate::Setting<$type> };
}

pub(crate) use {optional, settings, shape};
