//! One file a command; a command is registered by its line here.

crate::registry::commands! {
    abort,
    config,
    doctor,
    du,
    getallpartsize,
    lifecycle,
    listpart,
    ls,
    report,
    rm,
    sandbox,
}
