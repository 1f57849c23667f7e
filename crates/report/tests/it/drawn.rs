//! Drawings: legible where they are printed, and adding up.

use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};
use tracehound_engine::trace::dot;
use tracehound_report::{Origin, SMALLEST, picture};

use crate::made::{HOSTILE, trace};

/// A page's elements with their attributes, and the text in them.
pub(crate) struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
}

impl Element {
    fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn number(&self, name: &str) -> f64 {
        self.get(name).expect(name).parse().expect("a number")
    }
}

fn elements(svg: &str) -> Vec<Element> {
    let mut reader = Reader::from_str(svg);
    let mut found: Vec<Element> = Vec::new();
    let begun = |start: &BytesStart<'_>| Element {
        name: start.name().as_ref().to_owned(),
        attributes: start
            .attributes()
            .map(|attribute| {
                let attribute = attribute.expect("well-formed");
                let key = attribute.key.as_ref().to_owned();
                (key, attribute.value.into_owned())
            })
            .collect(),
        text: String::new(),
    };
    loop {
        match reader.read_event().expect("well-formed") {
            Event::Start(start) | Event::Empty(start) => found.push(begun(&start)),
            Event::Text(text) => {
                if let Some(last) = found.last_mut() {
                    last.text.push_str(&text);
                }
            }
            Event::Eof => return found,
            _ => {}
        }
    }
}

fn origin() -> Origin {
    Origin {
        lists: format!("own of 2024-01-01, {HOSTILE}"),
        generated: true,
        program: "tracehound 1.2.3".to_owned(),
    }
}

#[test]
fn every_page_can_be_read_where_it_is_printed() {
    for (count, seed) in [(0, 1), (1, 1), (10, 2), (100, 3), (1_000, 4), (3_000, 5)] {
        let pages = picture::trace(&trace(count, seed).found, &origin());
        assert!((1..=12).contains(&pages.len()), "{count} transactions on {} pages", pages.len());
        for page in &pages {
            let elements = elements(page);
            let svg = &elements[0];
            assert_eq!(
                (svg.get("width"), svg.get("height")),
                (Some("297mm"), Some("210mm")),
                "A4 in landscape"
            );
            let frame: Vec<f64> = svg
                .get("viewBox")
                .expect("a frame")
                .split(' ')
                .map(|number| number.parse().expect("a number"))
                .collect();
            let points = 297.0 / 25.4 * 72.0 / frame[2];
            for element in &elements {
                if let Some(size) = element.get("font-size") {
                    let size: f64 = size.parse().expect("points");
                    assert!(size * points >= 7.0, "text of {size}");
                }
                if element.name == "text" {
                    let (x, y) = (element.number("x"), element.number("y"));
                    assert!(
                        (30.0..=frame[2] - 30.0).contains(&x) && (30.0..=frame[3] - 14.0).contains(&y),
                        "at {x}, {y}"
                    );
                    if element.get("text-anchor").is_none() {
                        let least = f64::from(element.text.chars().count() as u32) * SMALLEST * 0.3;
                        assert!(x + least <= frame[2], "{} runs over the edge", element.text);
                    }
                }
            }
            no_overlap(&elements);
        }
    }
}

/// Boxes of one column, each with the lines below it, stand clear of each other.
fn no_overlap(elements: &[Element]) {
    let mut boxes: Vec<(f64, f64, f64)> = Vec::new();
    for element in elements {
        if element.name == "rect" && element.get("width") == Some("9") {
            let y = element.number("y");
            boxes.push((element.number("x"), y, y + element.number("height")));
        } else if element.name == "text"
            && element.get("class") == Some("l")
            && let Some(last) = boxes.last_mut()
        {
            last.2 = last.2.max(element.number("y"));
        }
    }
    boxes.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    for pair in boxes.windows(2) {
        assert!(pair[0].0 != pair[1].0 || pair[0].2 <= pair[1].1, "{:?} runs into {:?}", pair[0], pair[1]);
    }
}

#[test]
fn the_ends_of_a_drawing_add_up_to_what_was_followed() {
    for (count, seed) in [(0, 1), (1, 1), (10, 2), (100, 3), (1_000, 4)] {
        let traced = trace(count, seed);
        let pages = picture::trace(&traced.found, &origin());
        for side in ["left", "right"] {
            let ends = elements(&pages[0]);
            let ends = ends.iter().filter(|element| element.get("data-edge") == Some(side));
            let sum: u128 = ends
                .map(|end| end.get("data-base-units").expect("an amount").parse::<u128>().expect("units"))
                .sum();
            assert_eq!(
                sum.to_string(),
                traced.found.sums.seeded.to_string(),
                "{side} of {count} transactions"
            );
        }
    }
}

/// A few transactions too many for one page: the pages behind the overview show each of them, in a row or not.
#[test]
fn on_a_few_pages_every_transaction_is_a_box() {
    let mut of_few = 0;
    for (count, seed) in (5..12).flat_map(|count| (1..6).map(move |seed| (count, seed))) {
        let found = trace(count, seed).found;
        let pages = picture::trace(&found, &origin());
        if (2..=4).contains(&pages.len()) {
            of_few += 1;
            let detail = pages[1..].concat();
            for edge in &found.edges {
                assert!(detail.contains(&edge.txid.to_string()), "{} of {count}, seed {seed}", edge.txid);
            }
        }
    }
    assert!(of_few > 10, "{of_few} drawings of a few pages");
}

#[test]
fn whoever_is_named_is_one_box_of_a_page() {
    let pages = picture::trace(&trace(300, 7).found, &origin());
    for page in &pages {
        let elements = elements(page);
        let names = elements.iter().filter(|element| element.text.starts_with("Service "));
        let mut names: Vec<&str> =
            names.filter(|element| element.name == "text").map(|element| element.text.as_str()).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}

#[test]
fn a_page_says_what_it_is_and_what_its_colours_mean() {
    let traced = trace(12, 2);
    let pages = picture::trace(&traced.found, &origin());
    assert!(
        pages[0].contains("what is asked about") && pages[0].contains("Overview of all pages, page 1 of ")
    );
    for page in &pages {
        for said in [
            "Where it went: 100.00000000 rBTC on Bitcoin regtest",
            "GENERATED: nothing shown here happened.",
            "rule of taint &quot;haircut&quot;",
            "The ledger ends with block 900000 of",
            "Names: own of 2024-01-01",
            "tracehound 1.2.3, snapshot 5555",
            "The width of a band is the value that is followed",
            // Columns are steps: what is drawn further right may have happened before.
            "each box stands right of all that flows into it, whatever their times.",
            "whole where the drawing is pointed at, and in the tables.",
        ] {
            assert!(page.contains(said), "{said}: {page}");
        }
        assert!(!page.contains("<script") && !page.contains("<img") && !page.contains("href"), "{page}");
        assert!(!page.contains('\u{202e}') && !page.contains('\u{1b}'));
    }
}

#[test]
fn graphviz_gets_no_more_than_it_can_draw_and_is_told_so() {
    let drawn = dot(&trace(1_000, 4).found);
    let boxes = drawn.matches("[shape=box").count();
    assert_eq!((boxes, drawn.contains("700 smaller transactions are drawn as one")), (301, true));
    let small = dot(&trace(100, 4).found);
    assert!(small.matches("[shape=box").count() == 100 && !small.contains("smaller"));
}

#[test]
fn a_small_drawing_is_as_it_was() {
    let pages = picture::trace(&trace(4, 1).found, &origin());
    assert_eq!(pages.len(), 1);
    insta::assert_snapshot!("trace", pages[0]);
}
