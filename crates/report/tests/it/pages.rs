//! Pages: whole, honest about what was not seen, and nothing of them acted upon.

use std::time::Instant;

use tracehound_model::text::clean;
use tracehound_report::page::{self, Batch, Told};

use crate::made::{HOSTILE, naming, trace};

fn told() -> Told {
    Told {
        command: "tracehound report trace X:0 --as-of 2023-11-15T23:13:20Z --snapshot 555".to_owned(),
        program: "tracehound 1.2.3".to_owned(),
        chain: "bip122:0f9188f13cb7b2c71f2a335e3a4fc328".to_owned(),
    }
}

fn written(count: usize, seed: u64) -> String {
    let traced = trace(count, seed);
    page::trace(&traced, &naming(&traced.found), &told())
}

#[test]
fn nothing_from_outside_is_acted_upon() {
    let page = written(200, 3);
    // Of all that could begin an element, what the page itself writes.
    let own = [
        "!DOCTYPE", "html", "head", "meta", "title", "style", "body", "header", "section", "h1", "h2", "h3",
        "p", "ul", "li", "b", "bdi", "br", "span", "code", "pre", "table", "thead", "tbody", "tr", "th",
        "td", "figure", "svg", "rect", "path", "text",
    ];
    for (at, _) in page.match_indices('<') {
        let name: String = page[at + 1..]
            .trim_start_matches('/')
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '!')
            .collect();
        assert!(own.contains(&name.as_str()), "<{name}");
    }
    assert_eq!(page.matches("</title>").count(), page.matches("<title>").count());
    for acted_upon in
        ["<script", "<img", "onerror=\"", "href", "src=\"", "url(", "@import", "\u{202e}", "\u{1b}"]
    {
        assert!(!page.contains(acted_upon), "{acted_upon:?}");
    }
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "it is shown");
    let policy = page.split_once("http-equiv=\"Content-Security-Policy\" content=\"").expect("a policy").1;
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{}", &policy[..80]);
    assert!(!policy.split('"').next().expect("one").contains("unsafe"));
}

/// A list may call somebody what it likes, and a trace may come to him a thousand times.
#[test]
fn a_name_without_end_is_cut_where_it_is_repeated() {
    let mut traced = trace(1_000, 3);
    let mut naming = naming(&traced.found);
    let before = page::trace(&traced, &naming, &told()).len();
    let endless = "x".repeat(100_000);
    for entity in traced.found.nodes.iter_mut().filter_map(|node| node.entity.as_mut()) {
        entity.label.clone_from(&endless);
    }
    for (_, claim) in &mut naming.claims {
        claim.statement.label.clone_from(&endless);
        claim.statement.programs = vec![endless.clone(); 3];
    }
    let page = page::trace(&traced, &naming, &told());
    assert!(page.len() < 2 * before, "{} bytes, {before} before", page.len());
    assert!(page.contains(&format!("{}…", "x".repeat(200))));
}

#[test]
fn every_id_of_the_answer_is_in_the_page_whole() {
    let traced = trace(120, 9);
    let page = page::trace(&traced, &naming(&traced.found), &told());
    // Beside the drawing, which is pointed at and cannot be on paper.
    let (text, tables) = page.split_once("<h2>Transactions</h2>").expect("a table");
    assert!(text.contains("<figure>"));
    for node in &traced.found.nodes {
        let locus = node.locus.as_ref().expect("known").to_string();
        let address = node.address.as_ref().expect("known");
        assert!(tables.contains(&locus) && tables.contains(address), "{locus} {address}");
    }
    for edge in &traced.found.edges {
        assert!(tables.contains(&edge.txid.to_string()));
        assert!(tables.contains(&format!(">{}</td>", edge.height.expect("known"))), "its block");
    }
    assert!(tables.contains(&traced.found.snapshot));
}

#[test]
fn a_page_says_what_was_not_seen_and_how_sure_the_rest_is() {
    let page = written(5, 1);
    let place = |said: &str| page.find(said).unwrap_or_else(|| panic!("{said}: {page}"));
    let order = [
        "<h2>Question</h2>",
        "Where did it go: 100.00000000 rBTC in 1 output",
        "<h2>Answer</h2>",
        "This answer is not complete",
        "<h2>What was not seen</h2>",
        "1 path was not followed further: limit on hops",
        "--hops 2000",
        "`nowhere` does not occur in the ledger",
        "<h2>Method, and how often it errs</h2>",
        "measured on generated heists: haircut found 61.3 %",
        "<figure>",
        "<h2>Transactions</h2>",
        "<h2>Who says so</h2>",
        "2024-01-02 03:04Z",
        "<h2>How to repeat it</h2>",
        "tracehound report trace X:0",
    ];
    assert!(order.map(place).is_sorted(), "{:?}", order.map(place));
    let mut whole = trace(5, 1);
    (whole.found.complete, whole.found.gaps) = (true, Vec::new());
    whole.not_in_the_ledger.clear();
    let page = page::trace(&whole, &naming(&whole.found), &told());
    assert!(page.contains("Nothing that was asked for: no block, no list and no limit cut this answer."));
    assert!(!page.contains("not complete"));
}

#[test]
fn a_small_page_is_as_it_was() {
    let traced = trace(2, 1);
    let page = page::trace(&traced, &naming(&traced.found), &told());
    // The drawing and the style have tests of their own.
    let (before, rest) = page.split_once("<style>").expect("a style");
    let (_, rest) = rest.split_once("</style>").expect("its end");
    let (text, rest) = rest.split_once("<figure>").expect("a drawing");
    let (_, after) = rest.rsplit_once("</figure>").expect("its end");
    let page = format!("{before}{text}{after}").replace("><", ">\n<");
    insta::with_settings!({ filters => vec![("'sha256-[^']*'", "a hash")] }, {
        insta::assert_snapshot!("page", page);
    });
}

#[test]
fn poison_touches_and_has_no_shares() {
    let mut traced = trace(40, 3);
    traced.found.method = "poison";
    let page = page::trace(&traced, &naming(&traced.found), &told());
    let answer =
        page.split_once("<h2>Answer</h2>").expect("one").1.split_once("</section>").expect("its end").0;
    assert!(answer.contains("Touched by 100.00000000 rBTC: "), "{answer}");
    assert!(answer.contains("and no amounts of what was followed.") && !answer.contains(" %)"), "{answer}");
    let drawing =
        page.split_once("<figure>").expect("a drawing").1.split_once("</figure>").expect("its end").0;
    assert!(!drawing.contains(" %"), "{drawing}");
}

#[test]
fn a_batch_is_counted_by_day_rule_and_list() {
    let record = |row: u32, day: &str, decision: &str, rule: &str| {
        format!(
            "{{\"row\":{row},\"subject\":\"subject {row} {}\",\"decision\":\"{decision}\",\"basis\":\"lists-only\",\"score\":1,\
             \"reason\":{{\"rule\":\"{rule}\",\"entity\":\"e\",\"category\":\"sanction\",\"source\":\"ofac-sdn\",\"since\":\"2020-01-01\"}},\
             \"summary\":\"because\",\"as_of\":\"{day}T00:00:00Z\",\"exposures\":[],\"evidence\":{{\"nodes\":[],\"because\":[]}},\
             \"coverage\":{{\"sources\":[],\"gaps\":[\"a gap\"]}},\"policy\":\"p{row}\",\"snapshot\":\"s\"}}\n",
            HOSTILE.replace('"', "\\\"").replace('\u{1b}', "\\u001b")
        )
    };
    let mut batch = Batch::default();
    for line in [
        record(1, "2024-01-01", "block", "listed"),
        record(2, "2024-01-02", "block", "listed"),
        record(3, "2024-01-02", "incomplete", "near"),
        "\n".to_owned(),
        "{\"row\":4,\"subject\":\"nonsense\",\"error\":\"no address\"}\n".to_owned(),
    ] {
        batch.record(&line).expect("a record");
    }
    assert!(batch.record("{}").is_err() && batch.record("[1]").is_err());
    let page = page::batch(&batch, &["<verdicts>.jsonl".to_owned()], &told());
    for said in [
        "2 block, 0 review, 1 incomplete, 0 allow; 1 could not be read.",
        "as of 2024-01-01 to 2024-01-02?",
        "<td class=\"any\">2024-01-02</td><td class=\"n\">1</td><td class=\"n\">0</td><td class=\"n\">1</td>",
        "<bdi>listed</bdi></td><td class=\"any\">block</td><td class=\"n\">2</td>",
        "<bdi>ofac-sdn</bdi></td><td class=\"any\">block</td><td class=\"n\">2</td>",
        "for 3 of them: a gap",
        "1 rows could not be read",
        "<code>nonsense</code>",
        "&lt;verdicts&gt;.jsonl",
        "SHA-256 of the records",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    // Nothing is said of nobody, and what differs by its amounts alone is one line.
    let named = |row: u32| {
        record(row, "2024-01-02", "incomplete", "near")
            .replace("\"exposures\":[]", "\"exposures\":[{\"exposure\":\"direct\",\"direction\":\"incoming\",\"category\":\"exchange\",\"label\":\"E\",\"source\":\"own-gen\"}]")
            .replace(
                "\"gaps\":[\"a gap\"]",
                &format!("\"gaps\":[{{\"kind\":\"indirect_truncated\",\"scope\":{{\"of\":\"subject\"}},\"sentence\":\"0.0000000{row} of it was not followed\"}}]"),
            )
            .replace("\"reason\":{\"rule\":\"near\",\"entity\":\"e\",\"category\":\"sanction\",\"source\":\"ofac-sdn\",\"since\":\"2020-01-01\"},", "")
    };
    let mut other = Batch::default();
    for row in 2..9 {
        other.record(&named(row)).expect("a record");
    }
    let shown = page::batch(&other, &["v.jsonl".to_owned()], &told());
    for said in [
        "None decided a row.",
        "<code>own-gen</code></td><td class=\"n\">7</td>",
        "for 7 of them, each with its own amounts or names (the records have them), as: 0.00000002 of it",
        "Not examined: 0.00000003 of it was not followed",
    ] {
        assert!(shown.contains(said), "{said}: {shown}");
    }
    assert!(!shown.contains("nobody says anything") && !shown.contains("as: 0.00000003"), "{shown}");
    assert!(
        page.contains(&clean(HOSTILE).replace('<', "&lt;").replace('>', "&gt;")[..20])
            && !page.contains("<script")
    );
}

/// Run alone, in a release build: `cargo test --release -p tracehound-report -- --ignored ten_megabytes --nocapture`.
#[test]
#[ignore = "a measurement of time, which no debug build and no busy machine can be held to"]
#[expect(clippy::print_stdout, reason = "its result")]
fn a_page_of_ten_megabytes_takes_less_than_three_seconds() {
    let traced = trace(9_500, 4);
    let naming = naming(&traced.found);
    let begun = Instant::now();
    let page = page::trace(&traced, &naming, &told());
    let took = begun.elapsed();
    println!("{} bytes in {took:?}", page.len());
    assert!(page.len() > 10_000_000 && took.as_secs_f64() < 3.0, "{} bytes in {took:?}", page.len());
}
