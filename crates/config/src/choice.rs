//! Settings whose value is one of a few words.

use std::fmt;

use crate::name;
use crate::value::Value;

/// Declares an enum, the word each variant is written as, and the other words it is read from.
/// Words are compared as keys are: without case, dashes and underscores.
macro_rules! choice {
    (
        $(#[$doc:meta])* $name:ident;
        $($(#[$variant_doc:meta])* $variant:ident = $word:literal $(| $other:literal)*;)+
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl $name {
            /// Every choice, in the order of declaration.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word it is written as.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl Value for $name {
            fn expected() -> String {
                format!("one of {}", [$($word),+].join(", "))
            }

            fn parse(text: &str) -> Option<Self> {
                let is = |words: &[&str]| words.iter().any(|word| name::same(word, text));
                $(if is(&[$word $(, $other)*]) { return Some(Self::$variant); })+
                None
            }
        }
    };
}

choice! {
    /// Where credentials come from.
    Mode;
    /// A key pair as it stands; a session token beside it is not used.
    Ak = "AK";
    /// A key pair with its session token.
    StsToken = "StsToken";
    /// A role assumed with the key pair.
    RamRoleArn = "RamRoleArn";
    /// The role of the ECS instance, from its metadata service.
    EcsRamRole = "EcsRamRole";
    /// As [`Mode::EcsRamRole`], through the hardened metadata service only (ossutil 2.2).
    AliEcsRamRole = "Ali-EcsRamRole";
    /// A role assumed with an OIDC token.
    OidcRoleArn = "OIDCRoleArn" | "OIDC";
    /// The output of a command.
    Process = "Process" | "External";
    /// The answer of a URI.
    Uri = "Uri" | "CredentialsURI";
    /// A profile of the `aliyun` CLI.
    AliyunCli = "AliyunCli";
    /// None: requests are not signed.
    Anonymous = "Anonymous";
}

choice! {
    /// The version of request signatures.
    SignVersion;
    /// HMAC-SHA1, the default of ossutil 1.
    V1 = "v1" | "1";
    /// HMAC-SHA256 over an escaped resource.
    V2 = "v2" | "2";
    /// HMAC-SHA256 with a key that is bound to day and region.
    V4 = "v4" | "4";
}

choice! {
    /// Where a request puts the name of the bucket.
    AddressingStyle;
    /// In front of the host: `bucket.endpoint/key`.
    Virtual = "virtual";
    /// In the path: `endpoint/bucket/key`.
    Path = "path";
    /// Nowhere: the host is a domain bound to the bucket.
    Cname = "cname";
}

choice! {
    /// The language of help and prompts.
    Language;
    /// English.
    English = "EN" | "en-US";
    /// Chinese.
    Chinese = "CH" | "zh" | "zh-CN";
}

choice! {
    /// How much goes to the log.
    LogLevel;
    /// Nothing.
    Off = "off";
    /// What is done.
    Info = "info";
    /// And how.
    Debug = "debug";
}

choice! {
    /// The form of the results.
    OutputFormat;
    /// The text layout of ossutil 1.
    Raw = "raw" | "text";
    /// One JSON document.
    Json = "json";
    /// One JSON object a line.
    Jsonl = "jsonl";
    /// YAML.
    Yaml = "yaml";
    /// XML.
    Xml = "xml";
    /// Comma-separated values with a header.
    Csv = "csv";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mode_is_read_back_in_any_case() {
        for mode in Mode::ALL {
            assert_eq!(Mode::parse(mode.as_str()), Some(*mode));
            assert_eq!(Mode::parse(&mode.as_str().to_uppercase()), Some(*mode));
        }
        assert_eq!(Mode::parse("Root"), None);
    }

    #[test]
    fn other_words() {
        assert_eq!(Language::parse("ch"), Some(Language::Chinese));
        assert_eq!(Language::parse("zh_CN"), Some(Language::Chinese));
        assert_eq!(SignVersion::parse("V4"), Some(SignVersion::V4));
        assert_eq!(SignVersion::parse("v9"), None);
        assert_eq!(OutputFormat::parse("JSON"), Some(OutputFormat::Json));
        assert_eq!(AddressingStyle::expected(), "one of virtual, path, cname");
    }
}
