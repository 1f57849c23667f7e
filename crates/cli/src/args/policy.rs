//! What `policy` is asked.

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// The presets and what an `allow` of each promises
    List,
    /// What an `allow` of a policy promises, in words, and its TOML to copy and change
    Show {
        /// A preset (`strict`, `lists-only`) or a file
        #[arg(value_name = "POLICY", default_value = "strict")]
        policy: String,
    },
    /// What another policy asks otherwise, or which recorded decisions it would change
    #[command(after_help = "Examples:
  tracehound policy diff strict lists-only
  tracehound screen --stdin --output jsonl < addresses.txt > decisions.jsonl
  tracehound policy diff strict mine.toml --over decisions.jsonl")]
    Diff {
        /// A preset or a file
        #[arg(value_name = "BEFORE")]
        before: String,
        /// A preset or a file
        #[arg(value_name = "AFTER")]
        after: String,
        /// Verdicts as `screen --output jsonl` writes them: says which would change, and why
        #[arg(long, value_name = "FILE")]
        over: Option<PathBuf>,
    },
    /// Read a policy file and say whether it is valid
    Check {
        /// The file
        file: PathBuf,
    },
}
