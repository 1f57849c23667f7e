//! Addresses of servers where a file belongs. They hold keys, which no error repeats, and a file of that name never comes.

use std::{any::TypeId, ffi::OsStr, path::Path, path::PathBuf};

use clap::{ArgMatches, Command};
use tracehound_model::endpoint::mistyped;

use super::Given;

/// Values that are a preset or a file.
const OF_POLICIES: &[&str] = &["POLICY", "BEFORE", "AFTER"];

/// Why an argument that names a file cannot be meant, where one cannot: it looks like the address of a server, and is neither
/// one nor a file.
pub(crate) fn mistaken(command: &Command, matches: &ArgMatches) -> Option<String> {
    for arg in command.get_arguments() {
        let kind = arg.get_value_parser().type_id();
        let of_policy = || {
            let names = arg.get_value_names().unwrap_or_default();
            names.iter().any(|name| OF_POLICIES.contains(&name.as_str()))
        };
        let is_file = kind == TypeId::of::<PathBuf>() || of_policy();
        let is_given = kind == TypeId::of::<Given>();
        let values = matches.try_get_raw(arg.get_id().as_str()).ok().flatten();
        for value in values.into_iter().flatten() {
            // An address by itself is read as one; only a file may hold it.
            if let Some(shown) = no_file(value)
                && (is_file || (is_given && value.to_string_lossy().starts_with('@')))
            {
                return Some(format!(
                    "{arg}: there is no file {shown}; if that is the address of a server, it begins with http:// or \
                     https:// and stands where one is asked for"
                ));
            }
        }
    }
    let (name, matches) = matches.subcommand()?;
    mistaken(command.find_subcommand(name)?, matches)
}

/// A text without what such arguments hold beyond the server.
pub(crate) fn without_keys(text: &str, arguments: impl Iterator<Item = std::ffi::OsString>) -> String {
    let mut text = text.to_owned();
    for argument in arguments {
        let argument = argument.to_string_lossy().into_owned();
        let value = argument.strip_prefix('-').and_then(|flag| flag.split_once('='));
        let value = value.map_or(argument.as_str(), |(_, value)| value);
        if let Some(shown) = no_file(OsStr::new(value)) {
            text = text.replace(value.trim(), &shown);
        }
    }
    text
}

/// What may be shown of a value that looks like the address of a server and names no file, there or to come.
fn no_file(value: &OsStr) -> Option<String> {
    let text = value.to_str()?;
    let text = text.strip_prefix('@').unwrap_or(text);
    let shown = mistyped(text)?;
    let path = Path::new(text);
    let is_below = path.parent().is_some_and(|folder| !folder.as_os_str().is_empty() && folder.is_dir());
    (!path.exists() && !is_below).then_some(shown)
}
