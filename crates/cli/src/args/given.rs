//! Addresses and passwords that need not stand on the command line, where everybody on the machine could read them.

use std::{convert::Infallible, fmt, fs::File, io::Read, str::FromStr};

use miette::{IntoDiagnostic, Result, WrapErr, miette};

/// Bytes of a file that are read.
const MOST: u64 = 1 << 16;

/// Something that may hold a key: the text itself, `@FILE` for the first line of a file, or `env:NAME` for an environment
/// variable. Whether it is any good is found out later: the command line's own errors repeat what was given.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Given(String);

impl Given {
    /// What was meant. `what` names it in an error, which never repeats it.
    pub(crate) fn read(&self, what: &str) -> Result<String> {
        if let Some(path) = self.0.strip_prefix('@') {
            let named = || format!("reading {what} from the file {path}");
            let mut text = String::new();
            let opened = File::open(path).into_diagnostic().wrap_err_with(named)?;
            opened.take(MOST).read_to_string(&mut text).into_diagnostic().wrap_err_with(named)?;
            let first = text.lines().next().unwrap_or_default().trim();
            return match first {
                "" => Err(miette!("the first line of {path} is empty, and {what} was expected there")),
                first => Ok(first.to_owned()),
            };
        }
        match self.0.strip_prefix("env:") {
            Some(name) => match std::env::var(name) {
                Ok(value) if !value.trim().is_empty() => Ok(value.trim().to_owned()),
                _ => {
                    Err(miette!("the environment variable {name} is not set, and {what} was expected there"))
                }
            },
            None => Ok(self.0.clone()),
        }
    }

    /// The words before the last `=` signs, as many as are named, and what was meant behind them: `ID=URL`, `ID=env:NAME`.
    pub(crate) fn read_named<const N: usize>(
        &self,
        names: [&str; N],
        what: &str,
    ) -> Result<([String; N], String)> {
        let form = || format!("{}={}", names.join("="), what.to_uppercase());
        let mut rest = self.0.as_str();
        let mut words = [const { String::new() }; N];
        for word in &mut words {
            let (own, more) = rest.split_once('=').ok_or_else(|| miette!("write {}", form()))?;
            (*word, rest) = (own.trim().to_owned(), more);
        }
        if rest.is_empty() || words.iter().any(String::is_empty) {
            return Err(miette!("write {}", form()));
        }
        Ok((words, Self(rest.to_owned()).read(what)?))
    }

    /// Whether it is the text itself.
    pub(crate) fn is_open(&self) -> bool {
        !self.0.starts_with('@') && !self.0.starts_with("env:")
    }
}

impl FromStr for Given {
    type Err = Infallible;

    fn from_str(text: &str) -> std::result::Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Given(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_may_lie_in_a_file_and_no_error_repeats_it() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("key");
        std::fs::write(&path, "  https://h/KEY \nmore\n").expect("written");
        let given: Given = format!("@{}", path.display()).parse().expect("never fails");
        assert_eq!(given.read("the address").expect("read"), "https://h/KEY");
        assert!(!given.is_open());
        std::fs::write(&path, "\nhttps://h/KEY").expect("written");
        assert!(!given.read("the address").expect_err("empty").to_string().contains("KEY"));
        let named: Given = "env:TRACEHOUND_NOBODY_SETS_THIS".parse().expect("never fails");
        assert!(
            named
                .read("the address")
                .expect_err("not set")
                .to_string()
                .contains("TRACEHOUND_NOBODY_SETS_THIS")
        );
        let open: Given = "https://h/KEY".parse().expect("never fails");
        assert_eq!(
            (open.read("it").expect("itself").as_str(), format!("{open:?}").as_str()),
            ("https://h/KEY", "Given(…)")
        );
    }
}
