//! Texts for coding agents, and texts that people are told to paste.

use crate::{
    command::{self, Effect},
    finding::{CheckId, Finding, Severity},
    place,
    source::Source,
};

const FILES: &str = "claude.md|claude.local.md|agents.md|agent.md|gemini.md|.cursorrules|.windsurfrules|.clinerules|.cursor/rules/*|.clinerules/*|copilot-instructions.md|\
    .github/instructions/*|.claude/commands/*|.claude/agents/*|.claude/skills/*|skill.md|.roo/rules/*|.kiro/steering/*|.junie/guidelines.md|.aider.conf.yml|conventions.md";

pub(super) fn read(source: &Source<'_>, findings: &mut Vec<Finding>) {
    let for_agents = place::is(source.path, FILES);
    if !for_agents && !place::is(source.path, "readme*|contributing*") {
        return;
    }
    let mut comment = false;
    for (line, number) in source.text.lines().zip(1_u32..) {
        let begins = line.contains("<!--");
        let hidden = comment || begins;
        comment = (comment || begins) && !line.contains("-->");
        let lower = line.to_ascii_lowercase();
        let seen = command_in(line);
        let orders = [
            "run ",
            "execute",
            "do not tell",
            "don't tell",
            "without asking",
            "before answering",
            "do not mention",
            "silently",
            "ignore previous",
            "ignore all",
            "must first",
            "always start",
            "bash",
            "curl",
        ]
        .iter()
        .any(|word| lower.contains(word));
        let quiet = [
            "do not tell",
            "don't tell",
            "do not mention",
            "don't mention",
            "without asking",
            "do not show",
            "silently",
            "never reveal",
            "not inform",
        ]
        .iter()
        .any(|word| lower.contains(word));
        if hidden && orders && (seen.is_some() || quiet) {
            let title = "A comment that is not shown tells a coding agent to run something.";
            findings.push(
                Finding::new(CheckId::Agent01, Severity::High, source.path, title)
                    .at(number)
                    .showing(line.trim())
                    .attack(&["T1204.002", "T1564"]),
            );
        } else if for_agents && seen.is_some() {
            let title = "The instructions for a coding agent hold a command that fetches or decodes something and runs it.";
            findings.push(
                Finding::new(CheckId::Agent01, Severity::High, source.path, title)
                    .at(number)
                    .showing(line.trim())
                    .attack(&["T1204.002", "T1059.004"]),
            );
        } else if for_agents && quiet && orders && lower.contains("run") {
            let title = "The instructions for a coding agent ask it to keep what it does from its user.";
            findings.push(
                Finding::new(CheckId::Agent01, Severity::High, source.path, title)
                    .at(number)
                    .showing(line.trim())
                    .attack(&["T1564"]),
            );
        }
    }
}

/// Whether a line of text holds a command that runs what it fetches or decodes.
fn command_in(line: &str) -> Option<Effect> {
    let plain =
        line.trim().trim_start_matches(['-', '*', '>', '$', '#', ' ', '!', '`']).trim_end_matches(['`', '.']);
    let pieces = std::iter::once(plain).chain(line.split('`').skip(1).step_by(2));
    pieces.filter(|piece| piece.len() > 8).flat_map(command::read).map(|(effect, _)| effect).find(|effect| {
        matches!(
            effect,
            Effect::RunsFetched(_)
                | Effect::RunsDecoded(_)
                | Effect::SendsSecrets(_)
                | Effect::RunsDisguised(_)
        )
    })
}
