//! What is the same for many entries of a listing is kept once: an entry of a listing of millions
//! would else be made of copies of the same few words.

use std::{borrow::Cow, sync::Arc};

use super::Owner;
use crate::xml::Element;

/// One of few words, such as a storage class. Those that are known are not copied.
pub type Word = Cow<'static, str>;

/// The storage classes, and the types of objects.
const KNOWN: [&str; 9] = [
    "Standard",
    "Normal",
    "Multipart",
    "IA",
    "Archive",
    "ColdArchive",
    "DeepColdArchive",
    "Appendable",
    "Symlink",
];

/// The word in the child `name`, unless it is absent or empty.
pub(super) fn word(element: Element<'_, '_>, name: &str) -> Option<Word> {
    let text = element.content(name).filter(|text| !text.is_empty())?;
    let known = KNOWN.into_iter().find(|known| **known == *text);
    Some(known.map_or_else(|| Cow::Owned(text.into_owned()), Cow::Borrowed))
}

/// The owners of the entries of a page, which are mostly one.
#[derive(Default)]
pub(super) struct Owners(Option<Arc<Owner>>);

impl Owners {
    /// The `<Owner>` below `entry`.
    pub(super) fn of(&mut self, entry: Element<'_, '_>) -> Option<Arc<Owner>> {
        let owner = entry.child("Owner")?;
        let is = |name, text: &str| owner.content(name).unwrap_or_default() == text;
        let is_other =
            |last: &Arc<Owner>| !is("ID", &last.id) || !is("DisplayName", &last.display_name);
        if self.0.as_ref().is_none_or(is_other) {
            self.0 = Owner::below(entry).map(Arc::new);
        }
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml;

    #[test]
    fn entries_share_what_is_the_same_and_nothing_else() {
        let owner = |id| {
            format!("<E><W>IA</W><Owner><ID>{id}</ID><DisplayName>n</DisplayName></Owner></E>")
        };
        let body =
            format!("<R>{}{}{}<E><W>New</W></E><E><W/></E></R>", owner(1), owner(1), owner(2));
        xml::parse(body.as_bytes(), "R", |root| {
            let mut owners = Owners::default();
            let found: Vec<_> = root.all("E").map(|entry| owners.of(entry)).collect();
            assert!(Arc::ptr_eq(found[0].as_ref().unwrap(), found[1].as_ref().unwrap()));
            assert_eq!(found[2].as_ref().unwrap().id, "2");
            assert_eq!(found[3..], [None, None]);
            let words: Vec<_> = root.all("E").skip(2).map(|entry| word(entry, "W")).collect();
            assert!(matches!(&words[0], Some(Cow::Borrowed("IA"))));
            assert_eq!(words[1..], [Some(Cow::Borrowed("New")), None]);
            Ok(())
        })
        .unwrap();
    }
}
