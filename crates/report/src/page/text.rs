//! Text from outside on a page.

use maud::{Markup, PreEscaped, Render, html};
use tracehound_model::text::{clean, label};

/// Text that others wrote: what a browser would act upon is shown instead, and its direction of writing stays its own.
pub(super) fn outside(text: &str) -> Markup {
    html! { bdi { (Clean(text)) } }
}

/// What somebody is called, cut where it is no name any more: a list may say what it likes, and pages repeat it.
pub(super) fn name(text: &str) -> Markup {
    outside(&label(text))
}

/// An id, whole: it may be broken anywhere to fit.
pub(super) fn code(text: &str) -> Markup {
    html! { code { (Clean(text)) } }
}

/// Text as it may stand between tags and in attributes.
pub(super) struct Clean<'a>(pub(super) &'a str);

impl Render for Clean<'_> {
    fn render_to(&self, buffer: &mut String) {
        clean(self.0).as_ref().render_to(buffer);
    }
}

/// A drawing of our own, which is markup already.
pub(super) fn drawing(svg: &str) -> Markup {
    PreEscaped(svg.to_owned())
}
