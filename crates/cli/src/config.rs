//! The configuration file: what options say where neither the command line nor the environment does.
//!
//! It is TOML. A key is the long name of an option, a table the name of a command: `[screen] policy = "strict"` stands for
//! `screen --policy strict`. What it sets becomes the option's default, so that one parser reads and checks all values.

use std::{
    any::TypeId,
    collections::BTreeMap,
    ffi::OsString,
    path::{Path, PathBuf},
};

use clap::{
    Arg, ArgMatches, Command,
    error::{ContextKind, ContextValue},
    parser::ValueSource,
};
use toml::{Table, Value};
use tracehound_engine::{Configuration, DataFolder, SetBy, SetOption};
use tracehound_model::{endpoint::hide, text::label};

use crate::files;

/// Names the file; set to nothing, there is none.
pub(crate) const NAMED_BY: &str = "TRACEHOUND_CONFIG";

/// The options that a file may set: what is so for an installation and its people. What accepts something, vouches for it, or
/// is about one question is said each time. No password stands here; an address with a key in it may be `env:NAME` or `@FILE`.
const SETTABLE: [&str; 28] = [
    "account",
    "also",
    "chain-id",
    "context",
    "data",
    "dust",
    "esplora",
    "esplora-limit",
    "esplora-max-age",
    "group",
    "hops",
    "limit",
    "listen",
    "log",
    "max-age",
    "memory",
    "method",
    "mirror",
    "network",
    "policy",
    "prices",
    "quiet",
    "rpc",
    "safe-service",
    "threads",
    "threshold",
    "txs",
    "work",
];

/// What the file sets.
#[derive(Debug, Default)]
pub(crate) struct Config {
    path: Option<PathBuf>,
    exists: bool,
    /// Values by command and option.
    values: BTreeMap<(String, String), Vec<String>>,
}

impl Config {
    /// Reads the file, where there is one, into the defaults of the options.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub(crate) fn read(command: Command) -> Result<(Self, Command), String> {
        let named = std::env::var_os(NAMED_BY);
        let path = match &named {
            Some(name) if name.is_empty() => return Ok((Self::default(), command)),
            Some(name) => Some(PathBuf::from(name)),
            None => DataFolder::configuration_of_user(),
        };
        let mut config = Self { path, ..Self::default() };
        let Some(path) = config.path.clone() else { return Ok((config, command)) };
        let at = |what: String| format!("the configuration file {}: {what}", path.display());
        let text = match files::text(&path, files::SETTINGS) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && named.is_none() => {
                return Ok((config, command));
            }
            text => text.map_err(|error| at(error.to_string()))?,
        };
        config.exists = true;
        let table: Table =
            text.parse().map_err(|error: toml::de::Error| at(hide(error.to_string().trim_end())))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let command = config.apply(&table, command, &[], folder).map_err(at)?;
        Ok((config, command))
    }

    fn apply(
        &mut self,
        table: &Table,
        mut command: Command,
        names: &[&str],
        folder: &Path,
    ) -> Result<Command, String> {
        for (key, value) in table {
            if let Value::Table(inner) = value {
                let Some(name) = command.find_subcommand(key).map(|found| found.get_name().to_owned()) else {
                    return Err(format!(
                        "there is no command `{}`",
                        label(&[names, &[key]].concat().join(" "))
                    ));
                };
                let mut applied = Ok(());
                command = command.mut_subcommand(&name, |inside| {
                    let names = [names, &[name.as_str()]].concat();
                    self.apply(inner, inside, &names, folder).unwrap_or_else(|error| {
                        applied = Err(error);
                        Command::new(name.clone())
                    })
                });
                applied?;
                continue;
            }
            let found = command.get_arguments().find(|arg| arg.get_long() == Some(key));
            let option = || format!("--{}", label(key));
            let of = || {
                if names.is_empty() { "every command".to_owned() } else { format!("`{}`", names.join(" ")) }
            };
            let Some(arg) = found else { return Err(format!("{} has no option {}", of(), option())) };
            if !SETTABLE.contains(&key.as_str()) {
                return Err(format!("{} is said on the command line each time, in no file", option()));
            }
            let values = values_of(arg, value, folder).map_err(|why| format!("{} {why}", option()))?;
            self.values.insert((names.join(" "), key.clone()), values.clone());
            let id = arg.get_id().clone();
            command = command.mut_arg(id, |arg| arg.default_values(values));
        }
        Ok(command)
    }

    /// What an error of the command line is about, where the file and not the command line brought the value.
    pub(crate) fn blamed(&self, error: &clap::Error, arguments: &[OsString]) -> Option<String> {
        let text = |kind| match error.get(kind) {
            Some(ContextValue::String(text)) => Some(text.as_str()),
            _ => None,
        };
        let (option, value) = (text(ContextKind::InvalidArg)?, text(ContextKind::InvalidValue)?);
        let long = option.strip_prefix("--")?.split([' ', '=']).next()?;
        let given = format!("--{long}");
        let is_given = arguments.iter().any(|argument| {
            argument.to_str().is_some_and(|text| text == given || text.starts_with(&format!("{given}=")))
        });
        let is_set = self
            .values
            .iter()
            .any(|((_, name), values)| name == long && values.iter().any(|own| own == value));
        let path = self.path.as_ref().filter(|_| is_set && !is_given)?;
        Some(format!("the value of --{long} is set in the configuration file {}", path.display()))
    }

    /// All options that a file may set, and who sets them. `command` has the file's defaults, `given` is the command line.
    pub(crate) fn shown(&self, command: &Command, given: &ArgMatches) -> Configuration {
        let mut options = Vec::new();
        self.gather(command, Some(given), &[], &mut options);
        options.sort_by(|a, b| (&a.command, &a.option).cmp(&(&b.command, &b.option)));
        Configuration {
            file: self.path.as_ref().map(|path| path.display().to_string()),
            exists: self.exists,
            options,
        }
    }

    fn gather(
        &self,
        command: &Command,
        given: Option<&ArgMatches>,
        names: &[&str],
        options: &mut Vec<SetOption>,
    ) {
        for arg in command.get_arguments() {
            let Some(long) = arg.get_long().filter(|long| SETTABLE.contains(long)) else { continue };
            if arg.is_global_set() && !names.is_empty() {
                continue;
            }
            let (values, from) = self.set_by(arg, given, &names.join(" "), long);
            let values = values.iter().map(|value| hide(value)).collect();
            options.push(SetOption { command: names.join(" "), option: long.to_owned(), values, from });
        }
        for inside in command.get_subcommands() {
            self.gather(inside, None, &[names, &[inside.get_name()]].concat(), options);
        }
    }

    fn set_by(
        &self,
        arg: &Arg,
        given: Option<&ArgMatches>,
        command: &str,
        long: &str,
    ) -> (Vec<String>, SetBy) {
        let id = arg.get_id().as_str();
        let is_given = given.is_some_and(|given| given.value_source(id) == Some(ValueSource::CommandLine));
        if let Some(given) = given.filter(|_| is_given) {
            let values = given.try_get_raw(id).ok().flatten().into_iter().flatten();
            return (values.map(|value| value.to_string_lossy().into_owned()).collect(), SetBy::CommandLine);
        }
        let variable = arg.get_env().and_then(|name| Some((name, std::env::var_os(name)?)));
        if let Some((name, value)) = variable {
            return (
                vec![value.to_string_lossy().into_owned()],
                SetBy::Environment(name.to_string_lossy().into_owned()),
            );
        }
        if let Some(values) = self.values.get(&(command.to_owned(), long.to_owned())) {
            return (values.clone(), SetBy::File);
        }
        let values: Vec<String> =
            arg.get_default_values().iter().map(|value| value.to_string_lossy().into_owned()).collect();
        let from = if values.is_empty() { SetBy::Nobody } else { SetBy::BuiltIn };
        (values, from)
    }
}

/// The values of an option as the command line would have them. A relative path is one from the file's folder.
fn values_of(arg: &Arg, value: &Value, folder: &Path) -> Result<Vec<String>, &'static str> {
    if !arg.get_action().takes_values() {
        return match value {
            Value::Boolean(is_set) => Ok(vec![is_set.to_string()]),
            _ => Err("is true or false"),
        };
    }
    let is_path = arg.get_value_parser().type_id() == TypeId::of::<PathBuf>();
    // A policy is a preset or a file.
    let is_policy_file = |text: &str| {
        arg.get_long() == Some("policy")
            && Path::new(text).extension().is_some_and(|extension| extension == "toml")
    };
    let one = |value: &Value| match value {
        Value::String(text) if text.starts_with("~/") => {
            Err("begins with ~, which only a shell knows: write the folder in full")
        }
        Value::String(text) if is_path || is_policy_file(text) => Ok(folder.join(text).display().to_string()),
        Value::String(text) => Ok(text.clone()),
        Value::Integer(number) => Ok(number.to_string()),
        Value::Float(number) => Ok(number.to_string()),
        _ => Err("is a text, a number, or a list of them"),
    };
    match value {
        Value::Array(values) if matches!(arg.get_action(), clap::ArgAction::Append) => {
            values.iter().map(one).collect()
        }
        Value::Array(_) => Err("has one value"),
        value => Ok(vec![one(value)?]),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::args::Cli;

    #[test]
    fn what_may_be_set_is_there_and_accepts_nothing() {
        fn longs(command: &Command) -> Vec<String> {
            let own = command.get_arguments().filter_map(|arg| arg.get_long().map(str::to_owned));
            own.chain(command.get_subcommands().flat_map(longs)).collect()
        }
        let all = longs(&Cli::command());
        for name in SETTABLE {
            assert!(all.iter().any(|long| long == name), "no command has --{name}");
            assert!(
                !["accept", "allow", "no-", "checked"].iter().any(|word| name.starts_with(word)),
                "{name}"
            );
        }
        assert!(SETTABLE.is_sorted());
    }
}
