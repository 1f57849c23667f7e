//! `tracehound guard proxy`: options in, lines on standard error out.

use std::sync::Arc;

use jiff::Timestamp;
use miette::{IntoDiagnostic, Result};
use tracehound_guard::Policy;
use tracehound_server::proxy::{Limits, Log, Options, Proxy};

use crate::{args::GuardProxyArgs, folder::Folder, terminal};

pub(super) fn run(data: &Folder, args: &GuardProxyArgs) -> Result<u8> {
    let policy = match &args.policy {
        Some(file) => super::read_policy(file)?,
        None => Policy::default(),
    };
    let facts = super::read_context(args.context.as_deref())?;
    let options = Options {
        upstream: args.upstream.read("the node's address")?,
        listen: args.listen,
        allow_remote: args.allow_remote,
        origins: args.origin.clone(),
        allow_review: args.allow_review,
        policy,
        facts,
        lists: if args.no_lists {
            None
        } else {
            Some(Arc::new(data.claims()?.lists_for_guard(Timestamp::now)))
        },
        simulate: !args.no_simulation,
        limits: Limits::default(),
    };
    let log: Log = Box::new(|line| {
        // The proxy goes on refusing when nobody reads along.
        terminal::say(line);
    });
    Proxy::bind(options, log).into_diagnostic()?.run().into_diagnostic()?;
    Ok(0)
}
