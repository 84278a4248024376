//! The two ends of a transfer, as people type them.

use crate::{
    cloud_url::{CloudUrl, decode_argument},
    error::{Error, Result},
};

/// One end of a transfer.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// A file or a folder, as it was typed.
    Local(String),
    /// A bucket, a key or a prefix.
    Cloud(CloudUrl),
    /// Standard input or output.
    Pipe,
}

/// Which way things are moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// From files to objects.
    Upload,
    /// From objects to files.
    Download,
    /// From objects to objects, within the service.
    Copy,
}

impl Place {
    /// Reads what was typed; `is_encoded` says that names are percent-encoded.
    pub(crate) fn parse(text: &str, is_encoded: bool) -> Result<Self> {
        let is_cloud = text.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("oss://"));
        if is_cloud {
            return Ok(Self::Cloud(CloudUrl::parse_bucket(text, is_encoded)?));
        }
        match text {
            "" => {
                Err(Error::usage("a name is empty").hint("name a file, a folder, or an oss:// URL"))
            }
            "-" => Ok(Self::Pipe),
            _ if is_encoded => decode_argument(text).map(Self::Local).map_err(|error| {
                Error::usage(format!("invalid file name: {text}, not url encoded, {error}"))
                    .hint("leave out --encoding-type to take the name as it stands")
            }),
            _ => Ok(Self::Local(text.to_owned())),
        }
    }

    /// Which way things go from here to `target`.
    pub(crate) fn direction_to(&self, target: &Self) -> Result<Direction> {
        match (self, target) {
            (Self::Cloud(_), Self::Cloud(_)) => Ok(Direction::Copy),
            (Self::Cloud(_), _) => Ok(Direction::Download),
            (_, Self::Cloud(_)) => Ok(Direction::Upload),
            _ => Err(Error::usage("neither end is in the cloud: files are not copied to files")
                .hint("one of the two begins with oss://")),
        }
    }
}

impl Direction {
    /// The word for what is done.
    pub(crate) fn verb(self) -> &'static str {
        match self {
            Self::Upload => "upload",
            Self::Download => "download",
            Self::Copy => "copy",
        }
    }

    /// The word for what is moved.
    pub(crate) fn things(self) -> &'static str {
        match self {
            Self::Upload => "files",
            Self::Download | Self::Copy => "objects",
        }
    }
}
