//! One file a command; a command is registered by its line here.

crate::registry::commands! {
    abort,
    complete,
    config,
    cp,
    doctor,
    du,
    getallpartsize,
    lifecycle,
    listpart,
    ls,
    report,
    resume,
    rm,
    sandbox,
    sync,
}
