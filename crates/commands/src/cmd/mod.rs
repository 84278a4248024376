//! One file a command; a command is registered by its line here.

crate::registry::commands! {
    abort,
    complete,
    getallpartsize,
    listpart,
    ls,
    resume,
    rm,
    sandbox,
}
