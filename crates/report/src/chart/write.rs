//! A page as SVG.

#![expect(clippy::cast_precision_loss, reason = "lengths on paper, never money")]

use std::{collections::BTreeSet, fmt::Write as _};

use super::{
    COLUMN, Caption, Chart, HEIGHT, Kind, MARGIN, SMALLEST, WIDTH,
    arrange::{Band, LINE, Placed, Shape},
    text::{escaped, fitting, width, wrapped},
};

/// Room for the labels of the last column.
const LABEL: f64 = COLUMN - 20.0;
/// Width of a box.
const BOX: f64 = 9.0;
/// Most lines above and below.
const MOST_HEAD: usize = 6;
const MOST_FOOT: usize = 3;
/// Where the lines below the title begin, and how far apart they are.
const HEAD: f64 = 57.0;
const STEP: f64 = LINE + 0.5;
/// Where the legend begins, of two lines and one more, and what stands below it.
const LEGEND: f64 = 523.0;
const FOOT: f64 = 555.0;
/// Width of a line.
const ROOM: f64 = WIDTH - 2.0 * MARGIN;

/// What a drawing's `<style>` holds; pages allow it by its hash.
pub(crate) const STYLE: &str = ".b{fill:none;stroke-opacity:.38}.d{fill:#444}\
                                .l{paint-order:stroke;stroke:#fff;stroke-width:2px;stroke-linejoin:round}";

impl Placed {
    /// The file's text; `number` says which page of how many it is, `what` what sort of page.
    pub(super) fn write(
        &self,
        chart: &Chart,
        caption: &Caption,
        number: (usize, usize),
        what: &str,
    ) -> String {
        let mut page = Page { text: String::new() };
        page.line(&format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"297mm\" \
             height=\"210mm\" font-family=\"Helvetica, Arial, 'Liberation Sans', 'Noto Sans CJK SC', sans-serif\" \
             font-size=\"{SMALLEST}\">"
        ));
        page.line(&format!("<style>{STYLE}</style>"));
        page.line(&format!("<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#fff\"/>"));
        page.head(caption, number, what);
        for band in &self.bands {
            page.line(&self.band(band));
        }
        for shape in &self.shapes {
            page.shape(shape, self.spread());
        }
        let kinds: BTreeSet<Kind> = self.shapes.iter().map(|shape| shape.kind).collect();
        page.legend(chart, &kinds);
        page.foot(caption);
        page.line("</svg>");
        page.text
    }

    /// Points from one column to the next: the page is used up to its edge.
    fn spread(&self) -> f64 {
        let last = self.shapes.iter().map(|shape| shape.column).max().unwrap_or(1).max(1);
        (WIDTH - 2.0 * MARGIN - LABEL) / last as f64
    }

    fn band(&self, band: &Band) -> String {
        let (from, to) = (&self.shapes[band.from], &self.shapes[band.to]);
        let spread = self.spread();
        let (x1, x2) = (x_of(from, spread) + BOX, x_of(to, spread));
        let middle = f64::midpoint(x1, x2);
        let (y1, y2) = band.y;
        let kind = if matches!(to.kind, Kind::Transaction | Kind::Several | Kind::Page) {
            from.kind
        } else {
            to.kind
        };
        let mut title = band.titles.join("; ");
        if band.count > band.titles.len() {
            write!(title, "; {} in all", band.count).expect("a string takes every write");
        }
        format!(
            "<path d=\"M{x1:.1},{y1:.1} C{middle:.1},{y1:.1} {middle:.1},{y2:.1} {x2:.1},{y2:.1}\" class=\"b\" \
             stroke=\"{}\" stroke-width=\"{:.2}\"><title>{}</title></path>",
            kind.colour(),
            band.width,
            escaped(&title)
        )
    }
}

fn x_of(shape: &Shape, spread: f64) -> f64 {
    MARGIN + spread * shape.column as f64
}

impl Caption {
    /// Where boxes may begin below it.
    pub(super) fn height(&self) -> f64 {
        let lines = some(&self.lines, MOST_HEAD).len() + usize::from(self.warning.is_some());
        HEAD + STEP * lines as f64 + 8.0
    }
}

/// Sentences as lines of the page; that some were left out is seen.
fn some(sentences: &[String], most: usize) -> Vec<String> {
    let mut lines: Vec<String> = sentences.iter().flat_map(|line| wrapped(line, ROOM)).collect();
    if lines.len() > most {
        lines.truncate(most);
        let last = lines.pop().unwrap_or_default();
        lines.push(format!("{} …", fitting(&last, ROOM - 12.0)));
    }
    lines
}

struct Page {
    text: String,
}

impl Page {
    fn line(&mut self, what: &str) {
        self.text.push_str(what);
        self.text.push('\n');
    }

    fn words(&mut self, x: f64, y: f64, attributes: &str, words: &str) {
        let gap = if attributes.is_empty() { "" } else { " " };
        self.line(&format!("<text x=\"{x:.1}\" y=\"{y:.1}\"{gap}{attributes}>{}</text>", escaped(words)));
    }

    fn head(&mut self, caption: &Caption, (number, all): (usize, usize), what: &str) {
        let title = wrapped(&caption.title, (WIDTH - 2.0 * MARGIN - 110.0) * SMALLEST / 13.0);
        self.words(MARGIN, 44.0, "font-size=\"13\" font-weight=\"bold\"", &title[0]);
        let right = "text-anchor=\"end\" class=\"d\"";
        let page = format!("page {number} of {all}");
        self.words(
            WIDTH - MARGIN,
            44.0,
            right,
            &if what.is_empty() { page } else { format!("{what}, {page}") },
        );
        let mut y = HEAD;
        if let Some(warning) = &caption.warning {
            self.words(MARGIN, y, "font-weight=\"bold\" fill=\"#b2182b\"", &wrapped(warning, ROOM)[0]);
            y += STEP;
        }
        for line in some(&caption.lines, MOST_HEAD) {
            self.words(MARGIN, y, "class=\"d\"", &line);
            y += STEP;
        }
    }

    fn shape(&mut self, shape: &Shape, spread: f64) {
        let x = x_of(shape, spread);
        let units = shape.units.map_or_else(String::new, |units| format!(" data-base-units=\"{units}\""));
        let side = if shape.column == 0 { "left" } else { "right" };
        let side = if shape.units.is_some() { format!(" data-edge=\"{side}\"") } else { String::new() };
        self.line(&format!(
            "<rect x=\"{x:.1}\" y=\"{:.1}\" width=\"{BOX}\" height=\"{:.1}\" fill=\"{}\"{units}{side}><title>{}</title></rect>",
            shape.y,
            shape.height,
            shape.kind.colour(),
            escaped(&shape.title)
        ));
        let mut y = shape.y + shape.height + LINE - 1.5;
        for (at, line) in shape.lines.iter().enumerate() {
            let bold = if at == 0 { "class=\"l\" font-weight=\"bold\"" } else { "class=\"l\"" };
            self.words(x, y, bold, &fitting(line, spread.min(WIDTH - MARGIN - x) - 6.0));
            y += LINE;
        }
    }

    fn legend(&mut self, chart: &Chart, kinds: &BTreeSet<Kind>) {
        let (mut x, mut y) = (MARGIN, LEGEND);
        for kind in kinds {
            let wide = 22.0 + kind.word().chars().map(width).sum::<f64>();
            if x + wide > WIDTH - MARGIN {
                (x, y) = (MARGIN, y + STEP);
            }
            self.line(&format!(
                "<rect x=\"{x:.1}\" y=\"{:.1}\" width=\"7\" height=\"7\" fill=\"{}\"/>",
                y - 6.5,
                kind.colour()
            ));
            self.words(x + 10.0, y, "", kind.word());
            x += wide;
        }
        let bands =
            if chart.asset.is_some() { "The width of a band is the value that is followed; " } else { "" };
        let order = format!(
            "{bands}{} Ids are shortened here and whole where the drawing is pointed at, and in the tables.",
            chart.order
        );
        self.words(MARGIN, y + STEP, "class=\"d\"", &wrapped(&order, ROOM)[0]);
    }

    fn foot(&mut self, caption: &Caption) {
        let mut y = FOOT;
        for line in some(&caption.footer, MOST_FOOT) {
            self.words(MARGIN, y, "class=\"d\"", &line);
            y += STEP;
        }
    }
}
