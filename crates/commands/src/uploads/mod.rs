//! Unfinished uploads: naming them, choosing among them, looking into them.
//!
//! Every command of the family takes the same words and the same filters through
//! [`selection`], so what `ls -m` lists with some filters is what `abort` frees with them.

mod filter;
pub(crate) mod finishing;
mod folder;
mod held;
mod input;
mod layout;
mod map;
mod record;
mod reference;
pub(crate) mod selection;

pub(crate) use filter::{UploadFilterArgs, UploadFilters};
pub(crate) use folder::folder_of;
pub(crate) use held::{Found, Held, State, look};
pub(crate) use layout::Layout;
pub(crate) use map::draw as draw_map;
pub(crate) use record::{HeldUploadRecord, PartRecord, Totals, UploadRecord};
pub(crate) use reference::UploadRef;
pub(crate) use selection::{Selection, SelectionArgs, Uploads};
